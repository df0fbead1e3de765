"""A view of an array on disk with its axes in another order, read part by part."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.reading_cost import granule_of_pages
from napari_dgc.cubes.windowed import Span, WindowedArray
from napari_dgc.errors import UserError


class StoredArray(Protocol):
    """What is needed of an HDF5 dataset."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each stored axis."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""

    def __getitem__(self, key: Any, /) -> Any:
        """Read a part; slices with positive steps are enough."""


class LazyCube(WindowedArray):
    """Three axes of a dataset in another order, indexed like a numpy array.

    Parameters
    ----------
    stored
        The dataset; its file stays open as long as this view lives.
    axes
        For each axis of the view, the axis of the dataset; of the others the
        first position is taken.
    where
        File and variable, for messages.
    """

    def __init__(self, stored: StoredArray, axes: Sequence[int], where: str) -> None:
        self._stored = stored
        self._axes = tuple(axes)
        self._where = where

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis of the view."""
        return tuple(int(self._stored.shape[axis]) for axis in self._axes)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""
        return self._stored.dtype

    def transpose(self, *axes: int) -> "LazyCube":
        """Return a view with the axes in another order; nothing is read."""
        return LazyCube(self._stored, [self._axes[axis] for axis in axes], self._where)

    @property
    def storage_axes(self) -> tuple[int, ...]:
        """Axes of the view from the slowest to the fastest in the file."""
        return tuple(self._axes.index(axis) for axis in sorted(self._axes))

    @property
    def packed(self) -> bool:
        """Whether samples come in chunks, which are unpacked each time."""
        return getattr(self._stored, "chunks", None) is not None

    @property
    def granule(self) -> tuple[int, ...]:
        """Samples along each axis that are read, or unpacked, with a single one."""
        chunks = getattr(self._stored, "chunks", None)
        if chunks is None:
            return granule_of_pages(self.shape, self.storage_axes, self.dtype.itemsize)
        return tuple(int(chunks[axis]) for axis in self._axes)

    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        others = [axis for axis in range(len(self._stored.shape)) if axis not in self._axes]
        stored: list[Span] = [slice(0, 1)] * len(self._stored.shape)
        for axis, span in zip(self._axes, spans, strict=True):
            stored[axis] = span
        try:
            part = np.asarray(self._stored[tuple(stored)])
        except Exception as error:
            reason = " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
            raise UserError(f"{self._where} cannot be read: {reason}.") from error
        turned = part.transpose(*self._axes, *others)
        return turned.reshape(turned.shape[: len(self._axes)])
