"""What a comparison found, on tabs; a click on a number shows its pixels on the scans."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QHBoxLayout, QPushButton, QTabWidget, QVBoxLayout, QWidget

from napari_dgc.gui.calm_boxes import NameComboBox
from napari_dgc.gui.evaluation.mapping_table import MappingTable
from napari_dgc.gui.evaluation.pixel_layers import PixelLayers
from napari_dgc.gui.evaluation.tables import ClassTable, ConfusionTable, FigureTable
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_dgc.gui.evaluation.comparing import Compared

_HINT = "Click a number to see its pixels on the scans."


class Results(QWidget):
    """Figures of all scans together or of one, confusion, and mapping.

    Parameters
    ----------
    viewer
        Where pixels are shown.
    """

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__()
        self.compared: Compared | None = None
        self.pixels = PixelLayers(viewer)
        self.which = NameComboBox("Scan whose figures are shown")
        self.figures, self.classes = FigureTable(), ClassTable()
        self.confusion, self.mapping = ConfusionTable(), MappingTable()
        self.told = plain_label(_HINT)
        self.told.setWordWrap(True)
        self.hide_pixels = QPushButton("Hide pixels")
        self.hide_pixels.setToolTip("Take the layers of the clicked cell away")
        self.hide_pixels.setEnabled(False)
        below = QHBoxLayout()
        below.addWidget(self.told, 1)
        below.addWidget(self.hide_pixels)
        confusion = QWidget()
        column = QVBoxLayout(confusion)
        column.setContentsMargins(0, 2, 0, 0)
        column.addWidget(self.confusion, 1)
        column.addLayout(below)
        self.tabs = QTabWidget()
        for title, page in (
            ("Figures", self.figures),
            ("Classes", self.classes),
            ("Confusion", confusion),
            ("Mapping", self.mapping),
        ):
            self.tabs.addTab(page, title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.which)
        layout.addWidget(self.tabs, 1)
        self.which.activated.connect(lambda _place: self._show_figures())
        self.confusion.cell_chosen.connect(self._on_cell)
        self.hide_pixels.clicked.connect(self.clear_pixels)

    def show_compared(self, compared: Compared, colours: Mapping[int, str], what: str) -> None:
        """Show a comparison.

        Parameters
        ----------
        compared
            It.
        colours
            Of the predicted labels, ``#rrggbb``.
        what
            What a predicted label is called.
        """
        shown = self.pixels.shown if self.pixels.visible else None
        self.compared = compared
        found = compared.assessment
        titles = ["All scans together", *(scan.name for scan in found.scans)]
        before = self.which.currentText()
        with QSignalBlocker(self.which):
            self.which.show_names(titles)
            self.which.setCurrentIndex(titles.index(before) if before in titles else 0)
        self.which.show_tip()
        self.mapping.show_mapping(found, colours, what)
        self._show_figures()
        if shown is not None:
            self._show_pixels(*shown)

    def clear(self) -> None:
        """Forget the comparison."""
        self.compared = None
        self.clear_pixels()

    def clear_pixels(self) -> None:
        """Take the layers of a cell away."""
        self.pixels.hide()
        self.told.setText(_HINT)
        self.hide_pixels.setEnabled(False)

    def look_at_layers(self) -> None:
        """See whether the user has removed the layers of a cell."""
        if self.hide_pixels.isEnabled() and not self.pixels.visible:
            self.clear_pixels()

    def _show_figures(self) -> None:
        if self.compared is None:
            return
        found, place = self.compared.assessment, self.which.currentIndex()
        scored = found.pooled if place <= 0 else found.scans[place - 1]
        intervals = found.intervals if place <= 0 else None
        self.figures.show_scored(scored, intervals)
        self.classes.show_scored(found, scored, intervals)
        self.confusion.show_scored(found, scored)

    def _on_cell(self, row: int, column: int) -> None:
        if self.compared is None:
            return
        numbers = list(self.compared.assessment.class_names)
        cell = numbers[row], numbers[column] if column < len(numbers) else None
        if cell == self.pixels.shown and self.pixels.visible:
            self.clear_pixels()
        else:
            self._show_pixels(*cell)

    def _show_pixels(self, true: int, found: int | None) -> None:
        assert self.compared is not None
        numbers = self.compared.assessment.class_names
        if true not in numbers or (found is not None and found not in numbers):
            self.clear_pixels()
            return
        count = self.pixels.show(self.compared, true, found)
        self.told.setText(
            f"{counted(count, 'pixel')} shown on all scans; click again to hide."
            if count
            else "There are no such pixels."
        )
        self.hide_pixels.setEnabled(self.pixels.visible)
