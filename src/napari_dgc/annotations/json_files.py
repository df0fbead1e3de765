"""JSON of unknown origin: read without surprises, written atomically."""

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from napari_dgc.errors import UserError
from napari_dgc.files import write_text

#: The annotations of the largest public COCO set take half of it.
MOST_BYTES = 2**30


def read_json(path: Path) -> Any:
    """Read a JSON document.

    Raises
    ------
    UserError
        When there is none, it is too large, or nested too deeply.
    """
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise UserError(f"{path} is too large for a file of annotations ({size >> 20} MB).")
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (RecursionError, ValueError, MemoryError):
        raise UserError(f"{path} is no JSON file, or a damaged one.") from None


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON document atomically."""
    write_text(path, json.dumps(content, ensure_ascii=False, allow_nan=False) + "\n")


def whole(value: object, low: int, high: int) -> int | None:
    """Return a whole number within limits, or None where the value is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    # Comparisons with NaN are false.
    if not low <= value <= high or (isinstance(value, float) and not value.is_integer()):
        return None
    return int(value)


def pairs(value: object, furthest: float) -> list[tuple[float, float]] | None:
    """Return points as (x, y), or None where the value is no list of points within limits."""
    if not isinstance(value, list):
        return None
    points: list[tuple[float, float]] = []
    for point in value:
        if not isinstance(point, list | tuple) or len(point) != 2:
            return None
        x, y = (_number(coordinate) for coordinate in point)
        if not (abs(x) <= furthest and abs(y) <= furthest):
            return None
        points.append((x, y))
    return points


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf
