"""How well the borders of classes are met."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken

#: Columns of the counts.
FOUND, FOUND_NEAR, TRUE, TRUE_NEAR = range(4)
#: The usual tolerance in pixels.
TOLERANCE = 2.0


def boundary_counts(
    truth: NDArray[np.integer],
    found: NDArray[np.integer],
    classes: int,
    tolerance: float = TOLERANCE,
    parts: NDArray[np.integer] | None = None,
    token: CancelToken | None = None,
) -> NDArray[np.int64]:
    """Count the border pixels of each class, and those that lie near the border of the other map.

    A border pixel of a class has the class, and a neighbour above, below, left or right that
    has another one. The rim of the picture is no border, nor is the rim of what is labelled:
    beyond it nobody knows.

    Parameters
    ----------
    truth
        (row, column) classes counted from 0; below 0 is not labelled.
    found
        Of the same shape and numbers; `classes` for what stands for no class.
    classes
        How many there are.
    tolerance
        Near are pixels whose centres are so many pixels apart, or less.
    parts
        (row, column) numbers from 0: the part of the picture in which a border pixel is
        counted. All is one part by default.
    token
        Asks for a stop.

    Returns
    -------
    ndarray
        (parts, classes, 4): border pixels of the found map, those of them near the true border,
        border pixels of the truth, those of them near the found border.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    labelled = truth >= 0
    parts = np.zeros(truth.shape, np.intp) if parts is None else parts
    count = int(parts.max(initial=0)) + 1
    counts = np.zeros((count, classes, 4), np.int64)
    if not labelled.any():
        return counts
    true_border = np.where(_borders(truth, labelled), truth, -1)
    found_border = np.where(_borders(found, labelled), found, -1)
    for number, place in enumerate(_places(true_border, found_border, classes)):
        if token is not None and token.cancelled:
            raise InterruptedError
        if place is None:
            continue
        true, mine = true_border[place] == number, found_border[place] == number
        for kind, border, other in ((FOUND, mine, true), (TRUE, true, mine)):
            counts[:, number, kind] = np.bincount(parts[place][border], minlength=count)
            near = border & _near(other, tolerance)
            counts[:, number, kind + 1] = np.bincount(parts[place][near], minlength=count)
    return counts


def _borders(classes: NDArray[np.integer], labelled: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which labelled pixels have a labelled neighbour of another class."""
    border = np.zeros(classes.shape, bool)
    for one, other in (
        (np.s_[1:, :], np.s_[:-1, :]),
        (np.s_[:, 1:], np.s_[:, :-1]),
    ):
        differ = (classes[one] != classes[other]) & labelled[one] & labelled[other]
        border[one] |= differ
        border[other] |= differ
    return border


def _places(
    true: NDArray[np.integer], found: NDArray[np.integer], classes: int
) -> list[tuple[slice, slice] | None]:
    """Return for each class the rectangle that holds both borders, None where it has none.

    Distances within it are those of the whole picture, and quicker to find.
    """
    from scipy.ndimage import find_objects

    boxes = [find_objects(border + 1, classes) for border in (true, found)]
    return [_around(one, other) for one, other in zip(*boxes, strict=True)]


def _around(
    one: tuple[slice, slice] | None, other: tuple[slice, slice] | None
) -> tuple[slice, slice] | None:
    if one is None or other is None:
        return one or other
    down, right = (
        slice(min(a.start, b.start), max(a.stop, b.stop)) for a, b in zip(one, other, strict=True)
    )
    return down, right


def _near(border: NDArray[np.bool_], tolerance: float) -> NDArray[np.bool_]:
    """Tell which pixels lie near a border."""
    from scipy.ndimage import distance_transform_edt

    if not border.any():
        return border
    near: NDArray[np.bool_] = distance_transform_edt(~border) <= tolerance + 1e-9
    return near


def boundary_f1(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    """Return the boundary F1 (Csurka and others, 2013) of each class.

    Parameters
    ----------
    counts
        (..., 4) of `boundary_counts`; those of several scans add up.

    Returns
    -------
    ndarray
        Harmonic mean of the shares of both borders that lie near the other; NaN where the truth
        shows no border of the class, as where its fields lie apart with unlabelled pixels between.
    """
    wide = counts.astype(float)
    with np.errstate(divide="ignore", invalid="ignore"):
        precision = wide[..., FOUND_NEAR] / wide[..., FOUND]
        recall = wide[..., TRUE_NEAR] / wide[..., TRUE]
        score = 2 * precision * recall / (precision + recall)
    score = np.where(np.isnan(score), 0.0, score)
    result: NDArray[np.float64] = np.where(wide[..., TRUE] > 0, score, np.nan)
    return result
