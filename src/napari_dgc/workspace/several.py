"""Several commands as one step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from napari_dgc.workspace.commands import Command, EditLeaves, Readers
from napari_dgc.workspace.state import Workspace


def _commands(content: Any) -> tuple[Command, ...]:
    if not isinstance(content, list):
        raise TypeError("commands must be a list")
    # One level only: a damaged file must not nest them without end.
    if any(isinstance(item, dict) and item.get("do") == Several.kind for item in content):
        raise ValueError("several commands must not hold several")
    return tuple(Command.from_json(item) for item in content)


@dataclass(frozen=True)
class Several(Command, kind="several"):
    """Carry out commands one after the other, all or none, as one step.

    Parameters
    ----------
    what
        Its title.
    commands
        None of them a `Several`.
    """

    what: str
    commands: tuple[Command, ...]
    readers: ClassVar[Readers] = {"commands": _commands}

    def title(self, work: Workspace) -> str:
        """Say what is done."""
        return self.what

    def apply(self, work: Workspace) -> Workspace:
        """Return the state after all commands."""
        for command in self.commands:
            work = command.apply(work)
        return work

    def join(self, earlier: Command) -> Command | None:
        """Do both, without what is said anew about the leaves of a scan."""
        if not isinstance(earlier, Several) or earlier.what != self.what:
            return None
        anew = {command.scan for command in self.commands if isinstance(command, EditLeaves)}
        kept = tuple(
            command
            for command in earlier.commands
            if not (isinstance(command, EditLeaves) and command.scan in anew)
        )
        return Several(self.what, kept + self.commands)
