"""Parts of the tab "Colours", and which of its choices are possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from qtpy.QtGui import QStandardItemModel
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QSizePolicy, QWidget

from napari_dgc.composites import Recipe
from napari_dgc.errors import UserError
from napari_dgc.gui.calm_boxes import CalmComboBox, CalmDoubleSpinBox

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube


def combo(items: Mapping[Any, str], tip: str) -> QComboBox:
    """Return a drop-down with one line for each of the items."""
    box = CalmComboBox()
    for data, text in items.items():
        box.addItem(text, data)
    box.setToolTip(tip)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box


def percent() -> QDoubleSpinBox:
    """Return a box for a percentile."""
    box = CalmDoubleSpinBox()
    box.setKeyboardTracking(False)
    box.setRange(0, 100)
    box.setDecimals(1)
    box.setSuffix(" %")
    box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    box.setToolTip("Share of the pixels that become black, and that remain below full.")
    return box


def row(*widgets: QWidget) -> QHBoxLayout:
    """Return widgets side by side."""
    layout = QHBoxLayout()
    for widget in widgets:
        layout.addWidget(widget)
    return layout


def offer(combo: QComboBox, reasons: Mapping[str, str | None]) -> None:
    """Grey items that are not possible, with the reason as their tooltip."""
    model = combo.model()
    assert isinstance(model, QStandardItemModel)
    for data, reason in reasons.items():
        item = model.item(combo.findData(data))
        item.setEnabled(reason is None)
        item.setToolTip(reason or "")


def why_no_preset(name: str, cubes: Iterable[HyperCube]) -> str | None:
    """Return why none of the scans can be shown so, or None."""
    reason = None
    for cube in cubes:
        try:
            if name != "chosen":
                Recipe(name).mix(cube)  # type: ignore[arg-type]
        except UserError as error:
            reason = reason or str(error)
        else:
            return None
    return reason


def why_no_reference(cubes: Iterable[HyperCube]) -> str | None:
    """Return why none of the scans has a white reference, or None."""
    if any(cube.references is not None and cube.references.white is not None for cube in cubes):
        return None
    return "No white reference lies beside these scans."
