"""Bands without data, found from a sparse sample."""

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.cube import LARGEST_SAMPLE, HyperCube
from napari_dgc.cubes.layout import evenly

_ROWS, _COLUMNS = 4, 16
_MORE_ROWS, _MORE_COLUMNS = 24, 64


def find_empty_bands(cube: HyperCube) -> tuple[int, ...]:
    """Return the bands that hold only NaN or the value for "no data".

    Parameters
    ----------
    cube
        The cube; a few rows are read, and more rows of the bands that look empty.

    Returns
    -------
    tuple of int
        0-based indices. Empty where every band looks empty, which says nothing.
    """
    if cube.data.dtype.kind != "f" and cube.no_data is None:
        return ()
    empty = np.flatnonzero(_missing(cube, slice(None), _ROWS, _COLUMNS))
    if empty.size in (0, cube.n_bands):
        return ()
    confirmed = [
        int(band)
        for band in empty
        if _missing(cube, slice(int(band), int(band) + 1), _MORE_ROWS, _MORE_COLUMNS)[0]
    ]
    return tuple(confirmed)


def _missing(cube: HyperCube, bands: slice, rows: int, columns: int) -> NDArray[np.bool_]:
    """Tell for each band whether all samples of a sparse grid are missing."""
    samples = np.asarray(cube.data[bands, evenly(cube.rows, rows), evenly(cube.columns, columns)])
    missing: NDArray[np.bool_] = np.zeros(samples.shape, bool)
    if samples.dtype.kind == "f":
        # Half precision does not reach so far, and numpy warns.
        missing = ~(np.abs(samples.astype(np.float64)) <= LARGEST_SAMPLE)
    if cube.no_data is not None:
        missing[samples == cube.no_data] = True
    return np.asarray(missing.all(axis=(1, 2)))
