"""Choosing which variable of a file is the cube, with a picture of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cubes.choices import VariableInfo, describe_shape
from napari_dgc.cubes.layout import (
    BAND_BETWEEN,
    BAND_FIRST,
    BAND_LAST,
    BY_COLUMNS,
    BY_ROWS,
    PIXEL_ORDERS,
)
from napari_dgc.gui.image_size_box import ImageSizeBox
from napari_dgc.gui.plain_label import as_plain, plain_label
from napari_dgc.gui.preview import PREVIEW, Preview, PreviewMaker, pixmap
from napari_dgc.gui.remembered import Answer

#: How axes and pixels can lie, in words.
ARRANGEMENTS = {
    BAND_LAST: "rows × columns × bands",
    BAND_FIRST: "bands × rows × columns",
    BAND_BETWEEN: "rows × bands × columns",
    BY_COLUMNS: "pixels column by column",
    BY_ROWS: "pixels row by row",
}
_WIDTH = 280
# Time that a row must be selected before its picture is made, in milliseconds.
_PAUSE = 120


class VariableDialog(QDialog):
    """Lists what can be the cube of a file; shows what the selected one looks like.

    Parameters
    ----------
    path
        The file.
    candidates
        What there is to choose from.
    before
        What was chosen in this folder before; it is selected.
    parent
        Window that the dialog belongs to.
    """

    def __init__(
        self,
        path: Path,
        candidates: Sequence[VariableInfo],
        before: Answer | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Which variable is the cube?")
        self._candidates = list(candidates)
        self._before = before
        self.sentence = plain_label(self._question(path.name))
        self.sentence.setWordWrap(True)
        self.table = self._make_table()
        self.picture = QLabel()
        self.caption = plain_label()
        self.arrangement = QComboBox()
        self.size_label = QLabel("Rows × columns of the image")
        self.image_size = ImageSizeBox()
        self.remember = QCheckBox("Do not ask again for files of this folder")
        self.remember.setChecked(True)
        self.remember.setToolTip(
            f"Files in {path.absolute().parent} that hold the same variables are then opened in "
            "the same way.\nTo be asked again: File > IO Utilities > Choose another variable…"
        )
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self._maker = PreviewMaker(path, self)
        self._maker.ready.connect(self._on_ready)
        self._maker.progressed.connect(self._on_progress)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._ask)
        self._fill_arrangements(None)
        self.table.itemSelectionChanged.connect(self._on_selected)
        self.table.doubleClicked.connect(self.accept)
        self.arrangement.activated.connect(self._ask)
        self.image_size.size_changed.connect(self._on_size)
        self.finished.connect(self._maker.stop)
        self.table.selectRow(self._first_row())

    @property
    def chosen(self) -> str:
        """Name of the selected variable."""
        return self._candidates[max(self.table.currentRow(), 0)].name

    @property
    def answer(self) -> Answer:
        """What the user chose."""
        return Answer(self.chosen, str(self.arrangement.currentData()), self._image)

    def accept(self) -> None:
        """Close the dialog, unless the size of the image is still missing."""
        if self._image is not None or not self._is_matrix:
            super().accept()

    @property
    def _is_matrix(self) -> bool:
        """Whether the selected variable has pixels whose rows and columns nothing tells."""
        return len(self._candidates[max(self.table.currentRow(), 0)].shape) == 2

    @property
    def _image(self) -> tuple[int, int] | None:
        return self.image_size.image if self._is_matrix else None

    # ------------------------------------------------------------- building

    def _question(self, name: str) -> str:
        if all(len(info.shape) == 2 for info in self._candidates):
            return (
                f"{name} holds no cube with rows and columns. If the variable is pixels × bands, "
                "choose the rows and columns with which the picture looks like the scan."
            )
        if len(self._candidates) > 1:
            return f"{name} holds several cubes. Choose the one to open."
        return f"{name} holds one cube."

    def _make_table(self) -> QTableWidget:
        table = QTableWidget(len(self._candidates), 3)
        table.setHorizontalHeaderLabels(["Variable", "Shape", "Type"])
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setTabKeyNavigation(False)
        table.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        for row, info in enumerate(self._candidates):
            name = info.name or "(the array)"
            for column, text in enumerate((name, describe_shape(info.shape), info.dtype)):
                item = QTableWidgetItem(text)
                item.setToolTip(as_plain(text))
                table.setItem(row, column, item)
        if (header := table.verticalHeader()) is not None:
            header.hide()
        if (header := table.horizontalHeader()) is not None:
            header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        return table

    def _lay_out(self) -> None:
        self.picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.picture.setFixedSize(_WIDTH, PREVIEW + 8)
        self.picture.setFrameShape(QFrame.Shape.StyledPanel)
        self.caption.setWordWrap(True)
        self.caption.setFixedWidth(_WIDTH)
        self.caption.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.caption.setMinimumHeight(3 * self.caption.fontMetrics().lineSpacing())
        self.arrangement.setFixedWidth(_WIDTH)
        self.arrangement.setToolTip(
            "How rows, columns and bands follow each other in the file.\n"
            "Another order helps where the picture is turned, stretched or scrambled."
        )
        right = QVBoxLayout()
        self.image_size.setFixedWidth(_WIDTH)
        right.addWidget(self.picture)
        right.addWidget(self.caption)
        right.addWidget(self.size_label)
        right.addWidget(self.image_size)
        right.addWidget(QLabel("Order in the file"))
        right.addWidget(self.arrangement)
        right.addStretch()
        middle = QHBoxLayout()
        middle.addWidget(self.table, 1)
        middle.addLayout(right)
        bottom = QHBoxLayout()
        bottom.addWidget(self.remember)
        bottom.addStretch()
        bottom.addWidget(self.buttons)
        layout = QVBoxLayout(self)
        layout.addWidget(self.sentence)
        layout.addLayout(middle, 1)
        layout.addLayout(bottom)
        self.resize(760, 500)

    def _first_row(self) -> int:
        names = [info.name for info in self._candidates]
        wanted = "cube" if self._before is None else self._before.variable
        return names.index(wanted) if wanted in names else 0

    # --------------------------------------------------------------- events

    def _on_selected(self) -> None:
        self._maker.stop()
        self._fill_arrangements(None)
        self.size_label.setVisible(self._is_matrix)
        self.image_size.setVisible(self._is_matrix)
        if self._is_matrix:
            before = self._before if self._was_chosen else None
            info = self._candidates[max(self.table.currentRow(), 0)]
            self.image_size.offer(info.shape, None if before is None else before.image)
        self._on_size()

    def _on_size(self) -> None:
        """Show the picture that a size makes, or what is wrong with the size."""
        self._maker.stop()
        self.picture.clear()
        ready = self._image is not None or not self._is_matrix
        self.caption.setText("" if ready else self.image_size.problem)
        if (button := self.buttons.button(QDialogButtonBox.StandardButton.Open)) is not None:
            button.setEnabled(ready)
        if ready:
            self._pause.start()
        else:
            self._pause.stop()

    @property
    def _was_chosen(self) -> bool:
        return self._before is not None and self._before.variable == self.chosen

    def _fill_arrangements(self, found: str | None) -> None:
        """Offer the orders that the selected variable can have; the found one is named."""
        kept = self.arrangement.currentData()
        if found is None:
            kept = "auto"
            if self._before is not None and self._was_chosen:
                kept = self._before.layout
        self.arrangement.clear()
        known = " by itself" if found is None else f": {ARRANGEMENTS.get(found, found)}"
        self.arrangement.addItem(f"found{known}", "auto")
        unfolded = found in PIXEL_ORDERS or kept in PIXEL_ORDERS or self._is_matrix
        for layout, words in ARRANGEMENTS.items():
            if (layout in PIXEL_ORDERS) == unfolded:
                self.arrangement.addItem(words, layout)
        self.arrangement.setCurrentIndex(max(self.arrangement.findData(kept), 0))

    def _ask(self) -> None:
        self.picture.setText("making a picture …")
        self._maker.ask(self.chosen, str(self.arrangement.currentData()), self._image)

    def _on_progress(self, share: float) -> None:
        self.picture.setText(f"unpacking … {share:.0%}")

    def _on_ready(self, preview: Preview) -> None:
        if self.arrangement.currentData() == "auto":
            self._fill_arrangements(preview.layout)
        self.caption.setText(preview.sentence)
        if preview.picture is None:
            self.picture.setText("no picture")
        else:
            self.picture.setPixmap(pixmap(preview.picture))
