"""HDF5 datasets in chunks that are not packed, read without HDF5's cache of chunks.

HDF5 copies a whole chunk into its cache for a single sample of it even where nothing has to
be unpacked: one band of 4 MB then moves all chunks that it crosses, 180 MB or more.
"""

import math
from collections.abc import Sequence
from itertools import product
from typing import Any, NamedTuple

import h5py
import numpy as np
from numpy.typing import NDArray

#: Reading some samples costs as much as copying so many bytes.
_ONE_READ = 32 << 10
#: Larger chunks are never read as a whole, in bytes.
_LARGEST = 16 << 20


def without_cache(dataset: h5py.Dataset) -> h5py.Dataset:
    """Return a dataset opened anew without a cache of chunks, where nothing is to unpack.

    Parameters
    ----------
    dataset
        Of an open file. Closed where another one is returned.
    """
    name = h5py.h5i.get_name(dataset.id)
    if dataset.chunks is None or not name or dataset.id.get_create_plist().get_nfilters():
        return dataset
    if _has_no_cache(dataset):
        return dataset
    file = dataset.file.id
    access = h5py.h5p.create(h5py.h5p.DATASET_ACCESS)
    access.set_chunk_cache(0, 0, 1.0)
    dataset.id.close()  # the first one that is open gives its cache to all
    return h5py.Dataset(h5py.h5d.open(file, name, access))


def direct(dataset: h5py.Dataset) -> "h5py.Dataset | DirectChunks":
    """Return what reads a dataset well, whether it has a cache or not."""
    return DirectChunks(dataset) if dataset.chunks and _has_no_cache(dataset) else dataset


def _has_no_cache(dataset: h5py.Dataset) -> bool:
    return bool(dataset.id.get_access_plist().get_chunk_cache()[1] == 0)


class DirectChunks:
    """A dataset of which runs of samples are read, or whole chunks where these are quicker.

    Parameters
    ----------
    dataset
        In chunks that are not packed.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._dataset = dataset
        self.shape: tuple[int, ...] = tuple(map(int, dataset.shape))
        self.dtype: np.dtype[Any] = dataset.dtype
        self.chunks: tuple[int, ...] = tuple(map(int, dataset.chunks))

    def __getitem__(self, key: Sequence[slice | int], /) -> NDArray[Any]:
        """Read a part; a slice with a positive step, or a position, for each axis."""
        spans = [slice(part, part + 1) if isinstance(part, int) else part for part in key]
        found = self._read(spans)
        return found[tuple(0 if isinstance(part, int) else slice(None) for part in key)]

    def _read(self, spans: list[slice]) -> NDArray[Any]:
        wanted = [range(length)[span] for length, span in zip(self.shape, spans, strict=True)]
        groups = [_by_chunk(span, unit) for span, unit in zip(wanted, self.chunks, strict=True)]
        chunk = math.prod(self.chunks) * self.dtype.itemsize
        whole = math.prod(map(len, groups)) * (_ONE_READ + chunk)
        first, *middle, last = wanted
        if last.step > 1 and last:
            between = [first, *middle, range(last[0], last[-1] + 1)]
            if self._cost(between) < min(whole, self._cost(wanted)):
                row = [*spans[1:-1], slice(last[0], last[-1] + 1)]
                return np.concatenate(
                    [self._read([slice(at, at + 1), *row])[..., :: last.step] for at in first]
                )
        if chunk > _LARGEST or self._cost(wanted) <= whole:
            return np.asarray(self._dataset[tuple(spans)])
        result = np.empty([len(span) for span in wanted], self.dtype)
        for parts in product(*groups):
            box = tuple(part.box for part in parts)
            inside = tuple(part.inside for part in parts)
            result[tuple(part.place for part in parts)] = self._dataset[box][inside]
        return result

    def _cost(self, wanted: list[range]) -> int:
        """Return what reading just this costs, in bytes that could be copied meanwhile."""
        runs, joined = 1, True
        for span, unit in zip(wanted[::-1], self.chunks[::-1], strict=True):
            joined = joined and span.step == 1
            runs *= len(span) // unit + 1 if joined else len(span)
            joined = joined and len(span) >= unit
        return runs * _ONE_READ + math.prod(map(len, wanted)) * self.dtype.itemsize


class _Part(NamedTuple):
    """What is wanted of the chunks at one place along an axis."""

    box: slice  # of the dataset: the chunk
    inside: slice  # of the chunk
    place: slice  # in the result


def _by_chunk(span: range, unit: int) -> list[_Part]:
    parts, done = [], 0
    while done < len(span):
        start = span[done] // unit * unit
        count = len(range(span[done], min(start + unit, span.stop), span.step))
        first = span[done] - start
        inside = slice(first, first + (count - 1) * span.step + 1, span.step)
        parts.append(_Part(slice(start, start + unit), inside, slice(done, done + count)))
        done += count
    return parts
