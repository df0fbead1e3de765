"""Writing label maps to files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSettings, Qt, QTimer
from qtpy.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cubes.envi_files import is_file_of
from napari_dgc.gui.export_formats import USUAL, FormatsButton
from napari_dgc.gui.export_sources import ScanMaps, unique_stems
from napari_dgc.gui.icons import icon
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.plain_label import as_plain, plain_label
from napari_dgc.gui.provenance import Record, record_of
from napari_dgc.provenance import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dgc.annotations import LabelImage
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.export_sources import Ready, Source
    from napari_dgc.gui.session import Session

__all__ = ["ExportPanel", "settings", "unique_stems"]

_FOLDER_KEY, _FORMATS_KEY = "export/folder", "export/formats"
_EXPORT, _STOP = "Export", "Stop"
#: Most files that are named after writing, and before overwriting.
_MOST_NAMES = 4
#: Time between two looks at how much is written, in milliseconds.
_LOOK = 50


def settings() -> QSettings:
    """Return where the plugin remembers small things between sessions."""
    return QSettings("napari-dgc", "napari-dgc")


class _Writing:
    """What a thread has written so far."""

    def __init__(self, folder: Path, planned: Sequence[Path], record: Record) -> None:
        self.folder, self.planned, self.record = folder, planned, record
        self.before = {path for path in planned if path.exists()}
        self.written: list[Path] = []

    def replaced(self) -> int:
        """Count the files and folders that were there before and have been written."""
        done = {*self.written, *(path.parent for path in self.written)}
        return len(self.before & done)


class ExportPanel(QWidget):
    """Folder, formats and the button that writes label maps, or stops writing.

    Parameters
    ----------
    session
        Of the viewer.
    parent
        Widget that it lies in.
    source
        What is written; the classes or lesions of the session's scans where None.
    """

    def __init__(
        self, session: Session, parent: QWidget | None = None, source: Source | None = None
    ) -> None:
        super().__init__(parent)
        self._source = source if source is not None else ScanMaps(session)
        self._record = partial(record_of, session, "export")
        self._now: _Writing | None = None
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self.destroyed.connect(self._jobs.drop_all)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK)
        self._timer.timeout.connect(self._show_share)
        self._build()
        self.refresh()

    def _build(self) -> None:
        self.folder = QLineEdit(str(settings().value(_FOLDER_KEY, "") or ""))
        self.folder.setPlaceholderText("Folder for the files")
        self.folder.setToolTip("The files are written here, named after the scans")
        self._browse = QToolButton()
        self._browse.setToolTip("Choose the folder")
        self._browse.clicked.connect(self._choose_folder)
        self.what = QComboBox()
        for kind, title in self._source.kinds.items():
            self.what.addItem(title, kind)
        self.what.setToolTip(
            "Classes: the label maps as they are shown now\n"
            "Lesions: each lesion as an object, as the lesion mask makes them"
        )
        self.what.setVisible(self.what.count() > 1)
        remembered = settings().value(_FORMATS_KEY, None)
        chosen = USUAL if remembered is None else str(remembered).split()
        self.formats = FormatsButton(chosen)
        self.formats.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.button = QPushButton(_EXPORT)
        self.button.clicked.connect(self._on_clicked)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(6)
        self.message = plain_label()
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.bar.hide()
        self.message.hide()
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.folder, 1)
        top.addWidget(self._browse)
        bottom.addWidget(self.what)
        bottom.addWidget(self.formats, 1)
        bottom.addWidget(self.button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addLayout(bottom)
        layout.addWidget(self.bar)
        layout.addWidget(self.message)
        self.folder.textChanged.connect(self.refresh)
        self.formats.changed.connect(self._on_formats)
        self.what.currentIndexChanged.connect(self.refresh)

    def set_icons(self, colour: str) -> None:
        """Draw the icons in a colour of the theme."""
        self._browse.setIcon(icon("folder", colour))
        self.button.setIcon(icon("export", colour))

    @property
    def writing(self) -> bool:
        """Whether files are being written now."""
        return self._now is not None

    def refresh(self) -> None:
        """Enable the button when there is something to write, and say why when not."""
        self.bar.setVisible(self.writing)
        self.button.setText(_STOP if self.writing else _EXPORT)
        for part in (self.folder, self._browse, self.what, self.formats):
            part.setEnabled(not self.writing)
        if self.writing:
            self.button.setEnabled(True)
            self.button.setToolTip("Stop writing; the files written so far are kept")
            return
        reason = self._source.reason(self.what.currentData())
        if not reason and not self.formats.chosen:
            reason = "Choose a format first."
        self.button.setEnabled(not reason)
        self.button.setToolTip(as_plain(reason or "Write what is shown now"))

    def export(self) -> None:
        """Write what is shown now; asks for a folder when there is none."""
        from napari_dgc.annotations.formats import planned

        images = self._source.ready(self.what.currentData())
        formats = self.formats.chosen
        if self.writing or not images or not formats:
            return
        if not self.folder.text().strip() and not self._choose_folder():
            return
        folder = Path(self.folder.text().strip()).expanduser()
        files = planned([image.name for image in images], folder, formats)
        now = _Writing(folder, files, self._record())
        if not self._may_write(now):
            return
        settings().setValue(_FOLDER_KEY, str(folder))
        self._now = now
        self.bar.setRange(0, max(1, len(now.planned)))
        self._say(f"Writing to {folder} …")
        self.refresh()
        self._timer.start()
        self._jobs.request(self, lambda token: _write(images, formats, now, token))

    def _on_clicked(self) -> None:
        if self._now is None:
            self.export()
            return
        self._jobs.drop(self)
        now, self._now = self._now, None
        self._end(f"Stopped. {_told(now)}" if now.written else "Stopped; nothing was written.")

    def _on_formats(self) -> None:
        settings().setValue(_FORMATS_KEY, " ".join(self.formats.chosen))
        self.refresh()

    def _may_write(self, now: _Writing) -> bool:
        scans = self._source.keep()
        lost = [path for path in now.planned if any(is_file_of(path, scan) for scan in scans)]
        if lost:
            self._say(f"{lost[0]} is a scan that is open and would be lost; choose another folder.")
            return False
        existing = sorted(path.name for path in now.before)
        if not existing:
            return True
        answer = QMessageBox.question(
            self,
            "Replace files?",
            as_plain(
                f"{_files(len(existing))} in {now.folder} will be replaced:\n{_named(existing)}"
            ),
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return bool(answer == QMessageBox.StandardButton.Yes)

    def _show_share(self) -> None:
        if self._now is not None:
            self.bar.setValue(len(self._now.written))

    def _on_done(self, _: object, result: object) -> None:
        now, self._now = self._now, None
        if now is None:
            return
        written = f" Before that: {_told(now)}" if now.written else ""
        if isinstance(result, OSError):
            what = result.strerror or str(result)
            sentence = f"Nothing more could be written to {now.folder}: {what}"
            self._end(f"{sentence}; choose another folder.{written}")
        elif isinstance(result, MemoryError):
            self._end(f"There is not enough memory to write all that; choose fewer.{written}")
        elif isinstance(result, Exception):
            self._end(f"{result}{written}")
        else:
            self._end(_told(now))
        self.message.setToolTip(as_plain("\n".join(_names(now))))

    def _end(self, sentence: str) -> None:
        self._timer.stop()
        self._say(sentence)
        self.refresh()

    def _choose_folder(self) -> bool:
        folder = QFileDialog.getExistingDirectory(self, "Folder for the files", self.folder.text())
        if folder:
            self.folder.setText(folder)
        return bool(folder)

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.message.show()


def _write(
    images: Sequence[Ready], formats: tuple[str, ...], now: _Writing, token: CancelToken
) -> None:
    from napari_dgc.annotations.formats import export

    def made() -> Iterator[LabelImage]:
        for image in images:
            if token.cancelled:
                raise InterruptedError
            yield image.make()

    now.folder.mkdir(parents=True, exist_ok=True)
    for path in export(made(), now.folder, formats, token=token):
        if path not in now.written:  # a table of classes belongs to several formats
            now.written.append(path)
    now.record(now.folder / f"export{SUFFIX}", now.written, token)


def _told(now: _Writing) -> str:
    replaced = now.replaced()
    was = f" ({replaced} replaced)" if replaced else ""
    names = _names(now)
    return f"{_files(len(names))} written to {now.folder}{was}: {_named(names)}."


def _names(now: _Writing) -> list[str]:
    return [str(path.relative_to(now.folder)) for path in now.written]


def _files(count: int) -> str:
    return "1 file" if count == 1 else f"{count} files"


def _named(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
