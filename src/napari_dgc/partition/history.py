"""Unlimited undo and redo over partitions, which are values."""

from collections.abc import Callable
from dataclasses import dataclass

from napari_dgc.partition.partition import Partition


@dataclass(frozen=True)
class Step:
    """One operation: what it was called, and the partition after it."""

    title: str
    partition: Partition


class History:
    """The partition now, and the way there.

    `changed` callbacks run after every do, undo and redo.
    """

    def __init__(self, start: Partition) -> None:
        self._steps: list[Step] = [Step("start", start)]
        self._position = 0
        self._callbacks: list[Callable[[], None]] = []

    @property
    def partition(self) -> Partition:
        """The partition now."""
        return self._steps[self._position].partition

    @property
    def undo_title(self) -> str | None:
        """What `undo` would take back, or None."""
        return self._steps[self._position].title if self._position else None

    @property
    def redo_title(self) -> str | None:
        """What `redo` would do again, or None."""
        following = self._position + 1
        return self._steps[following].title if following < len(self._steps) else None

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` after every change."""
        self._callbacks.append(callback)

    def do(self, title: str, partition: Partition, *, join: bool = False) -> None:
        """Make `partition` current; forgets what had been undone.

        With `join` a step of the same title directly before is replaced, so
        that dragging a slider is one step.
        """
        if partition == self.partition:
            return
        del self._steps[self._position + 1 :]
        if join and self._position and self._steps[-1].title == title:
            self._steps[-1] = Step(title, partition)
        else:
            self._steps.append(Step(title, partition))
            self._position += 1
        self._notify()

    def amend(self, change: Callable[[Partition], Partition]) -> None:
        """Apply `change` to every step, without a step of its own.

        For knowledge that comes later and is nobody's operation, such as the merge tree.
        """
        self._steps = [Step(step.title, change(step.partition)) for step in self._steps]
        self._notify()

    def undo(self) -> None:
        """Take back the last step; nothing happens at the start."""
        if self._position:
            self._position -= 1
            self._notify()

    def redo(self) -> None:
        """Do an undone step again; nothing happens at the end."""
        if self._position + 1 < len(self._steps):
            self._position += 1
            self._notify()

    def _notify(self) -> None:
        for callback in list(self._callbacks):
            callback()
