"""Spectra of single pixels."""

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.cube import HyperCube


def spectrum_at(cube: HyperCube, row: int, column: int) -> NDArray[np.float32]:
    """Read the spectrum of one pixel.

    Parameters
    ----------
    cube
        The cube.
    row, column
        The pixel, counted from 0.

    Returns
    -------
    ndarray
        Reflectance, shape (bands,), all bands; NaN where data are missing.

    Raises
    ------
    IndexError
        The pixel lies outside the cube.
    """
    if not (0 <= row < cube.rows and 0 <= column < cube.columns):
        raise IndexError(f"pixel ({row}, {column}) is outside {cube.rows}×{cube.columns}")
    return cube.read(slice(row, row + 1), slice(column, column + 1))[:, 0, 0]
