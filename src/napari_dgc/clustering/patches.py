"""Where to look: overlapping pairs of patches, and which of their pixels are the same ground.

Positions follow the R2 low-discrepancy sequence (M. Roberts, 2018: the additive
recurrence of the plastic number), which covers a scan faster than independent
draws. Every pair depends on (seed, number of the pair) alone, so that a run
that was stopped and resumed sees exactly the pairs of an uninterrupted one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError

#: Smallest edge of a patch: a 5x5 window and two shared rows must fit.
SMALLEST_PATCH = 5
#: A patch is at most this part of the scan, so that two patches can differ.
_LARGEST_PART = 0.8
#: How far beyond the rim positions are drawn before they are cut off, in edges. Of a pair
#: only one patch touches a rim.
_BEYOND_PAIR, _BEYOND_WINDOW = 0.75, 0.25
_R2 = np.array([0.7548776662466927, 0.5698402909980532])
#: Streams of random numbers that must not share draws.
_STREAM_START, _STREAM_ORDER, _STREAM_PAIR, _STREAM_WINDOWS = range(4)

Window = tuple[slice, slice]
Sample = TypeVar("Sample", bound=np.generic)


@dataclass(frozen=True)
class PatchPair:
    """Two overlapping square patches of one scan; B is seen turned or mirrored.

    Parameters
    ----------
    scan
        Index of the scan.
    origin_a, origin_b
        First (row, column) of each patch in the scan.
    edge
        Rows and columns of both patches.
    quarter_turns
        Counter-clockwise quarter turns of B, 0 to 3, after the mirroring.
    mirrored
        Whether B's columns are reversed.
    """

    scan: int
    origin_a: tuple[int, int]
    origin_b: tuple[int, int]
    edge: int
    quarter_turns: int = 0
    mirrored: bool = False

    @property
    def window_a(self) -> Window:
        """Rows and columns of patch A in the scan."""
        return self._window(self.origin_a)

    @property
    def window_b(self) -> Window:
        """Rows and columns of patch B in the scan, before it is turned."""
        return self._window(self.origin_b)

    def _window(self, origin: tuple[int, int]) -> Window:
        return (
            slice(origin[0], origin[0] + self.edge),
            slice(origin[1], origin[1] + self.edge),
        )

    def turn(self, patch: NDArray[Sample]) -> NDArray[Sample]:
        """Mirror and turn a patch as B is seen; the last two axes are (row, column)."""
        if self.mirrored:
            patch = patch[..., ::-1]
        turned = np.rot90(patch, self.quarter_turns, axes=(-2, -1))
        return np.ascontiguousarray(turned)

    def shared_windows(self) -> tuple[Window, Window]:
        """Return the shared ground as a window of A and a window of B before it is turned."""
        windows: list[tuple[slice, slice]] = []
        for start_a, start_b in zip(self.origin_a, self.origin_b, strict=True):
            first, last = max(start_a, start_b), min(start_a, start_b) + self.edge
            windows.append(
                (slice(first - start_a, last - start_a), slice(first - start_b, last - start_b))
            )
        return (windows[0][0], windows[1][0]), (windows[0][1], windows[1][1])

    def shared(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return the shared ground pixel by pixel.

        Returns
        -------
        in_a, in_b : ndarray
            Same length; position ``in_a[i]`` of the flattened A and ``in_b[i]``
            of the flattened *turned* B are the same ground pixel. No
            interpolation is involved.
        """
        identity = np.arange(self.edge**2, dtype=np.intp).reshape(self.edge, self.edge)
        position = np.empty(self.edge**2, np.intp)
        position[self.turn(identity).ravel()] = identity.ravel()
        part_a, part_b = self.shared_windows()
        return identity[part_a].ravel(), position[identity[part_b].ravel()]


class PairSampler:
    """An endless, repeatable sequence of patch pairs over several scans.

    Scans take turns: every round visits each scan once, in an order of its own.

    Parameters
    ----------
    extents
        (rows, columns) of each scan.
    patch
        Edge of the patches in pixels; smaller when the smallest scan demands it,
        see `edge`.
    overlap
        Smallest and largest shared part of the edge, drawn per axis. A scan too
        small for the smallest part gives larger ones.
    seed
        Decides positions, order and turns.

    Raises
    ------
    UserError
        When a scan is too small for any patch.
    """

    def __init__(
        self,
        extents: Sequence[tuple[int, int]],
        *,
        patch: int = 64,
        overlap: tuple[float, float] = (0.2, 0.8),
        seed: int = 0,
    ) -> None:
        if not extents:
            raise UserError("There is no scan to train on; open at least one.")
        self.extents = [(int(rows), int(columns)) for rows, columns in extents]
        self.seed = seed
        self._overlap = overlap
        shortest = min(min(extent) for extent in self.extents)
        #: Rows and columns of every patch.
        self.edge = min(patch, int(shortest * _LARGEST_PART))
        if self.edge < SMALLEST_PATCH:
            rows, columns = min(self.extents, key=min)
            raise UserError(
                f"A scan of {rows} x {columns} pixels is too small to train on; "
                f"use scans of at least 7 x 7 pixels."
            )
        self._starts = [
            np.random.default_rng((seed, _STREAM_START, scan)).random(2)
            for scan in range(len(self.extents))
        ]

    def pair(self, number: int) -> PatchPair:
        """Return the pair with this number, counted from 0."""
        turn, scan = self._visit(number)
        draws = np.random.default_rng((self.seed, _STREAM_PAIR, number))
        low, high = self._overlap
        position = self._position(scan, turn)
        origins_a, origins_b = [], []
        for extent, unit in zip(self.extents[scan], position, strict=True):
            room = extent - self.edge
            largest = min(int(self.edge * (1 - low)), room)
            smallest = min(int(np.ceil(self.edge * (1 - high))), largest)
            shift = int(draws.integers(smallest, largest + 1))
            start = _spread(unit, extent - self.edge - shift, _BEYOND_PAIR * self.edge)
            if draws.random() < 0.5:
                origins_a.append(start)
                origins_b.append(start + shift)
            else:
                origins_a.append(start + shift)
                origins_b.append(start)
        return PatchPair(
            scan=scan,
            origin_a=(origins_a[0], origins_a[1]),
            origin_b=(origins_b[0], origins_b[1]),
            edge=self.edge,
            quarter_turns=int(draws.integers(4)),
            mirrored=bool(draws.integers(2)),
        )

    def _visit(self, number: int) -> tuple[int, int]:
        """Return which round a pair belongs to, and the scan it visits."""
        turn, place = divmod(number, len(self.extents))
        order = np.random.default_rng((self.seed, _STREAM_ORDER, turn))
        return turn, int(order.permutation(len(self.extents))[place])

    def _position(self, scan: int, turn: int) -> NDArray[np.float64]:
        """Return where on a scan the pair of a round lies, (row, column) in 0 to 1."""
        position: NDArray[np.float64] = (self._starts[scan] + turn * _R2) % 1.0
        return position

    def batch(self, step: int, size: int) -> list[PatchPair]:
        """Return the `size` pairs of one training step."""
        return [self.pair(step * size + index) for index in range(size)]


def spread_windows(
    rows: int, columns: int, *, count: int, edge: int, seed: int = 0, scan: int = 0
) -> Iterator[Window]:
    """Yield square windows spread evenly over a scan (for statistics).

    Parameters
    ----------
    rows, columns
        Extent of the scan.
    count
        Number of windows. They may overlap; one window is yielded when it
        covers the whole scan.
    edge
        Rows and columns of a window; cut to the extent of the scan.
    seed, scan
        Decide the positions, together.
    """
    height, width = min(edge, rows), min(edge, columns)
    start = np.random.default_rng((seed, _STREAM_WINDOWS, scan)).random(2)
    if (height, width) == (rows, columns):
        count = min(count, 1)
    for number in range(count):
        unit = (start + number * _R2) % 1.0
        top = _spread(unit[0], rows - height, _BEYOND_WINDOW * height)
        left = _spread(unit[1], columns - width, _BEYOND_WINDOW * width)
        yield slice(top, top + height), slice(left, left + width)


def _spread(unit: float, room: int, beyond: float) -> int:
    """Map [0, 1) to a start in 0..room.

    The range is widened on both sides by `beyond` pixels and cut off: otherwise the rim
    of the scan is hardly ever seen.
    """
    if room <= 0:
        return 0
    widened = unit * (room + 1 + 2 * beyond) - beyond
    return int(np.clip(np.floor(widened), 0, room))
