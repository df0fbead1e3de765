"""Unlimited undo and redo over workspaces, which are values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

from napari_dgc.errors import UserError
from napari_dgc.partition import ClassInfo, Partition
from napari_dgc.workspace.commands import Command
from napari_dgc.workspace.state import Workspace

#: Version of the description that `History.to_json` writes, and those that can be read.
_FORMAT, _READABLE = 2, (1, 2)


@dataclass(frozen=True)
class Step:
    """One command, and the state after it; states share what they have in common."""

    title: str
    command: Command
    after: Workspace


class History:
    """The state now, and the way there.

    `on_change` callbacks run after every do, undo and redo.

    Parameters
    ----------
    start
        State before the first command; a partition stands for a state without anything else.
    """

    def __init__(self, start: Workspace | Partition) -> None:
        self._start = Workspace(start) if isinstance(start, Partition) else start
        self._steps: list[Step] = []
        self._position = 0
        self._callbacks: list[Callable[[], None]] = []

    @property
    def work(self) -> Workspace:
        """The state now."""
        return self._at(self._position)

    @property
    def partition(self) -> Partition:
        """Its classes."""
        return self.work.partition

    def _at(self, position: int) -> Workspace:
        return self._steps[position - 1].after if position else self._start

    @property
    def undo_title(self) -> str | None:
        """What `undo` would take back, or None."""
        return self._steps[self._position - 1].title if self._position else None

    @property
    def redo_title(self) -> str | None:
        """What `redo` would do again, or None."""
        ahead = self._position < len(self._steps)
        return self._steps[self._position].title if ahead else None

    @property
    def commands(self) -> tuple[Command, ...]:
        """Commands from the start to the state now."""
        return tuple(step.command for step in self._steps[: self._position])

    @property
    def titles(self) -> tuple[str, ...]:
        """What they did, in words, as many."""
        return tuple(step.title for step in self._steps[: self._position])

    def on_change(self, callback: Callable[[], None]) -> None:
        """Call `callback` after every change."""
        self._callbacks.append(callback)

    def do(self, command: Command, *, join: bool = False) -> bool:
        """Carry a command out; forgets what had been undone.

        Parameters
        ----------
        command
            What to do; a command that changes nothing leaves no step.
        join
            Whether it goes on with the gesture of the step before (a slider being
            dragged), where the two fit: both are one step then.

        Returns
        -------
        bool
            Whether the state is another one now.

        Raises
        ------
        UserError
            When it cannot be done; nothing has changed then.
        """
        base, kept = self.work, self._position
        if join and self._position:
            joined = command.join(self._steps[self._position - 1].command)
            if joined is not None:
                command, kept = joined, self._position - 1
                base = self._at(kept)
        after = command.apply(base)
        if after == self.work:
            return False
        del self._steps[kept:]
        if after != base:
            self._steps.append(Step(command.title(base), command, after))
        self._position = len(self._steps)
        self._notify()
        return True

    def amend(
        self,
        change: Callable[[Workspace], Workspace],
        commands: Callable[[Command], Command],
    ) -> None:
        """Apply `change` to every state and `commands` to what led there, without a step.

        For knowledge that comes later and is nobody's operation, such as the merge tree.
        """
        self._start = change(self._start)
        self._steps = [
            Step(step.title, commands(step.command), change(step.after)) for step in self._steps
        ]
        self._notify()

    def undo(self) -> None:
        """Take back the last step; nothing happens at the start."""
        if self._position:
            self._position -= 1
            self._notify()

    def redo(self) -> None:
        """Do an undone step again; nothing happens at the end."""
        if self._position < len(self._steps):
            self._position += 1
            self._notify()

    def copy(self) -> Self:
        """Return the same steps as a history of its own, without callbacks."""
        other = type(self)(self._start)
        other._steps, other._position = list(self._steps), self._position
        return other

    def to_json(self) -> dict[str, object]:
        """Describe the whole history, undone steps included, with plain values.

        Where a command does not lead to the state that it led to when it was done, as the
        merge tree has been exchanged since (see `amend`), the classes stand there as well.
        """
        classes: dict[str, object] = {}
        before = self._start
        for position, step in enumerate(self._steps):
            if _applied(step.command, before) != step.after:
                infos = step.after.partition.classes
                classes[str(position)] = [info.to_json() for info in infos]
            before = step.after
        return {
            "format": _FORMAT,
            "start": self._start.to_json(),
            "commands": [step.command.to_json() for step in self._steps],
            "classes": classes,
            "position": self._position,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Rebuild a history that `to_json` described by doing all of its commands.

        Raises
        ------
        UserError
            When it is damaged, of a later version, or cannot be replayed.
        """
        try:
            version, position = content["format"], content["position"]
            if version not in _READABLE:
                raise UserError(
                    f"The saved work is of version {version}; this program reads {_FORMAT}. "
                    "Open it with a newer napari-dgc."
                )
            commands = [Command.from_json(item) for item in content["commands"]]
            stored = content.get("classes", {})
            classes = {
                int(number): tuple(ClassInfo.from_json(item) for item in infos)
                for number, infos in stored.items()
            }
            history = cls(Workspace.from_json(content["start"]))
            if type(position) is not int or not 0 <= position <= len(commands):
                raise ValueError("steps are missing")
            for number, command in enumerate(commands):
                history._append(command, classes.get(number))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UserError(f"The saved work is damaged ({error}).") from None
        history._position = position
        return history

    def replayed(
        self,
        change: Callable[[Workspace], Workspace],
        commands: Callable[[Command], Command],
    ) -> Self:
        """Return a history in which all commands are done anew, undone steps included.

        Parameters
        ----------
        change
            Applied to the state that it begins with.
        commands
            Applied to every command.

        Raises
        ------
        UserError
            When a command cannot be done any more.
        """
        again = type(self)(change(self._start))
        before = self._start
        for step in self._steps:
            # What had become of a command otherwise than by doing it stays so.
            known = _applied(step.command, before) == step.after
            classes = None if known else step.after.partition.classes
            again._append(commands(step.command), classes)
            before = step.after
        again._position = self._position
        return again

    def _append(self, command: Command, classes: tuple[ClassInfo, ...] | None) -> None:
        """Add a step that led to these classes, or where the command leads."""
        here = self.work
        if classes is None:
            after = command.apply(here)
        else:
            after = _applied(command, here) or here
            after = after.with_partition(replace(after.partition, classes=classes))
        self._steps.append(Step(command.title(here), command, after))
        self._position = len(self._steps)

    def _notify(self) -> None:
        for callback in list(self._callbacks):
            callback()


def _applied(command: Command, before: Workspace) -> Workspace | None:
    """Return the state after a command, or None where it cannot be done."""
    try:
        return command.apply(before)
    except UserError:
        return None
