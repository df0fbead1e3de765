"""Bands and pixels are averaged and chosen as they are told."""

import numpy as np
import pytest

from napari_dgc.errors import UserError
from napari_dgc.preprocessing import Pipeline, parse_steps


def test_neighbouring_bands_are_averaged(scan, prepare):
    values = np.arange(7.0)[:, None, None] + np.zeros((7, 2, 3))
    cube = prepare("bin-bands:factor=3", scan(values, np.arange(10.0, 80, 10)))
    np.testing.assert_allclose(np.asarray(cube.data)[:, 0, 0], [1, 4, 6])
    np.testing.assert_allclose(cube.wavelengths, [20, 50, 70])
    np.testing.assert_allclose(cube.data[1], 4)
    np.testing.assert_allclose(cube.data[[2, 0], 1, 1], [6, 1])
    np.testing.assert_allclose(cube.data[::-2, 1, 1], [6, 1])


def test_blocks_of_pixels_are_averaged(scan, prepare):
    values = np.arange(2 * 5 * 7.0).reshape(2, 5, 7)
    values[:, 0, 0] = np.nan
    values[:, 4, 6] = np.nan
    cube = prepare("bin-pixels:factor=2", scan(values))
    result = np.asarray(cube.data)
    assert result.shape == (2, 3, 4)
    np.testing.assert_allclose(result[0, 1, 1], values[0, 2:4, 2:4].mean())
    np.testing.assert_allclose(result[0, 0, 0], np.nanmean(values[0, :2, :2]))
    assert np.isnan(result[:, 2, 3]).all()
    assert np.isnan(result).sum() == 2
    for key in (1, (slice(None), 1, 2), (0, slice(None, None, 2), slice(3, 0, -1))):
        np.testing.assert_array_equal(cube.data[key], result[key])


def test_a_map_of_blocks_comes_back_in_the_size_of_the_scan(scan):
    cube = scan(np.random.default_rng(0).random((4, 5, 7)))
    fitted = Pipeline(parse_steps("bin-pixels:factor=3")).fit([cube])
    labels = np.array([[1, 2, 3], [4, 5, 6]], np.uint16)
    large = fitted.full_size(labels, cube)
    assert large.shape == (5, 7)
    assert large.dtype == np.uint16
    np.testing.assert_array_equal(large[:, 0], [1, 1, 1, 4, 4])
    np.testing.assert_array_equal(large[4], [4, 4, 4, 5, 5, 5, 6])


def test_ranges_of_bands_are_kept_and_left_out(scan, prepare):
    values = np.arange(13.0)[:, None, None] + np.zeros((13, 2, 2))
    cube = scan(values)  # every 50 nm
    both = prepare("bands:keep=450-700+900-1000:drop=550-620", cube)
    np.testing.assert_allclose(both.wavelengths, [450, 500, 650, 700, 900, 950, 1000])
    np.testing.assert_allclose(np.asarray(both.data)[:, 0, 0], [1, 2, 5, 6, 10, 11, 12])
    without = prepare("bands:drop=0.5-999", cube)
    np.testing.assert_allclose(without.wavelengths, [1000])


def test_no_band_left_is_refused(scan, prepare):
    cube = scan(np.ones((5, 3, 3)))
    with pytest.raises(UserError, match="leaves no band"):
        prepare("bands:keep=1500-1600", cube)
    with pytest.raises(UserError, match="needs wavelengths"):
        prepare("bands:keep=500-600", scan(np.ones((5, 3, 3)), None))


def test_bad_bands_are_left_out_before_the_first_step(scan, prepare, reflectance):
    spoilt = reflectance.copy()
    spoilt[[0, 30]] = 99.0
    good = np.delete(np.arange(60), [0, 30])
    cube = prepare("snv", scan(spoilt, bad_bands=(0, 30)))
    assert cube.bad_bands == ()
    assert cube.n_bands == 58
    wavelengths = np.linspace(400, 1000, 60)[good]
    np.testing.assert_allclose(cube.wavelengths, wavelengths)
    np.testing.assert_array_equal(
        cube.data, prepare("snv", scan(reflectance[good], wavelengths)).data
    )
