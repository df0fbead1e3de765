"""Areas in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari_dgc.gui.class_table import grouped

if TYPE_CHECKING:
    from napari_dgc.measure.severity import LeafSeverity


def area_text(leaf: LeafSeverity, pixels: float | None) -> str:
    """Return an area with its unit, mm² where the size of a pixel is known; "" for None."""
    if pixels is None:
        return ""
    area = leaf.mm2(pixels)
    if area is None:
        return f"{grouped(round(pixels))} px"
    return f"{grouped(round(area))} mm²" if area >= 1000 else f"{area:.3g} mm²"
