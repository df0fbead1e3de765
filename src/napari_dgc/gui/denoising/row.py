"""The button "Denoised cube", with its progress."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.errors import UserError
from napari_dgc.gui.denoising.work import Denoised, GivesBack, denoise, show
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.run_events import step_back
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.scan_list import ScanList
    from napari_dgc.gui.session import Scan, Session

_KEY = "denoise"
_TIP = (
    "Add each checked scan as the model gives it back, with less noise, and the sum over all "
    "bands before and after. Details that the model did not learn are lost."
)


class DenoiseRow(QWidget):
    """Denoises the checked scans; there only with a model that can.

    Parameters
    ----------
    session
        Holds the model and takes the results.
    scans
        Says which scans.
    """

    #: A sentence for the user.
    said = Signal(str)
    #: The same where something went wrong.
    failed = Signal(str)
    _moved = Signal(object, float)
    _made = Signal(object, object)

    def __init__(self, session: Session, scans: ScanList) -> None:
        super().__init__()
        self._session, self._scans = session, scans
        self._run: object = None
        self._count = 0
        self._model: object = None
        self.button = QPushButton("Denoised cube")
        self.button.clicked.connect(self._on_clicked)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.button, 1)
        layout.addWidget(self.bar, 2)
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self._moved.connect(self._on_moved)
        self._made.connect(self._on_made)
        scans.checked_changed.connect(self.refresh)
        for signal in (session.model_changed, session.training_changed):
            connect_while_alive(self, signal, self.refresh)
        self.destroyed.connect(self._jobs.drop_all)
        self.refresh()

    @property
    def busy(self) -> bool:
        """Whether scans are being denoised."""
        return self._run is not None

    def set_colour(self, colour: str) -> None:
        """Give the bar a colour of the theme; napari's bars are grey on grey."""
        self.bar.setStyleSheet(f"QProgressBar::chunk {{ background-color: {colour}; }}")

    def refresh(self) -> None:
        """Offer what the model can do."""
        model, training = self._session.model, self._session.state.running
        if self.busy and (training or model is not self._model):
            self._stop("Denoising was stopped, as the model is another one now.")
        inner = model.estimator if isinstance(model, Preprocessed) else model
        self.setVisible(isinstance(inner, GivesBack))
        self.bar.setVisible(self.busy)
        self.button.setText("Stop" if self.busy else "Denoised cube")
        why = (
            "Training runs; stop it first."
            if training
            else "The model was trained on preprocessed scans and cannot give back the scans "
            "themselves; train without preprocessing."
            if inner is not model
            else "Open a scan and check its box first."
            if not self._scans.checked()
            else ""
        )
        self.button.setEnabled(self.busy or not why)
        self.button.setToolTip("Stop; scans that are done stay." if self.busy else why or _TIP)

    # ----------------------------------------------------------------- work

    def _on_clicked(self) -> None:
        if self.busy:
            self._stop(f"Stopped; {counted(self._count, 'scan')} denoised.")
            return
        model: object = self._session.model
        if not isinstance(model, GivesBack):
            return
        # The scans as they are now: the thread must not look at what the window changes.
        wanted = [(scan, scan.cube) for scan in self._scans.checked()]
        run = self._run = object()
        self._model, self._count = model, 0
        self.bar.setRange(0, 1000)
        self.bar.setValue(0)
        self._jobs.request(_KEY, lambda token: self._work(run, wanted, model, token))
        self.refresh()

    def _work(
        self,
        run: object,
        wanted: Sequence[tuple[Scan, HyperCube]],
        model: GivesBack,
        token: CancelToken,
    ) -> None:
        """Work of the thread."""
        step_back()
        for position, (scan, cube) in enumerate(wanted):

            def tell(share: float, position: int = position) -> None:
                with contextlib.suppress(RuntimeError):  # Qt has deleted the row meanwhile
                    self._moved.emit(run, (position + share) / len(wanted))

            found: Denoised | str
            try:
                found = denoise(scan, cube, model, token, tell)
            except UserError as error:
                found = f"{cube.name}: {error}"
            with contextlib.suppress(RuntimeError):
                self._made.emit(run, found)

    def _stop(self, sentence: str) -> None:
        self._jobs.drop(_KEY)
        self._run = self._model = None
        self.said.emit(sentence)
        self.refresh()

    def _on_moved(self, run: object, share: float) -> None:
        if run is self._run:
            self.bar.setValue(round(1000 * share))

    def _on_made(self, run: object, found: Denoised | str) -> None:
        if run is not self._run:
            return
        if isinstance(found, str):
            self.failed.emit(found)
            return
        self._count += 1
        added = show(self._session, found)
        for note in found.notes:
            self.said.emit(note)
        if added:
            self.said.emit(f"“{added[0].name}” is open as a scan of its own, not checked here.")

    def _on_done(self, _key: object, result: object) -> None:
        self._run = self._model = None
        if isinstance(result, MemoryError):
            self.failed.emit("There is not enough memory to denoise; close some scans.")
        elif isinstance(result, OSError):
            self.failed.emit(f"A scan cannot be read: {result.strerror or result}.")
        elif isinstance(result, Exception):
            self.failed.emit(f"Denoising broke off: {type(result).__name__}: {result}")
        self.refresh()
