"""Parts of stored arrays that have three axes, without reading them."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.layout import Turnable
from napari_dgc.cubes.lazy import LazyCube, StoredArray
from napari_dgc.cubes.readings import Reading
from napari_dgc.cubes.windowed import Span, WindowedArray

#: Samples read at once where more than those asked for are read.
_BLOCK = 4 << 20

Lengths = tuple[int, int, int]
#: Views plain samples: the first sample, three lengths with the last one fastest, and for
#: each axis of the view the one of these lengths.
PlainView = Callable[[int, Lengths, Lengths], Turnable]


def lazy_view(
    stored: StoredArray, reading: Reading, layout: str, where: str, *, reversed_axes: bool = False
) -> LazyCube:
    """Return three axes of a stored array of any number of axes, left on disk.

    Parameters
    ----------
    stored
        The array.
    reading
        How it is read.
    layout
        Order of the pixels where they are unfolded.
    where
        File and variable, for messages.
    reversed_axes
        Whether the array has its axes the other way round than `reading` says.
    """
    last = len(reading.variable.shape) - 1

    def place(axis: int) -> int:
        return last - axis if reversed_axes else axis

    if reading.image is not None:
        lengths, axes = reading.stored(layout, first_fastest=reversed_axes)
        pixels = place(reading.pixel_axis)
        cut = (lengths[pixels], lengths[pixels + 1])
        return LazyCube(UnfoldedPixels(stored, pixels, cut), axes, where)
    of_cube = [place(axis) for axis in reading.axes]
    if reading.stack is None:
        return LazyCube(stored, of_cube, where)
    stack = place(reading.stack[0])
    one = OneOfStack(stored, stack, reading.stack[1])
    return LazyCube(one, [axis - (axis > stack) for axis in of_cube], where)


def plain_view(
    view: PlainView, reading: Reading, layout: str, where: str, *, first_fastest: bool
) -> Turnable:
    """Return three axes of samples that lie plainly one after the other.

    Parameters
    ----------
    view
        Views a part of the samples.
    reading, layout, where
        As for `lazy_view`.
    first_fastest
        Whether the first axis of the array is the fastest one, or the slowest one.
    """
    lengths, axes = reading.stored(layout, first_fastest=first_fastest)
    if reading.stack is None:
        return view(0, lengths, axes)
    axis, index = reading.stack
    count = reading.variable.shape[axis]
    before = sum(other < axis for other in reading.axes)
    if count == 1 or before == (3 if first_fastest else 0):  # the cubes follow each other
        return view(index * math.prod(lengths), lengths, axes)
    whole = view(0, (lengths[0], lengths[1], lengths[2] * count), (0, 1, 2))
    return LazyCube(EveryNth(whole, count, index), axes, where)


class OneOfStack:
    """One cube of an array of four axes.

    Parameters
    ----------
    stored
        The array.
    axis, index
        Which axis counts the cubes, and which one of them is meant.
    """

    def __init__(self, stored: StoredArray, axis: int, index: int) -> None:
        self._stored, self._axis, self._index = stored, axis, index

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis of the cube."""
        return self._left(self._stored.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""
        return self._stored.dtype

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Samples along each axis that are unpacked together, or None."""
        chunks = getattr(self._stored, "chunks", None)
        return None if chunks is None else self._left(chunks)

    def __getitem__(self, key: tuple[Span, ...]) -> Any:
        """Read a part; `key` has three slices."""
        whole: list[Any] = list(key)
        whole.insert(self._axis, self._index)
        return self._stored[tuple(whole)]

    def _left(self, lengths: Sequence[int]) -> tuple[int, ...]:
        return tuple(int(n) for place, n in enumerate(lengths) if place != self._axis)


class EveryNth:
    """The samples of an array of three axes that come every so often along the last one.

    Parameters
    ----------
    stored
        The array; the length of its last axis is a multiple of `count`.
    count, index
        Every how many, and from which one on.
    """

    def __init__(self, stored: StoredArray, count: int, index: int) -> None:
        self._stored, self._count, self._index = stored, count, index

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        first, middle, last = self._stored.shape
        return first, middle, last // self._count

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""
        return self._stored.dtype

    def __getitem__(self, key: tuple[slice, slice, slice]) -> Any:
        """Read a part; `key` has three slices with positive steps."""
        positions = range(self.shape[2])[key[2]]
        if not positions:
            return self._stored[key[0], key[1], 0:0]
        start = positions[0] * self._count + self._index
        stop = positions[-1] * self._count + self._index + 1
        return self._stored[key[0], key[1], start : stop : positions.step * self._count]


class UnfoldedPixels(WindowedArray):
    """A matrix of which one axis, the pixels of an image, is cut into two.

    Parameters
    ----------
    stored
        Two axes.
    axis
        Which one is cut.
    lengths
        The two lengths, the second one fastest.
    """

    def __init__(self, stored: StoredArray, axis: int, lengths: tuple[int, int]) -> None:
        self._stored, self._axis, self._lengths = stored, axis, lengths

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each of the three axes."""
        other = int(self._stored.shape[1 - self._axis])
        return (other, *self._lengths) if self._axis == 1 else (*self._lengths, other)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""
        return self._stored.dtype

    @property
    def chunks(self) -> tuple[int, ...] | None:
        """Samples along each of the three axes that are unpacked together, or None."""
        chunks = getattr(self._stored, "chunks", None)
        if chunks is None:
            return None
        slow, fast = self._lengths
        pixels = int(chunks[self._axis])
        cut = (min(slow, max(1, pixels // fast)), min(fast, pixels))
        other = int(chunks[1 - self._axis])
        return (other, *cut) if self._axis == 1 else (*cut, other)

    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        slow, fast = (spans[self._axis], spans[self._axis + 1])
        other = spans[0] if self._axis == 1 else spans[2]
        assert isinstance(slow, slice)
        assert isinstance(fast, slice)
        lines, inside = range(self._lengths[0])[slow], range(self._lengths[1])[fast]
        assert isinstance(other, slice)
        others = len(range(self._stored.shape[1 - self._axis])[other])
        lengths = (others, len(lines), len(inside))
        if self._axis == 0:
            lengths = (len(lines), len(inside), others)
        part = np.empty(lengths, self.dtype)
        if part.size == 0:
            return part
        # Whole lines at once where most of them are wanted, else the pixels of each line.
        whole = lines.step == 1 and 2 * (inside[-1] + 1 - inside[0]) > self._lengths[1]
        at_once = max(1, _BLOCK // (self._lengths[1] * others)) if whole else 1
        for first in range(0, len(lines), at_once):
            some = lines[first : first + at_once]
            start = some[0] * self._lengths[1] + inside[0]
            stop = some[-1] * self._lengths[1] + inside[-1] + 1
            if len(some) > 1:
                start, stop = some[0] * self._lengths[1], (some[-1] + 1) * self._lengths[1]
            target = slice(first, first + len(some))
            if self._axis == 1:
                read = np.asarray(self._stored[other, start:stop])
                part[:, target] = self._lines(read, len(some), inside, 1)
            else:
                read = np.asarray(self._stored[start:stop, other])
                part[target] = self._lines(read, len(some), inside, 0)
        return part

    def _lines(self, read: NDArray[Any], lines: int, inside: range, axis: int) -> NDArray[Any]:
        """Cut what was read into lines, of each of which the pixels asked for are kept."""
        if lines == 1:
            kept = read[:, None, :: inside.step] if axis else read[None, :: inside.step]
            return kept
        if axis:
            cut = read.reshape(len(read), lines, -1)
            return cut[:, :, inside.start : inside[-1] + 1 : inside.step]
        cut = read.reshape(lines, -1, read.shape[1])
        return cut[:, inside.start : inside[-1] + 1 : inside.step]
