"""Figures over the number of clusters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt, Signal

from napari_dgc.clustering.choice import Measured
from napari_dgc.gui.loss_plot import WholeAxis
from napari_dgc.partition.palette import OKABE_ITO

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from qtpy.QtWidgets import QWidget

#: Criteria from top to bottom: attribute of `Measured`, and what stands beside its axis.
_ROWS = (("silhouette", "silhouette"), ("stability", "stability"), ("bic", "BIC"))
_HEIGHT = 104
_LEFT = 52


class Row:
    """One criterion over the number of clusters.

    Parameters
    ----------
    item
        The plot it is drawn in.
    title
        What stands beside its axis.
    colour
        Of the curve.
    """

    def __init__(self, item: pg.PlotItem, title: str, colour: str) -> None:
        self.item = item
        item.setMenuEnabled(False)
        item.hideButtons()
        item.setMouseEnabled(x=False, y=False)
        item.getAxis("left").setWidth(_LEFT)
        for side in ("left", "bottom"):
            item.getAxis(side).enableAutoSIPrefix(False)
        item.setLabel("left", title)
        self.bars = pg.ErrorBarItem(x=np.zeros(0), y=np.zeros(0), beam=0.15, pen=colour)
        self.curve = pg.PlotDataItem(
            pen=pg.mkPen(colour, width=1.8),
            symbol="o",
            symbolSize=6,
            symbolPen=None,
            symbolBrush=colour,
        )
        self.line = pg.InfiniteLine(angle=90)
        self.line.hide()
        for part in (self.bars, self.curve, self.line):
            item.addItem(part)

    def show(
        self, x: NDArray[np.float64], y: NDArray[np.float64], spread: NDArray[np.float64] | None
    ) -> None:
        """Draw values, with bars of ± `spread` where there is one."""
        self.curve.setData(x, y, connect="finite")
        known = np.isfinite(y)
        self.bars.setVisible(spread is not None and bool(known.any()))
        if spread is not None:
            self.bars.setData(x=x[known], y=y[known], height=2 * spread[known])
        self.item.getAxis("left").setStyle(showValues=bool(known.any()))

    def values(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what is drawn: numbers of clusters and values."""
        x, y = self.curve.getData()
        return (np.zeros(0), np.zeros(0)) if x is None else (np.asarray(x), np.asarray(y))

    def mark(self, number: int | None) -> None:
        """Draw a line at a number of clusters, or take it away."""
        self.line.setVisible(number is not None)
        if number is not None:
            self.line.setPos(number)

    def set_theme(self, theme: Any) -> None:
        """Take the colours of a napari theme."""
        text = theme.text.as_hex()
        for side in ("left", "bottom"):
            axis = self.item.getAxis(side)
            axis.setPen(theme.secondary.as_hex())
            axis.setTextPen(text)
            axis.setLabel(axis.labelText, color=text)
        self.item.showGrid(x=False, y=True, alpha=0.2)
        self.line.setPen(pg.mkPen(text, width=1.5))


class ChoicePlot(pg.GraphicsLayoutWidget):
    """Silhouette, stability and BIC below each other, kept and moved rather than drawn anew.

    A click chooses the nearest number that was measured.
    """

    #: A number of clusters was clicked.
    number_clicked = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._measured: tuple[Measured, ...] = ()
        self.rows: dict[str, Row] = {}
        first: pg.PlotItem | None = None
        for place, (name, title) in enumerate(_ROWS):
            item = self.addPlot(row=place, col=0, axisItems={"bottom": WholeAxis("bottom")})
            self.rows[name] = Row(item, title, OKABE_ITO[place])
            if first is None:
                first = item
            else:
                item.setXLink(first)
            item.getAxis("bottom").setStyle(showValues=place == len(_ROWS) - 1)
        self.rows["bic"].item.setLabel("bottom", "number of clusters")
        self.ci.setContentsMargins(0, 4, 8, 0)
        self.ci.setSpacing(2)
        self.setFixedHeight(len(_ROWS) * _HEIGHT + 20)
        self.setToolTip(
            "Silhouette: how far clusters are apart, -1 to 1, higher is better.\n"
            "Stability: how alike two halves of the pixels label all of them (± SD), 1 is the "
            "same.\nBIC: how well a Gaussian mixture fits for its size, lower is better.\n"
            "Click to choose another number."
        )
        self.scene().sigMouseClicked.connect(self._on_clicked)

    def set_theme(self, theme: Any) -> None:
        """Take the colours of a napari theme."""
        self.setBackground(theme.background.as_hex())
        for row in self.rows.values():
            row.set_theme(theme)

    def set_range(self, low: int, high: int) -> None:
        """Let the horizontal axis go over the numbers that are tried."""
        self.rows["silhouette"].item.setXRange(low, max(high, low + 1), padding=0.04)

    def show_measured(self, measured: Sequence[Measured]) -> None:
        """Draw what was measured so far."""
        self._measured = tuple(measured)
        x = np.array([found.clusters for found in measured], float)
        spread = np.array([found.spread for found in measured], float)
        for name, row in self.rows.items():
            y = np.array([getattr(found, name) for found in measured], float)
            row.show(x, y, spread if name == "stability" else None)

    def mark(self, number: int | None) -> None:
        """Mark the chosen number, or none."""
        for row in self.rows.values():
            row.mark(number)

    def curve_data(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what is drawn of a criterion: numbers of clusters and values."""
        return self.rows[name].values()

    def _on_clicked(self, event: Any) -> None:
        if not self._measured or event.button() != Qt.MouseButton.LeftButton:
            return
        box = self.rows["silhouette"].item.getViewBox()
        x = box.mapSceneToView(event.scenePos()).x()
        nearest = min(self._measured, key=lambda found: abs(found.clusters - x))
        self.number_clicked.emit(nearest.clusters)
