"""Work on many scans by the workers of a Dask cluster, on one machine or many.

Scans are handed out by Dask's scheduler, which moves them from workers with much left to do to
those with little, and gives what a dead worker held to another. Workers read scans and write
results by themselves, each file atomically, so that a scan that is done twice after a death
leaves the same files once. Who asked notes what is done, once for each scan.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
import queue
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from napari_dgc import __version__
from napari_dgc.batch.events import ScanFailed, ScanProgress
from napari_dgc.batch.run import WorkEvent, work
from napari_dgc.batch.task import Item, Task, Worker
from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from distributed import Client, Future

#: Instead of an address: workers of this machine alone, as many as jobs are asked for.
LOCAL = "local"
#: Seconds to wait for the scheduler, and between looks at the token.
_PATIENCE, _LOOK = 20.0, 0.2


@dataclass(frozen=True)
class _Unfit:
    """A worker can do no scan, for the reason of a sentence."""

    message: str


@contextmanager
def connected(scheduler: str, jobs: int) -> Iterator[Client]:
    """Connect to a cluster.

    Parameters
    ----------
    scheduler
        Address such as ``tcp://10.0.0.1:8786``, or `LOCAL` for a cluster of this machine that
        ends with the work.
    jobs
        Workers of a local cluster, each a process of one thread.

    Yields
    ------
    Client
        Connected.

    Raises
    ------
    UserError
        Dask is not installed, or nobody answers.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise UserError(
            "Work by a cluster needs dask.distributed; install it with "
            "pip install 'napari-dgc[distributed]'."
        ) from None
    if scheduler == LOCAL:
        # How much memory a scan takes is up to the work, as with --jobs.
        with (
            LocalCluster(
                n_workers=jobs,
                threads_per_worker=1,
                memory_limit=None,
                dashboard_address=None,
                silence_logs=logging.ERROR,
                preload=["napari_dgc.distributed.local_worker"],
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        raise UserError(
            f"No scheduler answers at {scheduler} ({error}); start one with 'dask scheduler' and "
            f"give the address it prints, or --scheduler {LOCAL}."
        ) from None
    with client:
        yield client


def in_cluster(
    task: Task,
    items: Sequence[Item],
    waiting: Sequence[int],
    client: Client,
    token: CancelToken,
) -> Iterator[WorkEvent]:
    """Work on a cluster until all is done or a stop is asked for.

    After a stop, workers finish the scans they have begun; their files are complete, and nothing
    is told of them. What a scan tells comes when it is done.

    Parameters
    ----------
    task, items
        What is done to what. Paths mean the same on all workers.
    waiting
        Positions of the scans that are to be done.
    client
        See `connected`.
    token
        Asks for a stop.

    Raises
    ------
    UserError
        No scan can be done, or the scheduler went away.
    """
    content = hashlib.sha256(pickle.dumps(task)).hexdigest()
    ended: queue.SimpleQueue[tuple[int, Future]] = queue.SimpleQueue()
    left: dict[int, Future] = {}
    try:
        for position in waiting:
            # Not pure: work that was done before may have lost its files since.
            future = client.submit(
                _do,
                task,
                content,
                items[position],
                position,
                __version__,
                key=f"{task.name}-{position}-{id(left)}",
                pure=False,
            )
            left[position] = future
            future.add_done_callback(partial(_note, ended, position))
        while left and not token.cancelled:
            try:
                position, future = ended.get(timeout=_LOOK)
            except queue.Empty:
                if client.status != "running":
                    raise _gone(client) from None
                continue
            del left[position]
            yield from _told(client, items[position], position, future)
            future.release()
    finally:
        if left:
            with suppress(Exception):  # the scheduler may be gone
                client.cancel(list(left.values()), force=True)


def _note(ended: queue.SimpleQueue[tuple[int, Future]], position: int, future: Future) -> None:
    ended.put((position, future))


def _gone(client: Client) -> UserError:
    return UserError(
        f"The scheduler at {client.scheduler_info().get('address', 'the address given')} went "
        f"away; start again: scans that are done are not done again."
    )


def _told(client: Client, item: Item, position: int, future: Future) -> Iterator[WorkEvent]:
    """Yield what came of a scan."""
    from distributed import KilledWorker

    if future.status == "cancelled":
        raise _gone(client)
    error = future.exception()
    if error is None:
        found = future.result()
        if isinstance(found, _Unfit):
            raise UserError(found.message)
        yield from found
    elif isinstance(error, KilledWorker):
        yield ScanFailed(
            position,
            item.name,
            f"The workers that had {item.path} ended, one after the other, as happens where memory "
            f"runs out; give workers more memory, or try this scan by itself.",
        )
    else:
        raise UserError(
            f"The workers cannot do the work ({type(error).__name__}: {error}); install "
            f"napari-dgc {__version__} there, in the same version of Python."
        )


#: What a thread of a worker keeps between scans, and the content of the task it is for.
_kept = threading.local()


def _do(
    task: Task, content: str, item: Item, position: int, version: str
) -> list[WorkEvent] | _Unfit:
    """Work on one scan, in a worker; never raises what belongs to the scan."""
    if version != __version__:
        return _Unfit(
            f"A worker has napari-dgc {__version__} and not {version}; install the same version "
            f"for all workers."
        )
    try:
        worker = _worker(task, content)
    except UserError as error:
        return _Unfit(str(error))
    events = work(worker, item, position, never_cancelled())
    return [event for event in events if not isinstance(event, ScanProgress)]


def _worker(task: Task, content: str) -> Worker:
    """Return what does the task, from one scan to the next the same."""
    if getattr(_kept, "content", None) != content:
        _kept.content = None
        _kept.worker = task.worker()
        _kept.content = content
    worker: Worker = _kept.worker
    return worker
