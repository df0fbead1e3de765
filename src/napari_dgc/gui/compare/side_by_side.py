"""napari's grid with the map of one contender over its scans in each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from psygnal import Signal
from qtpy.QtCore import QTimer

from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY, align

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels, Layer

    from napari_dgc.gui.scan import Scan

#: Role of the pictures beneath the maps.
BACKDROP = "comparison picture"
_GRID = ("stride", "shape", "spacing", "enabled")
_SPACING = 0.02
_TIDY_MS = 20


@dataclass
class _Before:
    """How the viewer was."""

    grid: dict[str, Any]
    visible: dict[Layer, bool]
    centre: Any
    zoom: float


class SideBySide:
    """Switches the grid on and off; what the user had is there again afterwards.

    Belongs to the GUI thread. A layer lies in one field only, so every field gets pictures of
    its own, which share their pixels with those of the scans.
    """

    #: It was switched on or off, also by napari's own grid button.
    changed = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._before: _Before | None = None
        #: Layers in the fields, from the bottom of the layer list.
        self._block: list[Layer] = []
        self._backdrops: list[Layer] = []
        # Pictures that are hidden and about to be removed.
        self._gone: list[Layer] = []
        self._busy = False
        viewer.canvas.grid.events.enabled.connect(self._on_grid)
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)

    @property
    def active(self) -> bool:
        """Whether the maps lie side by side now."""
        return self._before is not None

    def enter(self, groups: Mapping[str, Sequence[tuple[Scan, Labels]]]) -> None:
        """Lay the maps side by side, the first contender in the upper left field.

        Parameters
        ----------
        groups
            By contender its layers, of the same scans for all.
        """
        self.leave()
        scans = len(next(iter(groups.values()), ()))
        if not scans:
            return
        viewer, grid = self._viewer, self._viewer.canvas.grid
        self._busy = True
        self._before = _Before(
            {name: getattr(grid, name) for name in _GRID},
            {layer: layer.visible for layer in viewer.layers},
            viewer.scene.camera.center,
            viewer.scene.camera.zoom,
        )
        active = viewer.layers.selection.active
        # While the grid is on, every change of a layer builds all its fields anew.
        grid.enabled = False
        for layer in viewer.layers:
            layer.visible = False
        # napari counts the fields from the top of the layer list when the stride is negative.
        for name, layers in reversed(list(groups.items())):
            for place, (scan, layer) in enumerate(layers):
                picture = self._picture(scan, name if place == 0 else f"{name} [{place + 1}]")
                picture.name_overlay.visible = place == 0
                self._block += [picture, layer]
                layer.visible = True
        self._raise()
        grid.stride, grid.shape, grid.spacing = -2 * scans, (-1, -1), _SPACING
        grid.enabled = True
        if active in viewer.layers:
            viewer.layers.selection.active = active
        self._busy = False
        viewer.reset_view()
        self.changed.emit()

    def leave(self) -> None:
        """Show the layers as they were before."""
        if self._before is None:
            return
        before, self._before = self._before, None
        viewer, grid = self._viewer, self._viewer.canvas.grid
        self._busy = True
        grid.enabled = False
        for layer in self._backdrops:
            layer.visible = False
        self._gone += self._backdrops
        for layer, visible in before.visible.items():
            if layer in viewer.layers:
                layer.visible = visible
        for name in _GRID:
            setattr(grid, name, before.grid[name])
        viewer.scene.camera.center, viewer.scene.camera.zoom = before.centre, before.zoom
        self._block = []
        self._backdrops = []
        self._busy = False
        self._tidy()
        self.changed.emit()

    def _tidy(self) -> None:
        """Remove one picture at a time: napari collects garbage after each, which takes long."""
        layers = self._viewer.layers
        while self._gone:
            layer = self._gone.pop()
            if layer in layers:
                layers.remove(layer)
                break
        if self._gone:
            QTimer.singleShot(_TIDY_MS, self._tidy)

    def _picture(self, scan: Scan, name: str) -> Layer:
        composite = scan.composite
        shape = (scan.cube.rows, scan.cube.columns, 3)
        layer = self._viewer.add_image(
            np.zeros(shape, np.uint8) if composite is None else composite.data,
            rgb=True,
            name=name,
            axis_labels=("y", "x"),
            metadata={COMPANION_KEY: scan.cube, ROLE_KEY: BACKDROP},
        )
        align(layer, scan.image)
        self._backdrops.append(layer)
        return layer

    def _raise(self) -> None:
        """Bring the layers in the fields to the top of the list, in their order."""
        layers = self._viewer.layers
        if list(layers)[-len(self._block) :] != self._block:
            for layer in self._block:
                layers.move(layers.index(layer), len(layers))

    def _on_grid(self, _event: object) -> None:
        if self.active and not self._busy and not self._viewer.canvas.grid.enabled:
            self.leave()

    def _on_inserted(self, _event: object) -> None:
        if self.active and not self._busy:
            # Not at once: napari is still about to make room for the layer.
            QTimer.singleShot(0, self._put_below)

    def _put_below(self) -> None:
        """Put new layers below: on top they would push the maps into other fields."""
        if self.active and all(layer in self._viewer.layers for layer in self._block):
            self._raise()

    def _on_removed(self, event: Any) -> None:
        if self.active and not self._busy and event.value in self._block:
            self._block.remove(event.value)
            # Not at once: napari may be removing several, of which it has made a list.
            QTimer.singleShot(0, self.leave)
