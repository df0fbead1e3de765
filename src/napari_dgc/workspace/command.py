"""What every command is: a value that is applied to a workspace, saved and replayed."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeAlias

from napari_dgc.errors import UserError
from napari_dgc.workspace.state import Workspace

Readers: TypeAlias = Mapping[str, Callable[[Any], Any]]

#: Commands by the word that stands for them in files.
COMMANDS: dict[str, type[Command]] = {}


@dataclass(frozen=True)
class Command(ABC):
    """One thing that a user does.

    Subclasses name themselves with `kind` and are found in `COMMANDS`; their fields are
    plain values or know `to_json`.
    """

    kind: ClassVar[str]
    #: How fields that are not plain values are read; tuples of numbers are `whole_numbers`.
    readers: ClassVar[Readers] = {}

    def __init_subclass__(cls, kind: str = "") -> None:
        super().__init_subclass__()
        if kind:
            cls.kind = kind
            COMMANDS[kind] = cls

    @abstractmethod
    def title(self, work: Workspace) -> str:
        """Say what is done, for the undo button; `work` is the state before."""

    @abstractmethod
    def apply(self, work: Workspace) -> Workspace:
        """Return the state afterwards; raises UserError where it cannot be done."""

    def join(self, earlier: Command) -> Command | None:
        """Return the one command that stands for `earlier` and this one in a gesture.

        It is applied to the state before `earlier`. None where the two stay apart.
        """
        return self if type(earlier) is type(self) else None

    def to_json(self) -> dict[str, object]:
        """Describe the command with plain values."""
        return {"do": self.kind} | {
            field.name: _plain(getattr(self, field.name)) for field in fields(self)
        }

    @classmethod
    def from_json(cls, content: Any) -> Command:
        """Rebuild a command from `to_json`; raises UserError when it is not one."""
        try:
            made: Any = COMMANDS[content["do"]]
            values = {
                field.name: made.readers.get(field.name, _text)(content[field.name])
                for field in fields(made)
            }
            command: Command = made(**values)
            return command
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UserError(
                f"A saved step of the work is damaged ({type(error).__name__}: {error})."
            ) from None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.to_json() if hasattr(value, "to_json") else value


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def whole_number(value: Any) -> int:
    """Return a whole number from a file; raises TypeError when it is none."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{value!r} is not a whole number")
    return value


def whole_numbers(value: Any) -> tuple[int, ...]:
    """Return a list of whole numbers from a file as a tuple."""
    return tuple(whole_number(item) for item in value)
