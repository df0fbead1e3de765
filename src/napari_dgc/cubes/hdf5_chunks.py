"""Chunks of HDF5 datasets unpack to as many bytes as a chunk has, never to more.

HDF5 unpacks whatever a chunk says, and grows its buffer until all of it is there: a few
megabytes can become gigabytes. A chunk that could do so is unpacked on trial, into a buffer
of the size that it must have, the first time that it is read.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

import h5py
import numpy as np

from napari_dgc.cubes.packed_sizes import HEAD, declared_size
from napari_dgc.errors import UserError

#: What a chunk may unpack to, whatever it should have.
_HARMLESS = 32 << 20
#: Nothing is packed better by the methods below.
_GREATEST = 1100
_MARGIN = 1 << 16
_FLETCHER32 = 3
#: Numbers of filters: those that only move bytes, and those that say what comes of a chunk.
_MOVING = frozenset({2, _FLETCHER32})
_DEFLATE, _SZIP, _NBIT, _SCALE, _LZF = 1, 4, 5, 6, 32000
_TELLING = {32001: "blosc", 32015: "zstd"}


def checked(dataset: Any, where: str) -> Any:
    """Return a packed dataset with its chunks checked; others, or what reads one, as they are.

    Parameters
    ----------
    dataset
        Of an open file.
    where
        File and dataset, for messages.

    Raises
    ------
    UserError
        A chunk is larger than what it can hold.
    """
    if not isinstance(dataset, h5py.Dataset) or dataset.chunks is None:
        return dataset
    try:
        packed = dataset.id.get_create_plist().get_nfilters()
        return CheckedDataset(dataset) if packed else dataset
    except (OSError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:160].rstrip(".")
        raise UserError(f"{where} is damaged or cannot be read ({reason}).") from error


class CheckedDataset:
    """A dataset of which no chunk is read that unpacks to more than a chunk has.

    Parameters
    ----------
    dataset
        In chunks that are packed.

    Raises
    ------
    ValueError
        A chunk is too large to be one.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._dataset = dataset
        self.shape: tuple[int, ...] = tuple(int(length) for length in dataset.shape)
        self.dtype: np.dtype[Any] = dataset.dtype
        self.chunks: tuple[int, ...] = tuple(map(int, dataset.chunks))
        self._doubtful: set[tuple[int, ...]] = set()
        pipeline = dataset.id.get_create_plist()
        self._filters: list[tuple[int, tuple[int, ...]]] = [
            (int(number), tuple(values))
            for number, _, values, _ in map(pipeline.get_filter, range(pipeline.get_nfilters()))
        ]
        self._size = int(np.prod(self.chunks, dtype=object)) * self.dtype.itemsize
        if any(number not in _MOVING for number, _ in self._filters):
            dataset.id.chunk_iter(self._look)

    def __getitem__(self, key: Any, /) -> Any:
        """Read a part."""
        if self._doubtful:
            self._check(key)
        return self._dataset[key]

    def _look(self, chunk: Any) -> None:
        if chunk.size > 2 * self._size + _MARGIN:
            raise ValueError("a chunk is larger than what it can hold")
        tells = any(number not in (_DEFLATE, *_MOVING) for number, _ in self._filters)
        if tells or chunk.size * _GREATEST > max(_HARMLESS, self._size):
            self._doubtful.add(tuple(map(int, chunk.chunk_offset)))

    def _check(self, key: Any) -> None:
        """Try the chunks that a key of slices touches, one slice for each axis."""
        keys: Sequence[Any] = key if isinstance(key, tuple) else (key,)
        spans = []
        for axis, (length, chunk) in enumerate(zip(self.shape, self.chunks, strict=True)):
            part = keys[axis] if axis < len(keys) else slice(None)
            part = slice(part, part + 1) if isinstance(part, int) else part
            start, stop, _ = part.indices(length)
            spans.append(range(start // chunk * chunk, stop, chunk))
        wanted: Iterable[tuple[int, ...]] = product(*spans)
        if np.prod([len(span) for span in spans], dtype=object) > len(self._doubtful):
            wanted = (
                place
                for place in list(self._doubtful)
                if all(one in span for one, span in zip(place, spans, strict=True))
            )
        for place in wanted:
            if place in self._doubtful:
                self._try(place)
                self._doubtful.discard(place)

    def _try(self, place: tuple[int, ...]) -> None:
        """Unpack a chunk into no more than a chunk, or raise a ValueError."""
        import imagecodecs  # takes long to import

        mask, packed = self._dataset.id.read_direct_chunk(place)
        for position in reversed(range(len(self._filters))):
            number, values = self._filters[position]
            if mask >> position & 1:
                continue
            if number == _FLETCHER32:
                packed = packed[:-4]
            elif number in (_DEFLATE, _LZF):
                unpack = imagecodecs.zlib_decode if number == _DEFLATE else imagecodecs.lzf_decode
                try:
                    packed = bytes(unpack(packed, out=bytearray(self._size + _MARGIN)))
                except (RuntimeError, ValueError) as error:
                    raise ValueError("a chunk is damaged or unpacks to too much") from error
            elif self._says(number, values, packed) > self._size + _MARGIN:
                raise ValueError("a chunk says to unpack to more than a chunk has")

    def _says(self, number: int, values: tuple[int, ...], packed: bytes) -> int:
        """Return the bytes that a filter will need."""
        if number == _SZIP:
            return int.from_bytes(packed[:4], "little")
        if number in (_NBIT, _SCALE):
            return (values[2] if len(values) > 2 else 0) * self.dtype.itemsize
        return declared_size(_TELLING.get(number, ""), packed[:HEAD]) or 0
