"""Lesions from diseased pixels: cleaned, numbered, told apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from skimage.draw import disk

from napari_dgc.errors import UserError
from napari_dgc.measure.lesion_mask import MaskSettings, lesion_mask, lesion_objects

masks = arrays(bool, array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=14))
settings = st.builds(
    MaskSettings,
    least_area=st.integers(0, 9),
    fill_holes=st.integers(0, 9),
    smooth=st.integers(0, 3),
    inside_leaf=st.booleans(),
)


def ring(side=7):
    """A square of side 5 with a hole of 3 x 3."""
    mask = np.zeros((side, side), bool)
    mask[1:6, 1:6] = True
    mask[2:5, 2:5] = False
    return mask


def test_without_settings_nothing_but_the_leaf_matters():
    diseased = np.array([[1, 1, 0], [0, 1, 1]], bool)
    leaf = np.array([[0, 1, 1], [1, 1, 1]], bool)
    assert (lesion_mask(diseased, leaf) == (diseased & leaf)).all()
    assert (lesion_mask(diseased, None) == diseased).all()
    assert (lesion_mask(diseased, leaf, MaskSettings(inside_leaf=False)) == diseased).all()


def test_holes_are_filled_up_to_their_area():
    assert lesion_mask(ring(), None, MaskSettings(fill_holes=8)).sum() == 16
    assert lesion_mask(ring(), None, MaskSettings(fill_holes=9)).sum() == 25


def test_what_reaches_the_rim_is_no_hole():
    bay = ring()[:, :4]
    assert (lesion_mask(bay, None, MaskSettings(fill_holes=100)) == bay).all()


def test_small_lesions_are_left_out():
    mask = np.zeros((5, 9), bool)
    mask[1, 1:4] = mask[1:3, 6:8] = True
    assert lesion_mask(mask, None, MaskSettings(least_area=3)).sum() == 7
    assert lesion_mask(mask, None, MaskSettings(least_area=4)).sum() == 4
    # Pixels that touch at a corner are one lesion.
    assert lesion_mask(np.eye(4, dtype=bool), None, MaskSettings(least_area=4)).sum() == 4


def test_smoothing_removes_single_pixels_and_nicks():
    mask = np.zeros((12, 12), bool)
    mask[3:9, 3:9] = True
    nicked = mask.copy()
    nicked[5, 5] = False
    nicked[0, 11] = True
    smooth = lesion_mask(nicked, None, MaskSettings(smooth=1))
    corners = np.zeros_like(mask)
    corners[[3, 3, 8, 8], [3, 8, 3, 8]] = True
    assert (smooth == mask).all() or (smooth == (mask & ~corners)).all()


@given(masks, st.integers(1, 3))
def test_smoothing_is_the_majority_in_a_disc(mask, radius):
    padded = np.pad(mask, radius, mode="reflect")
    span = np.arange(-radius, radius + 1)
    disc = span[:, None] ** 2 + span**2 <= radius**2
    expected = [
        [
            padded[row : row + 2 * radius + 1, column : column + 2 * radius + 1][disc].mean() > 0.5
            for column in range(mask.shape[1])
        ]
        for row in range(mask.shape[0])
    ]
    found = lesion_mask(mask, None, MaskSettings(smooth=radius))
    assert (found == np.array(expected)).all()


@given(masks, settings)
def test_a_transposed_map_gives_the_transposed_mask(mask, chosen):
    leaf = np.ones_like(mask)
    leaf[:1] = False
    found = lesion_mask(mask, leaf, chosen)
    assert (lesion_mask(mask.T, leaf.T, chosen) == found.T).all()
    assert not (chosen.inside_leaf and (found & ~leaf).any())


@given(masks, st.booleans())
def test_objects_cover_the_mask_and_are_numbered_in_reading_order(mask, split):
    objects = lesion_objects(mask, MaskSettings(split_touching=split))
    assert objects.dtype == np.int32
    assert ((objects > 0) == mask).all()
    numbers, first = np.unique(objects[mask], return_index=True)
    assert (numbers == np.arange(1, numbers.size + 1)).all()
    assert (np.diff(first) > 0).all()


def two_discs(distance):
    mask = np.zeros((40, 80), bool)
    for column in (20, 20 + distance):
        mask[disk((20, column), 10)] = True
    return mask


def test_touching_lesions_are_told_apart_at_a_neck():
    mask = two_discs(18)
    assert lesion_objects(mask).max() == 1
    objects = lesion_objects(mask, MaskSettings(split_touching=True))
    assert np.bincount(objects.ravel())[1:].tolist() == pytest.approx([mask.sum() / 2] * 2, rel=0.1)


@pytest.mark.parametrize("distance", [3, 8])
def test_one_lesion_without_a_neck_stays_one(distance):
    assert lesion_objects(two_discs(distance), MaskSettings(split_touching=True)).max() == 1


def test_a_long_lesion_between_veins_stays_one():
    mask = np.zeros((20, 200), bool)
    mask[8:12, 5:190] = True
    assert lesion_objects(mask, MaskSettings(split_touching=True)).max() == 1


def test_maps_of_other_sizes_are_refused():
    with pytest.raises(ValueError, match="leaf map"):
        lesion_mask(np.ones((2, 3), bool), np.ones((3, 2), bool))


@given(settings)
def test_settings_come_back_from_plain_values(chosen):
    assert MaskSettings.from_json(chosen.to_json()) == chosen
    assert hash(MaskSettings.from_json(chosen.to_json())) == hash(chosen)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"least_area": -1}, "least_area"),
        ({"smooth": 1.5}, "smooth"),
        ({"smooth": 10**9}, "smooth"),
        ({"fill_holes": True}, "fill_holes"),
        ({"inside_leaf": 1}, "inside_leaf"),
        ({"names": "lesion"}, "names"),
        ({"names": [1]}, "names"),
    ],
)
def test_damaged_settings_are_refused(change, said):
    with pytest.raises(UserError, match=said):
        MaskSettings.from_json({**MaskSettings().to_json(), **change})
    missing = MaskSettings().to_json()
    del missing[next(iter(change))]
    with pytest.raises(UserError, match="missing"):
        MaskSettings.from_json(missing)
    with pytest.raises(UserError, match="damaged"):
        MaskSettings.from_json([1])
