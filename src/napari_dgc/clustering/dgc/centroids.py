"""The centroids of the fine clusters: many prototypes, merged, then polished."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from napari_dgc.clustering.dgc.kmeans import fit_prototypes, nearest
from napari_dgc.clustering.dgc.need import Need, needed_groups
from napari_dgc.partition.tree import ward_tree

#: Masses of prototypes count with this power, here and when they are merged.
_MASS_EXPONENT = 0.5
_POLISHING = 30
#: Every coordinate of a cluster that is off. Finite, so that all arithmetic stays so.
FAR = 1e9


@dataclass(frozen=True, eq=False)
class Centroids:
    """What a pixel is compared with, on every scan.

    Parameters
    ----------
    fine
        (clusters, dimensions) centroid of each fine cluster, in the order of their numbers;
        those of clusters that are off lie `FAR` away, where no pixel comes.
    prototypes
        (prototypes, dimensions) the finer centroids they were merged from, where the
        next epoch starts.
    """

    fine: NDArray[np.float32]
    prototypes: NDArray[np.float32]

    @property
    def active(self) -> NDArray[np.bool_]:
        """(clusters,) which clusters are on: only these can own pixels."""
        return np.asarray(self.fine[:, 0] < FAR / 2)

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
        need: Need | None = None,
    ) -> Self:
        """Fit to a sample of all scans.

        Parameters
        ----------
        points
            (n, dimensions).
        prototypes, clusters
            Number of prototypes, fewer when the sample is small, and most fine clusters.
        generator
            Source of all random draws.
        before
            Centroids of the last epoch: where to go on from. A fine cluster keeps its
            number as long as most of its pixels stay, and is switched on or off only when
            it has become clearly needed or not. Without, number 1 is the largest.
        need
            When a cluster is needed; without, all are.
        """
        count = min(prototypes, max(clusters, len(points) // 16))
        start = before.prototypes if before and len(before.prototypes) == count else None
        finer = fit_prototypes(points, count, generator, start=start)
        mass = np.bincount(nearest(points, finer)[0], minlength=count).astype(np.float64)
        tree = ward_tree(finer.astype(np.float64), mass, exponent=_MASS_EXPONENT)
        need = need or Need()
        kin = before.assign if before else None
        groups = needed_groups(tree, finer, mass, clusters, need, kin)
        fine, labels = _drop_surplus(points, _polish(finer, mass, groups), need)
        return cls(_number(points, fine, labels, clusters, before), finer)


def _drop_surplus(
    points: NDArray[np.float32], fine: NDArray[np.float32], need: Need
) -> tuple[NDArray[np.float32], NDArray[np.intp]]:
    """Switch off what polishing has made superfluous, one at a time; returns labels, too."""
    while True:
        labels, _ = nearest(points, fine)
        worst = need.surplus(fine, np.bincount(labels, minlength=len(fine)))
        if worst is None:
            return fine, labels
        fine = np.delete(fine, worst, axis=0)


def _number(
    points: NDArray[np.float32],
    fine: NDArray[np.float32],
    labels: NDArray[np.intp],
    clusters: int,
    before: Centroids | None,
) -> NDArray[np.float32]:
    """Give each centroid its place among `clusters`; the others are off."""
    result = np.full((clusters, fine.shape[1]), FAR, np.float32)
    if before is None:
        place = np.empty(len(fine), np.intp)
        order = np.argsort(-np.bincount(labels, minlength=len(fine)), kind="stable")
        place[order] = np.arange(len(fine))
    else:
        shared = np.zeros((len(fine), clusters))
        np.add.at(shared, (labels, before.assign(points) - 1), 1.0)
        # Between places that share no pixels: one that was off keeps new meanings apart.
        shared[:, ~before.active] = 0.5
        _, place = linear_sum_assignment(-shared)
    result[place] = fine
    return result


def _polish(
    prototypes: NDArray[np.float32],
    mass: NDArray[np.float64],
    groups: NDArray[np.intp],
) -> NDArray[np.float32]:
    """Move prototypes between groups until each is nearest to its own group's mean.

    Merging is greedy, so that a prototype of mixed pixels, half lesion and half halo, ends
    up on either side by chance. Afterwards the border lies half-way between the means.
    Prototypes of no group (-1) have no say.
    """
    chosen = groups >= 0
    prototypes, mass, groups = prototypes[chosen], mass[chosen], groups[chosen]
    clusters = int(groups.max()) + 1
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
