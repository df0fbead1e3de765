"""Putting the scans of a batch together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_dgc.batch import Item
from napari_dgc.gui import export_panel
from napari_dgc.gui.batch.running import Batches
from napari_dgc.gui.batch.table import BatchTable
from napari_dgc.gui.plain_label import plain_label

_PATHS = "batch/paths"


class ScanPicker(QWidget):
    """Buttons that add files and folders, the list, and why scans failed.

    Parameters
    ----------
    batches
        Looks through folders.
    """

    #: Other scans; with a sentence where something could not be added.
    changed = Signal(str)

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self._batches = batches
        self._looked: list[Path] = []
        #: Folders that are being looked through.
        self.looking = 0
        self.table = BatchTable()
        self.add_files = QPushButton("Add files…")
        self.add_folder = QPushButton("Add folder…")
        self.add_folder.setToolTip("All scans in a folder and below it")
        self.take_out = QPushButton("Take out")
        self.take_out.setToolTip("Take the selected scans out of the list, or all; no file is lost")
        self.last = QPushButton("The last list again")
        self.last.setToolTip("Scans of the last batch, to go on with it")
        self.reason = plain_label()
        self.reason.setWordWrap(True)
        self.reason.hide()
        self.buttons = QWidget()
        line = QHBoxLayout(self.buttons)
        line.setContentsMargins(0, 0, 0, 0)
        for button in (self.add_files, self.add_folder, self.take_out):
            line.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        for widget in (self.buttons, self.last, self.table, self.reason):
            layout.addWidget(widget, int(widget is self.table))
        self.add_files.clicked.connect(self._add_files)
        self.add_folder.clicked.connect(self._add_folder)
        self.take_out.clicked.connect(self._take_out)
        self.last.clicked.connect(lambda: self.look(self._last_paths()))
        self.table.itemSelectionChanged.connect(self.show_reason)
        batches.found.connect(self._on_found)

    def refresh(self) -> None:
        """Offer what can be done now."""
        there = bool(self.table.items_shown)
        self.take_out.setEnabled(there)
        self.last.setVisible(not there and not self.looking and bool(self._last_paths()))

    def look(self, paths: Sequence[Path]) -> None:
        """Add the scans that files and folders stand for."""
        if paths:
            self._looked += [path for path in paths if path not in self._looked]
            self.looking += 1
            self._batches.look(list(paths))
            self.changed.emit("")

    def start_anew(self) -> None:
        """Show all scans as waiting, and remember them for another day."""
        export_panel.settings().setValue(_PATHS, [str(path) for path in self._looked])
        self.table.start_anew()
        self.show_reason()

    def show_reason(self) -> None:
        """Say why the selected scan failed; where none is selected, why the first one did."""
        reasons, name = self.table.reasons, self.table.selected_name
        name = name or next(iter(reasons), "")
        reason = reasons.get(name, "")
        self.reason.setText(f"{name}: {reason}" if reason else "")
        self.reason.setVisible(bool(reason))

    def _add_files(self) -> None:
        names, _ = QFileDialog.getOpenFileNames(self, "Scans to label", self._near())
        self.look([Path(name) for name in names])

    def _add_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Folder of scans", self._near())
        self.look([Path(name)] if name else [])

    def _near(self) -> str:
        return str(self._looked[-1].parent) if self._looked else ""

    def _last_paths(self) -> list[Path]:
        stored = export_panel.settings().value(_PATHS, [])
        names = [stored] if isinstance(stored, str) else list(stored or [])
        return [Path(str(name)) for name in names if Path(str(name)).exists()]

    def _on_found(self, items: Sequence[Item], reason: str) -> None:
        self.looking = max(0, self.looking - 1)
        self.table.add(items)
        self.changed.emit(reason)

    def _take_out(self) -> None:
        self.table.take_out()
        if not self.table.items_shown:
            self._looked = []
        self.show_reason()
        self.changed.emit("")
