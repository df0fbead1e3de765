"""Plain values of a project's file, checked one by one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NoReturn

from napari_dgc.measure.plain_values import Fields

#: Longest text that a project's file may hold where no other limit is named.
LONGEST_TEXT = 4096
#: View state: most values, and how deep they may be nested.
_MOST_VALUES, _DEEPEST = 20_000, 20


class Damaged(ValueError):
    """What a project's file says cannot be; the message says where."""


class Checked(Fields):
    """Fields of an object in a project's file; what is unknown is refused.

    Parameters
    ----------
    content
        What was read.
    where
        Which object it is, for messages: "scans[3]".
    known
        Names that may be there; other names are refused.

    Raises
    ------
    Damaged
        By every method, when the content is not as it should be.
    """

    def __init__(self, content: object, where: str, known: Iterable[str]) -> None:
        self._where = where
        super().__init__(content, where)
        unknown = sorted(str(name) for name in set(self._content) - set(known))
        if unknown:
            self.damaged(f"{unknown[0][:40]!r} is unknown")

    def damaged(self, reason: str) -> NoReturn:
        """Refuse the content."""
        raise Damaged(f"{self._where}: {reason}")

    def text(self, name: str, longest: int = LONGEST_TEXT) -> str:
        """Return a text of limited length without control characters."""
        value = super().text(name)
        if len(value) > longest or any(ord(sign) < 32 or ord(sign) == 127 for sign in value):
            self.damaged(f"{name} is too long, or no plain text")
        return value

    def limited(self, name: str, most: int) -> list[object]:
        """Return a list of limited length."""
        values = self.items(name)
        if len(values) > most:
            self.damaged(f"{name} is too long")
        return values

    def wholes(
        self, name: str, low: int, high: int, *, count: int | None = None, most: int = 1 << 20
    ) -> tuple[int, ...]:
        """Return a list of whole numbers within limits: `count` of them, or at most `most`."""
        values = self.limited(name, most if count is None else count)
        if count is not None and len(values) != count:
            self.damaged(f"{name} needs {count} numbers")
        found = [value for value in values if type(value) is int and low <= value <= high]
        if len(found) != len(values):
            self.damaged(f"{name} holds what is not a whole number from {low} to {high}")
        return tuple(found)

    def mapping(self, name: str, most: int) -> Mapping[str, Any]:
        """Return an object of limited length."""
        value = self.take(name)
        if not isinstance(value, Mapping) or len(value) > most:
            self.damaged(f"{name} is no table of names and values, or too long")
        return value

    def plain(self, name: str) -> dict[str, Any]:
        """Return an object of plain values, such as the options of a method."""
        value = self.mapping(name, 1000)
        problem = plain_problem(value)
        if problem:
            self.damaged(f"{name} {problem}")
        return dict(value)


def plain_problem(value: object) -> str:
    """Say why a value cannot stand in a project's file as it is; "" where it can.

    Texts, finite numbers, true, false, none, and lists and objects of them, within limits.
    """
    left = _MOST_VALUES
    waiting: list[tuple[object, int]] = [(value, 0)]
    while waiting:
        here, depth = waiting.pop()
        left -= 1
        if left < 0 or depth > _DEEPEST:
            return "holds too much, or is nested too deeply"
        if isinstance(here, Mapping):
            if not all(isinstance(key, str) for key in here):
                return "has names that are no texts"
            waiting += [(inner, depth + 1) for inner in here.values()]
        elif isinstance(here, list | tuple):
            waiting += [(inner, depth + 1) for inner in here]
        elif isinstance(here, float):
            if not math.isfinite(here):
                return "holds a number that is not finite"
        elif not isinstance(here, str | int | None):
            return f"holds a {type(here).__name__}"
    return ""
