"""Tables of figures, and the table of what was taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QBrush, QColor
from qtpy.QtWidgets import QAbstractItemView, QApplication, QHeaderView, QTableWidget
from qtpy.QtWidgets import QTableWidgetItem as Item

from napari_dgc.evaluation.assessment_tables import NO_CLASS, number_text, with_range
from napari_dgc.evaluation.figures import CLASS_FIGURES, FIGURES, Scored
from napari_dgc.gui.class_actions import add_shortcut
from napari_dgc.gui.class_table import grouped
from napari_dgc.gui.plain_label import as_plain

if TYPE_CHECKING:
    from napari_dgc.evaluation.assess import Assessment
    from napari_dgc.evaluation.intervals import Intervals

_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
#: Short titles of the figures of classes that fit beside each other.
_SHORT = {
    "iou": "IoU",
    "dice": "Dice",
    "precision": "Prec.",
    "recall": "Recall",
    "boundary_f1": "Border",
    "area_rmse": "Area ±",
}
_GREEN, _ORANGE = QColor("#009e73"), QColor("#d55e00")


class PlainTable(QTableWidget):
    """Cells to read, which Ctrl+C copies for a spreadsheet."""

    def __init__(self) -> None:
        super().__init__(0, 0)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(30)
        header.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        add_shortcut(self, "Ctrl+C", self.copy)

    def put(self, row: int, column: int, text: str, tip: str = "") -> Item:
        """Fill a cell; all but those of the first column hold numbers."""
        item = Item(text)
        item.setToolTip(as_plain(tip or text))
        if column:
            item.setTextAlignment(_RIGHT)
        self.setItem(row, column, item)
        return item

    def put_titles(self, titles: Sequence[tuple[str, str]]) -> None:
        """Fill the header with titles and their tooltips."""
        self.setColumnCount(len(titles))
        for column, (title, tip) in enumerate(titles):
            item = Item(title)
            item.setToolTip(as_plain(tip or title))
            self.setHorizontalHeaderItem(column, item)

    def copy(self) -> None:
        """Put the whole table into the clipboard."""
        titles = [self.horizontalHeaderItem(c).text() for c in range(self.columnCount())]
        rows = [
            [self.text_at(row, column) for column in range(len(titles))]
            for row in range(self.rowCount())
        ]
        QApplication.clipboard().setText("\n".join("\t".join(row) for row in [titles, *rows]))

    def text_at(self, row: int, column: int) -> str:
        """Return what a cell says, without spaces in numbers."""
        item = self.item(row, column)
        return "" if item is None else item.text().replace("\u2009", "")


class FigureTable(PlainTable):
    """Figures of all classes together."""

    def show_scored(self, scored: Scored, intervals: Intervals | None) -> None:
        """Show figures, with intervals where there are some."""
        self.put_titles(
            [("Figure", ""), ("Value", ""), *([("95 %", _tip(intervals))] * bool(intervals))]
        )
        self.setRowCount(len(FIGURES))
        for row, figure in enumerate(FIGURES):
            self.put(row, 0, figure.title, figure.meaning)
            self.put(row, 1, number_text(scored.figures[figure.key]), figure.meaning)
            if intervals is not None:
                low, high = intervals.figures[figure.key]
                text = "-" if low != low else f"{low:.3f} to {high:.3f}"
                self.put(row, 2, text, _tip(intervals))
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)


def _tip(intervals: Intervals | None) -> str:
    if intervals is None:
        return ""
    times = intervals.setup.resamples
    if intervals.unit == "scans":
        return f"Interval from drawing scans {times} times: how figures vary between scans"
    return (
        f"Interval from drawing blocks of pixels {times} times: how figures vary between places of "
        "these scans. With 5 scans or more, scans are drawn."
    )


class ClassTable(PlainTable):
    """Figures of each class."""

    def show_scored(self, found: Assessment, scored: Scored, intervals: Intervals | None) -> None:
        """Show figures; their intervals are in the tooltips."""
        shown = [figure for figure in CLASS_FIGURES if figure.key in _SHORT]
        self.put_titles(
            [("Class", "")]
            + [(_SHORT[figure.key], f"{figure.title}: {figure.meaning}") for figure in shown]
        )
        self.setRowCount(len(scored.classes))
        for row, (name, figures) in enumerate(
            zip(found.class_names.values(), scored.classes, strict=True)
        ):
            pixels = f"{grouped(int(figures['pixels_truth']))} pixels in the truth, "
            pixels += f"{grouped(int(figures['pixels_predicted']))} found"
            self.put(row, 0, name, f"{name}: {pixels}")
            for column, figure in enumerate(shown, start=1):
                value = figures[figure.key]
                between = None if intervals is None else intervals.classes[row][figure.key]
                tip = f"{figure.title} {with_range(value, between)}"
                text = "-" if value != value else f"{value:.2f}"
                self.put(row, column, text, tip)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)


class ConfusionTable(PlainTable):
    """Pixels of each true and found class; a click on a cell shows where they are."""

    #: Row of the true class, column of the one found: the classes, then no class.
    cell_chosen = Signal(int, int)

    def __init__(self) -> None:
        super().__init__()
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.cellClicked.connect(self._on_clicked)

    def show_scored(self, found: Assessment, scored: Scored) -> None:
        """Show the pixels; shades are shares of the true class."""
        names = [*found.class_names.values(), NO_CLASS]
        self.put_titles(
            [("Truth \\ found", "Rows: the truth. Columns: what it was taken for.")]
            + [(name, f"Taken for {name}") for name in names]
        )
        self.setRowCount(len(scored.classes))
        for row, name in enumerate(names[:-1]):
            self.put(row, 0, name)
            counts = scored.confusion[row].tolist()
            total = max(1, sum(counts))
            for column, count in enumerate(counts):
                share = count / total
                taken = "right" if column == row else f"taken for {names[column]}"
                tip = f"{100 * share:.1f} % of {name}: {taken}. Click to see where."
                item = self.put(row, column + 1, grouped(count), tip)
                if count:
                    colour = QColor(_GREEN if column == row else _ORANGE)
                    colour.setAlphaF(0.12 + 0.68 * share)
                    item.setBackground(QBrush(colour))
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.resizeColumnsToContents()
        for column in range(self.columnCount()):
            self.setColumnWidth(column, min(self.columnWidth(column), 66 if column else 102))

    def _on_clicked(self, row: int, column: int) -> None:
        if column:
            self.cell_chosen.emit(row, column - 1)
