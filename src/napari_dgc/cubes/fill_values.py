"""Usual values for "no data" that a file does not declare."""

import numpy as np

from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.layout import evenly
from napari_dgc.errors import UserError

#: Written by GIS programs and by converters of satellite data.
_USUAL = (-9999.0, -32768.0, -32767.0)
#: What is measured stays above this part of such a value.
_FAR = 0.1
_ROWS, _COLUMNS = 4, 64


def find_fill_value(cube: HyperCube) -> float | None:
    """Return the value that stands for "no data" although nobody says so, or None.

    It has to be one of the usual ones, hold whole pixels or whole bands of a sparse sample,
    and lie far below everything else.

    Parameters
    ----------
    cube
        The cube; some rows are read.
    """
    if cube.no_data is not None or cube.data.dtype.kind not in "if":
        return None
    try:
        samples = np.asarray(cube.data[:, evenly(cube.rows, _ROWS), evenly(cube.columns, _COLUMNS)])
    except UserError:
        return None  # damage is told where it matters, when the samples are used
    lowest = float(np.nanmin(samples)) if np.isfinite(samples).any() else 0.0
    if lowest not in _USUAL:
        return None
    filled = samples == lowest
    if not (filled.all(axis=0).any() or filled.all(axis=(1, 2)).any()):
        return None
    others = samples[~filled & np.isfinite(samples)]
    if not others.size or others.min() <= _FAR * lowest:
        return None
    return lowest
