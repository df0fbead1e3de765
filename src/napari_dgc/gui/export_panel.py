"""Writing the label layers to files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QSettings, Qt
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cubes.envi_files import is_file_of
from napari_dgc.errors import UserError
from napari_dgc.gui.icons import icon
from napari_dgc.partition import Partition

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dgc.gui.session import Session

_FOLDER_KEY = "export/folder"


def settings() -> QSettings:
    """Return where the plugin remembers small things between sessions."""
    return QSettings("napari-dgc", "napari-dgc")


def unique_stems(names: Sequence[str]) -> list[str]:
    """Turn layer names into file stems, none twice even where letter case does not count."""
    stems: list[str] = []
    taken: set[str] = set()
    for name in names:
        base = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "_", name).strip(" .") or "scan"
        stem, number = base, 2
        while stem.casefold() in taken:
            stem, number = f"{base}-{number}", number + 1
        taken.add(stem.casefold())
        stems.append(stem)
    return stems


class ExportPanel(QWidget):
    """Folder, formats and the button that writes one label image per scan and format."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._busy = False
        self._written: list[Path] = []
        self.folder = QLineEdit(str(settings().value(_FOLDER_KEY, "") or ""))
        self.folder.setPlaceholderText("Folder for the label images")
        self.folder.setToolTip("One label image per scan and format is written here")
        self._browse = QToolButton()
        self._browse.setToolTip("Choose the folder")
        self._browse.clicked.connect(self._choose_folder)
        self.tiff = QCheckBox("TIFF")
        self.tiff.setToolTip("Class numbers, one per pixel, 0 for no data; with a table of classes")
        self.png = QCheckBox("PNG")
        self.png.setToolTip("The same numbers with the colours of the classes as palette")
        self.tiff.setChecked(True)
        self.png.setChecked(True)
        self.button = QPushButton("Export")
        self.button.clicked.connect(self.export)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.message.hide()
        top = QHBoxLayout()
        top.addWidget(self.folder, 1)
        top.addWidget(self._browse)
        bottom = QHBoxLayout()
        bottom.addWidget(self.tiff)
        bottom.addWidget(self.png)
        bottom.addStretch(1)
        bottom.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(bottom)
        layout.addWidget(self.message)
        self.folder.textChanged.connect(self.refresh)
        self.tiff.toggled.connect(self.refresh)
        self.png.toggled.connect(self.refresh)
        self.refresh()

    def set_icons(self, colour: str) -> None:
        """Draw the icons in a colour of the theme."""
        self._browse.setIcon(icon("folder", colour))
        self.button.setIcon(icon("export", colour))

    @property
    def formats(self) -> tuple[str, ...]:
        """Formats that are ticked."""
        return tuple(
            name for name, box in (("tif", self.tiff), ("png", self.png)) if box.isChecked()
        )

    def refresh(self) -> None:
        """Enable the button when there is something to write, and say why when not."""
        if self._busy:
            reason = "Writing …"
        elif not any(scan.labels is not None for scan in self._session.labelled):
            reason = "No scan has a label layer yet."
        elif not self.formats:
            reason = "Tick a format first."
        else:
            reason = ""
        self.button.setEnabled(not reason)
        self.button.setToolTip(reason or "Write the label layers as they are shown now")

    def export(self) -> None:
        """Write the label layers as they are now; asks for a folder when there is none."""
        partition = self._session.partition
        if partition is None or self._busy:
            return
        if not self.folder.text().strip() and not self._choose_folder():
            return
        folder = Path(self.folder.text().strip()).expanduser()
        layers = [scan for scan in self._session.labelled if scan.labels is not None]
        stems = unique_stems([scan.name for scan in layers])
        if not self._may_overwrite(folder, stems):
            return
        settings().setValue(_FOLDER_KEY, str(folder))
        # Copies: the layers may change while the worker writes.
        maps = [np.array(scan.labels.data) for scan in layers if scan.labels is not None]
        self._start(list(zip(stems, maps, strict=True)), partition, folder, self.formats)

    def _may_overwrite(self, folder: Path, stems: Sequence[str]) -> bool:
        endings = [*(f".{kind}" for kind in self.formats), "_classes.csv"]
        planned = [folder / f"{stem}{ending}" for stem in stems for ending in endings]
        scans = [scan.cube.path for scan in self._session.scans if scan.cube.path is not None]
        lost = [path for path in planned if any(is_file_of(path, scan) for scan in scans)]
        if lost:
            self._say(f"{lost[0]} is a scan that is open and would be lost; choose another folder.")
            return False
        existing = sorted(path.name for path in planned if path.exists())
        if not existing:
            return True
        shown = ", ".join(existing[:4]) + (" …" if len(existing) > 4 else "")
        answer = QMessageBox.question(
            self,
            "Overwrite files?",
            f"{len(existing)} file(s) in {folder} will be overwritten:\n{shown}",
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return bool(answer == QMessageBox.StandardButton.Yes)

    def _start(
        self,
        maps: list[tuple[str, NDArray[np.uint16]]],
        partition: Partition,
        folder: Path,
        formats: tuple[str, ...],
    ) -> None:
        from napari.qt.threading import create_worker

        self._busy = True
        self.refresh()
        self._say(f"Writing to {folder} …")
        self._written = []
        worker = create_worker(_write, maps, partition, folder, formats, _start_thread=False)
        # Bound methods, so that Qt forgets them with this panel.
        worker.yielded.connect(self._on_result)
        worker.finished.connect(self._on_finished)
        worker.start()

    def _on_result(self, result: list[Path] | str) -> None:
        written = self._written
        if isinstance(result, str):
            done = f" ({len(written)} files were written before.)" if written else ""
            self._say(result + done)
            return
        written.extend(path for path in result if path not in written)
        names = ", ".join(path.name for path in written)
        self._say(f"Written to {written[0].parent}: {names}")

    def _on_finished(self) -> None:
        self._busy = False
        self.refresh()

    def _choose_folder(self) -> bool:
        folder = QFileDialog.getExistingDirectory(
            self, "Folder for the label images", self.folder.text()
        )
        if folder:
            self.folder.setText(folder)
        return bool(folder)

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.message.show()


def _write(
    maps: list[tuple[str, NDArray[np.uint16]]],
    partition: Partition,
    folder: Path,
    formats: tuple[str, ...],
) -> Iterator[list[Path] | str]:
    """Write label maps, yielding the paths of each, or one sentence and the end."""
    from napari_dgc.annotations.export import export_labels

    try:
        folder.mkdir(parents=True, exist_ok=True)
        for stem, labels in maps:
            for kind in formats:
                yield export_labels(labels, partition, folder, stem, format=kind)
    except UserError as error:
        yield str(error)
    except OSError as error:
        what = error.strerror or str(error)
        yield f"Nothing more could be written to {folder}: {what}; choose another folder."
