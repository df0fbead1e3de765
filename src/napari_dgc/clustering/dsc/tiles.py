"""Maps of a scan computed from its spectra, tile by tile."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.dsc.spectra import Array
from napari_dgc.clustering.labelling import check_stop, iter_tiles
from napari_dgc.cubes import HyperCube, valid_pixels

#: Values of a tile, 16 MB, and bounds of its side.
_TILE_VALUES = 2**22
_TILE = (16, 192)


def fill(
    result: NDArray[Any],
    cube: HyperCube,
    grid: BandGrid,
    compute: Callable[[Array], NDArray[Any]],
    token: CancelToken | None,
) -> Iterator[float]:
    """Fill a map (row, column) where there are data; yields the share done.

    Parameters
    ----------
    result
        The map, changed in place.
    cube, grid
        The scan, and the bands to read.
    compute
        From spectra (pixels, bands) to values (pixels,).
    token
        Stops with an InterruptedError.
    """
    tile = int(np.clip(np.sqrt(_TILE_VALUES / grid.size), *_TILE))
    done = 0
    for rows, columns, _, _ in iter_tiles(cube.rows, cube.columns, tile, 0):
        check_stop(token)
        window = grid.read(cube, rows, columns)
        valid = valid_pixels(window)
        if valid.any():
            result[rows, columns][valid] = compute(np.ascontiguousarray(window[:, valid].T))
        done += valid.size
        yield done / (cube.rows * cube.columns)
