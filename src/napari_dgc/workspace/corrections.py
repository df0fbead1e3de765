"""Corrections by brush: what was painted over a map that itself never changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError

#: More pixels than any scan has; a damaged file must not ask for a table of them.
_MOST_PIXELS = 2**40


@dataclass(frozen=True, eq=False)
class Stroke:
    """Pixels that one stroke of the brush (or one fill) has overwritten.

    Parameters
    ----------
    pixels
        (n,) positions in the raveled (row, column) map, ascending, each once.
    values
        (n,) what was painted there.
    """

    pixels: NDArray[np.int64]
    values: NDArray[np.uint16]

    def __post_init__(self) -> None:
        if self.pixels.shape != self.values.shape or self.pixels.ndim != 1:
            raise ValueError("a stroke needs one value for each pixel")
        if self.pixels.size and (self.pixels[0] < 0 or (np.diff(self.pixels) <= 0).any()):
            raise ValueError("pixels of a stroke must be ascending")
        # A value of the user's work: nobody may change it afterwards.
        self.pixels.flags.writeable = self.values.flags.writeable = False

    @classmethod
    def of(cls, where: NDArray[np.bool_], values: NDArray[Any]) -> Self:
        """Take the pixels of a mask.

        Parameters
        ----------
        where
            (row, column) what was painted over.
        values
            (row, column) map that was painted into.
        """
        pixels = np.flatnonzero(where).astype(np.int64)
        return cls(pixels, values.ravel()[pixels].astype(np.uint16))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Stroke)
            and np.array_equal(self.pixels, other.pixels)
            and np.array_equal(self.values, other.values)
        )

    def __hash__(self) -> int:
        return hash((self.pixels.tobytes(), self.values.tobytes()))

    def over(self, earlier: Stroke) -> Stroke:
        """Return one stroke that leaves the same pixels as `earlier` and then this one."""
        pixels = np.concatenate([self.pixels, earlier.pixels])
        values = np.concatenate([self.values, earlier.values])
        # The first of equal pixels is the later stroke's.
        unique, first = np.unique(pixels, return_index=True)
        return Stroke(unique, values[first])

    def to_json(self) -> list[list[int]]:
        """Describe the stroke as runs of pixels of one value: first pixel, length, value."""
        if not self.pixels.size:
            return []
        breaks = (np.diff(self.pixels) != 1) | (np.diff(self.values.astype(np.int32)) != 0)
        starts = np.concatenate([[0], np.flatnonzero(breaks) + 1])
        lengths = np.diff(np.concatenate([starts, [self.pixels.size]]))
        runs = zip(self.pixels[starts], lengths, self.values[starts], strict=True)
        return [[int(first), int(length), int(value)] for first, length, value in runs]

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """Rebuild a stroke from `to_json`.

        Raises
        ------
        ValueError, TypeError
            When the content is not one; the caller says what it belongs to.
        """
        runs = np.asarray(content, dtype=np.int64).reshape(-1, 3)
        if (runs[:, :2] < 0).any() or runs[:, 1].sum() > _MOST_PIXELS:
            raise ValueError("runs of a stroke are out of range")
        if (runs[:, 2] < 0).any() or (runs[:, 2] > np.iinfo(np.uint16).max).any():
            raise ValueError("values of a stroke are out of range")
        ends = runs[:, 0] + runs[:, 1]
        if (runs[1:, 0] < ends[:-1]).any() or (ends > _MOST_PIXELS).any():
            raise ValueError("runs of a stroke overlap or are out of range")
        lengths = runs[:, 1]
        # A stroke cannot hold more pixels than a map that fits into memory.
        if lengths.sum() > 2**31:
            raise ValueError("a stroke is larger than any map")
        offsets = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return cls(
            np.repeat(runs[:, 0], lengths) + offsets, np.repeat(runs[:, 2], lengths).astype("u2")
        )


@dataclass(frozen=True, eq=False)
class Corrections:
    """Strokes over one map, the latest first; states of a history share the earlier ones.

    `NO_CORRECTIONS` is the start; `add` returns a new value.
    """

    latest: Stroke | None = None
    earlier: Corrections | None = None
    count: int = 0

    def add(self, stroke: Stroke) -> Corrections:
        """Return these corrections with another stroke on top."""
        return Corrections(stroke, self, self.count + 1)

    def strokes(self) -> list[Stroke]:
        """Return all strokes, the first one first."""
        found = []
        here: Corrections | None = self
        while here is not None and here.latest is not None:
            found.append(here.latest)
            here = here.earlier
        return found[::-1]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Corrections) or self.count != other.count:
            return False
        one: Corrections | None = self
        two: Corrections | None = other
        while one is not None and two is not None and one is not two:
            if one.latest != two.latest:
                return False
            one, two = one.earlier, two.earlier
        return True

    def __hash__(self) -> int:
        return hash((self.count, self.latest))

    def to_json(self) -> list[list[list[int]]]:
        """Describe all strokes, the first one first."""
        return [stroke.to_json() for stroke in self.strokes()]

    @classmethod
    def from_json(cls, content: Any) -> Corrections:
        """Rebuild corrections from `to_json`; raises UserError when they are damaged."""
        try:
            if not isinstance(content, list):
                raise TypeError("strokes must be a list")
            return cls.of(Stroke.from_json(item) for item in content)
        except (TypeError, ValueError, OverflowError) as error:
            raise UserError(f"Brush corrections are damaged ({error}); save them anew.") from None

    @classmethod
    def of(cls, strokes: Iterable[Stroke]) -> Corrections:
        """Stack strokes, the first one first."""
        result = NO_CORRECTIONS
        for stroke in strokes:
            result = result.add(stroke)
        return result


NO_CORRECTIONS = Corrections()


class CorrectedMap:
    """A map with corrections on top; going a step forth or back costs only its pixels.

    Parameters
    ----------
    base
        (row, column) the map as it is without corrections; never changed.
    """

    def __init__(self, base: NDArray[np.uint16]) -> None:
        self.base = base
        self.values = base
        self._here = NO_CORRECTIONS
        # What each stroke on the way here has covered.
        self._covered: list[NDArray[np.uint16]] = []

    def move(self, corrections: Corrections) -> bool:
        """Show other corrections in `values`, a new array then; returns whether anything differs.

        Pixels outside of the map (of another scan, say) are left out.
        """
        here = self._here
        if corrections is here:
            return False
        values = self.values.copy()
        if corrections.earlier is here:
            self._cover(values, corrections.latest)
        elif here.earlier is corrections and self._covered:
            self._uncover(values, here.latest)
        else:
            values = self.base.copy()
            self._covered.clear()
            for stroke in corrections.strokes():
                self._cover(values, stroke)
        self._here = corrections
        if np.array_equal(values, self.values):
            return False
        self.values = values
        return True

    def _cover(self, values: NDArray[np.uint16], stroke: Stroke | None) -> None:
        if stroke is None:
            return
        flat = values.reshape(-1)
        pixels = stroke.pixels[: np.searchsorted(stroke.pixels, flat.size)]
        self._covered.append(flat[pixels])
        flat[pixels] = stroke.values[: pixels.size]

    def _uncover(self, values: NDArray[np.uint16], stroke: Stroke | None) -> None:
        if stroke is None:
            return
        covered = self._covered.pop()
        values.reshape(-1)[stroke.pixels[: covered.size]] = covered
