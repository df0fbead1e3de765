"""Classes are ranked by how much they are like the chosen one."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dgc.partition import ClusterSummary, Partition, build_tree
from napari_dgc.partition.candidates import merge_candidates
from napari_dgc.partition.tree import LINKAGES

#: Leaf, its shaded half (same direction, shorter), lesion, cloth, and a cluster without pixels.
FEATURES = np.array([[10.0, 0], [5.0, 0.2], [6.0, 4.0], [0.0, 9.0], [9.0, 1.0]])


@pytest.fixture
def summary() -> ClusterSummary:
    adjacency = np.zeros((5, 5), np.int64)
    for first, second, pairs in ((0, 1, 40), (0, 2, 30), (1, 3, 10), (0, 3, 50)):
        adjacency[first, second] = adjacency[second, first] = pairs
    np.fill_diagonal(adjacency, 1000)
    pixels = np.array([[500, 200, 40, 900, 0]])
    return ClusterSummary(pixels, FEATURES, FEATURES, adjacency, np.zeros(5, np.int64))


def test_shade_is_most_like_the_leaf_and_empty_clusters_come_last(summary) -> None:
    ranked = merge_candidates(summary, Partition.fine(5), 1)
    assert [candidate.number for candidate in ranked] == [2, 3, 4, 5]
    assert ranked[0].angle == pytest.approx(np.degrees(np.arctan(0.04)))
    assert ranked[0].distance == pytest.approx(np.hypot(5, 0.2))
    assert ranked[1].angle == pytest.approx(np.degrees(np.arctan(4 / 6)))
    # All of the lesion's border is with the leaf.
    assert ranked[1].border == 1
    assert ranked[1].cost == pytest.approx(0.6 * ranked[1].angle)
    assert ranked[2].border == pytest.approx(50 / 60)


def test_classes_are_compared_by_the_mean_of_their_pixels(summary) -> None:
    merged = Partition.fine(5).merge([1, 2])
    leaf = (500 * FEATURES[0] + 200 * FEATURES[1]) / 700
    found = {candidate.number: candidate for candidate in merge_candidates(summary, merged, 4)}
    assert set(found) == {1, 3, 5}
    assert found[1].distance == pytest.approx(np.linalg.norm(leaf - FEATURES[3]))
    # All of the cloth's border is with the leaf's two clusters.
    assert found[1].border == 1


def test_the_weight_of_the_border_is_that_of_the_linkage(summary) -> None:
    ranked = merge_candidates(summary, Partition.fine(5), 1, "angle")
    assert all(candidate.cost == candidate.angle for candidate in ranked)


def test_the_tree_in_use_tells_what_is_compared(summary) -> None:
    features = FEATURES.copy()
    features[2] = 8.0, 3.0
    summary = replace(summary, features=features)
    by = {name: Partition.fine(5, build_tree(summary, name)) for name in LINKAGES}
    ranked = merge_candidates(summary, by["distance"], 1)
    assert all(candidate.cost == candidate.distance for candidate in ranked)
    # The lesion is nearer than the shaded half of the leaf, but of another direction.
    assert [candidate.number for candidate in ranked[:2]] == [3, 2]
    assert merge_candidates(summary, by["angle"], 1)[0].number == 2
    assert merge_candidates(summary, by["angle"], 1) == merge_candidates(
        summary, Partition.fine(5), 1, "angle"
    )


def test_an_unknown_linkage_is_the_usual_one(summary) -> None:
    tree = replace(build_tree(summary), linkage="by hand")
    usual = merge_candidates(summary, Partition.fine(5), 1)
    assert merge_candidates(summary, Partition.fine(5, tree), 1) == usual
