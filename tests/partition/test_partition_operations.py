"""Merging, splitting, cutting, naming."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dgc.errors import UserError
from napari_dgc.partition import ClassInfo, MergeTree, Partition
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
        st.tuples(st.just("move"), st.lists(numbers, min_size=1, max_size=3), numbers),
        st.tuples(st.just("split_in_two"), numbers),
        st.tuples(st.just("annotate"), numbers, st.sampled_from(["rim only", ""])),
        st.tuples(st.just("recolour"), numbers, st.sampled_from(["#ff0000", "#00ff00"])),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(operations)
def test_any_state_survives_json(steps: list) -> None:
    partition = start()
    for name, *arguments in steps:
        try:
            partition = getattr(partition, name)(*arguments)
        except UserError:
            continue
        # Every state holds each fine cluster exactly once.
        held = np.unique(partition.lookup()[1:])
        assert np.array_equal(held, [info.number for info in partition.classes])
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


def test_a_cluster_that_is_moved_leaves_its_class_named() -> None:
    named = start().merge([2, 3, 4]).rename(2, "halo").rename(6, "lesion")
    moved = named.move([2], 6)
    assert moved.class_of(2).name == "lesion"
    assert moved.class_of(2).members == (2, 6)
    assert moved.class_of(3).members == (3, 4)
    assert moved.class_of(3).name == "halo"
    alone = moved.move([3])
    assert alone.class_of(3).members == (3,)
    assert alone.class_of(3).name == ""


def test_a_class_is_split_where_the_tree_joined_it_last() -> None:
    merged = start().merge([1, 2, 3, 5])
    assert [info.members for info in merged.split_in_two(1).classes][:4] == [
        (1, 2, 3),
        (4,),
        (5,),
        (6,),
    ]
