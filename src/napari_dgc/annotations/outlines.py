"""Outlines of label maps along the edges of their pixels, and back, without loss."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Outlines that programs rasterise lie so far inside the edges of the pixels, in pixels.
INSET = 1 / 1024
#: The four pixels about a corner of the grid: above or below (-1, 1) and left or right of it.
_QUADRANTS = ((-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True, eq=False)
class Ring:
    """A closed outline that runs along edges of pixels.

    Parameters
    ----------
    corners
        (n, 2) x and y of the corners, whole numbers: pixel (row, column) reaches from
        (column, row) to (column + 1, row + 1). The first is not repeated at the end.
    inward
        (n, 2) signs of x and y that lead from each corner into the part.
    hole
        Whether it is the border of a hole.
    """

    corners: NDArray[np.int64]
    inward: NDArray[np.int64]
    hole: bool

    @property
    def inset(self) -> NDArray[np.float64]:
        """Corners moved into the part by `INSET`.

        Programs that draw polygons (labelme with Pillow, OpenCV) cut coordinates off to
        whole pixels and paint the outline as well. So moved, they come upon the outermost
        pixels of the part and paint exactly the part, as those do that ask which centres of
        pixels lie inside.
        """
        moved: NDArray[np.float64] = self.corners + INSET * self.inward
        return moved


@dataclass(frozen=True, eq=False)
class Part:
    """Pixels of one object that touch with their edges.

    Parameters
    ----------
    object
        Number of the object.
    outer
        Outline.
    holes
        Borders of what lies inside and does not belong to it.
    """

    object: int
    outer: Ring
    holes: tuple[Ring, ...]


def parts(objects: NDArray[np.integer[Any]]) -> Iterator[Part]:
    """Trace every part of every object of a map.

    Parameters
    ----------
    objects
        (row, column) numbers of the objects, 0 for none.

    Yields
    ------
    Part
        By object, then from top to bottom. Together they cover the objects exactly.
    """
    connected = _connected(objects)
    rings: dict[int, list[Ring]] = {}
    for part, ring in _rings(connected):
        rings.setdefault(part, []).append(ring)
    found: list[tuple[int, int, Ring, tuple[Ring, ...]]] = []
    for part, of_part in rings.items():
        outer = next(ring for ring in of_part if not ring.hole)
        # The first corner is the topmost, leftmost one, which is that of a pixel of the part.
        column, row = outer.corners[0]
        holes = tuple(ring for ring in of_part if ring.hole)
        found.append((int(objects[row, column]), part, outer, holes))
    for number, _, outer, holes in sorted(found, key=lambda entry: entry[:2]):
        yield Part(number, outer, holes)


def _connected(objects: NDArray[np.integer[Any]]) -> NDArray[np.int32]:
    """Give numbers to the parts of all objects: pixels of one number that share edges."""
    from skimage.measure import label

    connected = label(objects, background=0, connectivity=1)  # type: ignore[no-untyped-call]
    return np.asarray(connected, np.int32)


def _rings(connected: NDArray[np.int32]) -> Iterator[tuple[int, Ring]]:
    """Follow the borders of all parts at once.

    A border turns only at corners, and along a row or a column of the grid every second
    stretch between the corners of a part belongs to its border.
    """
    part, y, x, horizontal, vertical, inward = _corners(connected)
    if not part.size:
        return
    beside = _partners(np.lexsort((horizontal, x, y, part)))
    above = _partners(np.lexsort((vertical, y, x, part)))
    order = np.lexsort((x, y, part)).tolist()
    along, across = beside.tolist(), above.tolist()
    waiting = bytearray(b"\1") * part.size
    for first in order:
        if not waiting[first]:
            continue
        here = first
        ring: list[int] = []
        while waiting[here]:
            there = along[here]
            ring += (here, there)
            waiting[here] = waiting[there] = 0
            here = across[there]
        # The pixel below and right of the first corner is in the part, unless it is a hole's.
        chosen = np.asarray(ring)
        hole = bool(inward[first, 0] < 0)
        yield (
            int(part[first]),
            Ring(np.stack([x[chosen], y[chosen]], axis=1), inward[chosen], hole),
        )


def _partners(order: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the other end of the stretch that each corner ends, given corners in order."""
    partner = np.empty_like(order)
    partner[order[::2]], partner[order[1::2]] = order[1::2], order[::2]
    return partner


def _corners(connected: NDArray[np.int32]) -> tuple[NDArray[Any], ...]:
    """Find where borders turn.

    Returns
    -------
    part, y, x, horizontal, vertical, inward
        For each corner the part, its place, whether the border leaves it to the left or
        right (-1, 1) and up or down, and the signs of x and y into the part.
    """
    padded = np.pad(connected, 1)
    about = {
        (down, right): padded[
            (down + 1) // 2 : padded.shape[0] - (1 - down) // 2,
            (right + 1) // 2 : padded.shape[1] - (1 - right) // 2,
        ]
        for down, right in _QUADRANTS
    }
    found: list[list[NDArray[Any]]] = [[] for _ in range(6)]

    def add(
        where: NDArray[np.bool_], part: NDArray[np.int32], out: int, down: int, right: int
    ) -> None:
        y, x = np.nonzero(where)
        signs = np.broadcast_to(np.array([[right, down]]) * out, (y.size, 2))
        columns: tuple[NDArray[Any], ...] = (
            part[y, x],
            y,
            x,
            np.full(y.size, right),
            np.full(y.size, down),
            signs,
        )
        for column, values in zip(found, columns, strict=True):
            column.append(values)

    for down, right in _QUADRANTS:
        own = about[down, right]
        beside, over, opposite = about[down, -right], about[-down, right], about[-down, -right]
        # The pixel alone, or with only the one across: parts do not touch at corners.
        add((own > 0) & (own != beside) & (own != over), own, 1, down, right)
        # The three others without the pixel.
        three = (opposite > 0) & (opposite == beside) & (opposite == over) & (opposite != own)
        add(three, opposite, -1, down, right)
    part, y, x, horizontal, vertical, inward = (np.concatenate(column) for column in found)
    return part, y, x, horizontal, vertical, inward


def keyhole(part: Part) -> NDArray[np.float64]:
    """Return one polygon for a part with its holes, for formats that know no holes.

    Each hole is joined to the border left of it by a cut without width, there and back: the
    polygon holds exactly the pixels of the part, and programs that rasterise paint those.

    Parameters
    ----------
    part
        A part.

    Returns
    -------
    ndarray
        (n, 2) x and y, inside the edges of the pixels as `Ring.inset` is.
    """
    if not part.holes:
        return part.outer.inset
    rings = [part.outer, *part.holes]
    cuts = _cuts(rings)
    points: list[tuple[float, float]] = []
    waiting = [iter(_with_cuts(rings[0], cuts[0]))]
    while waiting:
        for item in waiting[-1]:
            if isinstance(item, int):
                waiting.append(iter(_with_cuts(rings[item], cuts[item])))
                break
            points.append(item)
        else:
            waiting.pop()
    return np.asarray(points)


#: Where a cut begins: its x and y, and the number of the ring that it leads to.
_Cut = tuple[float, float, int]


def _cuts(rings: Sequence[Ring]) -> list[dict[int, list[_Cut]]]:
    """Join each hole, at its topmost, leftmost corner, to the next border on the left.

    That border begins above the hole, so that joining never goes in circles.

    Returns
    -------
    list of dict
        For each ring the cuts that begin between its corners n and n + 1, by n.
    """
    # Every second stretch of a ring is vertical, beginning at its second corner.
    x = np.concatenate([ring.corners[1::2, 0] for ring in rings])
    one = np.concatenate([ring.corners[1::2, 1] for ring in rings])
    other = np.concatenate([np.roll(ring.corners[:, 1], -1)[1::2] for ring in rings])
    owner = np.repeat(np.arange(len(rings)), [len(ring.corners) // 2 for ring in rings])
    corner = np.concatenate([np.arange(1, len(ring.corners), 2) for ring in rings])
    facing = np.flatnonzero(np.concatenate([ring.inward[1::2, 0] for ring in rings]) > 0)
    # Those with the part on their right, once for each row of pixels that they pass.
    top = np.minimum(one, other)[facing]
    height = np.abs(one - other)[facing]
    edge = np.repeat(facing, height)
    row = np.repeat(top - np.cumsum(height) + height, height) + np.arange(edge.size)
    width = int(x.max()) + 1
    order = np.argsort(row * width + x[edge])
    places = (row * width + x[edge])[order]
    cuts: list[dict[int, list[_Cut]]] = [{} for _ in rings]
    for number, hole in enumerate(rings[1:], start=1):
        left, above = (int(value) for value in hole.corners[0])
        met = int(edge[order[np.searchsorted(places, (above - 1) * width + left) - 1]])
        begin = (float(x[met]) + INSET, above - INSET, number)
        cuts[owner[met]].setdefault(int(corner[met]), []).append(begin)
    return cuts


def _with_cuts(ring: Ring, cuts: dict[int, list[_Cut]]) -> Iterator[tuple[float, float] | int]:
    """Go around a ring, back to its first corner; at each cut the number of what it leads to.

    Holes are gone around the other way, so that areas subtract.
    """
    outline = [(x, y) for x, y in ring.inset.tolist()]
    yield outline[0]
    stretches = range(len(outline))
    for number in reversed(stretches) if ring.hole else stretches:
        ends = outline[number], outline[(number + 1) % len(outline)]
        begin, end = reversed(ends) if ring.hole else ends
        here = sorted(cuts.get(number, ()), key=lambda cut: cut[1], reverse=begin[1] > end[1])
        for x, y, hole in here:
            yield x, y
            yield hole
            yield x, y
        yield end
