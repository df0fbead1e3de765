"""The rectangle that the user draws about the white panel in the picture."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_dgc.calibration import Rectangle
from napari_dgc.gui import layers as make

if TYPE_CHECKING:
    from napari.layers import Shapes

    from napari_dgc.gui.session import Scan, Session

TITLE = "White panel"
_COLOUR = "#f0e442"


class PanelRectangle(QObject):
    """One Shapes layer, of which the rectangle drawn last counts."""

    #: The rectangle is another one.
    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._layer: Shapes | None = None
        self._scan: Scan | None = None

    def draw(self, scan: Scan) -> None:
        """Let the user draw a rectangle on a scan, in place of the one before."""
        viewer = self._session.viewer
        if viewer is None:
            return
        if self._layer is None or self._layer not in viewer.layers:
            width = max(scan.cube.rows, scan.cube.columns) / 200
            self._layer = viewer.add_shapes(
                ndim=2,
                name=TITLE,
                edge_color=_COLOUR,
                face_color="transparent",
                edge_width=max(width, 0.3),
            )
            self._layer.events.data.connect(self._on_data)
        self._scan = scan
        make.align(self._layer, scan.image)
        self._layer.visible = True
        viewer.layers.selection.active = self._layer
        self._layer.mode = "add_rectangle"

    def on(self, scan: Scan) -> Rectangle | None:
        """Return the rectangle on a scan, in whole pixels, or None."""
        layer = self._layer
        if layer is None or scan is not self._scan or not layer.data:
            return None
        corners = np.asarray(layer.data[-1])[:, -2:]
        low, high = corners.min(axis=0), corners.max(axis=0)
        spans = []
        for start, end, length in zip(low, high, (scan.cube.rows, scan.cube.columns), strict=True):
            # Pixels whose middle lies inside; a rectangle between two middles means its pixel.
            first, last = math.ceil(start), math.floor(end)
            if last < first:
                first = last = round((start + end) / 2)
            spans.append((max(first, 0), min(last, length - 1) + 1))
        (first_row, end_row), (first_column, end_column) = spans
        if first_row >= end_row or first_column >= end_column:
            return None
        return Rectangle(first_row, first_column, end_row, end_column)

    def _on_data(self) -> None:
        self.changed.emit()
