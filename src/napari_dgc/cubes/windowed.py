"""Arrays that are read part by part, indexed like numpy arrays."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

# Fewer separate positions than this are read one by one instead of in one span.
_FEW = 16

#: What is asked of one axis: a slice with a positive step, or positions from 0 where the
#: array says that it gathers along this axis.
Span: TypeAlias = slice | NDArray[np.intp]


class WindowedArray(ABC):
    """An array of which only what an index asks for is read.

    Subclasses say how to read a box; index arrays, masks, negative numbers and
    steps follow numpy's rules here.
    """

    #: Axes along which `_read` takes separate positions as well as slices.
    gathers: ClassVar[tuple[int, ...]] = ()

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""

    @property
    @abstractmethod
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""

    @abstractmethod
    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        """Read a box: for each axis a slice with start, stop and positive step."""

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of samples."""
        return int(np.prod(self.shape, dtype=np.int64))

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return np.asarray(self[:], dtype)

    def __getitem__(self, key: Any, /) -> Any:
        """Read a part as a numpy array (or a scalar)."""
        keys = _keys(key, self.ndim)
        arrays = [axis for axis, part in enumerate(keys) if not isinstance(part, int | slice)]
        if len(arrays) > 1:
            return self._read_points(keys, arrays)
        return self._read_box(keys)

    def _read_box(self, keys: list[Any]) -> Any:
        """Read with at most one index array."""
        spans: list[Span] = []
        inside: list[Any] = []  # what to take of the span that was read
        for axis, part in enumerate(keys):
            length = self.shape[axis]
            if isinstance(part, int):
                index = _checked_index(part, length, axis)
                spans.append(slice(index, index + 1))
                inside.append(0)
            elif isinstance(part, slice):
                span, flip = _forward(part, length)
                spans.append(span)
                inside.append(flip)
            else:
                positions = _positions(part, length, axis)
                if axis in self.gathers and positions.ndim == 1:
                    spans.append(positions)
                    inside.append(slice(None))
                    continue
                if positions.ndim == 1 and 0 < positions.size <= _FEW:
                    return self._read_few(keys, axis, positions)
                low = int(positions.min()) if positions.size else 0
                high = int(positions.max()) + 1 if positions.size else 0
                spans.append(slice(low, high))
                inside.append(positions - low)
        return self._read(spans)[tuple(inside)]

    def _read_few(self, keys: list[Any], axis: int, positions: NDArray[np.intp]) -> Any:
        parts = []
        for position in positions:
            one: list[Any] = [
                slice(part, part + 1 or None) if isinstance(part, int) else part for part in keys
            ]
            one[axis] = slice(int(position), int(position) + 1)
            parts.append(self._read_box(one))
        joined = np.concatenate(parts, axis=axis)
        return joined[tuple(0 if isinstance(part, int) else slice(None) for part in keys)]

    def _read_points(self, keys: list[Any], arrays: list[int]) -> Any:
        """Read with several index arrays: one span per value of the first of them."""
        if any(isinstance(part, int) for part in keys):
            # numpy treats a whole number beside index arrays as one more index array.
            arrays = [axis for axis, part in enumerate(keys) if not isinstance(part, slice)]
        spread = np.broadcast_arrays(
            *(
                _positions(np.asarray(part), self.shape[axis], axis)
                for axis, part in enumerate(keys)
                if axis in arrays
            )
        )
        slices = [axis for axis in range(self.ndim) if axis not in arrays]
        flat = [positions.ravel() for positions in spread]
        rest = self.shape[slices[0]] if slices else 1
        taken = len(range(*keys[slices[0]].indices(rest))) if slices else 1
        result = np.empty((flat[0].size, taken), self.dtype)
        for value in np.unique(flat[0]):
            chosen = np.flatnonzero(flat[0] == value)
            box: list[Any] = list(keys)
            inside: list[Any] = [slice(None)] * self.ndim
            for axis, positions in zip(arrays, flat, strict=True):
                here = positions[chosen]
                low = int(here.min())
                box[axis] = slice(low, int(here.max()) + 1)
                inside[axis] = here - low
            picked = self._read_box(box)[tuple(inside)]
            if slices and slices[0] == 0:
                picked = picked.T
            result[chosen] = picked.reshape(len(chosen), taken)
        if not slices:
            return result.reshape(spread[0].shape)
        shaped = result.reshape(*spread[0].shape, taken)
        # Index arrays side by side stay in their place, parted by a slice they move to the front.
        return np.moveaxis(shaped, -1, 0) if slices[0] == 0 else shaped


def _keys(key: Any, ndim: int) -> list[Any]:
    parts = list(key) if isinstance(key, tuple) else [key]
    ellipses = [index for index, part in enumerate(parts) if part is Ellipsis]
    missing = ndim - (len(parts) - len(ellipses))
    if len(ellipses) > 1 or missing < 0:
        raise IndexError(f"a cube has {ndim} axes, not {len(parts)}")
    if ellipses:
        parts[ellipses[0] : ellipses[0] + 1] = [slice(None)] * missing
    else:
        parts += [slice(None)] * missing
    return [
        int(part)
        if isinstance(part, int | np.integer) and not isinstance(part, bool)
        else part
        if isinstance(part, slice)
        else np.asarray(part)
        for part in parts
    ]


def _checked_index(index: int, length: int, axis: int) -> int:
    if not -length <= index < length:
        raise IndexError(f"index {index} is out of bounds for axis {axis} with size {length}")
    return index % length


def _positions(part: NDArray[Any], length: int, axis: int) -> NDArray[np.intp]:
    if part.dtype == bool:
        if part.shape != (length,):
            raise IndexError(f"a mask for axis {axis} needs {length} values")
        return np.flatnonzero(part)
    if part.size and not np.issubdtype(part.dtype, np.integer):
        raise IndexError("indices must be whole numbers, slices or masks")
    positions = part.astype(np.intp)
    if positions.size and (positions.min() < -length or positions.max() >= length):
        raise IndexError(f"an index is out of bounds for axis {axis} with size {length}")
    return np.where(positions < 0, positions + length, positions)


def _forward(part: slice, length: int) -> tuple[slice, slice]:
    """Return a slice with positive step and how to turn what it reads."""
    start, stop, step = part.indices(length)
    if step > 0:
        return slice(start, max(start, stop), step), slice(None)
    count = len(range(start, stop, step))
    if count == 0:
        return slice(0, 0), slice(None)
    last = start + (count - 1) * step
    return slice(last, start + 1, -step), slice(None, None, -1)
