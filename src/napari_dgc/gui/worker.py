"""Training in a thread of its own: the engine's events, brought to the session."""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_dgc.cancel import CancelSource, CancelToken
from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    Notice,
    Progress,
    TrainingEvent,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.cubes.reflectance import other_units
from napari_dgc.errors import UserError
from napari_dgc.gui.model_folder import load_folder
from napari_dgc.gui.session import Scan, Session, TrainingState
from napari_dgc.partition import MergeTree, Partition, build_tree
from napari_dgc.partition.template import NameTemplate

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.cubes import HyperCube

logger = logging.getLogger(__name__)

#: Least time between two progress events that reach the window, in seconds.
PROGRESS_INTERVAL = 0.05
#: Time between two label maps put on the canvas, in milliseconds.
LABELS_INTERVAL = 40
#: Longest time the thread may keep the interpreter from the window while training, in
#: seconds (Python's default is 5 ms for every single turn).
SWITCH_INTERVAL = 0.001
#: How far the window goes before the training for the processor (POSIX nice value).
NICENESS = 5


@dataclass(frozen=True)
class ModelReady:
    """The estimator was made, in the thread as its imports are slow, and takes the scans."""

    model: Clusterer


@dataclass(frozen=True)
class ModelLoaded:
    """A model came from disk, with the classes that were saved with it or None."""

    model: Clusterer
    partition: Partition | None
    template: NameTemplate | None = None


@dataclass(frozen=True)
class TreeReady:
    """The merge tree over the fine clusters so far."""

    tree: MergeTree


@dataclass(frozen=True)
class RunFailed:
    """The engine broke off; `message` is for the user."""

    message: str


RunEvent = TrainingEvent | ModelReady | ModelLoaded | TreeReady | RunFailed


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


def step_back() -> None:
    """Let the window have the processor first; the result does not depend on it."""
    if sys.platform == "linux":  # elsewhere a single thread cannot be made nicer this way
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)


def _guarded(events: Iterator[RunEvent]) -> Iterator[RunEvent]:
    """Pass events on, slow down those that only move a bar, turn errors into an event."""
    last, stage = 0.0, ""
    step_back()
    try:
        for event in events:
            if isinstance(event, Progress):
                now = time.monotonic()
                if event.stage == stage and now - last < PROGRESS_INTERVAL:
                    continue
                last, stage = now, event.stage
            yield event
    except UserError as error:
        yield RunFailed(str(error))
    except MemoryError:
        yield RunFailed("There is not enough memory; train on fewer scans or close some.")
    except Exception as error:
        logger.exception("training failed")
        yield RunFailed(f"Training broke off: {type(error).__name__}: {error}")


def train_events(
    make: Callable[[], Clusterer],
    cubes: Sequence[HyperCube],
    token: CancelToken,
    resume: bool,
) -> Iterator[RunEvent]:
    """Train and yield the engine's events with the model and the merge tree between them."""

    def run() -> Iterator[RunEvent]:
        model = make()
        summary = None
        for event in model.fit_iter(cubes, token=token, resume=resume):
            if isinstance(event, TrainingStarted):
                # Not sooner: scans that cannot be trained on leave the model before in place.
                yield ModelReady(model)
            if isinstance(event, EpochFinished | TrainingFinished):
                found = model.summary
                if found is not None and found is not summary:
                    summary = found
                    yield TreeReady(build_tree(found))
            yield event

    yield from _guarded(run())


def label_events(
    model: Clusterer, cubes: Sequence[HyperCube], token: CancelToken
) -> Iterator[RunEvent]:
    """Label scans with a model that is there already."""

    def run() -> Iterator[RunEvent]:
        if model.summary is not None:
            yield TreeReady(build_tree(model.summary))
        # A scan that cannot be read is told below, when it is its turn.
        with contextlib.suppress(UserError):
            if (other := other_units(model.units, cubes)) is not None:
                yield Notice(other)
        done = 0
        for position, cube in enumerate(cubes):
            yield Progress(f"labelling {cube.name}", position / len(cubes))
            try:
                labels = model.predict(cube, token=token)
            except UserError as error:
                yield Notice(f"{cube.name}: {error}")
                continue
            except InterruptedError:
                break
            done += 1
            yield LabelsReady(position, model.epoch, labels)
        yield TrainingFinished(model.epoch, stopped=done < len(cubes) and token.cancelled)

    yield from _guarded(run())


def load_events(folder: Path, cubes: Sequence[HyperCube], token: CancelToken) -> Iterator[RunEvent]:
    """Load a model from a folder and label scans with it."""

    def run() -> Iterator[RunEvent]:
        yield Progress("loading the model", 0.0)
        model, partition, template = load_folder(folder)
        yield ModelLoaded(model, partition, template)
        yield from label_events(model, cubes, token)

    yield from _guarded(run())


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
        self._resuming = False
        self._ending: TrainingState | None = None
        self._pending: dict[int, NDArray[np.uint16]] = {}
        self._switch_interval = sys.getswitchinterval()
        self.epochs: list[EpochFinished] = []
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
        self._begin(scans, _Job(train_events, make), resume=False)

    def resume(self, scans: Sequence[Scan], epochs: int, device: str) -> None:
        """Go on with the session's model until it has seen `epochs` epochs."""
        model = self._session.model
        if model is not None:
            model.epochs, model.device = epochs, device
            self._begin(scans, _Job(train_events, lambda: model), resume=True)

    def label(self, scans: Sequence[Scan]) -> None:
        """Label scans with the session's model."""
        model = self._session.model
        if model is not None:
            self._begin(scans, _Job(label_events, model), resume=None)

    def load(self, folder: Path, scans: Sequence[Scan]) -> None:
        """Load a model from a folder and label scans with it."""
        self.epochs = []
        self._begin(scans, _Job(load_events, folder), resume=None)

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
                session.model = model
            case ModelLoaded(model, partition, template):
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
