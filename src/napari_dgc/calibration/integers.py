"""Reflectance as whole numbers, half as large on disk as float32."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.derived import DerivedArray
from napari_dgc.cubes.windowed import Span
from napari_dgc.errors import UserError

#: Stands for missing samples.
NO_DATA = -32768
_HIGHEST = 32767


def as_integers(cube: HyperCube, scale: float) -> HyperCube:
    """Return the same reflectance as int16 with a scale factor.

    Parameters
    ----------
    cube
        Reflectance.
    scale
        What reflectance is multiplied by, such as 10000; rounding is then half of 1 / 10000.
        What does not fit into ±32767 after that is cut off.

    Raises
    ------
    UserError
        When the scale is not above 0.
    """
    if not 0 < scale < np.inf:
        raise UserError(f"The scale is {scale:g}; give a number above 0, such as 10000.")

    def read(bands: Span, rows: slice, columns: slice) -> NDArray[np.int16]:
        window = cube.read(rows, columns, bands)
        window *= np.float32(scale)
        np.rint(window, out=window)
        np.clip(window, -_HIGHEST, _HIGHEST, out=window)
        window[np.isnan(window)] = NO_DATA
        return window.astype(np.int16)

    data = DerivedArray(read, (cube.n_bands, cube.rows, cube.columns), dtype=np.int16)
    return replace(
        cube, data=data, scale=float(scale), no_data=float(NO_DATA), gains=None, offsets=None
    )
