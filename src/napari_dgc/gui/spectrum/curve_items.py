"""One curve of the spectrum plot: its mean, its spread, and what its bad bands hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from scipy.ndimage import median_filter

if TYPE_CHECKING:
    from napari_dgc.gui.spectrum.curve import BandAxis, Curve

_SPREAD_ALPHA = 55
#: With more bands than this, what sticks out over fewer than half of so many is no feature.
_MANY_BANDS, _SINGLE_BANDS = 30, 7


class CurveItems:
    """Items of one curve, made once and then given other data.

    Parameters
    ----------
    plot
        Where they are drawn.
    """

    def __init__(self, plot: pg.PlotItem) -> None:
        self._plot = plot
        self.mean = pg.PlotDataItem()
        self._low, self._high = pg.PlotCurveItem(pen=None), pg.PlotCurveItem(pen=None)
        self._spread = pg.FillBetweenItem(self._low, self._high)
        self._bad = pg.PlotDataItem()
        for item in (self._low, self._high, self._spread, self._bad, self.mean):
            plot.addItem(item, ignoreBounds=True)
        self.mean.setZValue(2)
        self._spread.setZValue(-2)
        self._bad.setZValue(1)
        #: Lowest and highest value of good bands but for single noisy ones, or None.
        self.bounds: tuple[float, float] | None = None

    def show(self, curve: Curve, axis: BandAxis, *, with_bad: bool, width: float = 1.7) -> None:
        """Draw a curve.

        Parameters
        ----------
        curve
            The curve; nothing is drawn where it has no spectrum or does not fit the axis.
        axis
            Where its bands lie.
        with_bad
            Draw its bad bands too, thin.
        width
            Of the line, in pixels.
        """
        self.bounds = None
        scan = curve.scan
        x = None if scan is None or curve.mean is None else axis.positions(scan.cube)
        if x is None or scan is None or curve.mean is None or not curve.visible:
            self.hide()
            return
        order = np.argsort(x, kind="stable")
        good = np.ones(len(x), bool)
        good[list(scan.cube.bad_bands)] = False
        mean = np.asarray(curve.mean, float)
        colour = QColor(curve.colour)
        # Classes have the colours of the image, which a pin may have as well.
        style = Qt.PenStyle.DashLine if curve.kind == "label" else Qt.PenStyle.SolidLine
        shown = np.where(good, mean, np.nan)[order]
        self.mean.setData(x[order], shown, connect="finite")
        self.mean.setPen(pg.mkPen(colour, width=width, style=style))
        self.mean.show()
        low = high = shown
        has_spread = curve.sd is not None and bool(np.isfinite(curve.sd).any())
        if has_spread:
            spread = np.nan_to_num(np.asarray(curve.sd, float))[order]
            low, high = shown - spread, shown + spread
            self._low.setData(x[order], low, connect="finite")
            self._high.setData(x[order], high, connect="finite")
            pale = QColor(colour)
            pale.setAlpha(_SPREAD_ALPHA)
            self._spread.setBrush(pg.mkBrush(pale))
        for item in (self._low, self._high, self._spread):
            item.setVisible(has_spread)
        self._bad.setVisible(with_bad)
        if with_bad:
            self._bad.setData(x[order], np.where(_widened(~good[order]), mean[order], np.nan))
            faint = QColor(colour)
            faint.setAlpha(140)
            self._bad.setPen(pg.mkPen(faint, width=1))
        if np.isfinite(shown).any():
            self.bounds = _calm(low)[0], _calm(high)[1]

    def hide(self) -> None:
        """Draw nothing."""
        self.bounds = None
        for item in (self.mean, self._low, self._high, self._spread, self._bad):
            item.hide()

    def remove(self) -> None:
        """Take the items out of the plot."""
        for item in (self.mean, self._low, self._high, self._spread, self._bad):
            self._plot.removeItem(item)


def _calm(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return lowest and highest value without those of single noisy bands.

    One wild band at the end of the sensor would press all others flat.
    """
    known = values[np.isfinite(values)]
    if known.size > _MANY_BANDS:
        known = median_filter(known, size=_SINGLE_BANDS, mode="nearest")
    return float(known.min()), float(known.max())


def _widened(flags: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Mark the neighbours of marked bands too, so that the lines meet."""
    wide = flags.copy()
    wide[1:] |= flags[:-1]
    wide[:-1] |= flags[1:]
    return wide
