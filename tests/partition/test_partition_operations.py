"""Merging, splitting, cutting, naming, and their undo."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dgc.errors import UserError
from napari_dgc.partition import ClassInfo, History, MergeTree, Partition
from napari_dgc.partition.tree import Merge

CLUSTERS = 7


def chain_tree(clusters: int) -> MergeTree:
    """1 and 2 first, then 3 joins them, then 4, and so on."""
    merges = [Merge(1, 2, 1.0)]
    merges += [Merge(k, clusters + k - 2, float(k)) for k in range(3, clusters + 1)]
    return MergeTree(clusters, tuple(merges))


def start() -> Partition:
    return Partition.fine(CLUSTERS, chain_tree(CLUSTERS))


numbers = st.integers(1, CLUSTERS)
operations = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), st.lists(numbers, min_size=2, max_size=4)),
        st.tuples(st.just("split"), numbers),
        st.tuples(st.just("cut"), st.integers(1, CLUSTERS)),
        st.tuples(st.just("rename"), numbers, st.sampled_from(["lesion", "halo", " a  b ", ""])),
        st.tuples(st.just("recolour"), numbers, st.sampled_from(["#ff0000", "#00ff00"])),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(operations)
def test_undoing_everything_restores_the_start_and_redoing_the_end(steps: list) -> None:
    history = History(start())
    visited = [history.partition]
    for name, *arguments in steps:
        try:
            after = getattr(history.partition, name)(*arguments)
        except UserError:
            continue  # splitting a single cluster, merging a class with itself
        if after != history.partition:
            history.do(name, after)
            visited.append(after)
        # Every state holds each fine cluster exactly once.
        assert np.array_equal(np.unique(after.lookup()[1:]), [i.number for i in after.classes])
    for expected in reversed(visited[:-1]):
        history.undo()
        assert history.partition == expected
    assert history.partition == start()
    assert history.undo_title is None
    for expected in visited[1:]:
        history.redo()
        assert history.partition == expected
    assert history.redo_title is None


@settings(max_examples=60, deadline=None)
@given(operations)
def test_any_state_survives_json(steps: list) -> None:
    partition = start()
    for name, *arguments in steps:
        try:
            partition = getattr(partition, name)(*arguments)
        except UserError:
            continue
    again = Partition.from_json(partition.to_json())
    assert again == partition
    assert again.tree == partition.tree


def test_a_merged_class_has_the_number_of_its_smallest_cluster() -> None:
    merged = start().merge([5, 3])
    assert merged.class_of(5).members == (3, 5)
    fine = np.arange(CLUSTERS + 1, dtype=np.uint16)
    assert merged.apply(fine).tolist() == [0, 1, 2, 3, 4, 3, 6, 7]
    assert merged.compact_lookup().tolist() == [0, 1, 2, 3, 4, 3, 5, 6]


def test_names_survive_a_merge_only_when_they_agree() -> None:
    named = start().rename(1, "lesion").rename(2, "lesion").rename(3, "halo")
    assert named.merge([1, 2]).class_of(1).name == "lesion"
    assert named.merge([1, 4]).class_of(1).name == "lesion"
    assert named.merge([1, 3]).class_of(1).name == ""
    assert named.named({"Lesion"}) == {1, 2}


def test_merging_needs_two_classes() -> None:
    with pytest.raises(UserError, match="two"):
        start().merge([3])
    with pytest.raises(UserError, match="two"):
        start().merge([1, 2]).merge([1, 2])
    with pytest.raises(UserError, match="There is no cluster 9"):
        start().merge([1, 9])


def test_a_single_cluster_cannot_be_split() -> None:
    with pytest.raises(UserError, match="cannot be split"):
        start().split(2)


def test_a_slider_dragged_is_one_step_of_undo() -> None:
    history = History(start())
    for groups in (6, 5, 4, 3):
        history.do("granularity", history.partition.cut(groups), join=True)
    assert len(history.partition.classes) == 3
    history.undo()
    assert history.partition == start()


def test_doing_something_after_undo_forgets_what_was_undone() -> None:
    history = History(start())
    history.do("merge", start().merge([1, 2]))
    history.undo()
    history.do("rename", start().rename(4, "halo"))
    assert history.redo_title is None
    assert history.undo_title == "rename"


def test_callbacks_hear_every_change_and_no_non_change() -> None:
    history = History(start())
    heard: list[int] = []
    history.on_change(lambda: heard.append(len(history.partition.classes)))
    history.do("nothing", start())
    history.do("merge", start().merge([1, 2]))
    history.undo()
    history.undo()
    history.redo()
    assert heard == [6, 7, 6]


def test_cutting_needs_a_tree() -> None:
    with pytest.raises(UserError, match="no merge tree"):
        Partition.fine(3).cut(2)


@pytest.mark.parametrize(
    "classes",
    [
        (ClassInfo((1,)), ClassInfo((2,))),
        (ClassInfo((1, 2)), ClassInfo((2, 3))),
        (ClassInfo((2, 1)), ClassInfo((3,))),
        (ClassInfo((2,)), ClassInfo((1,)), ClassInfo((3,))),
    ],
)
def test_classes_that_are_no_partition_are_refused(classes: tuple[ClassInfo, ...]) -> None:
    with pytest.raises(ValueError, match="class"):
        Partition(3, classes)
