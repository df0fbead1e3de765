"""True-colour pictures show colours as the eye would."""

import numpy as np
import pytest

from napari_dgc.composites import draft, is_slow, true_colour
from napari_dgc.composites.mixes import true_colour_mix
from napari_dgc.cubes.cube import HyperCube

NM = np.linspace(400, 1000, 121)


def patches(*spectra):
    """Make a cube with one column per spectrum."""
    data = np.stack(spectra, axis=1).astype(np.float32)[:, None, :].repeat(6, axis=1)
    return HyperCube(data, "patches", NM, "nm")


def bump(centre, width):
    return np.exp(-(((NM - centre) / width) ** 2))


def test_grey_is_grey_and_colours_have_their_hue():
    cube = patches(
        np.zeros(121), np.full(121, 0.5), bump(460, 25), bump(540, 25), bump(640, 40), np.ones(121)
    )
    black, grey, blue, green, red, white = true_colour(cube)[2].astype(int)
    assert black.max() == 0
    assert white.min() == 255
    assert np.ptp(grey) <= 2
    assert blue.argmax() == 2
    assert green.argmax() == 1
    assert red.argmax() == 0


def test_units_do_not_change_the_picture():
    scene = patches(np.zeros(121), bump(540, 25), bump(640, 40), np.ones(121))
    in_um = HyperCube(scene.data, "um", NM / 1000, "um")
    backwards = HyperCube(scene.data[::-1], "cm-1", 1e7 / NM[::-1], "cm-1")
    np.testing.assert_array_equal(true_colour(in_um), true_colour(scene))
    difference = true_colour(backwards).astype(int) - true_colour(scene)
    assert np.abs(difference).max() <= 1


def test_each_channel_of_white_weighs_one():
    weights = true_colour_mix(patches(np.ones(121))).weights
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=0.002)


def test_missing_pixels_are_black_and_leave_the_stretch_alone():
    scene = patches(np.zeros(121), np.full(121, 0.5), np.ones(121), np.ones(121))
    data = np.array(scene.data)
    data[40, :, 3] = np.nan
    shown = true_colour(HyperCube(data, "holes", NM, "nm"))
    assert shown[:, 3].max() == 0
    np.testing.assert_array_equal(shown[:, :3], true_colour(scene)[:, :3])


def test_bad_bands_are_not_used():
    data = np.array(patches(np.zeros(121), np.full(121, 0.5), np.ones(121)).data)
    data[30] = np.nan
    shown = true_colour(HyperCube(data, "bad", NM, "nm", bad_bands=(30,)))
    assert shown[0, 2].min() == 255


@pytest.mark.parametrize("bands", [1, 2, 3, 7])
def test_any_number_of_bands_without_wavelengths_gives_a_picture(bands):
    data = np.random.default_rng(0).integers(0, 4000, (bands, 8, 9)).astype(np.uint16)
    shown = true_colour(HyperCube(data, "unknown"))
    assert shown.shape == (8, 9, 3)
    assert shown.dtype == np.uint8
    assert shown.max() == 255


def test_three_unknown_bands_are_red_green_and_blue():
    data = np.zeros((3, 4, 6), np.uint8)
    data[0, :, :3] = 200
    shown = true_colour(HyperCube(data, "picture"))
    assert shown[0, 0].argmax() == 0
    assert shown[0, 0, 0] > shown[0, 5, 0]


def test_an_empty_cube_gives_a_black_picture():
    assert true_colour(HyperCube(np.full((5, 4, 3), np.nan), "nothing")).max() == 0


def big(rows=700, columns=1100, bands=121):
    """A coloured gradient: red to the right, blue to the bottom."""
    right, down = np.linspace(0, 1, columns), np.linspace(0, 1, rows)
    nm = np.linspace(400, 1000, bands)
    red, blue = np.exp(-(((nm - 640) / 60) ** 2)), np.exp(-(((nm - 460) / 40) ** 2))
    data = red[:, None, None] * right + blue[:, None, None] * down[:, None] + 0.05
    return HyperCube(data.astype(np.float32), "big", nm, "nm")


def test_a_draft_comes_near_to_the_whole_picture():
    cube = big()
    rough, fine = draft(cube).astype(int), true_colour(cube).astype(int)
    assert rough.shape == fine.shape
    assert np.abs(rough - fine).mean() < 6
    assert np.abs(rough - fine).max() < 60


def test_a_draft_reads_a_small_part():
    cube = big()

    class Counting:
        shape, dtype, ndim, size = cube.data.shape, cube.data.dtype, 3, cube.data.size
        read = 0

        def __getitem__(self, key):
            part = np.asarray(cube.data)[key]
            Counting.read += part.size
            return part

    draft(HyperCube(Counting(), "big", cube.wavelengths, "nm"))
    assert 0 < Counting.read < cube.data.size / 30


@pytest.mark.parametrize("shape", [(1, 5, 7), (3, 1, 900), (40, 3, 4)])
def test_a_draft_has_the_size_of_any_scan(shape):
    data = np.random.default_rng(0).random(shape).astype(np.float32)
    assert draft(HyperCube(data, "odd")).shape == (*shape[1:], 3)


def test_only_big_scans_need_a_draft():
    assert not is_slow(patches(np.ones(121)))
    huge = np.lib.stride_tricks.as_strided(np.zeros(1, np.float32), (301, 1000, 1000), (0, 0, 0))
    assert is_slow(HyperCube(huge, "huge", np.linspace(400, 1000, 301), "nm"))
