"""A batch in the background: its events, brought to the window."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from qtpy.QtCore import QObject, Signal

from napari_dgc.batch.inputs import scans_of
from napari_dgc.batch.season import Season, run_season
from napari_dgc.cancel import CancelToken
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.run_events import step_back

_LOOK, _RUN = "look", "run"


class Batches(QObject):
    """Looks for scans and works on them, in a thread of its own.

    Parameters
    ----------
    parent
        Whoever wants it; all ends with it.
    """

    #: An event of `run_season`.
    told = Signal(object)
    #: The run has ended; why it broke off, or "".
    ended = Signal(str)
    #: Scans that were found; or why there are none.
    found = Signal(object, str)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.running = False
        self._stopping = False
        self._run = 0
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self.destroyed.connect(self._jobs.drop_all)

    def look(self, paths: Sequence[Path]) -> None:
        """Find the scans that files and folders stand for."""
        # Under a key each, so that folders added in haste are all looked through.
        self._jobs.request((_LOOK, *paths), lambda token: scans_of(paths))

    def start(self, season: Season) -> None:
        """Begin; `told` and in the end `ended` say how it goes."""
        self.running, self._stopping = True, False
        self._run += 1
        run = self._run

        def work(token: CancelToken) -> None:
            step_back()
            for event in run_season(season, _Asked(token, self)):
                if run == self._run:
                    with contextlib.suppress(RuntimeError):  # Qt has deleted this object
                        self.told.emit(event)

        self._jobs.request(_RUN, work)

    def stop(self) -> None:
        """Ask the run to end after what cannot be interrupted."""
        self._stopping = True

    @property
    def stopping(self) -> bool:
        """Whether the run was asked to end."""
        return self._stopping

    def _on_done(self, key: object, result: object) -> None:
        if key == _RUN:
            self.running = False
            self.ended.emit(str(result) if isinstance(result, Exception) else "")
        elif isinstance(result, Exception):
            self.found.emit((), str(result))
        else:
            self.found.emit(result, "")


class _Asked(CancelToken):
    """Cancelled by the button, and with the window."""

    def __init__(self, token: CancelToken, batches: Batches) -> None:
        self._token, self._batches = token, batches

    @property
    def cancelled(self) -> bool:
        """Whether anybody asked the work to stop."""
        return self._token.cancelled or self._batches.stopping
