"""Samples that lie plainly in a file, read from where they are without filling the memory."""

import mmap
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.windowed import Span, WindowedArray
from napari_dgc.errors import UserError

#: Mapped pages count as memory of this process until they are given back: after so many bytes.
_HELD = 48 << 20
#: The system maps that many bytes around one that is asked for.
_AROUND = 1 << 16


class MappedCube(WindowedArray):
    """Three axes of plain samples in a file, mapped into memory as they are needed.

    Unlike a numpy memmap it returns copies, gives pages back, and refuses to read a file
    that has become shorter since it was opened, which would end the program.

    Parameters
    ----------
    path
        The file.
    dtype
        Type of one sample, with its byte order.
    offset
        Bytes before the first sample.
    stored
        Length of each axis as it lies in the file, the last one fastest.
    axes
        For each axis of the view, the axis in the file.

    Raises
    ------
    UserError
        The file cannot be read or is too short.
    """

    def __init__(
        self,
        path: Path,
        dtype: np.dtype[Any],
        offset: int,
        stored: Sequence[int],
        axes: Sequence[int] = (0, 1, 2),
    ) -> None:
        self._path, self._axes = path, tuple(axes)
        needed = offset + int(np.prod([int(length) for length in stored], dtype=object)) * (
            dtype.itemsize
        )
        try:
            self._file = path.open("rb")
            self._needed = needed
            self._refuse_short()
            self._map = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError, OverflowError) as error:
            raise UserError(f"{path} cannot be read: {error}.") from error
        self._samples: NDArray[Any] = np.ndarray(tuple(stored), dtype, self._map, offset)
        self._strides = self._samples.strides
        self._held = 0

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis of the view."""
        return tuple(int(self._samples.shape[axis]) for axis in self._axes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample, with its byte order."""
        return self._samples.dtype

    def transpose(self, *axes: int) -> "MappedCube":
        """Return a view with the axes in another order; nothing is read."""
        view = object.__new__(type(self))
        view.__dict__.update(self.__dict__)
        view._axes = tuple(self._axes[axis] for axis in axes)
        return view

    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        self._refuse_short()
        ranges = [range(n)[_slice(span)] for span, n in zip(spans, self.shape, strict=True)]
        part = np.empty([len(positions) for positions in ranges], self.dtype)
        if part.size == 0:
            return part
        # The slowest axis of the file, in blocks, so that one band of interleaved
        # samples, which touches every page of the file, never holds all of them.
        slowest = self._axes.index(0)
        positions = ranges[slowest]
        brought = self._brought_by_one(ranges) + min(positions.step * self._strides[0], _AROUND)
        step = max(1, _HELD // brought)
        view = self._samples.transpose(self._axes)
        source, target = list(spans), [slice(None)] * 3
        for first in range(0, len(positions), step):
            some = positions[first : first + step]
            source[slowest] = slice(some.start, some[-1] + 1, some.step)
            target[slowest] = slice(first, first + len(some))
            part[tuple(target)] = view[tuple(source)]
            self._give_back(len(some) * brought)
        return part

    def _brought_by_one(self, ranges: Sequence[range]) -> int:
        """Return the bytes of the stretch of file that one position of the slowest axis needs."""
        middle, fastest = ranges[self._axes.index(1)], ranges[self._axes.index(2)]
        return (middle[-1] - middle[0]) * self._strides[1] + len(fastest) * self._strides[2]

    def _give_back(self, brought: int) -> None:
        self._held += brought
        if self._held > _HELD and hasattr(self._map, "madvise"):
            # They stay in the system's cache, from where the next read has them back at once.
            self._map.madvise(mmap.MADV_DONTNEED)
            self._held = 0

    def _refuse_short(self) -> None:
        # Reading mapped pages behind the end of a file ends the process.
        size = os.fstat(self._file.fileno()).st_size
        if size < self._needed:
            raise UserError(
                f"{self._path} is too short: {self._needed} bytes are needed, it has {size}."
            )


def _slice(span: Span) -> slice:
    assert isinstance(span, slice)  # this array gathers along no axis
    return span
