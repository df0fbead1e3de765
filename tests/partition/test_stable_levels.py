"""Numbers of classes that stand out, and where a merge tree is drawn."""

import numpy as np
import pytest

from napari_dgc.partition import ClusterSummary, MergeTree, Partition, build_tree
from napari_dgc.partition.dendrogram import FOOT, lay_out
from napari_dgc.partition.presence import Presence
from napari_dgc.partition.recommended import levels, stable_levels
from napari_dgc.partition.tree import LINKAGES, Merge
from napari_dgc.workspace import History
from napari_dgc.workspace.commands import CutTree, SetTree
from napari_dgc.workspace.trees import renew_tree


def chain(*heights: float) -> MergeTree:
    """Return a tree in which each merge adds the next cluster."""
    clusters = len(heights) + 1
    merges = [Merge(1, 2, heights[0])]
    for position, height in enumerate(heights[1:], start=1):
        merges.append(Merge(position + 2, clusters + position, height))
    return MergeTree(clusters, tuple(merges))


def summary(clusters: int = 12, seed: int = 1) -> ClusterSummary:
    random = np.random.default_rng(seed)
    features = random.normal(size=(clusters, 4)) + 3
    adjacency = random.integers(0, 50, (clusters, clusters))
    return ClusterSummary(
        random.integers(1, 900, (2, clusters)),
        features,
        features,
        adjacency + adjacency.T,
        np.zeros(clusters, np.int64),
    )


def test_levels_tell_the_costs_on_both_sides() -> None:
    found = {level.classes: level for level in levels(chain(1, 2, 6))}
    assert sorted(found) == [2, 3, 4]
    assert (found[2].last, found[2].next, found[2].lifetime, found[2].ratio) == (2, 6, 4, 3)
    assert found[4].last == 0
    assert found[4].ratio == float("inf")


def test_the_widest_ratio_comes_first_and_units_do_not_matter() -> None:
    heights = (1, 1.1, 1.2, 4.8, 5, 10)
    for unit in (1, 0.003):
        found = stable_levels(chain(*(unit * height for height in heights)))
        assert [level.classes for level in found] == [4, 2]
        assert found[0].ratio == pytest.approx(4)


def test_next_to_free_merges_do_not_stand_out() -> None:
    assert [n.classes for n in stable_levels(chain(1e-9, 1e-5, 1e-3, 10, 30))] == [3, 2]
    assert stable_levels(chain(0, 0, 0)) == ()
    assert stable_levels(chain(5)) == ()
    assert stable_levels(MergeTree(1, ())) == ()


def test_leaves_of_a_branch_lie_side_by_side_and_junctions_above_them() -> None:
    tree = build_tree(summary(40))
    drawing = lay_out(tree)
    assert sorted(drawing.order) == list(range(1, 41))
    for node in range(41, 80):
        places = sorted(drawing.order.index(member) for member in tree.members(node))
        assert places == list(range(places[0], places[-1] + 1))
        assert places[0] < drawing.x[node - 1] < places[-1]
        assert all(drawing.y[child - 1] <= drawing.y[node - 1] for child in drawing.children(node))
    assert drawing.y[drawing.root - 1] == 1
    assert (drawing.y[:40] == FOOT).all()


@pytest.mark.parametrize("linkage", LINKAGES)
def test_a_cut_drawn_at_the_place_of_a_number_gives_that_number(linkage: str) -> None:
    tree = build_tree(summary(9), linkage)
    drawing = lay_out(tree)
    distinct = {level.classes for level in levels(tree) if level.lifetime > 1e-3 * level.next}
    for classes in distinct:
        assert drawing.classes_at(drawing.cut_place(classes)) == classes
    assert drawing.classes_at(5.0) == 2
    assert drawing.classes_at(FOOT) == 9


def test_equal_distances_are_equal_ratios() -> None:
    drawing = lay_out(chain(1, 4, 16, 64))
    steps = np.diff(drawing.y[5:])
    assert steps == pytest.approx(steps[0])


def test_the_branch_under_a_point_is_found() -> None:
    drawing = lay_out(chain(1, 4, 16))
    middle = (drawing.y[5] + drawing.y[6]) / 2
    assert drawing.node_at(drawing.x[5] + 0.1, middle, (0.2, 0.1)) == 6
    assert drawing.node_at(-3, middle, (0.2, 0.1)) == 0


def test_deep_trees_are_no_problem() -> None:
    tree = chain(*range(1, 3000))
    assert tree.members(5999) == tuple(range(1, 3001))
    assert len(lay_out(tree).order) == 3000


def test_presence_leaves_stray_pixels_out() -> None:
    presence = Presence.of(
        [("healthy", np.array([9000, 997, 3])), ("sick", np.array([9000, 500, 500]))], 3
    )
    assert presence.only_in(3) == ("sick",)
    assert presence.only_in(1) == ()
    assert presence.shares[1].tolist() == [0.9, 0.05, 0.05]
    assert Presence.of([], 3).only_in(1) == ()


def test_the_linkage_is_known_after_undo_redo_and_reading_back() -> None:
    known = summary()
    history = History(Partition.fine(12, build_tree(known)))
    history.do(CutTree(4))
    history.do(SetTree("ward", build_tree(known, "ward")))
    assert history.partition.tree.linkage == "ward"
    assert history.undo_title == "merge tree by within-cluster spread (Ward)"
    history.undo()
    assert history.partition.tree.linkage == "angle-border"
    history.redo()
    again = History.from_json(history.to_json())
    assert again.partition.tree == history.partition.tree == build_tree(known, "ward")


def test_trees_written_before_linkages_were_known_are_read() -> None:
    assert MergeTree.from_json([[1, 2, 0.5], [3, 4, 1.5]]).merges[1] == Merge(3, 4, 1.5)


def test_further_training_keeps_the_linkage_that_was_chosen() -> None:
    before, after = summary(seed=1), summary(seed=2)
    history = History(Partition.fine(12, build_tree(before)))
    history.do(SetTree("ward", build_tree(before, "ward")))
    history.do(CutTree(3))
    renew_tree(history, build_tree(after), after)
    assert history.partition.tree == build_tree(after, "ward")
    assert History.from_json(history.to_json()).partition.tree == build_tree(after, "ward")
    history.undo()
    history.undo()
    assert history.partition.tree == build_tree(after)
