"""Copies of scans that are slow to read by patches: made once, in tiles, and used again.

A file whose chunks hold whole planes is unpacked anew for every patch, and of a plain file
that is larger than the memory each patch fetches many times its own size from disk. Plain
files that the system can keep in its memory need no copy.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.cubes.cache_folder import CacheFolder
from napari_dgc.cubes.cube import CubeArray, HyperCube
from napari_dgc.cubes.reading_cost import Stored, reading_cost
from napari_dgc.cubes.tiled import TILE, TiledCube, tiles_size, write_tiles
from napari_dgc.cubes.windowed import Span, WindowedArray

#: Smaller scans are read fast enough whatever their layout, in bytes.
SMALLEST = 32 << 20
#: A patch, a plane or a spectrum may read so many times more than it needs.
_MOST_COST = {"patch": 8.0, "plane": 24.0}
#: Plain files up to this part of the machine's memory stay in the system's own cache.
_PART_OF_MEMORY = 0.5
_STEP = 4 << 20


def slow_to_read(data: CubeArray) -> bool:
    """Tell, from how its samples are stored, whether a scan deserves a copy in tiles.

    Parameters
    ----------
    data
        (band, row, column).
    """
    if not isinstance(data, Stored):
        return False
    bands, rows, columns = (int(length) for length in data.shape)
    size = bands * rows * columns * data.dtype.itemsize
    if size < SMALLEST:
        return False
    if not data.packed and size < _PART_OF_MEMORY * psutil.virtual_memory().total:
        return False
    patch = reading_cost(data, (bands, TILE, TILE))
    plane = reading_cost(data, (1, rows, columns))
    return patch > _MOST_COST["patch"] or plane > _MOST_COST["plane"]


class ScanOnTheMove(WindowedArray):
    """A scan that is read from its file until its copy is there, and from the copy then.

    Parameters
    ----------
    data
        (band, row, column).
    """

    def __init__(self, data: CubeArray) -> None:
        self.data = data

    @property
    def shape(self) -> tuple[int, ...]:
        """(bands, rows, columns)."""
        return tuple(int(length) for length in self.data.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""
        return self.data.dtype

    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        return np.asarray(self.data[tuple(spans)])


def tiles_of(
    cube: HyperCube,
    *,
    folder: CacheFolder | None = None,
    token: CancelToken | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> TiledCube:
    """Return the copy of a scan, made where there is none.

    Parameters
    ----------
    cube
        Opened from a file.
    folder
        Where copies are; the user's folder by default.
    token
        Stops with an InterruptedError.
    progress
        Called with the share that is done, 0 to 1.

    Raises
    ------
    UserError
        There is no room for it, or the scan cannot be read.
    """
    if cube.path is None:
        raise ValueError("only a scan of a file has a copy")
    token = token or never_cancelled()
    data = cube.data.data if isinstance(cube.data, ScanOnTheMove) else cube.data
    digest = _digest(cube.path, token, lambda share: progress(0.2 * share))
    digest.update(repr((cube.variable, cube.layout, tuple(data.shape), data.dtype.str)).encode())
    path = (folder or CacheFolder()).entry(
        f"{digest.hexdigest()}.tiles",
        tiles_size(data),
        lambda path: write_tiles(
            data, path, token=token, progress=lambda share: progress(0.2 + 0.8 * share)
        ),
    )
    return TiledCube(path)


def quick_to_read(
    cube: HyperCube,
    *,
    folder: CacheFolder | None = None,
    token: CancelToken | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> HyperCube:
    """Return a scan that is read from its copy if it is slow to read, else the scan itself.

    Parameters
    ----------
    cube, folder, token, progress
        See `tiles_of`.
    """
    if cube.path is None or not slow_to_read(cube.data):
        return cube
    return replace(cube, data=tiles_of(cube, folder=folder, token=token, progress=progress))


def _digest(path: Path, token: CancelToken, progress: Callable[[float], None]) -> "hashlib.blake2b":
    """Hash the content of a file, or of all files of a folder with their names in it."""
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    whole = max(1, sum(file.stat().st_size for file in files))
    digest = hashlib.blake2b(digest_size=20)
    done = 0
    for file in files:
        if path.is_dir():
            digest.update(f"{file.relative_to(path)}\0{file.stat().st_size}\0".encode())
        for part in _parts(file):
            if token.cancelled:
                raise InterruptedError
            digest.update(part)
            done += len(part)
            progress(done / whole)
    return digest


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(_STEP):
            yield part
