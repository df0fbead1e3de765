"""The merge tree: from all fine clusters down to two."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition.summary import ClusterSummary


@dataclass(frozen=True)
class Merge:
    """Two nodes become one: `first` and `second` are node numbers, `height` the cost.

    Nodes 1..K are the fine clusters; merge i (from 0) makes node K + 1 + i.
    """

    first: int
    second: int
    height: float


@dataclass(frozen=True)
class MergeTree:
    """A binary tree over the fine clusters 1..`clusters`, cheapest merge first."""

    clusters: int
    merges: tuple[Merge, ...]

    def __post_init__(self) -> None:
        if len(self.merges) != self.clusters - 1:
            raise ValueError(f"{self.clusters} clusters need {self.clusters - 1} merges")
        used: set[int] = set()
        for position, merge in enumerate(self.merges):
            for node in (merge.first, merge.second):
                if not 1 <= node <= self.clusters + position or node in used:
                    raise ValueError(f"merge {position} uses node {node}, which is not free")
                used.add(node)

    def members(self, node: int) -> tuple[int, ...]:
        """Return the fine clusters below a node, ascending."""
        if node <= self.clusters:
            return (node,)
        merge = self.merges[node - self.clusters - 1]
        return tuple(sorted(self.members(merge.first) + self.members(merge.second)))

    def cut(self, groups: int) -> tuple[tuple[int, ...], ...]:
        """Undo all merges but the cheapest ones, leaving `groups` groups of fine clusters.

        Groups are ordered by their smallest fine cluster.
        """
        groups = min(max(groups, 1), self.clusters)
        nodes = set(range(1, self.clusters + 1))
        for position, merge in enumerate(self.merges[: self.clusters - groups]):
            nodes -= {merge.first, merge.second}
            nodes.add(self.clusters + 1 + position)
        return tuple(sorted(self.members(node) for node in nodes))


def build_tree(summary: ClusterSummary) -> MergeTree:
    """Build the merge tree by Ward's criterion on noise-whitened features, weighted by mass.

    The cost of a merge is the increase of the within-cluster sum of squares
    (Ward, 1963), sqrt(2 m1 m2 / (m1 + m2)) * distance, with the masses as fractions
    of all pixels; clusters without pixels join their nearest neighbour first, at
    height 0.
    """
    clusters = summary.n_clusters
    if clusters == 1:
        return MergeTree(1, ())
    features = np.nan_to_num(summary.features)
    mass = summary.mass / max(int(summary.mass.sum()), 1)
    # Lance-Williams on masses: scipy's Ward assumes unit weights, so merge here.
    nodes: dict[int, tuple[float, NDArray[np.float64]]] = {
        k + 1: (float(mass[k]), features[k]) for k in range(clusters)
    }
    merges: list[Merge] = []
    highest = 0.0
    for position in range(clusters - 1):
        names = list(nodes)
        weights = np.array([nodes[name][0] for name in names])
        points = np.stack([nodes[name][1] for name in names])
        squared = ((points[:, None] - points[None]) ** 2).sum(axis=-1)
        total = weights[:, None] + weights[None]
        harmonic = np.divide(
            2 * weights[:, None] * weights[None], total, out=np.zeros_like(total), where=total > 0
        )
        cost = np.sqrt(harmonic * squared)
        # Ties (empty clusters cost nothing) go to the nearer pair.
        cost = cost + 1e-12 * np.sqrt(squared)
        cost[np.tril_indices(len(names))] = np.inf
        first, second = np.unravel_index(int(np.argmin(cost)), cost.shape)
        highest = max(highest, float(cost[first, second]))
        one, two = names[first], names[second]
        (m1, x1), (m2, x2) = nodes.pop(one), nodes.pop(two)
        merged = (m1 * x1 + m2 * x2) / (m1 + m2) if m1 + m2 > 0 else (x1 + x2) / 2
        nodes[clusters + 1 + position] = (m1 + m2, merged)
        merges.append(Merge(min(one, two), max(one, two), highest))
    return MergeTree(clusters, tuple(merges))
