"""Training in a thread of its own: the engine's events, brought to the session."""

from __future__ import annotations

import functools
import sys
import weakref
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_dgc.cancel import CancelSource, CancelToken
from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.gui.lifetime import when_destroyed
from napari_dgc.gui.projects.record import get_record
from napari_dgc.gui.run_events import (
    EpochKept,
    ModelLoaded,
    ModelReady,
    RunEvent,
    RunFailed,
    TreeReady,
    label_events,
    load_events,
    return_events,
    train_events,
)
from napari_dgc.gui.session import Scan, Session, TrainingState
from napari_dgc.gui.training_monitor import TrainingMonitor
from napari_dgc.project import EpochHistory, EpochRecorder, KeptEpoch, Training

if TYPE_CHECKING:
    from qtpy.QtCore import QObject

    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.cubes import HyperCube

#: Time between two label maps put on the canvas, in milliseconds.
LABELS_INTERVAL = 40
#: Longest time the thread may keep the interpreter from the window while training, in
#: seconds (Python's default is 5 ms for every single turn).
SWITCH_INTERVAL = 0.001


class _WorkerToken(CancelToken):
    """Cancelled by our Stop button, and by napari when its window is closed."""

    def __init__(self, source: CancelSource) -> None:
        self._ours = source.token
        self.worker: Any = None

    @property
    def cancelled(self) -> bool:
        """Whether anybody asked the work to stop."""
        if self._ours.cancelled:
            return True
        return self.worker is not None and bool(self.worker.abort_requested)


class _Job(functools.partial):
    """A generator function with a name that napari can show while it runs."""

    def __str__(self) -> str:
        return "DGC: training"


class Trainer:
    """Runs one training at a time for a session, whether a dock is open or not.

    Belongs to the GUI thread; use `get_trainer`.
    """

    #: Every event, after the session knows of it.
    event = Signal(object)

    def __init__(self, session: Session) -> None:
        from qtpy.QtCore import QTimer

        self._session = session
        self._source: CancelSource | None = None
        self._worker: Any = None
        self._scans: list[Scan] = []
        self._cubes: dict[str, HyperCube] = {}
        self._resuming = False
        self._ending: TrainingState | None = None
        self._pending: dict[int, NDArray[np.uint16]] = {}
        self._switch_interval = sys.getswitchinterval()
        self.epochs: list[EpochFinished] = []
        #: What is kept of the model's training.
        self.monitor = TrainingMonitor()
        self._timer = QTimer()
        self._timer.setInterval(LABELS_INTERVAL)
        self._timer.timeout.connect(self._show_next)

    @property
    def running(self) -> bool:
        """Whether the thread is busy."""
        return self._worker is not None

    @property
    def scans(self) -> list[Scan]:
        """Scans of the last run that are still open."""
        return [scan for scan in self._scans if scan in self._session.scans]

    def start(self, scans: Sequence[Scan], make: Callable[[], Clusterer]) -> None:
        """Train a new model, which `make` builds in the thread, on these scans."""
        self.epochs = []
        self._begin(scans, self._training(scans, make), resume=False)

    def resume(self, scans: Sequence[Scan], epochs: int, device: str) -> None:
        """Go on with the session's model until it has seen `epochs` epochs."""
        model = self._session.model
        if model is not None:
            model.epochs, model.device = epochs, device
            self._begin(scans, self._training(scans, lambda: model, model.epoch), resume=True)

    def go_on_from(self, kept: KeptEpoch, scans: Sequence[Scan], epochs: int, device: str) -> None:
        """Train on from a kept epoch until the model has seen `epochs` epochs."""

        def make() -> Clusterer:
            model = kept.load()
            model.epochs, model.device = epochs, device
            return model

        self._shorten(kept.epoch)
        self._begin(scans, self._training(scans, make, kept.epoch), resume=True)

    def go_back_to(self, kept: KeptEpoch, scans: Sequence[Scan]) -> None:
        """Take the model of a kept epoch in place of the one of now."""
        keys = [scan.key for scan in scans]
        self._begin(scans, _Job(return_events, kept, keys), resume=None)

    def restore(self, scans: Sequence[Scan], epochs: Sequence[EpochFinished]) -> None:
        """Know of an earlier training, of these scans (a project was opened)."""
        self._scans, self.epochs = list(scans), list(epochs)

    def label(self, scans: Sequence[Scan]) -> None:
        """Label scans with the session's model."""
        model = self._session.model
        if model is not None:
            self._begin(scans, _Job(label_events, model), resume=None)

    def load(self, folder: Path, scans: Sequence[Scan]) -> None:
        """Load a model from a folder and label scans with it."""
        self.epochs = []
        self._begin(scans, _Job(load_events, folder), resume=None)

    def _training(
        self, scans: Sequence[Scan], make: Callable[[], Clusterer], epoch: int | None = None
    ) -> _Job:
        """Return the job of learning, which keeps epochs; `epoch` is where it goes on."""
        record = get_record(self._session)
        known: tuple[EpochHistory | None, Training | None] = (None, None)
        if epoch is not None:
            way = record.training
            known = record.epochs.upto(epoch), None if way is None else way.upto(epoch)
        keys = [scan.key for scan in scans]
        self._cubes = {scan.key: scan.cube for scan in scans}
        model = None if epoch is None else self._session.model
        watchers = self.monitor.begin(scans, model, self.epochs)
        return _Job(train_events, make, EpochRecorder(keys, *known), watchers=watchers)

    def _shorten(self, epoch: int) -> None:
        self.epochs = [one for one in self.epochs if one.epoch <= epoch]

    def stop(self) -> None:
        """Ask the run to end; its result so far is kept."""
        if self._source is not None and self.running:
            self._session.state = TrainingState.STOPPING
            self._source.cancel()

    def _begin(self, scans: Sequence[Scan], job: _Job, resume: bool | None) -> None:
        from napari.qt.threading import create_worker

        if self.running:
            raise RuntimeError("one training is running already")
        self._scans = list(scans)
        self._pending.clear()
        self._ending = None
        self._resuming = resume is not False
        self._source = CancelSource()
        token = _WorkerToken(self._source)
        cubes = [scan.cube for scan in scans]
        arguments = (cubes, token) if resume is None else (cubes, token, resume)
        worker = create_worker(job, *arguments, _start_thread=False)
        token.worker = worker
        worker.yielded.connect(self._on_event)
        worker.finished.connect(self._on_finished)
        self._worker = worker
        self._session.state = TrainingState.TRAINING
        self._switch_interval = sys.getswitchinterval()
        sys.setswitchinterval(min(SWITCH_INTERVAL, self._switch_interval))
        worker.start()

    def _on_event(self, event: RunEvent) -> None:
        session = self._session
        match event:
            case ModelReady(model):
                if not self._resuming:
                    session.set_aside([s for s in session.labelled if s not in self._scans])
                    session.start_partition(model.n_clusters)
                self.monitor.take(model)
                session.model = model
            case EpochKept(epochs, training):
                get_record(session).set(epochs, training, self._cubes)
            case ModelLoaded(model, partition, template, log):
                get_record(session).clear()
                self.monitor.take_loaded(model, log)
                self.epochs = [] if log is None else log.finished(model.epochs)
                session.set_aside([s for s in session.labelled if s not in self._scans])
                if partition is None:
                    session.start_partition(model.n_clusters)
                else:
                    session.set_partition(partition, template)
                session.model = model
            case TrainingStarted(clusters=clusters):
                if session.partition is None or session.partition.clusters != clusters:
                    session.start_partition(clusters)
            case LabelsReady(scan, _, labels):
                # Only the newest map of a scan matters when the window is behind.
                self._pending[scan] = labels
                if not self._timer.isActive():
                    self._show_next()
                    self._timer.start()
            case TreeReady(tree):
                session.set_tree(tree)
            case EpochFinished():
                self.epochs.append(event)
                session.model_changed.emit()
            case TrainingFinished(stopped=stopped):
                self._ending = TrainingState.STOPPED if stopped else TrainingState.DONE
            case RunFailed():
                self._ending = TrainingState.FAILED
        self.event.emit(event)

    def _show_next(self) -> None:
        """Show one waiting label map; one per turn keeps the window responsive."""
        if not self._pending:
            self._timer.stop()
            return
        scan = next(iter(self._pending))
        labels = self._pending.pop(scan)
        self._session.set_fine_labels(self._scans[scan], labels)

    def _on_finished(self) -> None:
        while self._pending:
            self._show_next()
        self._timer.stop()
        self._worker = None
        self._source = None
        sys.setswitchinterval(self._switch_interval)
        # Aborted by napari (the window closes): nothing was said any more.
        self._session.state = self._ending or TrainingState.STOPPED
        if self._session.model is not None:
            self._session.model_changed.emit()


def get_trainer(session: Session) -> Trainer:
    """Return the trainer of a session, made on first use."""
    trainer = session.services.get("trainer")
    if not isinstance(trainer, Trainer):
        trainer = session.services["trainer"] = Trainer(session)
    return trainer


def stop_with(widget: QObject, trainer: Trainer) -> None:
    """Stop training when Qt deletes a widget."""
    found = weakref.ref(trainer)

    def stop() -> None:
        living = found()
        if living is not None:
            living.stop()

    when_destroyed(widget, stop)
