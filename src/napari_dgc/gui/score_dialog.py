"""Shows how well classes meet annotations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.class_table import grouped
from napari_dgc.gui.plain_label import plain_label

if TYPE_CHECKING:
    from napari_dgc.evaluation.named import Comparison

_COLUMNS = {
    "Annotated class": "",
    "Pixels": "Pixels annotated as this class",
    "IoU": "Intersection over union with the classes of the same name",
    "Dice": "Dice coefficient with the classes of the same name",
    "IoU, best merge": "IoU where each class stands for what most of its pixels are, by whatever "
    "name: what merging and naming could reach",
}


class ScoreDialog(QDialog):
    """A table of figures that can be copied.

    Parameters
    ----------
    comparison
        The figures.
    scans
        Names of the scans compared.
    parent
        Window that the dialog belongs to.
    """

    def __init__(
        self, comparison: Comparison, scans: Sequence[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Classes against annotations")
        self._classes = comparison.classes
        named = ", ".join(scans[:4]) + (f" and {len(scans) - 4} more" if len(scans) > 4 else "")
        self.summary = plain_label(
            f"{named}: {grouped(comparison.pixels)} pixels compared, adjusted Rand index "
            f"{_figure(comparison.adjusted_rand_index)}."
        )
        self.summary.setToolTip("Agreement that needs no names: 1 for equal maps, 0 by chance")
        self.summary.setWordWrap(True)
        self.table = QTableWidget(len(comparison.classes), len(_COLUMNS))
        self.table.setHorizontalHeaderLabels(list(_COLUMNS))
        self.table.verticalHeader().hide()
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        for place, tip in enumerate(_COLUMNS.values()):
            self.table.horizontalHeaderItem(place).setToolTip(tip)
        for row, score in enumerate(comparison.classes):
            named_score = score.named
            cells = (
                score.name,
                grouped(score.pixels),
                "no class" if named_score is None else _figure(named_score.iou),
                "" if named_score is None else _figure(named_score.dice),
                _figure(score.merged.iou),
            )
            for place, text in enumerate(cells):
                item = QTableWidgetItem(text)
                if place:
                    item.setTextAlignment(
                        int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                    )
                self.table.setItem(row, place, item)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setToolTip("Copy the table, for a spreadsheet")
        self.copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(self.summary)
        layout.addWidget(self.table)
        layout.addWidget(buttons)
        self.resize(560, min(420, 150 + 30 * len(comparison.classes)))

    def _copy(self) -> None:
        rows = [list(_COLUMNS)]
        for row, score in enumerate(self._classes):
            cells = [self.table.item(row, place).text() for place in range(len(_COLUMNS))]
            # Spreadsheets take grouped digits for text.
            rows.append([cells[0], str(score.pixels), *cells[2:]])
        text = "\n".join("\t".join(cells) for cells in rows)
        QApplication.clipboard().setText(f"{text}\n{self.summary.text()}\n")


def _figure(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"
