"""Whether two lists of band centres mean the same bands."""

import numpy as np
from numpy.typing import NDArray

#: Band centres may differ by this part of the band spacing and still count as the same.
SAME = 0.1


def spacing(centres: NDArray[np.float64]) -> float:
    """Return the typical distance between neighbouring bands, in the unit of the centres."""
    if len(centres) < 2:
        return 1.0
    return float(np.median(np.abs(np.diff(centres))))


def same_centres(first: NDArray[np.float64], second: NDArray[np.float64]) -> bool:
    """Tell whether two lists of band centres mean the same bands."""
    if first.shape != second.shape:
        return False
    return bool(np.all(np.abs(first - second) <= SAME * spacing(first)))
