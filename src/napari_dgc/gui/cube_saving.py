"""Saving a scan as an ENVI file: with a button that becomes Stop, and in napari's own menu."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import (
    QFileDialog,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cubes.envi_writer import planned_data_path, write_envi
from napari_dgc.errors import UserError
from napari_dgc.gui.background import wait_for
from napari_dgc.gui.export_panel import unique_stems
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.layers import CUBE_KEY
from napari_dgc.gui.plain_label import as_plain, plain_label
from napari_dgc.gui.provenance import Record, record_cubes, record_now
from napari_dgc.provenance import sidecar_of

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.cubes import HyperCube

_SAVE, _STOP = "Save…", "Stop"
_STEPS = 1000
#: Time between two looks at how much is written, in milliseconds.
_LOOK = 50


def write_layer(path: str, data: Any, attributes: dict[str, Any]) -> list[str]:
    """Write the layer of a scan as ENVI, as napari's File > Save Selected Layers asks for it.

    Parameters
    ----------
    path
        The header, ending in ``.hdr``.
    data
        What the layer shows; unused, as the scan itself is written.
    attributes
        napari's description of the layer.

    Returns
    -------
    list of str
        The files written; empty when the user cancelled.

    Raises
    ------
    UserError
        The layer is no scan, or cannot be written there.
    """
    cube: HyperCube | None = attributes.get("metadata", {}).get(CUBE_KEY)
    if cube is None:
        raise UserError(
            f"“{attributes.get('name', 'This layer')}” holds no bands of a scan; choose another "
            f"file type, such as TIFF."
        )
    header = Path(path)
    planned_data_path(cube, header)
    try:
        written = wait_for(
            lambda token, tell: write_envi(cube, header, token=token, progress=tell),
            f"Writing {header.name}",
        )
    except InterruptedError:
        return []
    record_now(_record(cube), written)
    return [str(file) for file in written]


def _record(
    cube: HyperCube, inputs: Sequence[Path] = (), settings: Mapping[str, Any] | None = None
) -> Record:
    """Take how a scan came about: its notes say what was decided while it was opened."""
    told = {"notes": list(cube.notes), **(settings or {})}
    return record_cubes("save", [cube], told, inputs=inputs)


class CubeSaver(QWidget):
    """Writes a scan as ENVI in the background; below its button stand progress and outcome.

    Attributes
    ----------
    button
        Asks for a file and writes, or stops what is being written; to be laid out elsewhere.
    """

    def __init__(self) -> None:
        super().__init__()
        self._cube: HyperCube | None = None
        self._keep: tuple[Path, ...] = ()
        self._settings: Mapping[str, Any] = {}
        self._written: list[Path] = []
        self._share: list[float] | None = None
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self.button = QPushButton(_SAVE)
        self.button.clicked.connect(self._on_clicked)
        self.bar = QProgressBar()
        self.bar.setRange(0, _STEPS)
        self.message = plain_label()
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.bar)
        layout.addWidget(self.message)
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK)
        self._timer.timeout.connect(self._show_share)
        self.destroyed.connect(self._jobs.drop_all)
        self._refresh()

    @property
    def writing(self) -> bool:
        """Whether a scan is being written now."""
        return self._share is not None

    def offer(
        self,
        cube: HyperCube | None,
        keep: Sequence[Path | None] = (),
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        """Say which scan the button saves; what is being written goes on.

        Parameters
        ----------
        cube
            The scan, or None when there is nothing to save.
        keep
            Files that it is made of besides its own, which must not be written over.
        settings
            How it is made of them, plain values.
        """
        self._cube, self._keep = cube, tuple(path for path in keep if path is not None)
        self._settings = settings or {}
        self._refresh()

    def _on_clicked(self) -> None:
        if self.writing:
            self._jobs.drop(self)
            if self._written:  # only how it was made is not noted yet
                self._on_done(self, self._written)
            else:
                self._end("Stopped; nothing was written.")
            return
        cube = self._cube
        path = None if cube is None else self._ask(cube)
        if cube is None or path is None:
            return
        try:
            planned_data_path(cube, path, self._keep)  # refuses before anything begins
        except UserError as error:
            self._end(str(error))
            return
        share = self._share = [0.0]
        files = self._written = []
        record = _record(cube, self._keep, self._settings)

        def write(token: CancelToken) -> list[Path]:
            def tell(done: float) -> None:
                share[0] = done

            files.extend(write_envi(cube, path, token=token, progress=tell))
            record(sidecar_of(path), files, token)
            return files

        self.message.setText(f"Writing {path.name} …")
        self._refresh()
        self._timer.start()
        self._jobs.request(self, write)

    def _ask(self, cube: HyperCube) -> Path | None:
        folder = Path.home() if cube.path is None else cube.path.parent
        (stem,) = unique_stems([cube.name])
        name, _ = QFileDialog.getSaveFileName(
            self, "Save as ENVI", str(folder / f"{stem}.hdr"), "ENVI header (*.hdr)"
        )
        if not name:
            return None
        path = Path(name)
        if path.suffix.lower() == ".hdr":
            return path
        path = path.with_name(f"{path.name}.hdr")
        if path.exists():  # the dialog asked about the name without the ending
            answer = QMessageBox.question(
                self,
                "Overwrite file?",
                as_plain(f"{path.name} is there already and will be overwritten."),
            )
            if answer != QMessageBox.StandardButton.Yes:
                return None
        return path

    def _show_share(self) -> None:
        if self._share is not None:
            self.bar.setValue(round(_STEPS * self._share[0]))

    def _on_done(self, _: object, result: object) -> None:
        if isinstance(result, list):
            header, data = result
            self._end(f"Written to {header} and {data.name}.")
        elif isinstance(result, OSError):
            self._end(f"The scan was not written: {result.strerror or result}.")
        else:
            self._end(f"The scan was not written: {result}")

    def _end(self, sentence: str) -> None:
        self._share = None
        self._timer.stop()
        self.message.setText(sentence)
        self._refresh()

    def _refresh(self) -> None:
        self.bar.setVisible(self.writing)
        self.bar.setValue(0)
        self.message.setVisible(bool(self.message.text()))
        self.button.setText(_STOP if self.writing else _SAVE)
        self.button.setEnabled(self.writing or self._cube is not None)
        self.button.setToolTip(
            "Stop writing; a file that was there before stays as it was."
            if self.writing
            else "Write the reflectance of all bands as an ENVI file, with its wavelengths."
        )
