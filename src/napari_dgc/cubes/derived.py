"""Cubes computed from other cubes, window by window, when they are looked at."""

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import DTypeLike, NDArray

from napari_dgc.cubes.windowed import Span, WindowedArray

#: Computes a window (bands, rows, columns) from bands (a slice or positions from 0) and slices
#: of rows and columns, all with positive steps and within the shape.
WindowReader: TypeAlias = Callable[[Span, slice, slice], NDArray[Any]]

#: Samples computed at once; larger windows are put together from blocks of rows.
_BLOCK = 2**24


class DerivedArray(WindowedArray):
    """A cube (band, row, column) whose samples a function computes.

    Nothing is kept: every index computes what it asks for, and no more is held in memory
    at a time than the result and one block of rows.

    Parameters
    ----------
    read
        Computes a window.
    shape
        (bands, rows, columns).
    behind
        Samples of the source that are read for one pixel, however few bands are asked for:
        1 where every sample stands for itself, all bands where spectra are changed as a
        whole. Sizes the blocks.
    dtype
        Type of the samples that `read` gives.
    """

    gathers = (0,)

    def __init__(
        self,
        read: WindowReader,
        shape: tuple[int, int, int],
        *,
        behind: int = 1,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self._reader = read
        self._dtype: np.dtype[Any] = np.dtype(dtype)
        self._shape = shape
        self._behind = behind

    @property
    def shape(self) -> tuple[int, ...]:
        """(bands, rows, columns)."""
        return self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""
        return self._dtype

    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        bands, rows, columns = spans
        assert isinstance(rows, slice)
        assert isinstance(columns, slice)
        counts = [_count(span, length) for span, length in zip(spans, self._shape, strict=True)]
        if 0 in counts:
            return np.empty(counts, self._dtype)
        per_row = max(counts[0], self._behind) * counts[2]
        block = max(1, _BLOCK // per_row)
        if counts[1] <= block:
            return self._reader(bands, rows, columns)
        positions = range(*rows.indices(self._shape[1]))
        result = np.empty(counts, self._dtype)
        for first in range(0, counts[1], block):
            some = positions[first : first + block]
            window = slice(some.start, some[-1] + 1, some.step)
            result[:, first : first + len(some)] = self._reader(bands, window, columns)
        return result


def _count(span: Span, length: int) -> int:
    return len(range(*span.indices(length))) if isinstance(span, slice) else len(span)
