"""Figures of a label map's spatial pattern: sensor stripes and speckle."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def stripes(maps: Sequence[NDArray[np.integer]], backgrounds: Sequence[NDArray[np.bool_]]) -> float:
    """Tell how much of the background's cluster pattern the column number explains.

    A push-broom sensor gives each column its own gain and offset; on a uniform
    background clusters should not know them. Every cluster is an indicator (1 in the
    cluster, 0 elsewhere) over the background pixels of a scan, and its variance is
    divided into that between and that within columns. The share is corrected for chance
    as the adjusted coefficient of determination is (Ezekiel 1930): 0 is expected for
    labels drawn at random pixel by pixel, 1 means that the column decides alone. Slightly
    negative values occur. Clusters, and scans, weigh as much as they vary; columns
    are taken scan by scan, so that scans may differ in size.

    Anything that is longer than wide, such as the shadow beside a leaf, also counts in
    part: the figure is an upper bound for what the sensor causes.

    Parameters
    ----------
    maps
        Label maps (row, column), 0 for no data.
    backgrounds
        For each map, True where the background really is. Pixels without data are
        left out.

    Returns
    -------
    float
        Share between 0 and 1; 0 where the background is one cluster; NaN with fewer than
        two pixels per column on average.
    """
    within = total = 0.0
    pixels = columns = scans = 0
    for labels, background in zip(maps, backgrounds, strict=True):
        chosen = background & (labels > 0)
        per_column = chosen.sum(axis=0)
        used = per_column > 0
        if not used.any():
            continue
        scan_pixels = int(per_column.sum())
        pixels += scan_pixels
        columns += int(used.sum())
        scans += 1
        for label in np.unique(labels[chosen]):
            hits = (chosen & (labels == label)).sum(axis=0)[used]
            # For an indicator the sum of squares is the sum.
            sum_hits = float(hits.sum())
            total += sum_hits - sum_hits**2 / scan_pixels
            within += sum_hits - float((hits.astype(float) ** 2 / per_column[used]).sum())
    if pixels < 2 * columns or not columns:
        return float("nan")
    if total <= 0:
        return 0.0
    return 1.0 - (within / (pixels - columns)) / (total / (pixels - scans))


def speckle(maps: Sequence[NDArray[np.integer]]) -> float:
    """Return the share of pixels that differ from the majority of their 3 x 3 window.

    The window includes the pixel and is cut off at the rim; a pixel whose label is as
    frequent as any other agrees. Pixels without data neither count nor vote.

    Parameters
    ----------
    maps
        Label maps (row, column), 0 for no data.

    Returns
    -------
    float
        Share between 0 and 1 over the pixels of all maps; NaN without pixels.
    """
    odd = pixels = 0
    for labels in maps:
        own = np.zeros(labels.shape, np.uint8)
        most = np.zeros(labels.shape, np.uint8)
        for label in np.unique(labels[labels > 0]):
            inside = labels == label
            votes = _count_in_window(inside)
            own[inside] = votes[inside]
            np.maximum(most, votes, out=most)
        valid = labels > 0
        odd += int((valid & (own < most)).sum())
        pixels += int(valid.sum())
    return odd / pixels if pixels else float("nan")


def _count_in_window(inside: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Count True in the 3 x 3 window around each pixel."""
    padded = np.pad(inside, 1).astype(np.uint8)
    rows = padded[:-2] + padded[1:-1] + padded[2:]
    counts: NDArray[np.uint8] = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return counts
