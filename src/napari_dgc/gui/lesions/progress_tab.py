"""Severity over time: a curve for each plant, and the area under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.lesions.figure import Figure
from napari_dgc.measure.progress import ProgressCurve, ProgressPoint, progress_curves
from napari_dgc.partition.palette import cluster_colour

if TYPE_CHECKING:
    from napari_dgc.measure.details import ScanDetails
    from napari_dgc.measure.severity import ScanSeverity

_TITLES = {
    "Plant": "Plant, and its treatment",
    "AUDPC": "Area under the disease progress curve, in percent days",
    "Mean": "AUDPC divided by the days: mean severity",
}
_NO_DATES = "Give the scans dates and plants (tab Scans) to see severity over time."


class ProgressPlot(Figure):
    """Severity in percent over days."""

    def __init__(self) -> None:
        super().__init__()
        self.getPlotItem().showGrid(x=True, y=True, alpha=0.15)
        self.curves: list[pg.PlotDataItem] = []

    def show_curves(self, curves: Sequence[ProgressCurve]) -> None:
        """Show curves over the days since the first date of all."""
        for line in self.curves:
            self.removeItem(line)
        self.curves = []
        first = min((curve.dates[0] for curve in curves), default=None)
        if first is None:
            return
        self.name_axes(f"days since {first}", "severity (%)")
        for place, curve in enumerate(curves):
            colour = cluster_colour(place + 1)
            days = [(date - first).days for date in curve.dates]
            line = pg.PlotDataItem(
                days,
                list(curve.severities),
                pen=pg.mkPen(colour, width=2),
                symbol="o",
                symbolSize=6,
                symbolBrush=colour,
                symbolPen=None,
            )
            self.addItem(line)
            self.curves.append(line)
        self.getPlotItem().enableAutoRange()


class ProgressTab(QWidget):
    """Plot and table of progress curves."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hint = QLabel(_NO_DATES)
        self.hint.setWordWrap(True)
        self.plot = ProgressPlot()
        self.table = QTableWidget(0, len(_TITLES))
        self.table.setHorizontalHeaderLabels(list(_TITLES))
        for column, tip in enumerate(_TITLES.values()):
            self.table.horizontalHeaderItem(column).setToolTip(tip)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setMinimumHeight(60)
        self.table.setMaximumHeight(96)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(3)
        layout.addWidget(self.hint)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.table)
        self._shown: tuple[ProgressCurve, ...] | None = None
        self.show_scans([])

    def show_scans(self, scans: Sequence[tuple[ScanSeverity, ScanDetails]]) -> None:
        """Show the severity of scans that have a date."""
        curves = progress_curves(
            ProgressPoint(known.plant, known.date, found.total.percent, known.treatment, found.scan)
            for found, known in scans
            if known.date is not None
        )
        curves = tuple(curve for curve in curves if curve.dates)
        if curves == self._shown:
            return
        self._shown = curves
        self.hint.setVisible(not curves)
        self.plot.setVisible(bool(curves))
        self.table.setVisible(bool(curves))
        self.plot.show_curves(curves)
        self.table.setRowCount(len(curves))
        for row, curve in enumerate(curves):
            self._fill(row, curve)

    def _fill(self, row: int, curve: ProgressCurve) -> None:
        name = curve.plant or "all scans without a plant"
        name += f" ({curve.treatment})" if curve.treatment else ""
        areas = (curve.audpc, curve.standardised_audpc)
        texts = [name, *("" if area is None else f"{area:.4g}" for area in areas)]
        for suffix, column in ((" % days", 1), (" %", 2)):
            texts[column] += suffix if texts[column] else "needs 2 dates" if column == 1 else ""
        for column, text in enumerate(texts):
            item = QTableWidgetItem(text)
            item.setToolTip("\n".join([text, *curve.notes]))
            if column:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            else:
                swatch = QPixmap(10, 10)
                swatch.fill(QColor(cluster_colour(row + 1)))
                item.setIcon(QIcon(swatch))
            self.table.setItem(row, column, item)
