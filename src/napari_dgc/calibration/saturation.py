"""The highest count a sensor can give, beyond which brightness is lost."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube

#: Samples looked at, on lines spread evenly over the scan.
_LOOK = 2**24
#: The highest value is a pile-up when it is so frequent, and so many times more frequent
#: than any value just below it.
_FEWEST, _PILE = 20, 5
#: How far below the highest value is "just below", as a part of it and at least.
_NEAR, _NEAREST = 1 / 32, 64
#: Values that must occur just below: a lone high value is a fill value.
_BELOW = 3


def find_ceiling(cube: HyperCube) -> float | None:
    """Find the stored value at which the sensor saturates.

    The brightness of a scan has a tail: each higher value is rarer. Where the highest
    value of whole-number samples is instead far more frequent than those just below it,
    brighter light has piled up there, for instance at 4095 for a camera of 12 bits. Without
    a pile-up it is the highest number that the type of the samples can hold.

    Parameters
    ----------
    cube
        Raw counts.

    Returns
    -------
    float or None
        In stored units; None for samples that are no whole numbers.
    """
    if cube.data.dtype.kind not in "ui":
        return None
    samples = sampled_lines(cube)
    if cube.no_data is not None:
        samples = samples[samples != cube.no_data]
    largest = float(np.iinfo(cube.data.dtype).max)
    if not samples.size:
        return largest
    highest = int(samples.max())
    near = max(_NEAREST, int(highest * _NEAR))
    values, counts = np.unique(samples[samples >= highest - near], return_counts=True)
    below = counts[:-1]
    piled_up = counts[-1] >= _FEWEST and len(below) >= _BELOW and counts[-1] > _PILE * below.max()
    return float(values[-1]) if piled_up else largest


def sampled_lines(cube: HyperCube) -> NDArray[Any]:
    """Return lines spread evenly over the scan, (bands, lines, columns) as stored."""
    lines = max(1, _LOOK // max(1, cube.n_bands * cube.columns))
    return np.asarray(cube.data[:, :: -(-cube.rows // lines), :])
