"""Processes that work on scans, each of which may end without harm to the others."""

from __future__ import annotations

import queue
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

from napari_dgc.batch.events import ScanFailed
from napari_dgc.batch.run import Finished, WorkEvent, work
from napari_dgc.batch.task import Item, Task
from napari_dgc.cancel import CancelSource, CancelToken
from napari_dgc.errors import UserError

#: Seconds between looks at the token, and that a process is given to end by itself.
_LOOK, _PATIENCE = 0.2, 5.0


@dataclass(frozen=True)
class _GivenUp:
    """The work on a scan was stopped."""


@dataclass(frozen=True)
class _Unfit:
    """No scan can be done, for the reason of a sentence."""

    message: str


class _Stop:
    """Asks a process to give up what it does."""


class _Process:
    """One process, from this side."""

    def __init__(self, task: Task) -> None:
        # Spawned: forks of a process with threads may hang, and all systems know it.
        context = get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process: Any = context.Process(target=_serve, args=(theirs, task), daemon=True)
        self.process.start()
        theirs.close()  # so that its end is seen here
        self.held: int | None = None

    def give(self, position: int, item: Item) -> bool:
        """Hand a scan over; tells whether the process is there to take it."""
        try:
            self.connection.send((position, item))
        except OSError:
            return False
        self.held = position
        return True

    def ask_to_stop(self) -> None:
        with suppress(OSError):
            self.connection.send(_Stop())

    def end(self, patience: float) -> None:
        """Let the process end, or end it."""
        with suppress(OSError):
            self.connection.send(None)
        self.process.join(patience)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join(patience)
        if self.process.is_alive():
            self.process.kill()
            self.process.join()
        self.connection.close()


def in_processes(
    task: Task, items: Sequence[Item], waiting: Sequence[int], jobs: int, token: CancelToken
) -> Iterator[WorkEvent]:
    """Work in several processes until all is done or a stop is asked for.

    Parameters
    ----------
    task, items
        What is done to what.
    waiting
        Positions of the scans that are to be done.
    jobs
        Most processes at a time.
    token
        Asks for a stop.

    Raises
    ------
    UserError
        No scan can be done.
    """
    left = deque(waiting)
    pool: list[_Process] = []
    stopping = False
    patience = 0.0
    try:
        while True:
            if token.cancelled and not stopping:
                stopping = True
                left.clear()
                for one in pool:
                    one.ask_to_stop()
            _hand_out(task, items, left, pool, jobs)
            busy = [one for one in pool if one.held is not None]
            if not busy:
                break
            heard = wait([one.connection for one in busy], timeout=_LOOK)
            for one in [one for one in busy if one.connection in heard]:
                try:
                    message = one.connection.recv()
                except (EOFError, OSError):
                    pool.remove(one)
                    one.process.join(_PATIENCE)
                    if one.held is not None and not stopping:
                        yield _lost(one.held, items[one.held], one.process.exitcode)
                    one.end(_PATIENCE)
                    continue
                if isinstance(message, _Unfit):
                    raise UserError(message.message)
                if isinstance(message, Finished | ScanFailed | _GivenUp):
                    one.held = None
                if not isinstance(message, _GivenUp):
                    yield message
        patience = _PATIENCE
    finally:
        for one in pool:
            one.ask_to_stop()
        for one in pool:
            one.end(patience)


def _hand_out(
    task: Task, items: Sequence[Item], left: deque[int], pool: list[_Process], jobs: int
) -> None:
    """Give every process without work a scan; start processes that are wanting."""
    while left:
        idle = next((one for one in pool if one.held is None), None)
        if idle is None:
            if len(pool) >= jobs:
                return
            idle = _Process(task)
            pool.append(idle)
        if idle.give(left[0], items[left[0]]):
            left.popleft()
        else:  # it ended while it had nothing to do
            pool.remove(idle)
            idle.end(_PATIENCE)
            if idle.process.exitcode not in (None, 0) and not any(one.held for one in pool):
                position = left[0]
                raise UserError(
                    f"The processes for the work end at once, the last with "
                    f"{_status(idle.process.exitcode)}, before {items[position].name}; use one job."
                )


def _lost(position: int, item: Item, status: int | None) -> ScanFailed:
    reason = (
        f"The process that worked on {item.path} ended with {_status(status)}, as happens where "
        "memory runs out; use fewer jobs, or try this scan by itself."
    )
    return ScanFailed(position, item.name, reason)


def _status(status: int | None) -> str:
    if status is not None and status < 0:
        with suppress(ValueError):
            return f"signal {signal.Signals(-status).name}"
    return f"status {status}"


def _serve(connection: Connection, task: Task) -> None:
    """Work on scans as they come, in a process of its own."""
    # Ctrl-C in a terminal reaches all processes; the first one tells the others what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _one_thread()
    inbox: queue.SimpleQueue[tuple[int, Item] | None] = queue.SimpleQueue()
    source = CancelSource()
    threading.Thread(target=_listen, args=(connection, inbox, source), daemon=True).start()
    with suppress(OSError):  # nobody listens any more
        try:
            worker = task.worker()
        except UserError as error:
            connection.send(_Unfit(str(error)))
            return
        while (message := inbox.get()) is not None:
            position, item = message
            try:
                for event in work(worker, item, position, source.token):
                    connection.send(event)
            except InterruptedError:
                connection.send(_GivenUp())


def _listen(
    connection: Connection,
    inbox: queue.SimpleQueue[tuple[int, Item] | None],
    source: CancelSource,
) -> None:
    while True:
        try:
            message = connection.recv()
        except (EOFError, OSError):  # the first process is gone
            message = None
            source.cancel()
        if isinstance(message, _Stop):
            source.cancel()
            continue
        inbox.put(message)
        if message is None:
            return


def _one_thread() -> None:
    """Leave the other cores to the other processes."""
    import threadpoolctl
    import torch

    torch.set_num_threads(1)
    threadpoolctl.threadpool_limits(1)
