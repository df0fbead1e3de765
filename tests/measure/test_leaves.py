"""Leaves as objects: numbered, cut, joined."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_dgc.errors import UserError
from napari_dgc.measure.leaves import Cut, Join, LeafEdits, leaf_objects

ALL = LeafEdits(least_area=0)
masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14))
places = st.floats(-20, 30, allow_nan=False)
cuts = st.lists(st.builds(Cut, places, places, places, places), max_size=3).map(tuple)
joins = st.lists(st.builds(Join, places, places, places, places), max_size=3).map(tuple)


def areas(objects):
    return np.bincount(objects.ravel())[1:].tolist()


def block():
    """A leaf of 16 rows and 24 columns."""
    mask = np.zeros((20, 30), bool)
    mask[2:18, 3:27] = True
    return mask


def two():
    """A leaf of 30 and one of 40 pixels; the second begins further up."""
    mask = np.zeros((12, 20), bool)
    mask[3:9, 1:6] = True
    mask[1:9, 12:17] = True
    return mask


def test_leaves_are_numbered_in_reading_order():
    assert areas(leaf_objects(two())) == [40, 30]


def test_specks_are_left_out():
    mask = two()
    mask[11, 0:3] = True
    assert areas(leaf_objects(mask)) == [40, 30]
    assert areas(leaf_objects(mask, LeafEdits(least_area=31))) == [40]
    assert areas(leaf_objects(mask, ALL)) == [40, 30, 3]


def test_what_a_leaf_encloses_belongs_to_it():
    mask = two()
    mask[4:6, 2:4] = False
    assert areas(leaf_objects(mask)) == [40, 30]


def test_a_leaf_within_a_ring_stays_a_leaf_of_its_own():
    mask = np.zeros((11, 11), bool)
    mask[0:11, 0:11] = True
    mask[1:10, 1:10] = False
    mask[4:7, 4:7] = True
    objects = leaf_objects(mask, ALL)
    assert objects[5, 5] == 2
    assert objects[0, 5] == objects[1, 5] == 1
    assert (objects > 0).all()


def test_a_cut_splits_a_leaf_and_loses_no_pixel():
    objects = leaf_objects(block(), LeafEdits((Cut(0, 10.5, 19, 10.5),)))
    assert areas(objects) == [16 * 8, 16 * 16]
    assert (objects[:, :11][block()[:, :11]] == 1).all()


def test_a_slanted_cut_parts_the_leaf_along_its_line():
    cut = Cut(-5, -2, 25, 31)
    objects = leaf_objects(block(), LeafEdits((cut,)))
    rows, columns = np.nonzero(block())
    above = (columns + 2) * 30 - (rows + 5) * 33 > 0
    assert len(set(objects[rows, columns][above])) == 1
    assert len(set(objects[rows, columns][~above])) == 1
    assert sum(areas(objects)) == block().sum()
    assert objects.max() == 2


def test_a_cut_that_ends_in_the_leaf_splits_nothing():
    assert areas(leaf_objects(block(), LeafEdits((Cut(-5, -2, 12, 20),)))) == [384]


def test_two_cuts_and_a_join():
    both = (Cut(0, 10.5, 19, 10.5), Cut(-9e5, 20.5, 9e5, 20.5))
    assert areas(leaf_objects(block(), LeafEdits(both))) == [128, 160, 96]
    joined = leaf_objects(block(), LeafEdits(both, (Join(10, 5, 10, 25),)))
    assert areas(joined) == [128 + 96, 160]


def test_a_join_beside_the_leaves_has_no_effect():
    for join in (Join(5, 3, 5, 9), Join(5, 3, 500, 3), Join(-1, -1, 5, 3)):
        assert areas(leaf_objects(two(), LeafEdits((), (join,)))) == [40, 30]


def test_a_part_is_joined_before_small_leaves_are_left_out():
    mask = two()
    mask[11, 1:4] = True
    assert areas(leaf_objects(mask, LeafEdits((), (Join(11, 2, 5, 3),)))) == [40, 33]


@given(masks, cuts, joins)
def test_edits_lose_no_pixel_and_never_mix_order_up(mask, some_cuts, some_joins):
    objects = leaf_objects(mask, LeafEdits(some_cuts, some_joins, 0))
    assert (objects[mask] > 0).all()
    numbers, first = np.unique(objects[objects > 0], return_index=True)
    assert (numbers == np.arange(1, numbers.size + 1)).all()
    assert (np.diff(first) > 0).all()


@given(masks, st.lists(st.tuples(*[st.integers(-3, 16)] * 4), max_size=2))
def test_cuts_do_not_depend_on_the_direction_of_the_map(mask, ends):
    # Off the pixels' centres: a centre on the line has no side of its own.
    some = tuple(Cut(a + 0.31, b + 0.17, c + 0.73, d + 0.41) for a, b, c, d in ends)
    turned = tuple(Cut(cut.column0, cut.row0, cut.column1, cut.row1) for cut in some)
    here = leaf_objects(mask, LeafEdits(some, (), 0))
    there = leaf_objects(mask.T, LeafEdits(turned, (), 0)).T
    assert sorted(areas(np.where(mask, here, 0))) == sorted(areas(np.where(mask, there, 0)))


@given(cuts, joins, st.integers(0, 1000))
def test_edits_come_back_from_plain_values(some_cuts, some_joins, least):
    edits = LeafEdits(some_cuts, some_joins, least)
    assert LeafEdits.from_json(edits.to_json()) == edits
    assert hash(LeafEdits.from_json(edits.to_json())) == hash(edits)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cuts": [[1, 2, 3]]}, "cuts"),
        ({"cuts": [[1, 2, 3, float("nan")]]}, "cuts"),
        ({"joins": [[1, 2, 3, 1e300]]}, "joins"),
        ({"joins": [[1, 2, 3, 10**400]]}, "joins"),
        ({"joins": [[1, 2, 3, "4"]]}, "joins"),
        ({"joins": None}, "joins"),
        ({"cuts": [7]}, "cuts"),
        ({"least_area": -3}, "least_area"),
    ],
)
def test_damaged_edits_are_refused(change, said):
    with pytest.raises(UserError, match=said):
        LeafEdits.from_json({**LeafEdits().to_json(), **change})
