"""Keeping bad bands in files: in the header of a scan, or in a new ENVI file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal
from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from napari_dgc.cubes.envi_bad_bands import own_header, write_bad_bands
from napari_dgc.cubes.envi_writer import planned_data_path, write_envi
from napari_dgc.gui.plain_label import as_plain

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.jobs import LatestJobs
    from napari_dgc.gui.session import Scan

SAVE_HEADER, SAVE_AS_ENVI = "Save header…", "Save as ENVI…"


def save_title(scan: Scan) -> str:
    """Say what saving the bad bands of a scan means."""
    return SAVE_HEADER if scan.cube.format == "ENVI" else SAVE_AS_ENVI


class BadBandSaving(QObject):
    """Asks where, and writes; whole scans are written in the background.

    Parameters
    ----------
    jobs
        Writes whole scans.
    parent
        Widget over which questions are asked.
    """

    #: What came of it, in a sentence.
    said = Signal(str)

    def __init__(self, jobs: LatestJobs, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._jobs = jobs
        jobs.done.connect(self._on_written)

    def save(self, scans: Sequence[Scan]) -> None:
        """Save the bad bands of these scans; the first decides into what.

        Raises
        ------
        UserError
            A file cannot be written.
        """
        if save_title(scans[0]) == SAVE_HEADER:
            self._write_headers(scans)
        else:
            self._write_scan(scans[0])

    def _write_headers(self, scans: Sequence[Scan]) -> None:
        headers = {scan: own_header(scan.cube) for scan in scans}
        names = ", ".join(path.name for path in headers.values() if path is not None)
        answer = QMessageBox.question(
            self._parent,
            "Write bad bands?",
            as_plain(f"The list of bad bands is replaced in {names}; nothing else there changes."),
            QMessageBox.StandardButton.Save | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Save,
        )
        if answer == QMessageBox.StandardButton.Save:
            for scan, path in headers.items():
                if path is not None or scan is scans[0]:
                    write_bad_bands(scan.cube)
            self.said.emit(f"Written into {names}.")

    def _write_scan(self, scan: Scan) -> None:
        folder = Path.home() if scan.cube.path is None else scan.cube.path.parent
        name, _ = QFileDialog.getSaveFileName(
            self._parent, "ENVI header", str(folder / f"{scan.cube.name}.hdr"), "ENVI (*.hdr)"
        )
        if not name:
            return
        path, cube = Path(name), scan.cube
        path = path if path.suffix.lower() == ".hdr" else path.with_name(f"{path.name}.hdr")
        planned_data_path(cube, path)  # refuses before anything begins

        def write(token: CancelToken) -> list[Path]:
            return write_envi(cube, path, token=token)

        self._jobs.request(self, write)
        self.said.emit(f"Writing {path} …")

    def _on_written(self, key: object, result: object) -> None:
        if key is not self:
            return
        if isinstance(result, list):
            self.said.emit(f"Written to {result[0]} and {result[1].name}.")
        else:
            self.said.emit(f"The scan was not written: {result}")
