"""Where the branches of a merge tree lie when it is drawn."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition.tree import MergeTree

#: Merges below this share of the costliest one are drawn at the foot of the tree.
_SMALLEST_SHARE = 5e-3
#: Where the leaves begin, below the cheapest merge.
FOOT = -0.08


@dataclass(frozen=True, eq=False)
class Dendrogram:
    """A merge tree, drawn with its leaves at 0, 1, 2, … and its root on top.

    Heights are drawn on a logarithmic scale, on which equal distances are equal ratios of
    costs: 1 is the costliest merge, 0 the cheapest one that counts.

    Parameters
    ----------
    tree
        The tree.
    order
        Fine clusters from left to right.
    x
        (nodes,) horizontal places of all nodes of the tree; node n at n - 1.
    y
        (nodes,) vertical places; leaves lie at `FOOT`.
    parents
        (nodes,) node above each node, 0 for the root.
    smallest
        Share of the costliest merge that lies at 0.
    """

    tree: MergeTree
    order: tuple[int, ...]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    parents: NDArray[np.intp]
    smallest: float

    @property
    def root(self) -> int:
        """Number of the uppermost node."""
        return 2 * self.tree.clusters - 1

    def children(self, node: int) -> tuple[int, ...]:
        """Return the two nodes below a node, from left to right; none below a leaf."""
        if node <= self.tree.clusters:
            return ()
        merge = self.tree.merges[node - self.tree.clusters - 1]
        return (merge.first, merge.second)

    def place_of(self, share: float) -> float:
        """Return the vertical place of a cost, given as a share of the costliest merge."""
        return float(_place(np.array(share), self.smallest))

    def classes_at(self, y: float) -> int:
        """Return the number of classes, two at least, when the tree is cut at a place."""
        made = bisect_right(self.y[self.tree.clusters :].tolist(), y)
        return max(self.tree.clusters - made, min(2, self.tree.clusters))

    def cut_place(self, classes: int) -> float:
        """Return the middle of the places at which a cut leaves this many classes."""
        heights = self.y[self.tree.clusters :]
        made = min(max(self.tree.clusters - classes, 0), len(heights))
        below = heights[made - 1] if made else FOOT
        above = heights[made] if made < len(heights) else 1.0
        return float(below + above) / 2

    def node_at(self, x: float, y: float, reach: tuple[float, float]) -> int:
        """Return the node whose branch is nearest to a point; 0 where none is in reach.

        The branch of a node goes up to the bar of its parent and along it.

        Parameters
        ----------
        x, y
            The point.
        reach
            How far away a branch may be, along x and along y.
        """
        nodes = np.arange(len(self.x))
        parents = self.parents[nodes] - 1
        up = np.where(parents >= 0, parents, nodes)
        top = np.where(parents >= 0, self.y[up], 1.0 - FOOT)
        # to the upright part, and to the part along the bar of the parent
        upright = np.hypot(
            (x - self.x) / reach[0],
            np.maximum(np.maximum(self.y - y, y - top), 0) / reach[1],
        )
        left, right = np.minimum(self.x, self.x[up]), np.maximum(self.x, self.x[up])
        along = np.hypot(
            np.maximum(np.maximum(left - x, x - right), 0) / reach[0], (y - top) / reach[1]
        )
        away = np.minimum(upright, along)
        nearest = int(np.argmin(away))
        return nearest + 1 if away[nearest] <= 1 else 0


def lay_out(tree: MergeTree) -> Dendrogram:
    """Lay a merge tree out for drawing."""
    nodes = 2 * tree.clusters - 1
    parents = np.zeros(nodes, np.intp)
    for position, merge in enumerate(tree.merges):
        parents[[merge.first - 1, merge.second - 1]] = tree.clusters + 1 + position
    order, waiting = [], [nodes]
    while waiting:
        node = waiting.pop()
        if node <= tree.clusters:
            order.append(node)
        else:
            merge = tree.merges[node - tree.clusters - 1]
            waiting += (merge.second, merge.first)
    x = np.zeros(nodes)
    x[np.array(order) - 1] = np.arange(tree.clusters)
    for position, merge in enumerate(tree.merges):
        x[tree.clusters + position] = (x[merge.first - 1] + x[merge.second - 1]) / 2
    heights = np.array([merge.height for merge in tree.merges])
    highest = heights.max(initial=0.0)
    shares = heights / highest if highest > 0 else np.ones_like(heights)
    counted = shares[shares >= _SMALLEST_SHARE]
    # A tree of equal heights needs some room below them.
    smallest = min(float(counted.min(initial=0.5)), 0.5)
    y = np.concatenate([np.full(tree.clusters, FOOT), _place(shares, smallest)])
    return Dendrogram(tree, tuple(order), x, y, parents, smallest)


def _place(share: NDArray[np.float64], smallest: float) -> NDArray[np.float64]:
    clipped = np.clip(share, smallest, 1)
    places: NDArray[np.float64] = 1 - np.log(clipped) / np.log(smallest)
    return places
