"""Leaves as objects, split and joined by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.measure.lesion_mask import LARGEST_AREA
from napari_dgc.measure.objects import (
    Labels,
    Mask,
    connected,
    enclosed_filled,
    in_reading_order,
    without_small,
)
from napari_dgc.measure.plain_values import Fields

#: Leaf objects that are smaller are left out, in pixels: wrongly classed specks.
LEAST_LEAF = 25
#: No scan is larger; beyond, squares of distances lose their digits.
_FARTHEST = 1e6


@dataclass(frozen=True)
class _Ends:
    """Two points of a scan, in pixels from the centre of the first one."""

    row0: float
    column0: float
    row1: float
    column1: float

    def __post_init__(self) -> None:
        if not all(abs(value) <= _FARTHEST for value in self.ends):
            raise ValueError(f"rows and columns must lie within {_FARTHEST:g} of 0")

    @property
    def ends(self) -> tuple[float, float, float, float]:
        """Row and column of the first, then of the second point."""
        return (self.row0, self.column0, self.row1, self.column1)


@dataclass(frozen=True)
class Cut(_Ends):
    """A straight line along which a leaf is split."""


@dataclass(frozen=True)
class Join(_Ends):
    """Two points whose leaves are one; without effect when one of them lies on no leaf."""


@dataclass(frozen=True)
class LeafEdits:
    """What was said by hand about the leaves of one scan.

    Parameters
    ----------
    cuts, joins
        In any order: first all cuts are made, then all joins.
    least_area
        Leaves that are smaller then are left out, in pixels.
    """

    cuts: tuple[Cut, ...] = field(default=())
    joins: tuple[Join, ...] = field(default=())
    least_area: int = LEAST_LEAF

    def __post_init__(self) -> None:
        if not 0 <= self.least_area <= LARGEST_AREA:
            raise ValueError(f"areas must lie between 0 and {LARGEST_AREA} pixels")

    def to_json(self) -> dict[str, object]:
        """Describe the edits with plain values (see `from_json`)."""
        return {
            "cuts": [list(cut.ends) for cut in self.cuts],
            "joins": [list(join.ends) for join in self.joins],
            "least_area": self.least_area,
        }

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Rebuild edits from `to_json`; raises UserError when they are not."""
        fields = Fields(content, "edits of the leaves")

        def ends(name: str) -> list[tuple[float, float, float, float]]:
            found = []
            for item in fields.items(name):
                numbers = fields.checked_numbers(item, name)
                if len(numbers) != 4 or max(abs(number) for number in numbers) > _FARTHEST:
                    fields.damaged(f"{name} must hold two points of the scan each")
                found.append((numbers[0], numbers[1], numbers[2], numbers[3]))
            return found

        return cls(
            cuts=tuple(Cut(*points) for points in ends("cuts")),
            joins=tuple(Join(*points) for points in ends("joins")),
            least_area=fields.whole("least_area", 0, LARGEST_AREA),
        )


_AS_THEY_LIE = LeafEdits()


def leaf_objects(leaf_mask: Mask, edits: LeafEdits = _AS_THEY_LIE) -> Labels:
    """Give numbers to the leaves of a scan.

    Parameters
    ----------
    leaf_mask
        (row, column), True where a pixel's class is leaf.
    edits
        Cuts, joins, and the least area of a leaf, counted before holes are filled.

    Returns
    -------
    ndarray
        (row, column) int32, 0 outside, 1 to n in reading order of the leaves' first
        pixels. Pixels that touch at a corner are connected; what a leaf encloses, such
        as lesions of a class that is not leaf, belongs to it.
    """
    leaves = _joined(_cut(np.asarray(leaf_mask, bool), edits.cuts), edits.joins)
    return in_reading_order(enclosed_filled(without_small(leaves, edits.least_area)))


def _joined(leaves: Labels, joins: Sequence[Join]) -> Labels:
    if not joins:
        return leaves
    # A point on a lesion in a leaf is a point on the leaf.
    around = enclosed_filled(leaves)
    pairs = []
    for join in joins:
        ends = [_at(around, join.row0, join.column0), _at(around, join.row1, join.column1)]
        if all(ends):
            pairs.append(ends)
    if not pairs:
        return leaves
    table = _same(int(leaves.max()) + 1, np.asarray(pairs))
    # What belongs to no leaf stays 0: no pair names it.
    joined: Labels = np.where(leaves > 0, table[leaves] + 1, 0).astype(np.int32)
    return joined


def _at(leaves: Labels, row: float, column: float) -> int:
    """Return the leaf at a point, 0 for none."""
    rows, columns = leaves.shape
    if not (-0.5 <= row < rows - 0.5 and -0.5 <= column < columns - 0.5):
        return 0
    return int(leaves[math.floor(row + 0.5), math.floor(column + 0.5)])


def _same(nodes: int, pairs: NDArray[np.intp]) -> NDArray[np.int32]:
    """(nodes,) number from 0 of the group that pairs (n, 2) of nodes put each one in."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links: Any = coo_array(
        (np.ones(len(pairs), bool), (pairs[:, 0], pairs[:, 1])), shape=(nodes, nodes)
    )
    groups: NDArray[np.int32] = connected_components(links, directed=False)[1]
    return groups


def _cut(mask: Mask, cuts: Sequence[Cut]) -> Labels:
    """Give numbers to connected areas; steps from pixel to pixel across a cut do not connect.

    No pixel is lost: a pixel whose centre a cut meets stays with one of its sides.
    """
    near = np.zeros(mask.shape, bool)
    for cut in cuts:
        rows, columns = _pixels_along(cut, mask.shape)
        near[rows, columns] = True
    near &= mask
    # Only steps from or to a pixel near a cut can cross one.
    areas = connected(mask & ~near)
    rows, columns = np.nonzero(near)
    if not rows.size:
        return areas
    base = int(areas.max()) + 1
    node = areas.astype(np.intp)
    node[rows, columns] = base + np.arange(rows.size)
    pairs = []
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            there_rows, there_columns = rows + down, columns + right
            inside = (
                (there_rows >= 0)
                & (there_rows < mask.shape[0])
                & (there_columns >= 0)
                & (there_columns < mask.shape[1])
            )
            start = np.stack([rows[inside], columns[inside]])
            end = np.stack([there_rows[inside], there_columns[inside]])
            open_step = mask[end[0], end[1]]
            for cut in cuts:
                open_step &= ~_crosses(cut, start, end)
            first, second = start[:, open_step], end[:, open_step]
            pairs.append(np.stack([node[tuple(first)], node[tuple(second)]], axis=1))
    table = _same(base + rows.size, np.concatenate(pairs))
    result: Labels = np.where(mask, table[node] + 1, 0).astype(np.int32)
    return result


def _pixels_along(cut: Cut, shape: tuple[int, ...]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return all pixels of a map from which one step can cross a cut, and a few more."""
    start = np.array([cut.row0, cut.column0])
    step = np.array([cut.row1, cut.column1]) - start
    # The part of the cut that is on the map, so that a cut may begin far outside.
    first, last = 0.0, 1.0
    for axis in (0, 1):
        if step[axis] == 0:
            if not -1 <= start[axis] <= shape[axis]:
                last = -1.0
            continue
        ends = sorted(((-1 - start[axis]) / step[axis], (shape[axis] - start[axis]) / step[axis]))
        first, last = max(first, ends[0]), min(last, ends[1])
    if first > last:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    count = 4 * math.ceil(float(np.abs((last - first) * step).max())) + 2
    points = start + np.linspace(first, last, count)[:, None] * step
    nearest = np.floor(points + 0.5).astype(np.intp)
    offsets = np.stack(np.meshgrid((-1, 0, 1), (-1, 0, 1)), axis=-1).reshape(-1, 2)
    pixels = (nearest[:, None] + offsets).reshape(-1, 2)
    inside = ((pixels >= 0) & (pixels < np.asarray(shape))).all(axis=1)
    return pixels[inside, 0], pixels[inside, 1]


def _crosses(cut: Cut, start: NDArray[np.intp], end: NDArray[np.intp]) -> Mask:
    """Return for steps from pixel to pixel, (2, steps) both, whether they cross a cut."""
    down, right = cut.row1 - cut.row0, cut.column1 - cut.column0

    def side(points: NDArray[np.intp]) -> NDArray[np.float64]:
        beside: NDArray[np.float64] = down * (points[1] - cut.column0) - right * (
            points[0] - cut.row0
        )
        return beside

    here, there = side(start), side(end)
    across = (here > 0) != (there > 0)
    share = np.divide(here, here - there, out=np.zeros(here.shape), where=across)
    meeting = start + share * (end - start)
    along = (meeting[0] - cut.row0) * down + (meeting[1] - cut.column0) * right
    crossed: Mask = across & (along >= 0) & (along <= down**2 + right**2)
    return crossed
