"""Cubes that take long to compute, kept on disk in tiles for as long as they are used."""

import contextlib
import uuid
import weakref
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes.cache_folder import CacheFolder
from napari_dgc.cubes.cube import CubeArray, HyperCube
from napari_dgc.cubes.tiled import TiledCube, tiles_size, write_tiles
from napari_dgc.cubes.windowed import Span, WindowedArray


class _WholeSpectra(WindowedArray):
    """A cube of which all bands of a pixel cost as much as one, so that they are read together."""

    packed = True
    storage_axes = (1, 2, 0)

    def __init__(self, data: CubeArray) -> None:
        self._data = data

    @property
    def shape(self) -> tuple[int, ...]:
        """(bands, rows, columns)."""
        return tuple(int(length) for length in self._data.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""
        return self._data.dtype

    @property
    def granule(self) -> tuple[int, ...]:
        """Samples along each axis that come with a single one."""
        return (self.shape[0], 1, 1)

    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        return np.asarray(self._data[tuple(spans)])


def computed_once(
    cube: HyperCube,
    *,
    folder: CacheFolder | None = None,
    token: CancelToken | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> HyperCube:
    """Return a cube with its samples computed and written into tiles, which are quick to read.

    The file goes when nothing uses the result any more, at the latest when the program ends.

    Parameters
    ----------
    cube
        Whose spectra are computed as a whole when they are looked at.
    folder
        Where the tiles are written; the user's folder for unpacked scans by default.
    token
        Stops with an InterruptedError; nothing is left behind.
    progress
        Called with the share that is done, 0 to 1.

    Raises
    ------
    UserError
        There is no room for it.
    """
    data = _WholeSpectra(cube.data)
    path = (folder or CacheFolder()).entry(
        f"{uuid.uuid4().hex}.tiles",
        tiles_size(data),
        lambda path: write_tiles(data, path, token=token, progress=progress),
    )
    tiles = TiledCube(path)
    weakref.finalize(tiles, _remove, path)
    return replace(cube, data=tiles)


def _remove(path: Path) -> None:
    # Windows keeps files that are in use; the folder removes those that were not used for long.
    with contextlib.suppress(OSError):
        path.unlink()
