"""Doing a task to many scans."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from napari_dgc.batch.events import (
    BatchEvent,
    BatchFinished,
    BatchStarted,
    ScanDone,
    ScanFailed,
    ScanNote,
    ScanProgress,
    ScanSkipped,
    ScanStarted,
)
from napari_dgc.batch.manifest import Manifest, key_of
from napari_dgc.batch.task import Item, Result, Task, Worker
from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.clustering.events import Notice, Progress
from napari_dgc.errors import UserError


@dataclass(frozen=True)
class Planned:
    """What would be done to a scan: nothing where it is `done` already."""

    item: Item
    done: bool


@dataclass(frozen=True)
class Finished:
    """The work on a scan has come to its result."""

    position: int
    result: Result
    seconds: float


WorkEvent: TypeAlias = ScanStarted | ScanProgress | ScanNote | ScanFailed | Finished


def plan(
    task: Task, items: Sequence[Item], manifest: Manifest | None = None, *, redo: bool = False
) -> Iterator[Planned]:
    """Tell what `run_batch` would do; reads and writes no scan.

    Parameters
    ----------
    task, items, manifest, redo
        As of `run_batch`.
    """
    for item in items:
        known = manifest is not None and not redo
        yield Planned(
            item, known and manifest is not None and manifest.find(key_of(task, item)) is not None
        )


def run_batch(
    task: Task,
    items: Sequence[Item],
    manifest: Manifest | None = None,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    redo: bool = False,
    token: CancelToken | None = None,
) -> Iterator[BatchEvent]:
    """Do a task to many scans; nothing is kept of a scan but a line of the manifest.

    A scan that fails is told by `ScanFailed` and the others go on, also where the process
    that worked on it was killed.

    Parameters
    ----------
    task
        What is done to each.
    items
        Scans of different names.
    manifest
        Knows what is done, which is left out, and learns what will be.
    jobs
        With 1 the work is done here; with more, by so many processes with one thread each.
    scheduler
        Where given, the work is done by a cluster (see `distributed.cluster.connected`); with
        "local" by so many workers as `jobs`.
    redo
        Do all scans, those that are done too.
    token
        Asks for a stop; scans that are under way are given up.

    Raises
    ------
    UserError
        No scan can be done, or the manifest cannot be read or written.
    """
    token = token or never_cancelled()
    keys: dict[int, str] = {}
    skipped: list[ScanSkipped] = []
    waiting: list[int] = []
    for position, item in enumerate(items):
        known = None
        if manifest is not None:
            keys[position] = key_of(task, item)
            known = None if redo else manifest.find(keys[position])
        if known is None:
            waiting.append(position)
        else:
            skipped.append(ScanSkipped(position, item.name, known.files))
    jobs = max(1, min(jobs, len(waiting)))
    yield BatchStarted(task.name, len(items), len(skipped), jobs)
    already = len(skipped)
    yield from skipped
    skipped.clear()
    done = failed = 0
    for event in _working(task, items, waiting, jobs, scheduler, token):
        if not isinstance(event, Finished):
            failed += isinstance(event, ScanFailed)
            yield event
            continue
        item = items[event.position]
        if manifest is not None:
            manifest.add(task, item, keys[event.position], event.result, event.seconds)
        done += 1
        yield ScanDone(event.position, item.name, event.result.files, event.seconds)
    stopped = done + failed < len(waiting)
    yield BatchFinished(task.name, done, already, failed, stopped)


def _working(
    task: Task,
    items: Sequence[Item],
    waiting: Sequence[int],
    jobs: int,
    scheduler: str | None,
    token: CancelToken,
) -> Iterator[WorkEvent]:
    """Work here, in processes, or by a cluster."""
    if scheduler is not None and waiting:
        from napari_dgc.distributed.cluster import connected, in_cluster

        with connected(scheduler, jobs) as client:
            yield from in_cluster(task, items, waiting, client, token)
    elif jobs == 1:
        yield from one_by_one(task, items, waiting, token)
    else:
        from napari_dgc.batch.workers import in_processes

        yield from in_processes(task, items, waiting, jobs, token)


def one_by_one(
    task: Task, items: Sequence[Item], waiting: Sequence[int], token: CancelToken
) -> Iterator[WorkEvent]:
    """Work in this process until all is done or a stop is asked for."""
    worker: Worker | None = None
    for position in waiting:
        if token.cancelled:
            return
        worker = worker or task.worker()
        try:
            yield from work(worker, items[position], position, token)
        except InterruptedError:
            return


def work(worker: Worker, item: Item, position: int, token: CancelToken) -> Iterator[WorkEvent]:
    """Work on one scan; whatever goes wrong becomes a sentence.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    yield ScanStarted(position, item.name, os.getpid())
    begin = time.perf_counter()
    try:
        for step in worker.do(item, token):
            if isinstance(step, Progress):
                yield ScanProgress(position, item.name, step.stage, step.fraction)
            elif isinstance(step, Notice):
                yield ScanNote(position, item.name, step.message)
            else:
                yield Finished(position, step, time.perf_counter() - begin)
    except InterruptedError:
        raise
    except UserError as error:
        yield ScanFailed(position, item.name, str(error))
    except MemoryError:
        reason = f"There is not enough memory for {item.path}; use fewer jobs or a smaller scan."
        yield ScanFailed(position, item.name, reason)
    except OSError as error:
        where = error.filename or item.path
        reason = f"{where} cannot be read or written: {error.strerror or error}."
        yield ScanFailed(position, item.name, reason)
    except Exception as error:  # noqa: BLE001 - one scan must not stop a thousand others
        said = " ".join(str(error).split()) or "no more is known"
        reason = f"The program failed on {item.path} ({type(error).__name__}: {said})."
        yield ScanFailed(position, item.name, reason, traceback.format_exc())
