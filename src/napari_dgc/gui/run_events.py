"""What happens in the thread that trains: events of the engine, and some for the window."""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cancel import CancelToken
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
from napari_dgc.monitoring import TrainingLog, Watcher, read_log, watched
from napari_dgc.partition import MergeTree, Partition, build_tree
from napari_dgc.partition.template import NameTemplate
from napari_dgc.project import EpochHistory, EpochRecorder, KeptEpoch, Training

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.cubes import HyperCube

logger = logging.getLogger(__name__)

#: Least time between two progress events that reach the window, in seconds.
PROGRESS_INTERVAL = 0.05
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
    log: TrainingLog | None = None


@dataclass(frozen=True)
class TreeReady:
    """The merge tree over the fine clusters so far."""

    tree: MergeTree


@dataclass(frozen=True)
class EpochKept:
    """The epochs kept so far, and how the model came to be."""

    epochs: EpochHistory
    training: Training | None


@dataclass(frozen=True)
class RunFailed:
    """The engine broke off; `message` is for the user."""

    message: str


RunEvent = TrainingEvent | ModelReady | ModelLoaded | TreeReady | EpochKept | RunFailed


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
    recorder: EpochRecorder,
    cubes: Sequence[HyperCube],
    token: CancelToken,
    resume: bool,
    *,
    watchers: Sequence[Watcher] = (),
) -> Iterator[RunEvent]:
    """Train and yield the engine's events with the model, its tree and its epochs between them.

    `watchers` see the engine's events in this thread.
    """

    def run() -> Iterator[RunEvent]:
        model = make()
        summary = None
        events = model.fit_iter(cubes, token=token, resume=resume)
        for event in recorder.follow(model, watched(model, events, watchers)):
            if isinstance(event, TrainingStarted):
                # Not sooner: scans that cannot be trained on leave the model before in place.
                yield ModelReady(model)
            if isinstance(event, EpochFinished | TrainingFinished):
                found = model.summary
                if found is not None and found is not summary:
                    summary = found
                    yield TreeReady(build_tree(found))
                yield EpochKept(recorder.epochs, recorder.training)
            yield event

    yield from _guarded(run())


def return_events(
    kept: KeptEpoch, keys: Sequence[str], cubes: Sequence[HyperCube], token: CancelToken
) -> Iterator[RunEvent]:
    """Take the model of an epoch again, with its label maps where they were kept."""

    def run() -> Iterator[RunEvent]:
        model = kept.load()
        maps = []
        for key, cube in zip(keys, cubes, strict=True):
            labels = kept.label_map(key, (cube.rows, cube.columns))
            maps.append(model.predict(cube, token=token) if labels is None else labels)
        # Not sooner: what cannot be read leaves all as it is.
        yield ModelReady(model)
        if model.summary is not None:
            yield TreeReady(build_tree(model.summary))
        for scan, labels in enumerate(maps):
            yield LabelsReady(scan, kept.epoch, labels)
        yield TrainingFinished(kept.epoch, stopped=False)

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
        log = None
        try:
            log = read_log(folder)
        except UserError as error:
            yield Notice(str(error))
        yield ModelLoaded(model, partition, template, log)
        yield from label_events(model, cubes, token)

    yield from _guarded(run())
