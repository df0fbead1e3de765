"""Mean ± SD of one or two classes, with the wavelengths that tell them apart shaded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor

from napari_dgc.gui.spectra_plot import SpectraPlot
from napari_dgc.measure.separation import SeparatingRange
from napari_dgc.partition import ClassInfo

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_dgc.measure.explain import Explanation

_SPREAD_ALPHA = 60
_SHADE = QColor(128, 128, 128, 70)


class ExplainPlot(SpectraPlot):
    """Spectra with their spread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setToolTip(
            "Mean ± one standard deviation over the pixels; shaded where the classes differ most"
        )
        self._extra: list[pg.GraphicsObject] = []

    def show_classes(
        self,
        explanation: Explanation,
        classes: Sequence[ClassInfo],
        ranges: Sequence[SeparatingRange] = (),
    ) -> None:
        """Draw classes as they were explained, and shade ranges."""
        self._drop()
        means = np.stack([found.mean for found in explanation.classes])
        self.set_spectra(classes, means, explanation.wavelengths_nm)
        self.set_selected([info.number for info in classes])
        bands, nm = means.shape[1], explanation.wavelengths_nm
        x = np.arange(1.0, bands + 1) if nm is None else nm
        order = np.argsort(x)
        for place, (found, info) in enumerate(zip(explanation.classes, classes, strict=True)):
            below, above = pg.PlotCurveItem(pen=None), pg.PlotCurveItem(pen=None)
            below.setData(x[order], (found.mean - found.sd)[order], connect="finite")
            above.setData(x[order], (found.mean + found.sd)[order], connect="finite")
            colour = QColor(info.shown_colour)
            curve = self.curves.get(info.number)
            if curve is not None and place:  # told apart where colours are alike
                curve.setPen(pg.mkPen(colour, width=3, style=Qt.PenStyle.DashLine))
            colour.setAlpha(_SPREAD_ALPHA)
            self._add(below, above, pg.FillBetweenItem(below, above, brush=pg.mkBrush(colour)))
        half = float(np.median(np.abs(np.diff(np.sort(x))))) / 2 if bands > 1 else 0.5
        for part in ranges:
            low, high = part.low, part.high
            ends = (
                (part.first + 1.0, part.last + 1.0) if low is None or high is None else (low, high)
            )
            shade = pg.LinearRegionItem(
                (ends[0] - half, ends[1] + half),
                movable=False,
                brush=_SHADE,
                pen=pg.mkPen(None),
            )
            shade.setZValue(-10)
            self._add(shade)

    @property
    def shaded(self) -> list[tuple[float, float]]:
        """Where ranges are shaded."""
        return [i.getRegion() for i in self._extra if isinstance(i, pg.LinearRegionItem)]

    def _add(self, *items: pg.GraphicsObject) -> None:
        for item in items:
            self.addItem(item)
            self._extra.append(item)

    def _drop(self) -> None:
        for item in self._extra:
            self.removeItem(item)
        self._extra.clear()
