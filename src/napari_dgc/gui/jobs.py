"""Work in a thread of its own, where only the newest wish counts."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Hashable
from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_dgc.cancel import CancelSource, CancelToken
from napari_dgc.errors import UserError

logger = logging.getLogger(__name__)

Job = Callable[[CancelToken], Any]


class LatestJobs(QObject):
    """Does jobs one after the other, off the window's thread.

    A job that has not begun is replaced by a newer one under the same key, and one
    under way is asked to stop. The thread ends with the last job, so that idling costs
    nothing.
    """

    #: Key and result of a job, in the thread of the window; the result of one that failed
    #: is an exception.
    done = Signal(object, object)
    _finished = Signal(object, object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._waiting: dict[Hashable, Job] = {}
        self._running: tuple[Hashable, CancelSource] | None = None
        self._thread: threading.Thread | None = None
        # What is wanted of each key now; older results are let fall.
        self._wanted: dict[Hashable, Job] = {}
        self._finished.connect(self._on_finished)

    def request(self, key: Hashable, job: Job) -> None:
        """Do a job soon, in place of any other under this key."""
        self._wanted[key] = job
        with self._lock:
            self._waiting[key] = job
            self._stop_running(key)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, daemon=True)
                self._thread.start()

    def drop(self, key: Hashable) -> None:
        """Take a wish back."""
        self._wanted.pop(key, None)
        with self._lock:
            self._waiting.pop(key, None)
            self._stop_running(key)

    def drop_all(self) -> None:
        """Take all wishes back; touches nothing of Qt, so it may come after its end."""
        self._wanted.clear()
        with self._lock:
            self._waiting.clear()
            if self._running is not None:
                self._running[1].cancel()

    def _stop_running(self, key: Hashable) -> None:
        if self._running is not None and self._running[0] == key:
            self._running[1].cancel()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = self._thread = None
                    return
                key = next(iter(self._waiting))
                job = self._waiting.pop(key)
                source = CancelSource()
                self._running = (key, source)
            result: Any
            try:
                result = job(source.token)
            except InterruptedError:
                continue
            except (UserError, OSError, MemoryError) as error:
                result = error
            except Exception as error:
                logger.exception("work in the background failed")
                result = error
            with contextlib.suppress(RuntimeError):  # Qt has deleted this object meanwhile
                self._finished.emit(key, job, result)

    def _on_finished(self, key: Hashable, job: Job, result: object) -> None:
        if key in self._wanted:
            if self._wanted[key] is job:
                del self._wanted[key]
            self.done.emit(key, result)
