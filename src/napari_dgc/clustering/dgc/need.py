"""Which fine clusters are needed: the number of clusters is a result, K only its limit.

The merge tree of the prototypes is walked from its root. A split is kept when both sides
own enough pixels of the sample and differ by more than the sensor's noise; a side of a few
odd pixels is let go, and what it leaves free is spent on splitting further. Splits that the
last epoch had need less to stay than new ones need to come, so that a cluster at the limit
does not flicker.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition.tree import MergeTree, euclidean

#: What keeps a cluster on, as a share of what switches it on.
STAYS = 0.6


@dataclass(frozen=True, eq=False)
class Need:
    """When a fine cluster is needed; the default needs all.

    Parameters
    ----------
    distance
        Least distance of two clusters' means in standard deviations of the noise.
    pixels
        Least pixels of the sample that a cluster owns.
    metric
        (dimensions,) factors from features to standard deviations of the noise.
    """

    distance: float = 0.0
    pixels: float = 0.0
    metric: NDArray[np.float32] | float = 1.0

    def surplus(self, means: NDArray[np.float32], pixels: NDArray[np.intp]) -> int | None:
        """Return the index of a cluster that need not stay, the smallest first, or None.

        Parameters
        ----------
        means, pixels
            (clusters, dimensions) and (clusters,) of the clusters that are on.
        """
        if len(means) < 2:
            return None
        apart = euclidean((means * self.metric).astype(np.float64))
        np.fill_diagonal(apart, np.inf)
        for index in np.argsort(pixels, kind="stable"):
            if pixels[index] < STAYS * self.pixels or apart[index].min() < STAYS * self.distance:
                return int(index)
        return None


def needed_groups(
    tree: MergeTree,
    prototypes: NDArray[np.float32],
    mass: NDArray[np.float64],
    clusters: int,
    need: Need,
    kin: Callable[[NDArray[np.float32]], NDArray[np.uint16]] | None = None,
) -> NDArray[np.intp]:
    """Cut a tree of prototypes into the groups that are needed, at most `clusters`.

    Parameters
    ----------
    tree
        Over the prototypes, cheapest merge first.
    prototypes, mass
        (prototypes, dimensions) and the pixels of the sample that each owns.
    kin
        Returns the cluster of the last epoch at points (n, dimensions).

    Returns
    -------
    ndarray
        (prototypes,) group of each from 0, or -1 where it was let go.
    """
    means, pixels = _nodes(tree, prototypes, mass)
    seen = means * need.metric
    last = kin(means.astype(np.float32)) if kin else np.zeros(len(means), np.uint16)
    leaves = tree.clusters
    # Nodes are numbered from 1; the costliest merge is the last.
    kept = {len(means)}
    final: set[int] = set()
    while kept and len(kept) + len(final) < clusters:
        node = max(kept)
        kept.remove(node)
        if node <= leaves:
            final.add(node)
            continue
        merge = tree.merges[node - leaves - 1]
        small, large = sorted((merge.first, merge.second), key=lambda n: (pixels[n - 1], n))
        factor = STAYS if last[small - 1] != last[large - 1] else 1.0
        apart = float(np.linalg.norm(seen[small - 1] - seen[large - 1]))
        if pixels[small - 1] < factor * need.pixels:
            kept.add(large)
        elif apart < factor * need.distance:
            final.add(node)
        else:
            kept |= {small, large}
    groups = np.full(leaves, -1, np.intp)
    for number, node in enumerate(sorted(kept | final)):
        groups[np.array(tree.members(node)) - 1] = number
    return groups


def _nodes(
    tree: MergeTree, prototypes: NDArray[np.float32], mass: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean (nodes, dimensions) and the pixels (nodes,) below every node."""
    means, pixels = list(prototypes.astype(np.float64)), list(mass)
    for merge in tree.merges:
        first, second = merge.first - 1, merge.second - 1
        both = pixels[first] + pixels[second]
        part = pixels[first] / both if both > 0 else 0.5
        means.append(part * means[first] + (1 - part) * means[second])
        pixels.append(both)
    return np.array(means), np.array(pixels)
