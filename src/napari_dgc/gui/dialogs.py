"""Questions that only the user can answer: which variable, which axis is the band axis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtGui import QImage, QPixmap
from qtpy.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QRadioButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cubes.choices import VariableInfo, describe_shape
from napari_dgc.errors import UserError
from napari_dgc.gui.messages import busy, has_window, window_of_viewer

#: Longest side of a preview, in pixels of the screen.
PREVIEW = 240


def ask_variable(path: Path, candidates: Sequence[VariableInfo]) -> str | None:
    """Ask which variable of a file is the cube; None when the dialog was cancelled."""
    if not has_window():
        names = ", ".join(info.name for info in candidates)
        raise UserError(f"{path} holds several cubes; say which variable is meant: {names}.")
    dialog = VariableDialog(path, candidates, window_of_viewer())
    return dialog.chosen if dialog.exec() else None


def ask_layout(path: Path, variable: str | None, shape: Sequence[int]) -> str | None:
    """Ask which axis of a cube is the band axis; None when the dialog was cancelled."""
    if not has_window():
        raise UserError(f"{path}: nothing tells which axis of {describe_shape(shape)} holds bands.")
    previews = _previews(path, variable)
    dialog = LayoutDialog(path, shape, previews, window_of_viewer())
    return dialog.chosen if dialog.exec() else None


def _previews(path: Path, variable: str | None) -> dict[str, NDArray[np.uint8]]:
    from napari_dgc.composites import true_colour
    from napari_dgc.cubes.read import open_cube

    found: dict[str, NDArray[np.uint8]] = {}
    with busy():
        for layout in ("row-column-band", "band-row-column"):
            found[layout] = true_colour(open_cube(path, variable=variable, layout=layout))
    return found


def pixmap(colours: NDArray[np.uint8], longest: int = PREVIEW) -> QPixmap:
    """Turn (row, column, 3) colours into a pixmap of at most `longest` pixels."""
    step = max(1, max(colours.shape[:2]) // (4 * longest))
    small = np.ascontiguousarray(colours[::step, ::step])
    rows, columns = small.shape[:2]
    image = QImage(small.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image.copy()).scaled(
        longest,
        longest,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


class _Question(QDialog):
    """A sentence, something to choose from, Open and Cancel."""

    def __init__(self, title: str, sentence: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        label = QLabel(sentence)
        label.setWordWrap(True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.body = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.addWidget(label)
        layout.addLayout(self.body)
        layout.addWidget(self.buttons)


class VariableDialog(_Question):
    """Lists the variables of a file that could be the cube."""

    def __init__(
        self, path: Path, candidates: Sequence[VariableInfo], parent: QWidget | None = None
    ) -> None:
        of_folder = path.is_dir()
        super().__init__(
            "Which scan?" if of_folder else "Which variable is the cube?",
            f"{path.name} holds several "
            f"{'scans' if of_folder else 'three-dimensional variables'}. Choose the one to open.",
            parent,
        )
        self.table = QTableWidget(len(candidates), 3)
        self.table.setHorizontalHeaderLabels(["Scan" if of_folder else "Variable", "Shape", "Type"])
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        names = [info.name for info in candidates]
        for row, info in enumerate(candidates):
            for column, text in enumerate((info.name, describe_shape(info.shape), info.dtype)):
                self.table.setItem(row, column, QTableWidgetItem(text))
        if (header := self.table.verticalHeader()) is not None:
            header.hide()
        if (header := self.table.horizontalHeader()) is not None:
            header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
            header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.selectRow(names.index("cube") if "cube" in names else 0)
        self.table.doubleClicked.connect(self.accept)
        self.body.addWidget(self.table)
        self.resize(440, 300)

    @property
    def chosen(self) -> str:
        """Name of the selected variable."""
        item = self.table.item(max(self.table.currentRow(), 0), 0)
        return "" if item is None else item.text()


class LayoutDialog(_Question):
    """Shows a cube read both ways and asks which picture looks right."""

    _TITLES: ClassVar = {
        "row-column-band": "row, column, band: {shape[2]} bands of {shape[0]}×{shape[1]} pixels",
        "band-row-column": "band, row, column: {shape[0]} bands of {shape[1]}×{shape[2]} pixels",
    }

    def __init__(
        self,
        path: Path,
        shape: Sequence[int],
        previews: dict[str, NDArray[np.uint8]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(
            "Which axis holds the bands?",
            f"Nothing in {path.name} tells which axis of {describe_shape(shape)} holds the "
            "bands. Choose the picture that looks like the scan.",
            parent,
        )
        self.choices: dict[str, QRadioButton] = {}
        group = QButtonGroup(self)
        side_by_side = QHBoxLayout()
        for layout, title in self._TITLES.items():
            column = QVBoxLayout()
            picture = QLabel()
            picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
            picture.setMinimumSize(PREVIEW + 80, PREVIEW)
            if layout in previews:
                picture.setPixmap(pixmap(previews[layout]))
            button = QRadioButton(title.format(shape=shape))
            group.addButton(button)
            self.choices[layout] = button
            column.addWidget(picture)
            column.addWidget(button)
            side_by_side.addLayout(column)
        self.choices["row-column-band"].setChecked(True)
        self.body.addLayout(side_by_side)

    @property
    def chosen(self) -> str:
        """The layout whose picture was chosen."""
        return next(name for name, button in self.choices.items() if button.isChecked())
