"""Questions that only the user can answer: which variable, which axis is the band axis."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QButtonGroup,
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes.choices import VariableInfo, describe_shape
from napari_dgc.cubes.layout import BAND_BETWEEN, BAND_FIRST, BAND_LAST
from napari_dgc.errors import UserError
from napari_dgc.gui.background import wait_for
from napari_dgc.gui.messages import has_window, window_of_viewer
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.gui.preview import PREVIEW, Preview, make_preview, pixmap
from napari_dgc.gui.remembered import Answer, recall, remember
from napari_dgc.gui.variable_dialog import VariableDialog


def ask_variable(
    path: Path, candidates: Sequence[VariableInfo], before: Answer | None = None
) -> Answer | None:
    """Ask which variable of a file is the cube, and keep the answer where the user wants so.

    Parameters
    ----------
    path
        The file.
    candidates
        What there is to choose from.
    before
        What was chosen in this folder before.

    Returns
    -------
    Answer or None
        None when the dialog was cancelled.
    """
    names = [info.name for info in candidates]
    if not has_window():
        raise UserError(
            f"{path} holds several cubes; say which variable is meant: {', '.join(names)}."
        )
    dialog = VariableDialog(path, candidates, before, window_of_viewer())
    if not dialog.exec():
        return None
    kept = dialog.answer if dialog.remember.isChecked() else None
    remember(path.parent, variable_question(path, candidates), kept)
    return dialog.answer


def variable_question(path: Path, candidates: Sequence[VariableInfo]) -> list[str]:
    """Return the name under which the answer to `ask_variable` is kept.

    Other kinds of files may hold the axes in another order.
    """
    return [*(info.name for info in candidates), path.suffix.lower()]


def _layout_questions(
    path: Path, variable: str | None, shape: Sequence[int]
) -> dict[str, list[str]]:
    """Return the names under which the possible answers to `ask_layout` are kept.

    An answer holds for files of one kind that have as many bands in that order: scans of
    one camera differ in rows and columns only.
    """
    axes = {BAND_FIRST: 0, BAND_BETWEEN: 1, BAND_LAST: 2}
    return {
        layout: ["", "axes of", variable or "", path.suffix.lower(), f"{shape[axis]} as {layout}"]
        for layout, axis in axes.items()
    }


def recall_layout(path: Path, variable: str | None, shape: Sequence[int]) -> str | None:
    """Return the order of axes that was chosen for files like this one, or None."""
    questions = _layout_questions(path, variable, shape)
    found = [name for name, asked in questions.items() if recall(path.parent, asked) is not None]
    return found[0] if len(found) == 1 else None


def ask_layout(path: Path, variable: str | None, shape: Sequence[int]) -> str | None:
    """Ask which axis of a cube is the band axis; None when the dialog was cancelled."""
    if not has_window():
        raise UserError(f"{path}: nothing tells which axis of {describe_shape(shape)} holds bands.")

    def work(token: CancelToken, progress: object) -> dict[str, Preview | None]:
        return {
            layout: make_preview(path, variable, layout, token) for layout in LayoutDialog.TITLES
        }

    previews = wait_for(work, f"Reading {path.name}")
    dialog = LayoutDialog(path, shape, previews, window_of_viewer())
    if not dialog.exec():
        return None
    for layout, question in _layout_questions(path, variable, shape).items():
        kept = dialog.remember.isChecked() and layout == dialog.chosen
        remember(path.parent, question, Answer(variable, layout) if kept else None)
    return dialog.chosen


class LayoutDialog(QDialog):
    """Shows a cube read in each order and asks which picture looks right.

    Parameters
    ----------
    path
        The file.
    shape
        Of the variable as stored.
    previews
        What the cube looks like in each order.
    parent
        Window that the dialog belongs to.
    """

    TITLES = {  # noqa: RUF012
        BAND_LAST: "row, column, band: {shape[2]} bands of {shape[0]}×{shape[1]} pixels",
        BAND_FIRST: "band, row, column: {shape[0]} bands of {shape[1]}×{shape[2]} pixels",
        BAND_BETWEEN: "row, band, column: {shape[1]} bands of {shape[0]}×{shape[2]} pixels",
    }

    def __init__(
        self,
        path: Path,
        shape: Sequence[int],
        previews: dict[str, Preview | None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Which axis holds the bands?")
        sentence = plain_label(
            f"Nothing in {path.name} tells which axis of {describe_shape(shape)} holds the "
            "bands. Choose the picture that looks like the scan."
        )
        sentence.setWordWrap(True)
        self.choices: dict[str, QRadioButton] = {}
        group = QButtonGroup(self)
        side_by_side = QHBoxLayout()
        for layout, title in self.TITLES.items():
            column = QVBoxLayout()
            picture = QLabel("no picture")
            picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
            picture.setMinimumSize(PREVIEW + 80, PREVIEW)
            preview = previews.get(layout)
            if preview is not None and preview.picture is not None:
                picture.setPixmap(pixmap(preview.picture))
            button = QRadioButton(title.format(shape=shape))
            group.addButton(button)
            self.choices[layout] = button
            column.addWidget(picture)
            column.addWidget(button)
            side_by_side.addLayout(column)
        self.choices[BAND_LAST].setChecked(True)
        self.remember = QCheckBox("Do not ask again for such files of this folder")
        self.remember.setToolTip(
            f"Other {path.suffix or 'such'} files in {path.absolute().parent} that have as many "
            "bands are then read in the same order."
        )
        self.remember.setChecked(True)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        bottom = QHBoxLayout()
        bottom.addWidget(self.remember)
        bottom.addStretch()
        bottom.addWidget(self.buttons)
        column = QVBoxLayout(self)
        column.addWidget(sentence)
        column.addLayout(side_by_side)
        column.addLayout(bottom)

    @property
    def chosen(self) -> str:
        """The layout whose picture was chosen."""
        return next(name for name, button in self.choices.items() if button.isChecked())
