"""Lesions corrected by hand: what is painted wins over the classes, within what settings allow."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.scan_areas import AUTOMATIC, LESION, NOT_LESION, scan_areas
from napari_dgc.measure.severity import measure_scan

NAMES = {1: "background", 2: "healthy tissue", 3: "lesion"}


@pytest.fixture
def labels():
    """(12, 14) a leaf of 10 x 10 pixels with a lesion of 4."""
    found = np.ones((12, 14), np.uint8)
    found[1:11, 1:11] = 2
    found[3:5, 3:5] = 3
    return found


def painted(labels, *boxes):
    found = np.full(labels.shape, AUTOMATIC, np.uint16)
    for rows, columns, value in boxes:
        found[rows, columns] = value
    return found


def test_painted_lesions_are_added_and_taken_away(labels):
    correction = painted(
        labels, (slice(7, 9), slice(7, 9), LESION), (slice(3, 4), slice(3, 5), NOT_LESION)
    )
    total = measure_scan(labels, NAMES, painted=correction).total
    assert (total.lesion_pixels, total.lesion_count, total.leaf_pixels) == (6, 2, 100)


def test_a_small_lesion_painted_stays_where_small_ones_are_left_out(labels):
    correction = painted(labels, (slice(8, 9), slice(8, 9), LESION))
    settings = MaskSettings(least_area=5)
    total = measure_scan(labels, NAMES, settings=settings, painted=correction).total
    assert total.lesion_sizes == (1,)


@pytest.mark.parametrize(("inside", "lesion", "leaf"), [(True, 6, 100), (False, 8, 102)])
def test_painting_over_the_rim_makes_leaf_only_where_allowed(labels, inside, lesion, leaf):
    correction = painted(labels, (slice(5, 6), slice(9, 13), LESION))
    settings = MaskSettings(inside_leaf=inside)
    total = measure_scan(labels, NAMES, settings=settings, painted=correction).total
    assert (total.lesion_pixels, total.leaf_pixels) == (lesion, leaf)


maps = arrays.arrays(np.uint8, (9, 11), elements=st.integers(1, 3))
strokes = arrays.arrays(np.uint16, (9, 11), elements=st.integers(0, 2))


@given(maps, strokes, st.booleans())
def test_what_is_painted_holds_on_leaves_and_nothing_painted_changes_nothing(
    labels, correction, inside
):
    areas = scan_areas(labels, NAMES, MaskSettings(inside_leaf=inside))
    plain = areas.objects(np.zeros_like(correction))
    np.testing.assert_array_equal(plain.lesions, areas.objects().lesions)
    found = areas.objects(correction)
    on_leaf = found.leaves > 0
    assert (found.lesions[on_leaf & (correction == LESION)] > 0).all()
    assert not found.lesions[correction == NOT_LESION].any()
    free = on_leaf & (correction == AUTOMATIC)
    np.testing.assert_array_equal(found.lesions[free] > 0, areas.mask[free])
