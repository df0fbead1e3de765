"""Asks for which scans annotations are, and what for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.plain_label import plain_label
from napari_dgc.gui.reference_layers import scan_for, size_of

if TYPE_CHECKING:
    from qtpy.QtGui import QShowEvent

    from napari_dgc.annotations import LabelImage
    from napari_dgc.gui.scan import Scan
    from napari_dgc.partition import Partition

SHOW, SCORE, CORRECT = "show", "score", "correct"
_TITLES = {
    SHOW: "Show them over the scan",
    SCORE: "Show them, and evaluate the classes against them",
    CORRECT: "Correct the classes: annotated pixels get the class of the same name",
}
_NO_SCAN = "(no scan)"
#: Most names of classes in a row.
_MOST = 4
#: Most room that the table takes; further rows are reached by scrolling.
_WIDEST, _HIGHEST = 760, 300


class ImportDialog(QDialog):
    """For each label image the scan that it belongs to, and what is done with all.

    Parameters
    ----------
    images
        The annotations.
    scans
        The open scans.
    partition
        The classes, or None before there are any.
    parent
        Window that the dialog belongs to.
    """

    def __init__(
        self,
        images: Sequence[LabelImage],
        scans: Sequence[Scan],
        partition: Partition | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Import annotations")
        self._images = list(images)
        self._scans: list[Scan | None] = [None, *scans]
        self._partition = partition
        #: The scan of each label image.
        self.boxes: list[QComboBox] = []
        self.choices: dict[str, QRadioButton] = {}
        group = QButtonGroup(self)
        column = QVBoxLayout(self)
        column.addWidget(self._table())
        for purpose, title in _TITLES.items():
            button = QRadioButton(title)
            group.addButton(button)
            self.choices[purpose] = button
            button.toggled.connect(self._refresh)
            column.addWidget(button)
            if purpose == SCORE:
                self.rest = QCheckBox("Pixels without a label count, too, as none of these classes")
                self.rest.setToolTip(
                    "For annotations of all lesions and nothing else: whatever is called lesion "
                    "outside of them is then an error"
                )
                self.rest.setStyleSheet("margin-left: 20px;")
                column.addWidget(self.rest)
        self.sentence = plain_label()
        self.sentence.setWordWrap(True)
        self.sentence.setMinimumHeight(3 * self.fontMetrics().lineSpacing())
        column.addWidget(self.sentence)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self._ok = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        self._ok.setText("Import")
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        self.choices[SHOW].setChecked(True)
        if self._labelled():
            self.choices[SCORE].setChecked(True)
        self._refresh()

    def _table(self) -> QWidget:
        inner = QWidget()
        grid = QGridLayout(inner)
        for place, title in enumerate(("Annotations", "Pixels", "Classes", "Scan")):
            grid.addWidget(QLabel(f"<b>{title}</b>"), 0, place)
        known = [scan for scan in self._scans if scan is not None]
        for row, image in enumerate(self._images, start=1):
            rows, columns = image.labels.shape
            names = [info.title for info in image.present]
            more = f" + {len(names) - _MOST}" if len(names) > _MOST else ""
            classes = plain_label(", ".join(names[:_MOST]) + more or "none")
            classes.setToolTip(", ".join(names))
            box = QComboBox()
            box.addItems([_NO_SCAN if scan is None else scan.name for scan in self._scans])
            box.setCurrentIndex(self._scans.index(scan_for(image, known)))
            box.currentIndexChanged.connect(self._refresh)
            self.boxes.append(box)
            for place, part in enumerate(
                (plain_label(image.name), QLabel(f"{rows} x {columns}"), classes, box)
            ):
                grid.addWidget(part, row, place)
        grid.setRowStretch(len(self._images) + 1, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setWidget(inner)
        self._area = area
        return area

    def showEvent(self, event: QShowEvent | None) -> None:
        """Give the table the room that it wants in the fonts of the window."""
        super().showEvent(event)
        inner = self._area.widget()
        inner.ensurePolished()
        bar = self._area.verticalScrollBar().sizeHint().width()
        wanted = inner.minimumSizeHint()
        self._area.setMinimumSize(
            min(_WIDEST, wanted.width() + bar), min(_HIGHEST, wanted.height() + 2)
        )
        self.adjustSize()

    @property
    def chosen(self) -> list[tuple[LabelImage, Scan | None]]:
        """Each label image and its scan."""
        return [
            (image, self._scans[box.currentIndex()])
            for image, box in zip(self._images, self.boxes, strict=True)
        ]

    @property
    def purpose(self) -> str:
        """One of `SHOW`, `SCORE` and `CORRECT`."""
        return next(name for name, button in self.choices.items() if button.isChecked())

    def _labelled(self) -> bool:
        """Tell whether any of the scans has classes."""
        return self._partition is not None and any(
            scan is not None and scan.fine is not None for _, scan in self.chosen
        )

    def _refresh(self) -> None:
        if len(self.choices) < len(_TITLES):
            return  # not built yet
        labelled = self._labelled()
        for purpose in (SCORE, CORRECT):
            self.choices[purpose].setEnabled(labelled)
            self.choices[purpose].setToolTip("" if labelled else "The scan has no classes yet")
        if not labelled:
            self.choices[SHOW].setChecked(True)
        self.rest.setEnabled(self.purpose == SCORE)
        wrong = self._wrong()
        self.sentence.setText(wrong or self._says())
        self._ok.setEnabled(not wrong)

    def _wrong(self) -> str:
        """Say in one sentence what does not fit; "" where all does."""
        from napari_dgc.workspace.adopt import different_sizes

        for image, scan in self.chosen:
            if scan is not None and size_of(scan) != image.labels.shape:
                return different_sizes(image, scan.name, size_of(scan))
        return ""

    def _says(self) -> str:
        """Say what will come of it."""
        from napari_dgc.workspace.adopt import class_named

        if not self._labelled():
            return "Scans that have classes can also be scored and corrected."
        if self._partition is None or self.purpose == SHOW:
            return ""
        names = dict.fromkeys(
            info.title
            for image, scan in self.chosen
            if scan is not None and scan.fine is not None
            for info in image.present
        )
        known = [name for name in names if class_named(self._partition, name) is not None]
        unknown = [name for name in names if name not in known]
        if self.purpose == SCORE:
            without = f" Without a class of their name: {', '.join(unknown)}." if unknown else ""
            return f"Compared by name: {', '.join(known) or 'none'}.{without}"
        left = f" Left out, as no class has the name: {', '.join(unknown)}." if unknown else ""
        return (
            f"Taken over: {', '.join(known) or 'none'}.{left} Pixels without a label stay as "
            "they are; one undo takes it back."
        )
