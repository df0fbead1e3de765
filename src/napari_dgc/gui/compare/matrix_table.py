"""Agreement of all with all, and scores against the truth, as tables with numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pyqtgraph as pg
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from napari_dgc.comparison.present import FIGURES, shown
from napari_dgc.gui.plain_label import as_plain

if TYPE_CHECKING:
    from napari_dgc.comparison import Comparison
    from napari_dgc.comparison.result import Figure

#: Rows that are shown without scrolling.
_ROWS = 6
_SCORES = {
    "Accuracy": "Share of the true pixels that are right, with clusters and true classes paired "
    "one to one so that most agree",
    "IoU": "Intersection over union, mean of the true classes, with the same pairs",
    "ARI": "Adjusted Rand index with the truth: 1 for the same division, 0 by chance",
    "NMI": "Mutual information with the truth, 0 to 1",
}


class FigureTable(QTableWidget):
    """Figures between 0 and 1 in cells that are coloured by them."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        # Even steps in lightness, for colour-blind eyes as well.
        self._colours = pg.colormap.get("viridis")

    def show_agreement(self, comparison: Comparison, figure: Figure) -> None:
        """Show the agreement of all contenders with all."""
        names = comparison.contenders
        tips = names
        self._fill(names, names, tips, comparison.matrix(figure).tolist())
        for row, one in enumerate(names):
            for column, other in enumerate(names):
                found = comparison.pairs.get((one, other)) or comparison.pairs.get((other, one))
                if found is not None:
                    self.item(row, column).setToolTip(
                        as_plain(
                            f"{one} and {other}: {FIGURES[figure]} over {found.pixels:,} pixels "
                            "of all scans"
                        )
                    )

    def show_scores(self, comparison: Comparison) -> None:
        """Show how well each contender meets the truth."""
        names = [name for name in comparison.contenders if name in comparison.truth]
        scores = [comparison.truth[name] for name in names]
        cells = [[s.overall_accuracy, s.mean_iou, s.agreement.ari, s.agreement.nmi] for s in scores]
        self._fill(names, list(_SCORES), list(_SCORES.values()), cells)

    def _fill(
        self,
        rows: Sequence[str],
        columns: Sequence[str],
        tips: Sequence[str],
        cells: Sequence[Sequence[float]],
    ) -> None:
        self.clear()
        self.setRowCount(len(rows))
        self.setColumnCount(len(columns))
        self.setVerticalHeaderLabels(list(rows))
        self.setHorizontalHeaderLabels(list(columns))
        for row, name in enumerate(rows):
            self.verticalHeaderItem(row).setToolTip(as_plain(name))
        for column, tip in enumerate(tips):
            self.horizontalHeaderItem(column).setToolTip(as_plain(tip))
        for row, line in enumerate(cells):
            for column, value in enumerate(line):
                self.setItem(row, column, self._cell(value))
        across, down = self.horizontalHeader(), self.verticalHeader()
        across.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        across.setMinimumSectionSize(46)
        down.setMaximumWidth(110)
        down.setDefaultSectionSize(24)
        height = across.sizeHint().height() + 24 * min(len(rows), _ROWS) + 4
        self.setFixedHeight(height)

    def _cell(self, value: float) -> QTableWidgetItem:
        item = QTableWidgetItem(shown(value))
        item.setTextAlignment(int(Qt.AlignmentFlag.AlignCenter))
        if not math.isnan(value):
            colour: QColor = self._colours.map(min(max(value, 0.0), 1.0), mode="qcolor")
            item.setBackground(colour)
            item.setForeground(QColor("black" if colour.lightnessF() > 0.42 else "white"))
        return item
