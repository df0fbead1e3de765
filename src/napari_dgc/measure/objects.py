"""Connected areas of maps: crops, numbers in reading order, holes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int32]
Mask = NDArray[np.bool_]


def bounding_box(mask: NDArray[Any], margin: int = 0) -> tuple[slice, slice] | None:
    """Return the rows and columns that hold all that is not 0, or None when nothing is.

    Parameters
    ----------
    mask
        (row, column).
    margin
        Pixels more on every side, as far as the map reaches.
    """
    found = []
    for axis, length in ((1, mask.shape[0]), (0, mask.shape[1])):
        places = np.flatnonzero(mask.any(axis=axis))
        if not places.size:
            return None
        found.append(
            slice(max(int(places[0]) - margin, 0), min(int(places[-1]) + 1 + margin, length))
        )
    return found[0], found[1]


def connected(mask: Mask, *, corners: bool = True) -> Labels:
    """Give numbers 1, 2, ... to connected areas; 0 outside.

    Parameters
    ----------
    mask
        (row, column).
    corners
        Whether pixels that touch at a corner are connected.
    """
    from skimage.measure import label

    found: Any = label
    areas: Labels = found(mask, connectivity=2 if corners else 1).astype(np.int32, copy=False)
    return areas


def in_reading_order(labels: Labels) -> Labels:
    """Renumber objects 1, 2, ... by their first pixel, row by row, without gaps."""
    flat = labels.ravel()
    places = np.flatnonzero(flat)
    first = np.full(int(flat.max(initial=0)) + 1, flat.size, np.intp)
    # Backwards, so that what is written last, and stays, is the first pixel.
    first[flat[places[::-1]]] = places[::-1]
    table = np.zeros(first.size, np.int32)
    order = np.argsort(first, kind="stable")
    present = order[first[order] < flat.size]
    table[present] = np.arange(1, present.size + 1)
    renumbered: Labels = table[labels]
    return renumbered


def without_small(labels: Labels, least_area: int) -> Labels:
    """Set objects of fewer pixels to 0."""
    if least_area <= 1:
        return labels
    areas = np.bincount(labels.ravel())
    numbers = np.arange(areas.size, dtype=np.int32)
    kept: Labels = np.where(areas >= least_area, numbers, 0).astype(np.int32)[labels]
    return kept


def filled(mask: Mask, largest: int) -> Mask:
    """Fill holes of a mask up to some area, in pixels.

    A hole is enclosed completely; what reaches the rim of the map is none.
    """
    box = bounding_box(mask)
    if largest < 1 or box is None:
        return mask
    holes = _holes(mask[box])
    areas = np.bincount(holes.ravel())
    small = areas <= largest
    small[0] = False
    result = mask.copy()
    result[box] |= small[holes]
    return result


def enclosed_filled(labels: Labels) -> Labels:
    """Give what objects enclose to the object around, however large it is.

    A hole between several objects goes to the nearest of them, pixel by pixel.
    """
    box = bounding_box(labels)
    if box is None:
        return labels
    inner = labels[box]
    holes = _holes(inner > 0)
    count = int(holes.max(initial=0))
    if not count:
        return labels
    lowest = np.full(count + 1, np.iinfo(np.int32).max, np.int32)
    highest = np.zeros(count + 1, np.int32)
    for here, there in _neighbours():
        for one, other in ((here, there), (there, here)):
            rim = (holes[one] > 0) & (inner[other] > 0)
            np.minimum.at(lowest, holes[one][rim], inner[other][rim])
            np.maximum.at(highest, holes[one][rim], inner[other][rim])
    single = lowest == highest
    result = labels.copy()
    target = result[box]
    target[:] = np.where(single[holes], lowest[holes], inner)
    between = (holes > 0) & ~single[holes]
    if between.any():
        from scipy.ndimage import distance_transform_edt

        rows, columns = distance_transform_edt(
            inner == 0, return_distances=False, return_indices=True
        )
        target[between] = inner[rows[between], columns[between]]
    return result


def _holes(mask: Mask) -> Labels:
    """Give numbers to what a mask encloses within its bounding box."""
    outside = connected(~mask, corners=False)
    numbers = np.ones(int(outside.max(initial=0)) + 1, bool)
    for edge in (outside[0], outside[-1], outside[:, 0], outside[:, -1]):
        numbers[edge] = False
    numbers[0] = False
    table = np.zeros(numbers.size, np.int32)
    table[numbers] = np.arange(1, int(numbers.sum()) + 1)
    holes: Labels = table[outside]
    return holes


def _neighbours() -> tuple[tuple[Any, Any], ...]:
    """Index pairs of pixels that share a side."""
    every, after, before = slice(None), slice(1, None), slice(None, -1)
    return (((before, every), (after, every)), ((every, before), (every, after)))
