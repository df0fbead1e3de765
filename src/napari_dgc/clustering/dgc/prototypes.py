"""Many prototypes, grouped into the fine clusters."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from napari_dgc.clustering.dgc.kmeans import fit_centroids, nearest
from napari_dgc.partition.tree import ward_tree


@dataclass(frozen=True, eq=False)
class Prototypes:
    """Centroids and the fine cluster each belongs to.

    Parameters
    ----------
    centroids
        (prototypes, dimensions).
    groups
        (prototypes,) fine cluster of each, from 1.
    """

    centroids: NDArray[np.float32]
    groups: NDArray[np.uint16]

    def assign(self, points: NDArray[np.float32]) -> NDArray[np.uint16]:
        """Return the fine cluster of each point (n, dimensions)."""
        found: NDArray[np.uint16] = self.groups[nearest(points, self.centroids)[0]]
        return found

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
        """Fit prototypes to a sample of all scans and merge them to fine clusters.

        Parameters
        ----------
        points
            (n, dimensions).
        prototypes, clusters
            Number of centroids, fewer when the sample is small, and of fine clusters.
        generator
            Source of all random draws.
        before
            Prototypes of the last epoch: where to go on from. A fine cluster keeps its
            number as long as most of its pixels stay. Without, number 1 is the largest.
        """
        count = min(prototypes, max(clusters, len(points) // 16))
        start = before.centroids if before and len(before.centroids) == count else None
        centroids = fit_centroids(points, count, generator, start=start)
        nearest_centroid, _ = nearest(points, centroids)
        mass = np.bincount(nearest_centroid, minlength=count).astype(np.float64)
        groups = np.empty(count, np.intp)
        for number, members in enumerate(ward_tree(centroids.astype(float), mass).cut(clusters)):
            groups[np.array(members) - 1] = number
        if before is None:
            masses = np.bincount(groups, weights=mass, minlength=clusters)
            rank = np.empty(clusters, np.uint16)
            rank[np.argsort(-masses, kind="stable")] = np.arange(1, clusters + 1)
        else:
            shared = np.zeros((clusters, clusters))
            np.add.at(shared, (groups[nearest_centroid], before.assign(points) - 1), 1.0)
            _, match = linear_sum_assignment(-shared)
            rank = (match + 1).astype(np.uint16)
        return cls(centroids, rank[groups])
