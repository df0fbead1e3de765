"""A small plot in the colours of napari's theme that leaves the mouse to the dock."""

from __future__ import annotations

from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import QSize
from qtpy.QtWidgets import QSizePolicy


class Figure(pg.PlotWidget):
    """A plot to look at."""

    def __init__(self) -> None:
        super().__init__()
        self._text = "#808080"
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.setMouseEnabled(x=False, y=False)
        item.layout.setContentsMargins(0, 4, 8, 2)
        for name in ("left", "bottom"):
            item.getAxis(name).enableAutoSIPrefix(False)
        self.setMinimumHeight(100)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Ask for little: the dock has to fit a small screen."""
        return QSize(300, 120)

    def wheelEvent(self, event: Any) -> None:
        """Leave the wheel to the dock."""
        event.ignore()

    def set_theme(self, background: str, text: str) -> None:
        """Take over colours of the viewer's theme (``#rrggbb``)."""
        self._text = text
        self.setBackground(background)
        for name in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(text)
            axis.setTextPen(text)
            axis.setLabel(axis.labelText, color=text)

    def name_axes(self, bottom: str, left: str) -> None:
        """Write below and beside the axes what they show."""
        self.getPlotItem().setLabel("bottom", bottom, color=self._text)
        self.getPlotItem().setLabel("left", left, color=self._text)
