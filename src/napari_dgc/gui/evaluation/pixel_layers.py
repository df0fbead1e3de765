"""Layers that show the pixels of one cell of the confusion table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari_dgc.evaluation.assessment_tables import NO_CLASS
from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY, align

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_dgc.gui.evaluation.comparing import Compared

ROLE = "confusion"
#: Colours of pixels that are right, and of those that are not; classes hardly have them.
_RIGHT, _WRONG = "#00e5ff", "#ff2bd6"


class PixelLayers:
    """Shows one cell at a time.

    Parameters
    ----------
    viewer
        Where the layers go.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layers: list[Labels] = []
        #: Numbers of the true class and the one found (None for no class) that are shown.
        self.shown: tuple[int, int | None] | None = None

    def show(self, compared: Compared, true: int, found: int | None) -> int:
        """Show the pixels of a true class that were given another one; returns how many."""
        self.hide()
        names = compared.assessment.class_names
        title = NO_CLASS if found is None else names[found]
        what = f"{names[true]} found" if true == found else f"{names[true]} taken for {title}"
        colour = _RIGHT if true == found else _WRONG
        active = self._viewer.layers.selection.active
        total = 0
        for place, scan in enumerate(compared.scans):
            pixels = compared.pixels_of(place, true, found)
            count = int(pixels.sum())
            total += count
            if not count or scan.image not in self._viewer.layers:
                continue
            options: dict[str, Any] = {
                "name": f"{what} ({scan.name})",
                "colormap": {None: "transparent", 0: "transparent", 1: colour},
                "opacity": 0.9,
                "axis_labels": ("y", "x"),
                "metadata": {COMPANION_KEY: scan.cube, ROLE_KEY: ROLE},
            }
            layer = self._viewer.add_labels(pixels.astype("uint8"), **options)
            align(layer, scan.image)
            layer.editable = False
            self._layers.append(layer)
        if active is not None and active in self._viewer.layers:
            self._viewer.layers.selection.active = active
        self.shown = (true, found) if self._layers else None
        return total

    def hide(self) -> None:
        """Take the layers away."""
        layers, self._layers, self.shown = self._layers, [], None
        for layer in layers:
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)

    @property
    def visible(self) -> bool:
        """Whether any of the layers is still there."""
        return any(layer in self._viewer.layers for layer in self._layers)
