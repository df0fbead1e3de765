"""Ordinal scales: severity in percent as a grade."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

from napari_dgc.errors import UserError
from napari_dgc.measure.details import read_table, require_file
from napari_dgc.measure.plain_values import Fields


@dataclass(frozen=True)
class OrdinalScale:
    """Grades of severity.

    A severity exactly on a bound belongs to the lower of the two grades; a grade that
    begins and ends at the same value holds exactly that value.

    Parameters
    ----------
    name
        To show.
    bounds
        (grades + 1,) percent, ascending from 0 to 100: grade i reaches from
        ``bounds[i]`` to ``bounds[i + 1]``.
    grades
        What each grade is called, all different.
    midpoints
        (grades,) percent that each grade stands for, within its bounds.
    """

    name: str
    bounds: tuple[float, ...]
    grades: tuple[str, ...]
    midpoints: tuple[float, ...]

    def __post_init__(self) -> None:
        reason = self._fault()
        if reason is not None:
            raise ValueError(reason)

    def _fault(self) -> str | None:
        bounds = self.bounds
        if not self.grades or len(bounds) != len(self.grades) + 1:
            return "a scale needs grades, and one bound more than grades"
        if len(self.midpoints) != len(self.grades):
            return "a scale needs as many midpoints as grades"
        if bounds[0] != 0 or bounds[-1] != 100:
            return "a scale must begin at 0 % and end at 100 %"
        steps = list(pairwise(bounds))
        if any(not low <= high for low, high in steps):
            return "the bounds of a scale must ascend"
        single = [low for low, high in steps if low == high]
        if len(set(single)) != len(single):
            return "two grades of a scale hold the same single value"
        if len(set(self.grades)) != len(self.grades) or not all(self.grades):
            return "every grade of a scale needs a name of its own"
        for (low, high), middle in zip(steps, self.midpoints, strict=True):
            if not low <= middle <= high:
                return "the midpoint of a grade must lie within its bounds"
        return None

    @classmethod
    def between(cls, name: str, bounds: tuple[float, ...], grades: tuple[str, ...]) -> Self:
        """Make a scale whose grades stand for the middle between their bounds."""
        middles = ((low + high) / 2 for low, high in pairwise(bounds))
        return cls(name, bounds, grades, tuple(middles))

    def position(self, severity: float) -> int:
        """Return which grade a severity in percent has, counted from 0.

        Raises
        ------
        ValueError
            When it does not lie between 0 and 100.
        """
        if not 0 <= severity <= 100:
            raise ValueError(f"{severity} is not a severity from 0 to 100 %")
        steps = list(pairwise(self.bounds))
        for place, (low, high) in enumerate(steps):
            if low == high == severity:
                return place
        for place, (low, high) in enumerate(steps):
            # The first grade holds 0 itself where no grade is for 0 alone.
            if low < severity <= high or low == severity == 0 < high:
                return place
        raise AssertionError("bounds cover 0 to 100")

    def grade(self, severity: float) -> str:
        """Return the grade of a severity in percent (see `position`)."""
        return self.grades[self.position(severity)]

    def midpoint(self, severity: float) -> float:
        """Return the percent that the grade of a severity stands for (see `position`)."""
        return self.midpoints[self.position(severity)]

    def to_json(self) -> dict[str, object]:
        """Describe the scale with plain values (see `from_json`)."""
        return {
            "name": self.name,
            "bounds": list(self.bounds),
            "grades": list(self.grades),
            "midpoints": list(self.midpoints),
        }

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Rebuild a scale from `to_json`; raises UserError when it is not one."""
        fields = Fields(content, "grades of the scale")
        name, grades = fields.text("name"), fields.texts("grades")
        bounds, midpoints = fields.numbers("bounds"), fields.numbers("midpoints")
        try:
            return cls(name, bounds, grades, midpoints)
        except ValueError as error:
            fields.damaged(str(error))


#: Horsfall & Barratt (1945), "An improved grading system for measuring plant diseases",
#: Phytopathology 35:655: equal steps of the logarithm, from either end towards 50 %.
HORSFALL_BARRATT = OrdinalScale.between(
    "Horsfall-Barratt",
    (0.0, 0.0, 3.0, 6.0, 12.0, 25.0, 50.0, 75.0, 88.0, 94.0, 97.0, 100.0, 100.0),
    tuple(str(grade) for grade in range(1, 13)),
)
#: Six grades as field guides often have them; not from one source.
ZERO_TO_FIVE = OrdinalScale.between(
    "0-5", (0.0, 0.0, 10.0, 25.0, 50.0, 75.0, 100.0), ("0", "1", "2", "3", "4", "5")
)
#: Scales by the name that options have for them.
SCALES: dict[str, OrdinalScale] = {"horsfall-barratt": HORSFALL_BARRATT, "0-5": ZERO_TO_FIVE}


def find_scale(name: str) -> OrdinalScale:
    """Return a scale by its name in `SCALES`, or from a file (see `read_scale`).

    Raises
    ------
    UserError
        When there is neither.
    """
    known = SCALES.get(name.casefold())
    if known is not None:
        return known
    path = Path(name)
    if not path.is_file():
        raise UserError(
            f"There is no scale {name}; choose {' or '.join(SCALES)}, or give a CSV file with the "
            "columns grade,from,to or a JSON file."
        )
    return read_scale(path)


def read_scale(path: Path) -> OrdinalScale:
    """Read a scale from a file; it is named after the file.

    Parameters
    ----------
    path
        CSV with the columns ``grade``, ``from``, ``to`` in percent and perhaps
        ``midpoint``, one line for each grade, ascending; or ``.json`` with a list of
        such lines, or what `OrdinalScale.to_json` gives.

    Raises
    ------
    UserError
        When the file is not a scale; the sentence says why.
    """
    require_file(path, "scale")
    if path.suffix.casefold() == ".json":
        content = _json(path)
        if isinstance(content, dict):
            return OrdinalScale.from_json(content)
        if not isinstance(content, list) or not all(isinstance(line, dict) for line in content):
            raise UserError(f"{path} is not a scale; it must hold a list of grade, from, to.")
        lines = [
            (place, {str(key): "" if value is None else str(value) for key, value in line.items()})
            for place, line in enumerate(content, start=1)
        ]
    else:
        lines = read_table(path, needed=("grade", "from", "to"), what="scale")
    return _scale(path, lines)


def _json(path: Path) -> object:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not JSON ({error}); save it anew.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


def _scale(path: Path, lines: list[tuple[int, dict[str, str]]]) -> OrdinalScale:
    def percent(cells: dict[str, str], title: str) -> float:
        text = cells.get(title, "").removesuffix("%").strip()
        try:
            return float(text)
        except ValueError:
            raise UserError(
                f"The grade {cells.get('grade', '')!r} of {path} has {title} {text!r}; "
                "give a number in percent."
            ) from None

    grades: list[str] = []
    bounds: list[float] = []
    midpoints: list[float] = []
    for _, cells in lines:
        low, high = percent(cells, "from"), percent(cells, "to")
        if bounds and low != bounds[-1]:
            raise UserError(
                f"The grade {cells.get('grade', '')!r} of {path} begins at {low:g} %, and the one "
                f"before ends at {bounds[-1]:g} %; let each grade begin where the last one ends."
            )
        bounds = bounds or [low]
        bounds.append(high)
        grades.append(cells.get("grade", ""))
        middle = cells.get("midpoint", "")
        midpoints.append(percent(cells, "midpoint") if middle else (low + high) / 2)
    try:
        return OrdinalScale(path.stem, tuple(bounds), tuple(grades), tuple(midpoints))
    except ValueError as error:
        raise UserError(f"{path} cannot be used: {error}.") from None
