"""Axes of small plots: where values lie on paper, ticks, grid, titles."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from napari_dgc.report.drawing import GRID, INK, Label, Line, Point, Shape

_LEFT, _RIGHT, _TOP, _BOTTOM = 44.0, 8.0, 8.0, 34.0
_TICK = 7.0


@dataclass(frozen=True)
class Axes:
    """The frame of a plot.

    Parameters
    ----------
    width, height
        Of the whole plot, in points.
    x, y
        First and last value of each axis.
    right
        Room beside the frame, for a key.
    """

    width: float
    height: float
    x: tuple[float, float]
    y: tuple[float, float]
    right: float = _RIGHT

    def at(self, x: float, y: float) -> Point:
        """Return where a value lies on paper."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        wide = self.width - _LEFT - self.right
        return _LEFT + across * wide, self.height - _BOTTOM - up * (self.height - _TOP - _BOTTOM)

    def frame(
        self,
        x_title: str,
        y_title: str,
        x_ticks: Sequence[tuple[float, str]] | None = None,
        y_ticks: Sequence[tuple[float, str]] | None = None,
    ) -> list[Shape]:
        """Draw lines and titles; ticks are round values where none are given."""
        shapes: list[Shape] = []
        for value, text in ticks(*self.y) if y_ticks is None else y_ticks:
            left, right = self.at(self.x[0], value), self.at(self.x[1], value)
            shapes.append(Line((left, right), GRID, 0.5))
            shapes.append(Label(left[0] - 4, left[1] + 2.5, text, _TICK, "end"))
        for value, text in ticks(*self.x) if x_ticks is None else x_ticks:
            below = self.at(value, self.y[0])
            shapes.append(Line((below, (below[0], below[1] + 3)), INK, 0.5))
            shapes.append(Label(below[0], below[1] + 11, text, _TICK, "middle"))
        corner = self.at(self.x[0], self.y[0])
        top, end = self.at(self.x[0], self.y[1]), self.at(self.x[1], self.y[0])
        shapes.append(Line((top, corner, end), INK))
        shapes.append(Label((corner[0] + end[0]) / 2, corner[1] + 25, x_title, 8, "middle"))
        middle = (corner[1] + top[1]) / 2
        shapes.append(Label(11, middle, y_title, 8, "middle", upwards=True))
        return shapes

    def key(self, entries: Sequence[tuple[str, str]]) -> list[Shape]:
        """Draw names with their colours beside the frame; what has no room is said."""
        left, top = self.at(self.x[1], self.y[1])
        room = max(1, int((self.height - _BOTTOM - top) // 11))
        shown = entries if len(entries) <= room else entries[: room - 1]
        letters = max(4, int((self.right - 32) / 4.1))
        shapes: list[Shape] = []
        for place, (text, colour) in enumerate(shown):
            y = top + 8 + 11 * place
            short = text if len(text) <= letters else f"{text[: letters - 1]}…"
            shapes += clear_line(((left + 10, y - 2.5), (left + 24, y - 2.5)), colour, 2)
            shapes.append(Label(left + 28, y, short, _TICK))
        if len(shown) < len(entries):
            rest = len(entries) - len(shown)
            shapes.append(Label(left + 28, top + 8 + 11 * len(shown), f"and {rest} more", _TICK))
        return shapes


def clear_line(points: tuple[Point, ...], colour: str, width: float) -> list[Shape]:
    """Return a line that can be seen on paper: light colours get a dark rim."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue > 185
    rim: list[Shape] = [Line(points, "#666666", width + 1)] if light else []
    return [*rim, Line(points, colour, width)]


def ticks(low: float, high: float, most: int = 6) -> list[tuple[float, str]]:
    """Return round values from `low` to `high` with their texts, at most about `most`."""
    step = round_up((high - low) / most)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # "0 +": no minus before a zero.
    return [(n * step, f"{n * step + 0.0:.{digits}f}") for n in range(first, last + 1)]


def round_up(value: float) -> float:
    """Return the lowest of 1, 2, 5, 10, ... times a power of ten that is at least `value`."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * factor for factor in (1, 2, 5, 10) if value <= power * factor * (1 + 1e-9))
