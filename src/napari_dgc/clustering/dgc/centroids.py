"""The centroids of the fine clusters: many prototypes, merged, then polished."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from napari_dgc.clustering.dgc.kmeans import fit_prototypes, nearest
from napari_dgc.partition.tree import ward_tree

#: Masses of prototypes count with this power, here and when they are merged.
_MASS_EXPONENT = 0.5
_POLISHING = 30


@dataclass(frozen=True, eq=False)
class Centroids:
    """What a pixel is compared with, on every scan.

    Parameters
    ----------
    fine
        (clusters, dimensions) centroid of each fine cluster, in the order of their numbers.
    prototypes
        (prototypes, dimensions) the finer centroids they were merged from, where the
        next epoch starts.
    """

    fine: NDArray[np.float32]
    prototypes: NDArray[np.float32]

    def assign(self, points: NDArray[np.float32]) -> NDArray[np.uint16]:
        """Return the fine cluster, from 1, of each point (n, dimensions)."""
        return (nearest(points, self.fine)[0] + 1).astype(np.uint16)

    @classmethod
    def fit(
        cls,
        points: NDArray[np.float32],
        *,
        prototypes: int,
        clusters: int,
        generator: np.random.Generator,
        before: Self | None = None,
    ) -> Self:
        """Fit to a sample of all scans.

        Parameters
        ----------
        points
            (n, dimensions).
        prototypes, clusters
            Number of prototypes, fewer when the sample is small, and of fine clusters.
        generator
            Source of all random draws.
        before
            Centroids of the last epoch: where to go on from. A fine cluster keeps its
            number as long as most of its pixels stay. Without, number 1 is the largest.
        """
        count = min(prototypes, max(clusters, len(points) // 16))
        start = before.prototypes if before and len(before.prototypes) == count else None
        finer = fit_prototypes(points, count, generator, start=start)
        mass = np.bincount(nearest(points, finer)[0], minlength=count).astype(np.float64)
        fine = _polish(finer, mass, _merge(finer, mass, clusters), clusters)
        labels, _ = nearest(points, fine)
        if before is None:
            order = np.argsort(-np.bincount(labels, minlength=clusters), kind="stable")
        else:
            shared = np.zeros((clusters, clusters))
            np.add.at(shared, (before.assign(points) - 1, labels), 1.0)
            _, order = linear_sum_assignment(-shared)
        return cls(fine[order], finer)


def _merge(
    prototypes: NDArray[np.float32], mass: NDArray[np.float64], clusters: int
) -> NDArray[np.intp]:
    """Merge prototypes by the tempered Ward criterion; returns the group of each, from 0."""
    groups = np.empty(len(prototypes), np.intp)
    tree = ward_tree(prototypes.astype(np.float64), mass, exponent=_MASS_EXPONENT)
    for number, members in enumerate(tree.cut(clusters)):
        groups[np.array(members) - 1] = number
    return groups


def _polish(
    prototypes: NDArray[np.float32],
    mass: NDArray[np.float64],
    groups: NDArray[np.intp],
    clusters: int,
) -> NDArray[np.float32]:
    """Move prototypes between groups until each is nearest to its own group's mean.

    Merging is greedy, so that a prototype of mixed pixels, half lesion and half halo, ends
    up on either side by chance. Afterwards the border lies half-way between the means.
    """
    weights = np.where(mass > 0, mass, 0.0) ** _MASS_EXPONENT * (mass > 0)
    means = np.zeros((clusters, prototypes.shape[1]))
    for _ in range(_POLISHING):
        total = np.bincount(groups, weights=weights, minlength=clusters)
        sums = np.stack(
            [
                np.bincount(groups, weights=weights * values, minlength=clusters)
                for values in prototypes.T
            ],
            axis=1,
        )
        filled = total > 0
        # A group that lost all prototypes keeps its last mean.
        means[filled] = sums[filled] / total[filled, None]
        moved, _ = nearest(prototypes, means.astype(np.float32))
        if (moved == groups).all():
            break
        groups = moved
    return means.astype(np.float32)
