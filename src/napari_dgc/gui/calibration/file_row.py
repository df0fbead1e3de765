"""A line with the path of a file and a button to look for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QWidget

from napari_dgc.gui.plain_label import as_plain

if TYPE_CHECKING:
    from qtpy.QtGui import QDragEnterEvent, QDropEvent


class FileRow(QWidget):
    """Chooses a file; files can be dropped on it too.

    Parameters
    ----------
    title
        Of the dialog.
    placeholder
        Shown while no file is chosen.
    tip
        Tooltip.
    """

    #: Another file, or none, was chosen.
    changed = Signal()

    def __init__(self, title: str, placeholder: str, tip: str) -> None:
        super().__init__()
        self._title, self._tip = title, tip
        self.folder = Path()
        self._path: Path | None = None
        self.line = QLineEdit()
        self.line.setPlaceholderText(placeholder)
        self.line.setToolTip(tip)
        self.line.setClearButtonEnabled(True)
        self.button = QPushButton("Browse…")
        self.button.setToolTip(tip)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.line, 1)
        layout.addWidget(self.button)
        self.setAcceptDrops(True)
        self.line.setAcceptDrops(False)
        self.line.textEdited.connect(self._on_edited)
        self.line.textChanged.connect(self._on_cleared)
        self.button.clicked.connect(self._on_browse)

    @property
    def path(self) -> Path | None:
        """The file, or None."""
        return self._path

    def set_path(self, path: Path | None) -> None:
        """Choose a file without being asked."""
        self._path = path
        self.line.setText("" if path is None else path.name)
        self.line.setCursorPosition(0)
        self.line.setToolTip(self._tip if path is None else as_plain(str(path)))
        self.changed.emit()

    def _on_edited(self, text: str) -> None:
        path = Path(text.strip()).expanduser()
        self._path = (path if path.is_absolute() else self.folder / path) if text.strip() else None
        self.changed.emit()

    def _on_cleared(self, text: str) -> None:
        if not text and self._path is not None:
            self._path = None
            self.changed.emit()

    def _on_browse(self) -> None:
        start = self.folder if self._path is None else self._path.parent
        found, _ = QFileDialog.getOpenFileName(self, self._title, str(start))
        if found:
            self.set_path(Path(found))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a single file."""
        if len(event.mimeData().urls()) == 1:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Choose the file that was dropped."""
        self.set_path(Path(event.mimeData().urls()[0].toLocalFile()))
