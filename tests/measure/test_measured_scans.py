"""Severity by leaf and by scan: exact, additive, and the same whichever way a map lies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from napari_dgc.measure.leaves import Cut, LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.severity import Sizes, measure_objects, measure_scan, severity
from napari_dgc.partition import Partition
from napari_dgc.simulate import CLASS_NAMES, simulate_scan

NAMES = {1: "background", 2: "healthy tissue", 3: "Halo", 4: "lesion", 5: "necrosis", 6: "thumb"}
ALL = LeafEdits(least_area=0)
maps = arrays(
    np.uint8,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.integers(0, 6),
)
settings = st.builds(
    MaskSettings,
    least_area=st.integers(0, 5),
    fill_holes=st.integers(0, 5),
    smooth=st.integers(0, 2),
    inside_leaf=st.booleans(),
)


def leaf_with_lesions():
    """A leaf of 10 x 20 pixels with lesions of 4, 1 and 7, and halo of 5."""
    labels = np.ones((14, 24), np.uint8)
    labels[2:12, 2:22] = 2
    labels[3:5, 3:5] = 4
    labels[8, 8] = 5
    labels[6, 10:17] = 4
    labels[7, 10:15] = 3
    return labels


def test_a_leaf_is_measured_by_hand():
    found = measure_scan(leaf_with_lesions(), NAMES, pixel_size_mm=0.5, scan="a")
    (leaf,) = found.leaves
    assert (leaf.leaf, leaf.leaf_pixels, leaf.lesion_pixels, leaf.halo_pixels) == (1, 200, 12, 5)
    assert leaf.percent == 6.0
    assert leaf.halo_percent == 2.5
    assert leaf.lesion_sizes == (4, 7, 1)
    assert leaf.sizes == Sizes(4.0, 2.5, 4.0, 5.5, 7)
    assert leaf.mm2(leaf.lesion_pixels) == 3.0
    assert [(lesion.lesion, lesion.row, lesion.column) for lesion in found.lesions] == [
        (1, 3.5, 3.5),
        (2, 6.0, 13.0),
        (3, 8.0, 8.0),
    ]
    assert found.total.lesion_count == 3
    assert found.outside_pixels == 0


def test_without_the_size_of_a_pixel_there_are_no_square_millimetres():
    assert measure_scan(leaf_with_lesions(), NAMES).total.mm2(12) is None
    for size in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="mm"):
            measure_scan(leaf_with_lesions(), NAMES, pixel_size_mm=size)


def test_known_errors_change_severity_by_what_they_are():
    wrong = leaf_with_lesions()
    wrong[3:5, 3] = 2  # two pixels missed
    wrong[10, 18:21] = 4  # three too many
    wrong[0, 0] = 4  # on the cloth, where it counts nowhere
    found = measure_scan(wrong, NAMES)
    assert found.total.percent == 100 * (12 - 2 + 3) / 200
    assert found.outside_pixels == 1


def test_cleaning_is_seen_in_the_figures():
    labels = leaf_with_lesions()
    cleaned = measure_scan(labels, NAMES, settings=MaskSettings(least_area=4))
    assert (cleaned.total.lesion_pixels, cleaned.total.leaf_pixels) == (11, 200)
    assert cleaned.total.lesion_sizes == (4, 7)


def test_a_hole_of_another_class_counts_once_it_is_filled():
    labels = leaf_with_lesions()
    labels[3:6, 3:6] = 4
    labels[4, 4] = 6
    plain = measure_scan(labels, NAMES).total
    assert (plain.lesion_pixels, plain.leaf_pixels) == (8 + 7 + 1, 199)
    filled = measure_scan(labels, NAMES, settings=MaskSettings(fill_holes=1)).total
    assert (filled.lesion_pixels, filled.leaf_pixels) == (9 + 7 + 1, 200)


def test_a_name_of_ones_own_can_be_diseased():
    found = measure_scan(
        leaf_with_lesions(), {**NAMES, 4: "rust"}, settings=MaskSettings(("Rust",))
    )
    assert (found.total.lesion_pixels, found.total.leaf_pixels) == (11, 200)


def test_a_lesion_across_a_cut_is_one_on_each_leaf():
    found = measure_scan(leaf_with_lesions(), NAMES, edits=LeafEdits((Cut(0, 12.5, 14, 12.5),)))
    assert [leaf.leaf_pixels for leaf in found.leaves] == [110, 90]
    assert [leaf.lesion_sizes for leaf in found.leaves] == [(4, 3, 1), (4,)]
    assert found.total.lesion_pixels == 12
    assert found.total.percent == 6.0


def test_without_leaf_there_is_no_severity():
    found = measure_scan(np.ones((4, 4), np.uint8), NAMES)
    assert found.leaves == ()
    assert found.total.percent is None
    assert found.total.halo_percent is None
    assert found.total.sizes == Sizes()


def test_objects_corrected_by_hand_are_measured_as_they_are():
    labels = leaf_with_lesions()
    leaf = labels > 1
    lesions = np.where(labels == 4, 9, 0).astype(np.int32)
    found = measure_objects(np.where(leaf, 3, 0).astype(np.int32), lesions, leaf, labels == 3)
    assert [(one.leaf, one.lesion_sizes) for one in found.leaves] == [(3, (11,))]
    assert [one.lesion for one in found.lesions] == [9]


@pytest.mark.parametrize(("day", "seed"), [(0, 1), (3, 2), (5, 1), (5, 3)])
def test_simulated_scans_with_their_truth_are_exact(day, seed):
    truth = simulate_scan(day, size=(96, 112), bands=4, seed=seed).truth
    counts = np.bincount(truth.ravel(), minlength=5)
    found = measure_scan(truth, CLASS_NAMES)
    assert found.total.lesion_pixels == counts[4]
    assert found.total.halo_pixels == counts[3]
    assert found.total.leaf_pixels == counts[2:].sum()
    assert found.total.percent == 100 * counts[4] / counts[2:].sum()
    partition = Partition.fine(4)
    for number, name in CLASS_NAMES.items():
        partition = partition.rename(number, name)
    assert found.total.percent == severity(truth, partition).percent


@given(maps, settings)
def test_areas_add_up(labels, chosen):
    found = measure_scan(labels, NAMES, settings=chosen, edits=ALL)
    for leaf in found.leaves:
        assert sum(leaf.lesion_sizes) == leaf.lesion_pixels <= leaf.leaf_pixels
        assert leaf.halo_pixels + leaf.lesion_pixels <= leaf.leaf_pixels
    assert found.total.leaf_pixels == sum(leaf.leaf_pixels for leaf in found.leaves)
    assert sum(lesion.pixels for lesion in found.lesions) == found.total.lesion_pixels
    assert found.total.leaf_pixels >= np.isin(labels, [2, 3, 4, 5]).sum()
    assert found.total.lesion_count == len(found.lesions)


@given(maps, settings)
def test_a_transposed_map_gives_the_same_figures(labels, chosen):
    here = measure_scan(labels, NAMES, settings=chosen, edits=ALL)
    there = measure_scan(labels.T, NAMES, settings=chosen, edits=ALL)

    def figures(scan):
        return sorted(
            (leaf.leaf_pixels, leaf.lesion_pixels, leaf.halo_pixels, sorted(leaf.lesion_sizes))
            for leaf in scan.leaves
        )

    assert figures(here) == figures(there)
    assert here.outside_pixels == there.outside_pixels


@given(maps, st.permutations(range(1, 7)))
def test_the_numbers_of_the_classes_do_not_matter(labels, order):
    table = np.array([0, *order])
    names = {int(table[label]): name for label, name in NAMES.items()}
    assert measure_scan(table[labels], names, edits=ALL) == measure_scan(labels, NAMES, edits=ALL)
