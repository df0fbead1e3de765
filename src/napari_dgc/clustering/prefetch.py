"""Patches read ahead of the step that needs them, without a change in what is learned.

The asynchronous loader described with the paper (arXiv 2512.24172) goes on training on
the patches it has while new ones are read, so that what is learned depends on how fast
the disk is. Here one background thread reads in the order of the steps' numbers, a few
steps ahead, and a step waits for its own patches: slow reading costs time and nothing
else.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

THREAD_NAME = "napari-dgc-reader"


@contextmanager
def read_ahead(
    read: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Iterator[Result]]:
    """Call `read` on items, in their order, ahead of the use of its results.

    Parameters
    ----------
    read
        What is done with each item, in one background thread. The same calls in the same
        order as `map(read, items)`, except that it may run for up to `ahead` items whose
        results are never taken.
    items
        What to read; may be endless.
    ahead
        Most results that wait beside the one being used, and with them the memory;
        0 reads in the calling thread when a result is asked for.

    Yields
    ------
    Iterator
        The results in the order of `items`. An error in `read` is raised where its result
        is taken, as the same exception, and not before the results in front of it.

    Notes
    -----
    Leaving the context, for whatever reason, drops what is not begun, waits for the call
    under way and ends the thread.
    """
    if ahead <= 0:
        yield map(read, items)
        return
    with ThreadPoolExecutor(1, thread_name_prefix=THREAD_NAME) as pool:
        try:
            yield _in_order(pool, read, items, ahead)
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor, read: Callable[[Item], Result], items: Iterable[Item], ahead: int
) -> Iterator[Result]:
    """Yield results, asking for the next only when one is taken: the queue never grows."""
    waiting: deque[Future[Result]] = deque()
    for item in items:
        waiting.append(pool.submit(read, item))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
