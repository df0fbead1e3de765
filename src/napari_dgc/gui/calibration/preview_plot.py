"""Spectra of one column before and after calibration."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QSizePolicy

from napari_dgc.partition.palette import OKABE_ITO

if TYPE_CHECKING:
    from napari_dgc.gui.calibration.work import ColumnSpectra

_NAMES = ("scan", "white", "dark")
_COLOURS = (OKABE_ITO[1], OKABE_ITO[4], OKABE_ITO[5])


class PreviewPlot(pg.GraphicsLayoutWidget):
    """Counts above, reflectance below, over the same bands."""

    def __init__(self) -> None:
        super().__init__()
        self._legend: pg.LabelItem = self.addLabel("", row=0, col=0, justify="right", size="8pt")
        self.counts: pg.PlotItem = self.addPlot(row=1, col=0)
        self.reflectance: pg.PlotItem = self.addPlot(row=2, col=0)
        self.reflectance.setXLink(self.counts)
        self.curves = {
            name: self.counts.plot(pen=pg.mkPen(colour, width=2), connect="finite")
            for name, colour in zip(_NAMES, _COLOURS, strict=True)
        }
        self.curves["reflectance"] = self.reflectance.plot(
            pen=pg.mkPen(_COLOURS[0], width=2), connect="finite"
        )
        for item, title in ((self.counts, "counts"), (self.reflectance, "reflectance")):
            item.setLabel("left", title)
            item.setMenuEnabled(False)
            item.hideButtons()
            item.setMouseEnabled(x=False, y=False)
            item.showGrid(x=True, y=True, alpha=0.15)
            item.getAxis("left").setWidth(48)
            for side in ("left", "bottom"):
                item.getAxis(side).enableAutoSIPrefix(False)
        self.counts.getAxis("bottom").setStyle(showValues=False)
        self.setFixedHeight(260)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def set_theme(self, background: str, text: str) -> None:
        """Take colours of the viewer's theme (``#rrggbb``)."""
        self.setBackground(background)
        for item in (self.counts, self.reflectance):
            for side in ("left", "bottom"):
                axis = item.getAxis(side)
                axis.setPen(text)
                axis.setTextPen(text)
                axis.setLabel(axis.labelText, color=text)
        names = "&nbsp;&nbsp; ".join(
            f'<span style="color:{colour}">▬</span> <span style="color:{text}">{name}</span>'
            for name, colour in zip(_NAMES, _COLOURS, strict=True)
        )
        self._legend.setText(names)

    def show_column(self, spectra: ColumnSpectra | None) -> None:
        """Draw the spectra of a column, or nothing."""
        for curve in self.curves.values():
            curve.setData([], [])
        for item in (self.counts, self.reflectance):
            item.getAxis("left").setStyle(showValues=spectra is not None)
        self.reflectance.getAxis("bottom").setStyle(showValues=spectra is not None)
        if spectra is None:
            return
        self.reflectance.setLabel("bottom", spectra.axis)
        order = np.argsort(spectra.positions, kind="stable")
        for name, curve in self.curves.items():
            values = getattr(spectra, name)
            if values is not None:
                curve.setData(spectra.positions[order], values[order])
        for item in (self.counts, self.reflectance):
            item.enableAutoRange()
