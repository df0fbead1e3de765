"""Ctrl-C as a request to stop, so that what is done can be kept."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from napari_dgc.cancel import CancelSource, CancelToken


@contextmanager
def stop_on_interrupt(message: str) -> Iterator[CancelToken]:
    """Yield a token that the first Ctrl-C cancels; a second one interrupts at once.

    Parameters
    ----------
    message
        Printed to stderr at the first Ctrl-C.
    """
    source = CancelSource()
    if threading.current_thread() is not threading.main_thread():
        # Only the main thread may set signal handlers.
        yield source.token
        return

    def handle(_number: int, _frame: FrameType | None) -> None:
        source.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print(message, file=sys.stderr, flush=True)

    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield source.token
    finally:
        signal.signal(signal.SIGINT, previous)
