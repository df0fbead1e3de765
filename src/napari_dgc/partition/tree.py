"""The merge tree: from all fine clusters down to two."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition.summary import ClusterSummary

#: Turns (n, dimensions) and (m, dimensions) points into (n, m) dissimilarities.
Dissimilarity: TypeAlias = Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]


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
    """A binary tree over the fine clusters 1..`clusters`, cheapest merge first.

    Parameters
    ----------
    clusters
        Number of fine clusters.
    merges
        One less than clusters; heights do not decrease.
    linkage
        Name in `LINKAGES` of what the tree was built by, "" where it is not known.
    """

    clusters: int
    merges: tuple[Merge, ...]
    linkage: str = ""

    def __post_init__(self) -> None:
        if len(self.merges) != self.clusters - 1:
            raise ValueError(f"{self.clusters} clusters need {self.clusters - 1} merges")
        used: set[int] = set()
        for position, merge in enumerate(self.merges):
            for node in (merge.first, merge.second):
                if not 1 <= node <= self.clusters + position or node in used:
                    raise ValueError(f"merge {position} uses node {node}, which is not free")
                used.add(node)

    def to_json(self) -> dict[str, object]:
        """Describe the linkage and the merges, cheapest first: two nodes and the height."""
        merges = [[merge.first, merge.second, merge.height] for merge in self.merges]
        return {"linkage": self.linkage, "merges": merges}

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """Rebuild a tree from `to_json`; raises ValueError, TypeError or KeyError otherwise.

        A list of merges alone, as earlier versions wrote it, is read too.
        """
        linkage, listed = "", content
        if isinstance(content, dict):
            linkage, listed = str(content["linkage"]), content["merges"]
        merges = tuple(Merge(int(a), int(b), float(h)) for a, b, h in listed)
        return cls(len(merges) + 1, merges, linkage)

    def members(self, node: int) -> tuple[int, ...]:
        """Return the fine clusters below a node, ascending."""
        found, waiting = [], [node]
        while waiting:
            node = waiting.pop()
            if node <= self.clusters:
                found.append(node)
            else:
                merge = self.merges[node - self.clusters - 1]
                waiting += (merge.first, merge.second)
        return tuple(sorted(found))

    def halves(self, members: Iterable[int]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Divide some fine clusters (two at least) where the tree joined them last."""
        wanted = frozenset(members)
        for merge in reversed(self.merges):
            first = wanted.intersection(self.members(merge.first))
            second = wanted.intersection(self.members(merge.second))
            if first and second:
                return tuple(sorted(first)), tuple(sorted(second))
        raise ValueError("one cluster cannot be divided")

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


def euclidean(
    points: NDArray[np.float64], others: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Distances from points (n, dimensions) to others (m, dimensions), or among themselves."""
    others = points if others is None else others
    norms, other_norms = (points**2).sum(axis=1), (others**2).sum(axis=1)
    squared = norms[:, None] + other_norms - 2 * points @ others.T
    result: NDArray[np.float64] = np.sqrt(np.maximum(squared, 0))
    return result


def spectral_angle(
    points: NDArray[np.float64], others: NDArray[np.float64] | None = None
) -> NDArray[np.float64]:
    """Angles, in radians, from noise-whitened spectra (n, dimensions) to others, or among them.

    Side light and shadow multiply a spectrum, which changes its length and not its
    direction: the angle compares materials. Spectra are measured from zero reflectance.
    """
    others = points if others is None else others
    norms, other_norms = np.linalg.norm(points, axis=1), np.linalg.norm(others, axis=1)
    product = np.maximum(norms[:, None] * other_norms, 1e-300)
    angles: NDArray[np.float64] = np.arccos(np.clip(points @ others.T / product, -1, 1))
    return angles


def ward_tree(
    features: NDArray[np.float64],
    mass: NDArray[np.float64],
    *,
    exponent: float = 0.5,
    speck: float = 0.0,
    dissimilarity: Dissimilarity = euclidean,
    adjacency: NDArray[np.float64] | None = None,
    kinship: float = 0.0,
) -> MergeTree:
    """Merge clusters by the increase of the within-cluster spread, after Ward (1963).

    The cost of merging clusters with masses m, n at dissimilarity d is
    sqrt(2 m' n' / (m' + n')) d (1 - `kinship` b) with m' = m ** `exponent`, masses as
    fractions of all pixels, and b the length of the border they share over the whole
    border of the one with less border; the mean of a merged cluster is weighted with the
    true masses. Clusters without pixels join their nearest neighbour first, at next to no
    height. Heights never decrease towards the root.

    Parameters
    ----------
    features
        (clusters, dimensions) means of the clusters, noise-whitened.
    mass
        (clusters,) pixels or any other weight, not negative.
    exponent
        Power of the masses. 1 is Ward's own criterion, under which a rare lesion costs
        less to give up than two shades of cloth; 0 ignores size.
    speck
        Clusters with a smaller mass than this count less, in proportion to their mass, so
        that a few odd pixels do not stay a class of their own.
    dissimilarity
        Of all pairs of means: `euclidean` (Ward's own) or `spectral_angle`.
    adjacency
        (clusters, clusters) symmetric count of neighbouring pixel pairs; the diagonal is
        not looked at.
    kinship
        How much cheaper it is to merge two clusters that only border on each other, 0 to 1:
        a dark lesion belongs to the leaf around it, not to a dark cloth.
    """
    clusters = len(features)
    # scipy's Ward knows neither masses nor another dissimilarity, so the merging is done here.
    # One layout: the last digits of products depend on it, and a saved model is laid out anew.
    points = np.array(np.nan_to_num(features), order="C")
    whole = max(float(mass.sum()), 1e-300)
    weights = mass / whole
    names = list(range(1, clusters + 1))
    merges: list[Merge] = []
    highest = 0.0
    pairs = np.zeros((clusters, clusters)) if adjacency is None else adjacency.astype(float)
    np.fill_diagonal(pairs, 0)
    border = np.maximum(pairs.sum(axis=1), 1)

    def costs(rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """(rows, clusters) costs of merging some clusters with each."""
        tempered = weights**exponent * (weights > 0)
        if speck > 0:
            tempered *= np.minimum(weights * whole / speck, 1)
        total = tempered[rows, None] + tempered
        product = 2 * tempered[rows, None] * tempered
        harmonic = np.divide(product, total, out=np.zeros_like(total), where=total > 0)
        shared = pairs[rows] / np.minimum(border[rows, None], border)
        # The second term decides between pairs that cost nothing: the nearer one.
        apart = dissimilarity(points[rows], points) * (1 - kinship * shared)
        found: NDArray[np.float64] = np.sqrt(harmonic) * apart
        found += 1e-9 * euclidean(points[rows], points)
        return found

    # Each pair stands once, in the upper triangle; a merge changes the costs of one cluster.
    cost = costs(np.arange(clusters))
    cost[np.tril_indices(clusters)] = np.inf
    alive = np.ones(clusters, bool)
    for position in range(clusters - 1):
        first, second = divmod(int(np.argmin(cost)), clusters)
        highest = max(highest, float(cost[first, second]))
        merges.append(
            Merge(min(names[first], names[second]), max(names[first], names[second]), highest)
        )
        both = weights[first] + weights[second]
        part = weights[first] / both if both > 0 else 0.5
        points[first] = part * points[first] + (1 - part) * points[second]
        weights[first] = both
        names[first] = clusters + 1 + position
        pairs[first] += pairs[second]
        pairs[:, first] += pairs[:, second]
        pairs[first, first] = 0
        pairs[second] = pairs[:, second] = 0
        border[first] = max(float(pairs[first].sum()), 1)
        alive[second] = False
        cost[second] = cost[:, second] = np.inf
        anew = np.where(alive, costs(np.array([first]))[0], np.inf)
        cost[:first, first] = anew[:first]
        cost[first, first + 1 :] = anew[first + 1 :]
    return MergeTree(clusters, tuple(merges))


@dataclass(frozen=True)
class Linkage:
    """How alike two clusters are, for the merge tree; see `ward_tree` for the numbers.

    Parameters
    ----------
    title
        One line for menus.
    dissimilarity
        Of the clusters' noise-whitened spectra.
    exponent, kinship
        Power of the masses, and weight of the shared border.
    """

    title: str
    dissimilarity: Dissimilarity
    exponent: float
    kinship: float


#: The criteria that can be chosen; the first is the default.
LINKAGES = {
    "angle-border": Linkage("spectral angle and shared border", spectral_angle, 0.7, 0.4),
    "angle": Linkage("spectral angle", spectral_angle, 0.5, 0.0),
    "distance": Linkage("spectral distance", euclidean, 0.5, 0.0),
    "ward": Linkage("within-cluster spread (Ward)", euclidean, 1.0, 0.0),
}

#: Clusters smaller than this over all scans, or than this share of all pixels, are specks.
_SPECK_PIXELS = 200
_SPECK_SHARE = 0.003


def build_tree(summary: ClusterSummary, linkage: str = "angle-border") -> MergeTree:
    """Build the merge tree of a model's fine clusters.

    Parameters
    ----------
    summary
        Of the fine clusters over the training scans.
    linkage
        A name from `LINKAGES`.
    """
    chosen = LINKAGES[linkage]
    tree = ward_tree(
        summary.features,
        summary.mass.astype(np.float64),
        exponent=chosen.exponent,
        speck=min(_SPECK_PIXELS, _SPECK_SHARE * float(summary.mass.sum())),
        dissimilarity=chosen.dissimilarity,
        adjacency=summary.adjacency.astype(np.float64),
        kinship=chosen.kinship,
    )
    return replace(tree, linkage=linkage)
