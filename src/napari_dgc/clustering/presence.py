"""Which clusters are present in a scan: those that form at least one patch of pixels.

A material that is there covers neighbouring pixels; what a cluster owns only here and there
is noise or a mixture. Such a cluster stays off in that scan, and the present one that is
most like it takes its place. Works on the finished map, so that tiles do not show.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

#: Pixels that touch at a corner are neighbours.
_TOUCHING = np.ones((3, 3), bool)


def present_clusters(labels: NDArray[np.uint16], patch: int) -> NDArray[np.uint16]:
    """Return the clusters that own a connected patch of at least `patch` pixels.

    Parameters
    ----------
    labels
        (row, column) clusters from 1, 0 for no data.
    patch
        Least size in pixels; pixels that touch at a corner are connected.

    Returns
    -------
    ndarray
        Ascending.
    """
    found = []
    for number, window in enumerate(ndimage.find_objects(labels.astype(np.int32)), start=1):
        if window is not None and (_patch_sizes(labels[window] == number) >= patch).any():
            found.append(number)
    return np.array(found, np.uint16)


def keep_present(
    labels: NDArray[np.uint16], patch: int, means: NDArray[np.floating[Any]]
) -> NDArray[np.uint16]:
    """Give pixels of clusters that are absent from a scan to the present ones most like them.

    Pixels of several absent clusters that form a patch together stay as they are: a lesion
    of five pixels may be two shades, neither of which makes a patch alone.

    Parameters
    ----------
    labels
        (row, column) clusters from 1, 0 for no data, which stays.
    patch
        See `present_clusters`; with 1 or less, or when no cluster has such a patch, the map
        is returned as it is.
    means
        (clusters, dimensions) in the units in which clusters are compared.
    """
    present = present_clusters(labels, patch) if patch > 1 else np.zeros(0, np.uint16)
    if not len(present):
        return labels
    absent = np.isin(labels, present, invert=True) & (labels > 0)
    patches, _ = ndimage.label(absent, _TOUCHING)
    small = np.bincount(patches.ravel()) < patch
    # What lies outside of all patches of absent clusters is not moved.
    small[0] = False
    instead = np.arange(len(means) + 1, dtype=np.uint16)
    for number in np.setdiff1d(np.arange(1, len(means) + 1), present):
        apart = np.linalg.norm(means[present.astype(np.intp) - 1] - means[number - 1], axis=1)
        instead[number] = present[apart.argmin()]
    return np.where(small[patches], instead[labels], labels)


def _patch_sizes(mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return the number of pixels of each connected patch."""
    return np.bincount(ndimage.label(mask, _TOUCHING)[0].ravel())[1:]
