"""Which cluster or class stands for which class of the truth, to see and to change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QHeaderView

from napari_dgc.evaluation.assessment_tables import NO_CLASS
from napari_dgc.evaluation.present import unique_names
from napari_dgc.gui.calm_boxes import NameComboBox
from napari_dgc.gui.class_table import grouped
from napari_dgc.gui.evaluation.tables import PlainTable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari_dgc.evaluation.assess import Assessment

_TIP = "Class of the truth that it stands for; a change makes the matching one by hand"


class MappingTable(PlainTable):
    """A row for each predicted label with a box of classes."""

    #: Name of the class of every label that stands for one, after a change by hand.
    edited = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._labels: list[int] = []
        self._numbers: list[int | None] = []
        self.boxes: list[NameComboBox] = []

    def show_mapping(self, found: Assessment, colours: Mapping[int, str], what: str) -> None:
        """Show what stands for what.

        Parameters
        ----------
        found
            The assessment.
        colours
            Of the predicted labels, ``#rrggbb``.
        what
            What a predicted label is called.
        """
        numbers: list[int | None] = [None, *found.class_names]
        labels = list(found.mapping)
        if labels != self._labels or numbers != self._numbers:
            self._make_rows(labels, numbers)
        self.put_titles([(what, ""), ("Pixels", "Labelled pixels"), ("Stands for", _TIP)])
        titles = [NO_CLASS, *unique_names(found.class_names)]
        for row, (label, box) in enumerate(zip(labels, self.boxes, strict=True)):
            name = found.label_names.get(label, "") or f"{what.lower()} {label}"
            item = self.put(row, 0, name)
            swatch = QPixmap(12, 12)
            swatch.fill(QColor(colours.get(label, "#808080")))
            item.setIcon(QIcon(swatch))
            self.put(row, 1, grouped(found.label_pixels.get(label, 0)))
            with QSignalBlocker(box):
                box.show_names(titles)
                box.setCurrentIndex(numbers.index(found.mapping[label]))
            box.show_tip()
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)

    def text_at(self, row: int, column: int) -> str:
        """Return what a cell says; the last one of a row is a box."""
        return self.boxes[row].currentText() if column == 2 else super().text_at(row, column)

    def _make_rows(self, labels: list[int], numbers: list[int | None]) -> None:
        self._labels, self._numbers = labels, numbers
        self.setColumnCount(3)
        self.setRowCount(len(labels))
        self.boxes = []
        for row in range(len(labels)):
            box = NameComboBox(_TIP)
            box.activated.connect(self._on_activated)
            self.boxes.append(box)
            self.setCellWidget(row, 2, box)
            self.setRowHeight(row, box.sizeHint().height())

    def _on_activated(self, _place: int) -> None:
        pairs = zip(self._labels, self.boxes, strict=True)
        self.edited.emit({label: box.currentText() for label, box in pairs if box.currentIndex()})
