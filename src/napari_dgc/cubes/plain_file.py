"""Samples that lie plainly in a file, read from where they are without filling the memory."""

import mmap
import os
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.reading_cost import granule_of_pages
from napari_dgc.cubes.windowed import Span, WindowedArray
from napari_dgc.errors import UserError

#: Where so few of the bytes of a stretch are wanted (one in so many), it is mapped, not read.
_SPARSE = 32
#: Bytes of file that may be mapped at a time: mapped pages count as memory of this process.
HELD = 24 << 20


class PlainFile:
    """Samples that lie in a file one after the other.

    Parts are read, not mapped, wherever most of what is read is wanted: that costs no memory
    beyond the result, and a file that became shorter gives a message, where reading mapped
    pages behind its end would end the program.

    Parameters
    ----------
    path
        The file.
    dtype
        Type of one sample, with its byte order.
    offset
        Bytes before the first sample.
    samples
        Number of samples.

    Raises
    ------
    UserError
        The file cannot be read or is too short.
    """

    def __init__(self, path: Path, dtype: np.dtype[Any], offset: int, samples: int) -> None:
        self._path, self.dtype, self._offset = path, dtype, offset
        self._needed = offset + samples * dtype.itemsize
        self._turn = threading.Lock()
        try:
            self._file = path.open("rb", buffering=0)
            self.check()
        except (OSError, ValueError, OverflowError) as error:
            raise UserError(f"{path} cannot be read: {error}.") from error

    def check(self) -> None:
        """Raise a `UserError` where the file has become too short."""
        size = os.fstat(self._file.fileno()).st_size
        if size < self._needed:
            raise UserError(
                f"{self._path} is too short: {self._needed} bytes are needed, it has {size}."
            )

    def read(self, first: int, into: NDArray[Any]) -> None:
        """Fill a contiguous array with the samples from number `first` on."""
        view = into.reshape(-1).view(np.uint8).data
        place = self._offset + first * self.dtype.itemsize
        try:
            while view:
                count = self._read_some(view, place)
                if not count:
                    self.check()
                    raise OSError("it ends too early")
                view, place = view[count:], place + count
        except OSError as error:
            raise UserError(f"{self._path} cannot be read: {error}.") from error

    def mapped(self) -> mmap.mmap:
        """Map the file; closed with the last array that looks into it."""
        self.check()
        try:
            return mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            raise UserError(f"{self._path} cannot be read: {error}.") from error

    @property
    def offset(self) -> int:
        """Bytes before the first sample."""
        return self._offset

    def _read_some(self, view: memoryview, place: int) -> int:
        if hasattr(os, "preadv"):
            return os.preadv(self._file.fileno(), [view], place)
        with self._turn:  # Windows: the place is common to all threads
            self._file.seek(place)
            return self._file.readinto(view) or 0


class PlainCube(WindowedArray):
    """Three axes of plain samples in a file, copied window by window.

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
        slow, middle, fast = (int(length) for length in stored)
        self._stored = slow, middle, fast
        self._axes = tuple(axes)
        self._file = PlainFile(path, dtype, offset, slow * middle * fast)

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis of the view."""
        return tuple(self._stored[axis] for axis in self._axes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample, with its byte order."""
        return self._file.dtype

    def transpose(self, *axes: int) -> "PlainCube":
        """Return a view with the axes in another order; nothing is read."""
        view = object.__new__(type(self))
        view._file, view._stored = self._file, self._stored
        view._axes = tuple(self._axes[axis] for axis in axes)
        return view

    @property
    def storage_axes(self) -> tuple[int, ...]:
        """Axes of the view from the slowest to the fastest in the file."""
        return tuple(self._axes.index(axis) for axis in range(3))

    #: The system's cache helps.
    packed = False

    @property
    def granule(self) -> tuple[int, ...]:
        """Samples along each axis of the view that come from disk with a single one."""
        return granule_of_pages(self.shape, self.storage_axes, self.dtype.itemsize)

    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        slow, middle, fast = (
            range(length)[_slice(spans[axis])]
            for length, axis in zip(self._stored, self.storage_axes, strict=True)
        )
        part = np.empty((len(slow), len(middle), len(fast)), self.dtype)
        if part.size:
            lines = middle[-1] - middle[0] + 1
            if lines * self._stored[2] >= _SPARSE * len(middle) * len(fast) and lines > 1:
                self._copy_mapped(slow, middle, fast, part)
            else:
                self._copy_read(slow, middle, fast, part)
        return part.transpose(self._axes)

    def _copy_read(self, slow: range, middle: range, fast: range, part: NDArray[Any]) -> None:
        """Read whole lines of the fastest axis and take of them what is wanted."""
        lines = middle[-1] - middle[0] + 1
        whole = part.shape[1:] == (lines, self._stored[2])
        buffer = np.empty((lines, self._stored[2]), self.dtype)
        wanted = buffer[:: middle.step, fast.start : fast[-1] + 1 : fast.step]
        for number, position in enumerate(slow):
            first = (position * self._stored[1] + middle[0]) * self._stored[2]
            self._file.read(first, part[number] if whole else buffer)
            if not whole:
                part[number] = wanted

    def _copy_mapped(self, slow: range, middle: range, fast: range, part: NDArray[Any]) -> None:
        """Map blocks of the slowest axis and copy what is wanted."""
        mapped = self._file.mapped()
        samples: NDArray[Any] = np.ndarray(self._stored, self.dtype, mapped, self._file.offset)
        wanted = samples[:, middle.start : middle[-1] + 1 : middle.step][
            :, :, fast.start : fast[-1] + 1 : fast.step
        ]
        step = max(1, HELD // (samples.strides[0] * slow.step))
        for first in range(0, len(slow), step):
            some = slow[first : first + step]
            part[first : first + step] = wanted[some.start : some[-1] + 1 : some.step]
            if hasattr(mapped, "madvise"):
                # Given back; they stay in the system's cache.
                mapped.madvise(mmap.MADV_DONTNEED)


def _slice(span: Span) -> slice:
    assert isinstance(span, slice)  # this array gathers along no axis
    return span
