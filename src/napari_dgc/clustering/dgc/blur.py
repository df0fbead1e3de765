"""How far the camera's blur mixes two materials."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.dgc.borders import Borders

_LEAST_REACH = 2
_MOST_REACH = 6
#: Ends one pixel farther apart differ typically by this factor when they still lie on the ramp
#: between two materials. Sharp scans of leaves and fields give 0.96 to 1.02.
_STILL_RISING = 1.07
#: Fewer mixed pixels than this say nothing.
_LEAST_PIXELS = 100

#: Features (pixels, dimensions), mixed pixels, and the shape (n, rows, columns) of a stack.
Stack = tuple[NDArray[np.float32], Borders, tuple[int, ...]]


def next_reach(reach: int, stacks: Iterable[Stack]) -> int:
    """Tell whether ends at this distance still lie on the ramp between their materials.

    Parameters
    ----------
    reach
        The distance of the ends in pixels with which the mixed pixels were found.
    stacks
        Features and mixed pixels of a sample.

    Returns
    -------
    int
        `reach` when it is enough, otherwise one more.
    """
    if reach < _LEAST_REACH:
        return _LEAST_REACH
    growth = [_growth(*stack, reach) for stack in stacks]
    found = np.concatenate(growth) if growth else np.empty(0)
    if reach >= _MOST_REACH or len(found) < _LEAST_PIXELS:
        return reach
    return reach + 1 if float(np.median(found)) > _STILL_RISING else reach


def _growth(
    points: NDArray[np.float32], borders: Borders, shape: tuple[int, ...], reach: int
) -> NDArray[np.float64]:
    """How much more the places one pixel beyond the ends differ than these, along their line."""
    mixed = borders.mixed
    here = np.stack(np.unravel_index(mixed, shape))
    pairs = (borders.first, borders.second)
    ends = [np.stack(np.unravel_index(end[mixed], shape)) for end in pairs]
    beyond = [end + np.sign(end - here) for end in ends]
    limits = np.array(shape)[:, None]
    inside = np.abs(ends[0] - here).max(axis=0) == reach
    for place in beyond:
        inside &= ((place >= 0) & (place < limits)).all(axis=0)
    line, farther = (
        points[np.ravel_multi_index(tuple(second[:, inside]), shape)]
        - points[np.ravel_multi_index(tuple(first[:, inside]), shape)]
        for first, second in (ends, beyond)
    )
    length = (line**2).sum(axis=1, dtype=np.float64)
    growth: NDArray[np.float64] = (farther * line).sum(axis=1, dtype=np.float64) / np.maximum(
        length, 1e-12
    )
    return growth
