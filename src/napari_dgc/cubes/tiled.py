"""Cubes in a file of square tiles, of which windows, planes and spectra are read alike fast.

The file is a JSON header in the first page and then the tiles row by row, each with
its bands one after the other. Edge tiles are filled up with zeros.
"""

import json
import mmap
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.cubes.cube import CubeArray
from napari_dgc.cubes.plain_file import PlainFile
from napari_dgc.cubes.reading_cost import PAGE, reading_boxes
from napari_dgc.cubes.windowed import Span, WindowedArray
from napari_dgc.errors import UserError
from napari_dgc.files import write_atomically

#: Rows and columns of a tile: one training patch.
TILE = 64
_KIND = "napari-dgc tiles 1"
#: Samples held in memory at once while tiles are written, in bytes.
_BOX = 32 << 20


class TiledCube(WindowedArray):
    """A cube (band, row, column) in a file that `write_tiles` made.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    UserError
        Not such a file, or damaged.
    """

    def __init__(self, path: Path) -> None:
        try:
            if not path.is_file():  # opening a pipe would wait for ever
                raise ValueError
            with path.open("rb") as file:
                header = json.loads(file.read(PAGE))
            if header["kind"] != _KIND:
                raise ValueError
            bands, rows, columns = (int(length) for length in header["shape"])
            dtype = np.dtype(str(header["dtype"]))
            if min(bands, rows, columns) < 1 or dtype.kind not in "iuf":
                raise ValueError
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{path} is not a file of tiles, or damaged; remove it.") from error
        self._shape = (bands, rows, columns)
        self._file = PlainFile(path, dtype, PAGE, int(np.prod(_stored(self._shape))))

    @property
    def shape(self) -> tuple[int, ...]:
        """(bands, rows, columns)."""
        return self._shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""
        return self._file.dtype

    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        bands, rows, columns = (
            range(length)[span] if isinstance(span, slice) else range(0)
            for span, length in zip(spans, self._shape, strict=True)
        )
        part = np.empty((len(bands), len(rows), len(columns)), self.dtype)
        if part.size == 0:
            return part
        tiles_across = _stored(self._shape)[1]
        tile = np.empty((bands[-1] - bands[0] + 1, TILE, TILE), self.dtype)
        for (tile_row, to_rows, in_rows), (tile_column, to_columns, in_columns) in product(
            _pieces(rows), list(_pieces(columns))
        ):
            number = (tile_row * tiles_across + tile_column) * self._shape[0] + bands[0]
            self._file.read(number * TILE * TILE, tile)
            part[:, to_rows, to_columns] = tile[:: bands.step, in_rows, in_columns]
        return part


def tiles_size(data: CubeArray) -> int:
    """Return the bytes of the file that `write_tiles` makes of a cube (band, row, column)."""
    shape = (int(data.shape[0]), int(data.shape[1]), int(data.shape[2]))
    return PAGE + int(np.prod(_stored(shape))) * data.dtype.itemsize


def write_tiles(
    data: CubeArray,
    path: Path,
    *,
    token: CancelToken | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> None:
    """Write a cube as tiles, reading it once in the order in which it is stored.

    Parameters
    ----------
    data
        (band, row, column).
    path
        Written atomically.
    token
        Stops with an InterruptedError; nothing is left behind.
    progress
        Called with the share that is done, 0 to 1.
    """
    token = token or never_cancelled()
    shape = (int(data.shape[0]), int(data.shape[1]), int(data.shape[2]))
    dtype = data.dtype.newbyteorder("=")
    header = json.dumps({"kind": _KIND, "shape": shape, "dtype": dtype.str}).encode()
    stored = _stored(shape)
    length = tiles_size(data)

    def write(temporary: Path) -> None:
        with temporary.open("r+b") as file:
            file.truncate(length)
            file.write(header.ljust(PAGE))
            file.flush()
            with mmap.mmap(file.fileno(), length) as mapped:
                tiles: NDArray[Any] = np.ndarray(stored, dtype, mapped, PAGE)
                done = 0
                try:
                    for box in reading_boxes(data, _BOX // dtype.itemsize):
                        if token.cancelled:
                            raise InterruptedError
                        samples = np.asarray(data[box])
                        _scatter(samples, box, tiles)
                        if hasattr(mapped, "madvise"):
                            mapped.madvise(mmap.MADV_DONTNEED)
                        done += samples.size
                        progress(done / (shape[0] * shape[1] * shape[2]))
                finally:
                    del tiles  # a map with a view cannot be closed

    write_atomically(path, write)


def _scatter(samples: NDArray[Any], box: tuple[slice, slice, slice], tiles: NDArray[Any]) -> None:
    """Copy the samples of a box into the tiles."""
    rows, columns = (range(span.start, span.stop) for span in box[1:])
    for (tile_row, from_rows, in_rows), (tile_column, from_columns, in_columns) in product(
        _pieces(rows), list(_pieces(columns))
    ):
        tiles[tile_row, tile_column, box[0], in_rows, in_columns] = samples[
            :, from_rows, from_columns
        ]


def _stored(shape: tuple[int, int, int]) -> tuple[int, int, int, int, int]:
    bands, rows, columns = shape
    return -(-rows // TILE), -(-columns // TILE), bands, TILE, TILE


def _pieces(positions: range) -> Iterator[tuple[int, slice, slice]]:
    """Cut positions along one axis at tiles: tile, where in `positions`, where in the tile."""
    first = 0
    while first < len(positions):
        tile, start = divmod(positions[first], TILE)
        count = min(len(positions) - first, -(-(TILE - start) // positions.step))
        stop = start + (count - 1) * positions.step + 1
        yield tile, slice(first, first + count), slice(start, stop, positions.step)
        first += count
