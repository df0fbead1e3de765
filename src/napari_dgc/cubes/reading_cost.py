"""What reading a part of a cube costs, and in which order all of it is read best.

A source may say how its samples lie: `granule`, the samples along (band, row, column) that
come with a single one (a page of disk, a compressed chunk), `packed`, whether that happens
anew each time, and `storage_axes`, the axes from the slowest to the fastest.
"""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Protocol, runtime_checkable

from napari_dgc.cubes.cube import CubeArray

#: Bytes that come from disk with one sample.
PAGE = 4096

Box = tuple[slice, slice, slice]


@runtime_checkable
class Stored(Protocol):
    """What is known of how a cube lies on disk."""

    @property
    def granule(self) -> tuple[int, ...]:
        """Samples along each axis that come with a single one."""

    @property
    def packed(self) -> bool:
        """Whether a granule is fetched or unpacked each time: no cache of the system helps."""

    @property
    def storage_axes(self) -> tuple[int, ...]:
        """Axes from the slowest to the fastest."""


def reading_boxes(data: CubeArray, most: int) -> Iterator[Box]:
    """Cut a cube into boxes of about `most` samples that are read best one after the other.

    Parameters
    ----------
    data
        (band, row, column).
    most
        Samples in one box; one granule at least.
    """
    shape = [int(length) for length in data.shape]
    granule, axes = _how_stored(data)
    lengths = list(granule)
    for axis in reversed(axes):
        others = lengths[0] * lengths[1] * lengths[2] // lengths[axis]
        fits = max(1, most // max(1, others * granule[axis])) * granule[axis]
        lengths[axis] = min(shape[axis], fits)
    starts = [range(0, shape[axis], lengths[axis]) for axis in axes]
    for corner in product(*starts):
        box = [slice(0)] * 3
        for axis, start in zip(axes, corner, strict=True):
            box[axis] = slice(start, min(start + lengths[axis], shape[axis]))
        yield box[0], box[1], box[2]


def reading_cost(data: CubeArray, window: tuple[int, int, int]) -> float:
    """Return how many times more than asked for is read for a window, on average.

    Parameters
    ----------
    data
        (band, row, column).
    window
        Bands, rows and columns of the window.
    """
    granule, _ = _how_stored(data)
    cost = 1.0
    for length, wanted, unit in zip(data.shape, window, granule, strict=True):
        wanted = min(wanted, int(length))
        cost *= min(float(length), wanted + unit - 1) / wanted
    return cost


def granule_of_pages(
    shape: Sequence[int], storage_axes: Sequence[int], itemsize: int
) -> tuple[int, ...]:
    """Return the granule of samples that lie plainly in a file.

    Parameters
    ----------
    shape
        Length of each axis.
    storage_axes
        Axes from the slowest to the fastest.
    itemsize
        Bytes of a sample.
    """
    left = PAGE // itemsize
    lengths = [1] * len(shape)
    for axis in reversed(storage_axes):
        lengths[axis] = max(1, min(left, int(shape[axis])))
        left //= lengths[axis]
    return tuple(lengths)


def _how_stored(data: CubeArray) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if isinstance(data, Stored):
        return data.granule, data.storage_axes
    return (1, 1, 1), (1, 0, 2)
