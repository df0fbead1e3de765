"""Parameters of steps: what they are called, their unit and range, and how they are read."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, fields
from typing import Any

from napari_dgc.errors import UserError

#: Ranges of wavelengths in nanometres, both ends included.
Ranges = tuple[tuple[float, float], ...]

_KEY = "parameter"
_KINDS = {int: "a whole number", float: "a number", str: "a word", tuple: "ranges like 450-700"}


@dataclass(frozen=True)
class Parameter:
    """What a user is told about a parameter.

    Parameters
    ----------
    title
        Its name in a dock.
    tip
        What it does, in a sentence.
    unit
        Unit of its numbers, or nothing.
    least, most
        Smallest and largest number.
    choices
        The words to choose from.
    """

    title: str
    tip: str
    unit: str = ""
    least: float = -math.inf
    most: float = math.inf
    choices: tuple[str, ...] = ()

    @property
    def range_text(self) -> str:
        """What can be given, in words."""
        if self.choices:
            return " or ".join(self.choices)
        if math.isinf(self.least) or math.isinf(self.most):
            return self.unit
        return f"{self.least:g} to {self.most:g} {self.unit}".rstrip()


def parameter(title: str, tip: str, **said: Any) -> dict[str, Parameter]:
    """Return the metadata of a step's field: what `Parameter` says."""
    return {_KEY: Parameter(title, tip, **said)}


def parameters(step: Any) -> list[tuple[Field[Any], Parameter]]:
    """Return the parameters of a step or its class, in order."""
    return [(item, item.metadata[_KEY]) for item in fields(step)]


def check_parameters(step: Any) -> None:
    """Refuse numbers out of range, unknown words and empty ranges.

    Raises
    ------
    UserError
        One sentence that names step, parameter and range.
    """
    for item, said in parameters(step):
        value = getattr(step, item.name)
        where = f"“{item.name}” of the step “{step.name}”"
        if said.choices:
            if value not in said.choices:
                raise UserError(f"{where} is {_shown(value)}; choose {said.range_text}.")
        elif isinstance(value, tuple):
            for pair in value:
                if not (0 < pair[0] <= pair[1] < math.inf):
                    raise UserError(
                        f"{where} holds {pair[0]:g}-{pair[1]:g}; give ranges of wavelengths in "
                        f"nanometres, the lower end first."
                    )
        elif not said.least <= value <= said.most:
            raise UserError(f"{where} is {_shown(value)}; choose {said.range_text}.")


def parameters_from_text(cls: Any, texts: Mapping[str, str]) -> dict[str, Any]:
    """Read parameters as they are written on the command line.

    Raises
    ------
    UserError
        A parameter is unknown or no such value.
    """
    known = {item.name: item for item, _ in parameters(cls)}
    values = {}
    for name, text in texts.items():
        if name not in known:
            raise UserError(_unknown(cls, name, known))
        values[name] = value_from_text(cls, known[name], text)
    return values


def value_from_text(cls: Any, item: Field[Any], text: str) -> Any:
    """Read one parameter of a step; see `parameters_from_text`."""
    kind = _kind(item)
    try:
        if kind is tuple:
            return _ranges(text)
        return kind(text.strip())
    except ValueError:
        raise UserError(
            f"“{item.name}” of the step “{cls.name}” is {_shown(text)}, not {_KINDS[kind]}."
        ) from None


def parameters_from_json(cls: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """Check parameters that were read from JSON.

    Raises
    ------
    UserError
        A parameter is unknown, or of another kind.
    """
    known = {item.name: item for item, _ in parameters(cls)}
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in known:
            raise UserError(_unknown(cls, name, known))
        kind = _kind(known[name])
        try:
            if kind is tuple:
                checked[name] = tuple((float(low), float(high)) for low, high in value)
                continue
            fits = isinstance(value, int | float if kind is float else kind)
            if isinstance(value, bool) or not fits:
                raise TypeError
            checked[name] = kind(value)
        except (TypeError, ValueError, OverflowError):
            raise UserError(
                f"“{name}” of the step “{cls.name}” is {_shown(value)}, not {_KINDS[kind]}."
            ) from None
    return checked


def to_text(value: Any) -> str:
    """Write a value as `value_from_text` reads it."""
    if isinstance(value, tuple):
        return "+".join(f"{low:g}-{high:g}" for low, high in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 30 else f"{text[:30]}…"


def _kind(item: Field[Any]) -> type:
    assert item.default is not MISSING
    return type(item.default)


def _unknown(cls: Any, name: str, known: Mapping[str, Any]) -> str:
    if not known:
        return f"The step “{cls.name}” has no parameters; leave “{name}” out."
    return f"The step “{cls.name}” has no parameter “{name}”; it has {', '.join(known)}."


def _ranges(text: str) -> Ranges:
    found = []
    for part in text.replace("+", ",").replace("–", "-").split(","):
        if part.strip():
            low, _, high = part.lower().replace("nm", "").partition("-")
            found.append((float(low), float(high)))
    return tuple(found)
