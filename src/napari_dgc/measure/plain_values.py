"""Plain values from files, checked field by field."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NoReturn

from napari_dgc.errors import UserError


class Fields:
    """Named fields of what a file holds; what is of another kind is refused.

    Parameters
    ----------
    content
        What was read.
    what
        What it should be, for messages: "settings of the lesion mask".

    Raises
    ------
    UserError
        By every method, when the content is not as it should be.
    """

    def __init__(self, content: object, what: str) -> None:
        self._what = what
        if not isinstance(content, Mapping):
            self.damaged("they are not a table of names and values")
        self._content: Mapping[object, object] = content

    def damaged(self, reason: str) -> NoReturn:
        """Refuse the content."""
        raise UserError(f"The {self._what} are damaged ({reason}); save or set them anew.")

    def take(self, name: str) -> object:
        """Return a field."""
        if name not in self._content:
            self.damaged(f"{name} is missing")
        return self._content[name]

    def whole(self, name: str, low: int, high: int) -> int:
        """Return a whole number within limits."""
        value = self.take(name)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.damaged(f"{name} is not a whole number from {low} to {high}")
        return value

    def flag(self, name: str) -> bool:
        """Return true or false."""
        value = self.take(name)
        if not isinstance(value, bool):
            self.damaged(f"{name} is neither true nor false")
        return value

    def text(self, name: str) -> str:
        """Return a text."""
        value = self.take(name)
        if not isinstance(value, str):
            self.damaged(f"{name} is not a text")
        return value

    def items(self, name: str) -> list[object]:
        """Return a list."""
        value = self.take(name)
        if not isinstance(value, list | tuple):
            self.damaged(f"{name} is not a list")
        return list(value)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        values = [value for value in self.items(name) if isinstance(value, str)]
        if len(values) != len(self.items(name)):
            self.damaged(f"{name} holds what is not a text")
        return tuple(values)

    def numbers(self, name: str) -> tuple[float, ...]:
        """Return a list of finite numbers."""
        return self.checked_numbers(self.items(name), name)

    def checked_numbers(self, values: object, name: str) -> tuple[float, ...]:
        """Return the numbers of a list, all of them finite."""
        if not isinstance(values, list | tuple):
            self.damaged(f"{name} is not a list of numbers")
        found = []
        for value in values:
            if isinstance(value, bool) or not isinstance(value, int | float):
                self.damaged(f"{name} holds what is not a number")
            try:
                number = float(value)
            except OverflowError:
                number = math.inf
            if not math.isfinite(number):
                self.damaged(f"{name} holds a number that is not finite")
            found.append(number)
        return tuple(found)
