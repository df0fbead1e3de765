"""The undo history inside a project."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import psutil

from napari_dgc.errors import UserError
from napari_dgc.project.parts import Part
from napari_dgc.workspace import History

#: Memory that a painted pixel takes, and the share of what is free that all may take.
_BYTES_PER_PIXEL, _SHARE = 12, 0.5


def history_part(history: History) -> Part:
    """Pack a history, undone steps included."""
    text = json.dumps(history.to_json(), separators=(",", ":"), allow_nan=False)
    return Part.of(text.encode(), "json")


def read_history(part: Part) -> History:
    """Rebuild a history by doing all of its steps.

    Raises
    ------
    UserError
        It is missing or damaged, or does not fit into memory.
    """
    try:
        content = json.loads(part.read().decode())
        pixels = sum(_painted(content))
    except (ValueError, TypeError, RecursionError) as error:
        raise UserError(f"The saved work is damaged ({error}); open a copy of it.") from None
    free = psutil.virtual_memory().available
    if pixels * _BYTES_PER_PIXEL > _SHARE * free:
        raise UserError(
            f"The brush strokes of the project need {pixels * _BYTES_PER_PIXEL / 1e9:.0f} GB of "
            f"memory, and {free / 1e9:.0f} GB are free; close other programs."
        )
    if not isinstance(content, dict):
        raise UserError("The saved work is damaged (it is no object); open a copy of it.")
    return History.from_json(content)


def _painted(content: Any) -> Iterator[int]:
    """Yield the pixels of every stroke, which are saved as runs and would all be laid out."""
    waiting = [content]
    while waiting:
        here = waiting.pop()
        if isinstance(here, dict):
            waiting += here.values()
        elif isinstance(here, list):
            if here and all(_is_run(item) for item in here):
                yield sum(max(0, int(item[1])) for item in here)
            else:
                waiting += here
    return


def _is_run(item: Any) -> bool:
    return isinstance(item, list) and len(item) == 3 and all(type(n) is int for n in item)
