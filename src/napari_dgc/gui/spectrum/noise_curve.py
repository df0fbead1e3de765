"""The signal-to-noise ratio of every band, as a thin curve with an axis of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor

if TYPE_CHECKING:
    from napari_dgc.gui.spectrum.plot import SpectrumPlot

#: Ratios beyond these are drawn at the rim: the axis is logarithmic.
_LOWEST, _HIGHEST = 0.1, 1e3


class NoiseCurve:
    """Thin curve over the plot, and a dashed line at the least ratio of a good band.

    Parameters
    ----------
    plot
        Where it is drawn; its right axis shows the ratio.
    """

    def __init__(self, plot: SpectrumPlot) -> None:
        self._plot = plot
        item = plot.getPlotItem()
        self._box = pg.ViewBox()
        item.scene().addItem(self._box)
        self._axis = item.getAxis("right")
        self._axis.linkToView(self._box)
        self._axis.setLogMode(True)
        self._axis.enableAutoSIPrefix(False)
        self._axis.setWidth(38)
        self._box.setXLink(item.getViewBox())
        self._box.setMouseEnabled(x=False, y=False)
        self._box.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self._box.disableAutoRange()
        self._box.setYRange(np.log10(_LOWEST), np.log10(_HIGHEST), padding=0)
        self._curve = pg.PlotCurveItem()
        self._line = pg.InfiniteLine(angle=0)
        for part in (self._curve, self._line):
            self._box.addItem(part, ignoreBounds=True)
        item.getViewBox().sigResized.connect(self._resize)
        self.hide()

    @property
    def visible(self) -> bool:
        """Whether it is drawn."""
        return bool(self._box.isVisible())

    def set_colour(self, text: str) -> None:
        """Take over the theme's colour of text."""
        colour = QColor(text)
        colour.setAlpha(150)
        self._curve.setPen(pg.mkPen(colour, width=1))
        self._line.setPen(pg.mkPen(colour, width=1, style=Qt.PenStyle.DashLine))
        self._axis.setLabel("signal to noise", color=text)

    def show(
        self, positions: NDArray[np.float64], ratios: NDArray[np.float64], lowest: float
    ) -> None:
        """Draw the ratios.

        Parameters
        ----------
        positions
            (bands,) on the horizontal axis.
        ratios
            (bands,) signal over noise.
        lowest
            Least ratio of a good band.
        """
        order = np.argsort(positions, kind="stable")
        clipped = np.log10(np.clip(ratios, _LOWEST, _HIGHEST))
        self._curve.setData(positions[order], clipped[order])
        self._line.setValue(float(np.log10(np.clip(lowest, _LOWEST, _HIGHEST))))
        self._plot.getPlotItem().showAxis("right")
        self._box.show()
        self._resize()

    def hide(self) -> None:
        """Draw nothing."""
        self._plot.getPlotItem().hideAxis("right")
        self._box.hide()

    def _resize(self) -> None:
        main = self._plot.getPlotItem().getViewBox()
        self._box.setGeometry(main.sceneBoundingRect())
        self._box.linkedViewChanged(main, self._box.XAxis)
