"""Between which values an index map is shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.cube import HyperCube
from napari_dgc.indices.index import Index

#: Percentiles that the colours span.
_SPAN = (2.0, 98.0)
_ROWS, _COLUMNS, _BANDS = 64, 256, 8

Sample = tuple[NDArray[np.float64], NDArray[np.float64]]


def weighted_sample(cube: HyperCube, values: NDArray[np.float32]) -> Sample:
    """Return some values of an index map, and how much each counts.

    The noise of an index grows as the reflectance behind it falls, so that a
    dark background would spread the colours over nothing but noise: a pixel
    counts by the square of its mean reflectance.

    Parameters
    ----------
    cube
        What the map was computed from; some rows of some bands are read.
    values
        The map, (rows, columns).

    Returns
    -------
    values, weights
        (pixels,) each, without pixels that have no value.
    """
    good = cube.good_bands
    some = good[np.linspace(0, len(good) - 1, min(len(good), _BANDS)).astype(int)]
    rows = slice(None, None, max(1, cube.rows // _ROWS))
    columns = slice(None, None, max(1, cube.columns // _COLUMNS))
    brightness = cube.read(rows, columns, some).mean(axis=0, dtype=np.float64)
    found = values[rows, columns].astype(np.float64)
    known = np.isfinite(found) & np.isfinite(brightness)
    return found[known], brightness[known] ** 2


def display_limits(index: Index, samples: Sequence[Sample]) -> tuple[float, float]:
    """Return between which values nearly all that counts lies, within what is possible.

    Parameters
    ----------
    index
        The index.
    samples
        Of all scans that are to be shown with the same colours.
    """
    values = np.concatenate([sample[0] for sample in samples])
    # A scan in counts must not outvote one in reflectance.
    weights = np.concatenate([w / w.sum() if w.any() else w for _, w in samples])
    if not weights.any():
        return 0.0, 1.0
    order = np.argsort(values)
    share = np.cumsum(weights[order])
    share *= 100 / share[-1]
    low, high = (float(values[order][np.searchsorted(share, end)]) for end in _SPAN)
    if index.limits != (None, None):
        low, high = (float(np.clip(value, *index.limits)) for value in (low, high))
    return (low, high) if high > low else (low - 0.5, low + 0.5)
