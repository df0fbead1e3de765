"""The merge tree built from a summary, and its cuts."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dgc.partition import ClusterSummary, MergeTree, build_tree
from napari_dgc.partition.summary import count_adjacency, count_border
from napari_dgc.partition.tree import LINKAGES, Merge


def summary_of(features: list[list[float]], mass: list[int]) -> ClusterSummary:
    clusters = len(mass)
    return ClusterSummary(
        pixels=np.array([mass]),
        spectra=np.ones((clusters, 3)),
        features=np.array(features, float),
        adjacency=np.zeros((clusters, clusters), np.int64),
        border=np.zeros(clusters, np.int64),
    )


def test_near_clusters_merge_first() -> None:
    tree = build_tree(summary_of([[9, 0], [9, 1], [9, 9], [9, 8.5]], [100, 100, 100, 100]))
    assert tree.cut(2) == ((1, 2), (3, 4))
    assert tree.cut(3) == ((1,), (2,), (3, 4))
    assert [merge.height for merge in tree.merges] == sorted(m.height for m in tree.merges)


def test_empty_clusters_merge_before_any_other() -> None:
    tree = build_tree(summary_of([[0, 0], [5, 5], [0.1, 0], [4.9, 5]], [50, 50, 0, 0]))
    assert tree.cut(2) == ((1, 3), (2, 4))
    assert [merge.height for merge in tree.merges[:2]] == pytest.approx([0, 0], abs=1e-6)


@pytest.mark.parametrize("clusters", [1, 2, 5, 64])
def test_every_cut_has_as_many_groups_as_asked_and_all_clusters(clusters: int) -> None:
    random = np.random.default_rng(clusters)
    tree = build_tree(
        summary_of(random.normal(size=(clusters, 4)).tolist(), random.integers(0, 99, clusters))
    )
    for groups in range(1, clusters + 1):
        cut = tree.cut(groups)
        assert len(cut) == groups
        assert sorted(member for group in cut for member in group) == list(range(1, clusters + 1))
    assert len(tree.cut(0)) == 1
    assert len(tree.cut(clusters + 10)) == clusters


def test_finer_cuts_only_split_groups() -> None:
    random = np.random.default_rng(3)
    tree = build_tree(summary_of(random.normal(size=(12, 4)).tolist(), [10] * 12))
    for groups in range(1, 12):
        coarse = [set(group) for group in tree.cut(groups)]
        assert all(any(set(fine) <= group for group in coarse) for fine in tree.cut(groups + 1))


@pytest.mark.parametrize(
    "merges",
    [
        (Merge(1, 2, 1.0),),
        (Merge(1, 2, 1.0), Merge(1, 3, 2.0)),
        (Merge(1, 4, 1.0), Merge(2, 3, 2.0)),
        (Merge(0, 1, 1.0), Merge(2, 3, 2.0)),
    ],
)
def test_merges_that_are_no_tree_are_refused(merges: tuple[Merge, ...]) -> None:
    with pytest.raises(ValueError, match="merge"):
        MergeTree(3, merges)


def test_summaries_of_scans_add_up() -> None:
    one = summary_of([[0, 0], [2, 2]], [10, 0])
    two = summary_of([[4, 4], [6, 6]], [30, 5])
    both = ClusterSummary.combine([one, two])
    assert both.mass.tolist() == [40, 5]
    assert both.features.tolist() == [[3, 3], [6, 6]]
    assert both.active.tolist() == [True, True]


def test_adjacency_counts_neighbouring_pairs_once() -> None:
    labels = np.array([[1, 1, 2], [1, 3, 2], [0, 3, 2]], np.uint16)
    table = count_adjacency(labels, 3)
    assert np.array_equal(table, table.T)
    assert table.tolist() == [[2, 1, 2], [1, 2, 2], [2, 2, 1]]
    assert count_border(labels, 3).tolist() == [3, 3, 1]


def test_light_and_shade_of_one_material_merge_before_two_dark_materials() -> None:
    """A bright and a shaded leaf are farther apart than a lesion from the cloth."""
    leaf, shade, cloth, lesion = [0, 100], [0, 60], [10, 0.5], [8, 6]
    tree = build_tree(summary_of([leaf, shade, cloth, lesion], [1000, 1000, 8000, 30]))
    assert tree.cut(3) == ((1, 2), (3,), (4,))


def test_clusters_without_spectra_do_not_disturb() -> None:
    summary = summary_of([[1, 0], [np.nan, np.nan], [0, 1]], [10, 0, 10])
    tree = build_tree(summary)
    assert len(tree.cut(2)) == 2
    assert all(np.isfinite(merge.height) for merge in tree.merges)


def test_a_few_odd_pixels_are_not_a_class_of_their_own() -> None:
    """Two crops that differ by a little, and three pixels unlike anything else."""
    summary = summary_of([[10, 0, 0], [10, 3, 0], [1, 0, 10]], [4000, 3000, 3])
    assert build_tree(summary).cut(2) == ((1, 3), (2,))
    lesion = summary_of([[10, 0, 0], [10, 1, 0], [0, 0, 10]], [4000, 3000, 400])
    assert build_tree(lesion).cut(2) == ((1, 2), (3,))


def test_a_dark_lesion_belongs_to_the_leaf_around_it() -> None:
    """By its spectrum alone a lesion is nearer to the dark cloth; it never touches that."""
    leaf, cloth, lesion = [0.0, 100.0], [10.0, 0.5], [10.0, 8.0]
    adjacency = np.array([[2000, 300, 100], [300, 16000, 2], [100, 2, 500]])
    summary = replace(summary_of([leaf, cloth, lesion], [2000, 16000, 300]), adjacency=adjacency)
    assert build_tree(summary, "angle").cut(2) == ((1,), (2, 3))
    assert build_tree(summary).cut(2) == ((1, 3), (2,))


@pytest.mark.parametrize("linkage", LINKAGES)
def test_every_linkage_gives_a_whole_tree(linkage: str) -> None:
    summary = summary_of([[0, 1], [0, 2], [5, 0], [6, 1]], [500, 400, 300, 20])
    tree = build_tree(summary, linkage)
    assert [len(tree.cut(groups)) for groups in (1, 2, 3, 4)] == [1, 2, 3, 4]


@pytest.mark.parametrize("linkage", LINKAGES)
def test_the_tree_does_not_depend_on_how_features_lie_in_memory(linkage: str) -> None:
    """Features of a model that was saved lie otherwise than those of one just trained."""
    features = np.random.default_rng(4).normal(size=(16, 60)) + 5
    summary = summary_of(features.tolist(), list(range(10, 170, 10)))
    other = replace(summary, features=np.asfortranarray(features))
    assert build_tree(other, linkage) == build_tree(summary, linkage)
