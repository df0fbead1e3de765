"""Cooperative cancellation of long work.

The engine receives a read-only `CancelToken`; only whoever holds the
`CancelSource` can cancel.
"""

import threading


class CancelToken:
    """Read-only view of a request to stop."""

    def __init__(self, event: threading.Event) -> None:
        self._event = event

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the work to stop."""
        return self._event.is_set()


class CancelSource:
    """The side that may ask for a stop; thread-safe."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.token = CancelToken(self._event)

    def cancel(self) -> None:
        """Ask the work to stop at its next opportunity."""
        self._event.set()


def never_cancelled() -> CancelToken:
    """Return a token that nobody can cancel."""
    return CancelSource().token
