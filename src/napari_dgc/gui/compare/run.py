"""A comparison in a thread of its own, its events brought to the window one by one."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, QTimer, Signal

from napari_dgc.cancel import CancelSource, CancelToken
from napari_dgc.clustering.events import Progress
from napari_dgc.comparison import Contender, compare
from napari_dgc.errors import UserError
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.run_events import PROGRESS_INTERVAL

if TYPE_CHECKING:
    from napari_dgc.annotations import LabelImage
    from napari_dgc.gui.scan import Scan

#: Time between two events that reach the window, so that many maps do not freeze it, in ms.
_STEP_MS = 25


class Run(QObject):
    """Runs one comparison at a time."""

    #: An event of the engine.
    told = Signal(object)
    #: The end: a sentence for the user when it broke off, "" otherwise.
    ended = Signal(str)
    _came = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self._source: CancelSource | None = None
        self._waiting: deque[object] = deque()
        self._result: tuple[object] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(_STEP_MS)
        self._timer.timeout.connect(self._next)
        self._came.connect(self._on_came)

    @property
    def running(self) -> bool:
        """Whether a comparison is under way."""
        return self._source is not None

    def start(
        self,
        scans: Sequence[Scan],
        contenders: Sequence[Contender],
        truth: Callable[[int], LabelImage | None] | None,
    ) -> None:
        """Begin; nothing where one is running."""
        if self.running:
            return
        source = self._source = CancelSource()
        cubes, names = [scan.cube for scan in scans], [scan.name for scan in scans]

        def job(ending: CancelToken) -> None:
            last, stage = 0.0, ""
            for event in compare(
                cubes, contenders, names=names, truth=truth, token=_Either(source.token, ending)
            ):
                if isinstance(event, Progress):
                    now = time.monotonic()
                    if event.stage == stage and now - last < PROGRESS_INTERVAL:
                        continue
                    last, stage = now, event.stage
                with contextlib.suppress(RuntimeError):  # Qt has deleted this object meanwhile
                    self._came.emit(event)

        self._jobs.request("compare", job)

    def stop(self) -> None:
        """Ask for a stop; the scans compared so far count."""
        if self._source is not None:
            self._source.cancel()

    def let_go(self) -> None:
        """Stop for good; touches nothing of Qt, so it may come after its end."""
        self._jobs.drop_all()

    def _on_came(self, event: object) -> None:
        self._waiting.append(event)
        if not self._timer.isActive():
            self._next()
            self._timer.start()

    def _on_done(self, _key: object, result: object) -> None:
        self._result = (result,)
        self._timer.start()

    def _next(self) -> None:
        while self._waiting:
            event = self._waiting.popleft()
            # Of a row of progress only the last is worth showing.
            newest = self._waiting[0] if self._waiting else None
            if not (isinstance(event, Progress) and isinstance(newest, Progress)):
                self.told.emit(event)
                return
        self._timer.stop()
        if self._result is not None:
            (result,), self._result, self._source = self._result, None, None
            self.ended.emit(_sentence(result))


class _Either(CancelToken):
    """Cancelled by the Stop button, or because the dock is gone."""

    def __init__(self, *tokens: CancelToken) -> None:
        self._tokens = tokens

    @property
    def cancelled(self) -> bool:
        """Whether anybody asked the work to stop."""
        return any(token.cancelled for token in self._tokens)


def _sentence(result: object) -> str:
    if isinstance(result, UserError):
        return str(result)
    if isinstance(result, MemoryError):
        return "There is not enough memory; compare on fewer or smaller scans."
    if isinstance(result, OSError):
        where = f" {result.filename}" if result.filename else ""
        return f"Cannot read{where}: {result.strerror or result}."
    if isinstance(result, Exception):
        return f"The comparison broke off: {type(result).__name__}: {result}"
    return ""
