"""Samples that lie plainly in a file, read from where they are without filling the memory."""

import mmap
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.reading_cost import granule_of_pages
from napari_dgc.cubes.windowed import Span, WindowedArray
from napari_dgc.errors import UserError

#: Mapped pages count as memory of this process until they are given back: after so many bytes.
HELD = 48 << 20
#: The system maps that many bytes around one that is asked for.
AROUND = 1 << 16


class MappedFile:
    """Plain samples of a file as a numpy array whose pages are given back.

    Unlike a numpy memmap it refuses to read a file that has become shorter since it was
    opened, which would end the program.

    Parameters
    ----------
    path
        The file.
    dtype
        Type of one sample, with its byte order.
    offset
        Bytes before the first sample.
    shape
        Length of each axis as it lies in the file, the last one fastest.

    Attributes
    ----------
    samples : ndarray
        Copy from it, and say so to `give_back`; call `check` before.

    Raises
    ------
    UserError
        The file cannot be read or is too short.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any], offset: int, shape: Sequence[int]) -> None:
        self._path = path
        # Python's whole numbers do not overflow where a header lies.
        samples = int(np.prod([int(length) for length in shape], dtype=object))
        self._needed = offset + samples * dtype.itemsize
        self._held = 0
        try:
            self._file = path.open("rb")
            self.check()
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
            self.samples: NDArray[Any] = np.ndarray(tuple(shape), dtype, self._map, offset)
        except (OSError, ValueError, OverflowError) as error:
            raise UserError(f"{path} cannot be read: {error}.") from error

    def check(self) -> None:
        """Raise a `UserError` where the file has become too short."""
        size = os.fstat(self._file.fileno()).st_size
        if size < self._needed:
            raise UserError(
                f"{self._path} is too short: {self._needed} bytes are needed, it has {size}."
            )

    def give_back(self, brought: int) -> None:
        """Count bytes that were brought into memory, and let go of them when they are many."""
        self._held += brought
        if self._held > HELD and hasattr(self._map, "madvise"):
            # They stay in the system's cache, from where the next read has them back at once.
            self._map.madvise(mmap.MADV_DONTNEED)
            self._held = 0


class MappedCube(WindowedArray):
    """Three axes of plain samples in a file, copied window by window.

    Parameters
    ----------
    path, dtype, offset, stored
        See `MappedFile`.
    axes
        For each axis of the view, the axis in the file.
    """

    def __init__(
        self,
        path: Path,
        dtype: np.dtype[Any],
        offset: int,
        stored: Sequence[int],
        axes: Sequence[int] = (0, 1, 2),
    ) -> None:
        self._file = MappedFile(path, dtype, offset, stored)
        self._axes = tuple(axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis of the view."""
        return tuple(int(self._file.samples.shape[axis]) for axis in self._axes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample, with its byte order."""
        return self._file.samples.dtype

    def transpose(self, *axes: int) -> "MappedCube":
        """Return a view with the axes in another order; nothing is read."""
        view = object.__new__(type(self))
        view._file = self._file
        view._axes = tuple(self._axes[axis] for axis in axes)
        return view

    @property
    def storage_axes(self) -> tuple[int, ...]:
        """Axes of the view from the slowest to the fastest in the file."""
        return tuple(self._axes.index(axis) for axis in range(3))

    @property
    def granule(self) -> tuple[int, ...]:
        """Samples along each axis of the view that come from disk with a single one."""
        return granule_of_pages(self.shape, self.storage_axes, self.dtype.itemsize)

    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        self._file.check()
        ranges = [range(n)[_slice(span)] for span, n in zip(spans, self.shape, strict=True)]
        part = np.empty([len(positions) for positions in ranges], self.dtype)
        if part.size == 0:
            return part
        # The slowest axis of the file, in blocks, so that one band of interleaved
        # samples, which touches every page of the file, never holds all of them.
        slowest = self._axes.index(0)
        positions = ranges[slowest]
        strides = self._file.samples.strides
        brought = self._brought_by_one(ranges) + min(positions.step * strides[0], AROUND)
        step = max(1, HELD // brought)
        view = self._file.samples.transpose(self._axes)
        source, target = list(spans), [slice(None)] * 3
        for first in range(0, len(positions), step):
            some = positions[first : first + step]
            source[slowest] = slice(some.start, some[-1] + 1, some.step)
            target[slowest] = slice(first, first + len(some))
            part[tuple(target)] = view[tuple(source)]
            self._file.give_back(len(some) * brought)
        return part

    def _brought_by_one(self, ranges: Sequence[range]) -> int:
        """Return the bytes of the stretch of file that one position of the slowest axis needs."""
        middle, fastest = ranges[self._axes.index(1)], ranges[self._axes.index(2)]
        strides = self._file.samples.strides
        return (middle[-1] - middle[0]) * strides[1] + len(fastest) * strides[2]


def _slice(span: Span) -> slice:
    assert isinstance(span, slice)  # this array gathers along no axis
    return span
