"""The loss over the epochs, one curve per term, drawn live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QWidget

from napari_dgc.clustering.events import EpochFinished
from napari_dgc.partition.palette import OKABE_ITO

#: Names of the sum of all terms; drawn thicker.
TOTAL = ("total", "loss")


class WholeAxis(pg.AxisItem):
    """Has ticks at whole numbers only."""

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        """Return the distances of ticks, for pyqtgraph."""
        spacings = super().tickSpacing(low, high, size)
        return [(float(max(1, round(spacings[0][0]))), 0.0)]


class LossPlot(pg.PlotWidget):
    """Curves that are made once per term and then only get new data."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, axisItems={"bottom": WholeAxis("bottom")})
        self._curves: dict[str, pg.PlotDataItem] = {}
        item = self.getPlotItem()
        item.setLabel("bottom", "epoch")
        item.setLabel("left", "loss")
        item.setMenuEnabled(False)
        item.hideButtons()
        item.getAxis("bottom").enableAutoSIPrefix(False)
        item.getAxis("left").enableAutoSIPrefix(False)
        self.setMouseEnabled(x=False, y=False)
        self._legend = item.addLegend(offset=(-4, 4), labelTextSize="8pt", colCount=2)
        self.setFixedHeight(150)

    def set_theme(self, theme: str) -> None:
        """Take the colours of a napari theme."""
        from napari.utils.theme import get_theme

        colours = get_theme(theme)
        text = colours.text.as_hex()
        self.setBackground(colours.background.as_hex())
        item = self.getPlotItem()
        for side in ("left", "bottom"):
            item.getAxis(side).setPen(colours.secondary.as_hex())
            item.getAxis(side).setTextPen(text)
        item.showGrid(x=False, y=True, alpha=0.2)
        self._legend.setLabelTextColor(text)
        for _, label in self._legend.items:
            label.setText(label.text)  # or it keeps the colour it was drawn with

    def show_epochs(self, epochs: Sequence[EpochFinished]) -> None:
        """Draw all epochs of a run.

        Parameters
        ----------
        epochs
            One event per epoch, in order; empty clears the plot.
        """
        names: dict[str, None] = {}
        for event in epochs:
            names.update(dict.fromkeys(event.losses))
        if not set(self._curves) <= set(names):
            for curve in self._curves.values():
                self.removeItem(curve)
            self._curves.clear()
        self.getPlotItem().getAxis("left").setStyle(showValues=bool(epochs))
        ticks = [event.epoch for event in epochs]
        for name in names:
            values = [_number(event.losses, name) for event in epochs]
            self._curve(name).setData(ticks, values, connect="finite")
        if not epochs:
            self.setXRange(1, 10, padding=0.02)
        else:
            self.setXRange(min(1, ticks[0]), max(epochs[-1].epochs, ticks[-1], 2), padding=0.02)

    def curve_data(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Return what is drawn of one term: (epochs, values)."""
        x, y = self._curves[name].getData()
        return np.asarray(x), np.asarray(y)

    def _curve(self, name: str) -> pg.PlotDataItem:
        if name not in self._curves:
            colour = OKABE_ITO[len(self._curves) % len(OKABE_ITO)]
            pen = pg.mkPen(colour, width=2.5 if name in TOTAL else 1.3)
            self._curves[name] = self.plot(
                pen=pen, name=name, symbol="o", symbolSize=4, symbolPen=None, symbolBrush=colour
            )
        return self._curves[name]


def _number(losses: Mapping[str, float], name: str) -> float:
    return float(losses.get(name, np.nan))
