"""Samples of a TIFF file, unpacked strip by strip or tile by tile as they are needed."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Unpacked strips and tiles that are kept, in bytes: neighbouring spectra come from the same.
_KEPT = 32 << 20


class TiffSegments:
    """Bands of a TIFF file as (band, row, column), nothing of it loaded.

    Parameters
    ----------
    pages
        Pages of tifffile, all alike: one per band, or one that holds all bands.
    fill
        Value of strips and tiles that the file leaves out.

    Attributes
    ----------
    in_pixel : bool
        Whether the bands of each pixel lie beside each other.

    Notes
    -----
    tifffile reads whole pages, or windows through zarr, which takes several
    times as long for the many small strips of a spectrum.
    """

    def __init__(self, pages: Sequence[Any], fill: float) -> None:
        self._pages = pages
        self._key = key = pages[0].keyframe
        # Bands lie in pages, in planes of one page, or beside each other in each pixel.
        planes, _, rows, columns, samples = key.shaped
        self.in_pixel = samples > 1
        self.shape: tuple[int, ...] = (len(pages) * planes * samples, rows, columns)
        self.dtype: np.dtype[Any] = np.dtype(key.dtype)
        self._fill = fill
        self._tall, self._wide = (
            (key.tilelength, key.tilewidth) if key.is_tiled else (key.rowsperstrip, columns)
        )
        self._tall = min(self._tall, rows) or rows
        self._across = -(-columns // self._wide)
        self._per_plane = -(-rows // self._tall) * self._across
        self._kept: OrderedDict[tuple[int, int], NDArray[Any]] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    @property
    def chunks(self) -> tuple[int, ...]:
        """Bands, rows and columns that are unpacked with a single sample."""
        return (self.shape[0] if self.in_pixel else 1, self._tall, self._wide)

    def __getitem__(self, key: tuple[slice, slice, slice]) -> NDArray[Any]:
        """Read a box; steps are positive."""
        bands, rows, columns = (
            range(length)[span] for span, length in zip(key, self.shape, strict=True)
        )
        part = np.empty((len(bands), len(rows), len(columns)), self.dtype)
        down = _blocks(rows, self._tall)
        across = _blocks(columns, self._wide)
        for place, band in enumerate(bands[:1] if self.in_pixel else bands):
            plane = 0 if self.in_pixel else band
            target = part if self.in_pixel else part[place : place + 1]
            samples = key[0] if self.in_pixel else slice(0, 1)
            for row, to_rows, from_rows in down:
                for column, to_columns, from_columns in across:
                    segment = self._segment(plane, row * self._across + column)
                    picked = segment[from_rows, from_columns, samples]
                    target[:, to_rows, to_columns] = picked.transpose(2, 0, 1)
        return part

    def _segment(self, plane: int, index: int) -> NDArray[Any]:
        """Return a strip or tile as (row, column, sample)."""
        with self._lock:
            if (plane, index) in self._kept:
                self._kept.move_to_end((plane, index))
                return self._kept[plane, index]
        unpacked = self._unpack(plane, index)
        with self._lock:
            if (plane, index) not in self._kept:
                self._kept[plane, index] = unpacked
                self._held += unpacked.nbytes
            while self._held > _KEPT and len(self._kept) > 1:
                self._held -= self._kept.popitem(last=False)[1].nbytes
        return unpacked

    def _unpack(self, plane: int, index: int) -> NDArray[Any]:
        if len(self._pages) > 1:
            page = self._pages[plane]
        else:
            page, index = self._pages[0], plane * self._per_plane + index
        if index >= min(len(page.dataoffsets), len(page.databytecounts)):
            raise OSError("strips or tiles are missing")
        offset, count = page.dataoffsets[index], page.databytecounts[index]
        packed = None
        if count:
            file = page.parent.filehandle
            if offset + count > file.size:
                raise OSError("the file ends before its samples do")
            with self._lock:
                file.seek(offset)
                packed = file.read(count)
        segment, _, shape = self._key.decode(packed, index, jpegtables=page.jpegtables)
        if segment is None:
            return np.full(shape[1:], self._fill, self.dtype)
        return np.asarray(segment[0])


def _blocks(positions: range, length: int) -> list[tuple[int, slice, slice]]:
    """Return the blocks that positions fall into.

    Returns
    -------
    list of (int, slice, slice)
        Number of the block, which of the positions fall into it, and where in it.
    """
    found = []
    first = 0
    while first < len(positions):
        block, start = divmod(positions[first], length)
        count = min(len(positions) - first, (length - 1 - start) // positions.step + 1)
        inside = slice(start, start + (count - 1) * positions.step + 1, positions.step)
        found.append((block, slice(first, first + count), inside))
        first += count
    return found
