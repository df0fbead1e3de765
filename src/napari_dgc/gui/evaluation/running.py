"""Comparisons in the background: the newest one counts."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_dgc.gui.evaluation.comparing import Choices, Compared, Input, compare
from napari_dgc.gui.jobs import LatestJobs

if TYPE_CHECKING:
    from napari_dgc.partition import Partition

_KEY = "compare"


class Comparisons(QObject):
    """Compares in a thread of its own.

    Parameters
    ----------
    parent
        Whoever wants them; they end with it.
    """

    #: A `Compared`.
    done = Signal(object)
    #: Why there is none, in a sentence.
    failed = Signal(str)
    #: Share that is done.
    progressed = Signal(float)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.running = False
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self.destroyed.connect(self._jobs.drop_all)

    def request(self, inputs: Sequence[Input], partition: Partition, choices: Choices) -> None:
        """Compare soon, in place of what is under way."""
        self.running = True
        self._jobs.request(
            _KEY, lambda token: compare(inputs, partition, choices, token, self._tell)
        )

    def stop(self) -> None:
        """Give up what is under way."""
        self.running = False
        self._jobs.drop(_KEY)

    def _tell(self, share: float) -> None:
        with contextlib.suppress(RuntimeError):  # Qt has deleted this object meanwhile
            self.progressed.emit(share)

    def _on_done(self, _key: object, result: object) -> None:
        self.running = False
        if isinstance(result, Compared):
            self.done.emit(result)
        else:
            self.failed.emit(str(result))
