"""Steps that change each spectrum give what their formulas say."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from napari_dgc.preprocessing.continuum import upper_hull

AXIS = np.linspace(400, 1000, 61)


def as_pixel(spectrum):
    return np.asarray(spectrum, float)[:, None, None]


def test_snv_has_mean_0_and_spread_1(scan, prepare, reflectance):
    result = np.asarray(prepare("snv", scan(reflectance)).data, float)
    np.testing.assert_allclose(result.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(result.std(axis=0, ddof=1), 1, atol=1e-5)
    exact = reflectance.astype(float)
    exact = (exact - exact.mean(axis=0)) / exact.std(axis=0, ddof=1)
    np.testing.assert_allclose(result, exact, atol=1e-5)


def test_snv_takes_brightness_and_a_constant_out(scan, prepare, reflectance):
    changed = scan(0.2 + 3 * reflectance)
    np.testing.assert_allclose(
        prepare("snv", changed).data, prepare("snv", scan(reflectance)).data, atol=1e-4
    )


def test_snv_of_a_flat_spectrum_is_0(scan, prepare):
    np.testing.assert_array_equal(prepare("snv", scan(np.full((9, 2, 2), 0.3))).data, 0)


@pytest.mark.parametrize("wavelengths", [AXIS, AXIS[::-1]], ids=["ascending", "descending"])
def test_savgol_is_exact_for_polynomials(scan, prepare, wavelengths):
    away = (wavelengths - 700) / 300
    cube = scan(as_pixel(0.4 + 0.2 * away - 0.1 * away**2), wavelengths)
    smooth, slope, curvature = (
        np.asarray(prepare(f"savgol:window=9:order=2:derivative={number}", cube).data)[:, 0, 0]
        for number in range(3)
    )
    np.testing.assert_allclose(smooth, cube.data[:, 0, 0], atol=1e-6)
    np.testing.assert_allclose(slope, (0.2 - 0.2 * away) / 300, atol=1e-7)
    np.testing.assert_allclose(curvature, -0.2 / 300**2, atol=1e-8)


def test_savgol_smooths_noise_as_much_as_its_weights_say(scan, prepare):
    noise = np.random.default_rng(0).normal(0, 0.01, (61, 40, 40))
    smoothed = np.asarray(prepare("savgol:window=11:order=2", scan(0.5 + noise)).data)
    # Middle weights of an 11-point quadratic: (-36 9 44 69 84 89 84 ...) / 429.
    weights = np.array([-36, 9, 44, 69, 84, 89, 84, 69, 44, 9, -36]) / 429
    assert smoothed[5:-5].std() == pytest.approx(0.01 * np.sqrt((weights**2).sum()), rel=0.02)


def test_savgol_says_that_bands_are_unevenly_spaced(scan, prepare, reflectance):
    even = prepare("savgol", scan(reflectance))
    gap = np.r_[np.linspace(400, 700, 30), np.linspace(800, 1000, 30)]
    uneven = prepare("savgol", scan(reflectance, gap))
    assert not any("apart" in note for note in even.notes)
    assert any("6.9 to 100 nm apart" in note for note in uneven.notes)


def test_absorbance_is_the_logarithm(scan, prepare):
    cube = scan([[[1.0, 0.1]], [[0.01, 1e-9]], [[-0.2, 0.5]]])
    result = np.asarray(prepare("absorbance:floor=0.001", cube).data)
    np.testing.assert_allclose(result[:, 0], [[0, 1], [2, 3], [3, np.log10(2)]], atol=1e-6)


def test_continuum_of_a_triangle_with_a_dip(scan, prepare):
    line = 0.2 + 0.0005 * (AXIS - 400)
    dip = np.exp(-(((AXIS - 680) / 30) ** 2))
    result = np.asarray(prepare("continuum", scan(as_pixel(line * (1 - 0.4 * dip)), AXIS)).data)
    np.testing.assert_allclose(result[:, 0, 0], 1 - 0.4 * dip, atol=2e-4)


def test_continuum_does_not_see_brightness_and_never_exceeds_1(scan, prepare, reflectance):
    result = np.asarray(prepare("continuum", scan(reflectance)).data)
    assert result.max() == 1
    np.testing.assert_array_equal(result[[0, -1]], 1)
    brighter = np.asarray(prepare("continuum", scan(reflectance * 0.3)).data)
    np.testing.assert_allclose(brighter, result, atol=1e-5)


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_hulls_are_those_of_an_independent_library(scan, prepare, reflectance, order):
    axis = np.linspace(400, 1000, 60)
    cube = scan(reflectance[order], axis[order])
    result = np.asarray(prepare("continuum", cube).data)[order]
    for row, column in ((0, 0), (5, 7), (10, 12)):
        spectrum = reflectance[:, row, column].astype(float)
        points = np.column_stack([axis, spectrum])
        # Two points far below make the lower hull one of no interest.
        below = np.array([[400, -1e3], [1000, -1e3]])
        corners = ConvexHull(np.vstack([points, below])).vertices
        corners = np.sort(corners[corners < len(points)])
        hull = np.interp(axis, axis[corners], spectrum[corners])
        np.testing.assert_allclose(result[:, row, column], spectrum / hull, atol=1e-5)


def test_hulls_bear_equal_positions_and_flat_curves():
    positions = np.array([1.0, 2.0, 2.0, 3.0])
    values = np.array([[1.0, 0.0], [1.0, 2.0], [1.0, 1.0], [1.0, 0.0]])
    hull = upper_hull(positions, values)
    np.testing.assert_allclose(hull[:, 0], 1)
    assert (hull >= values).all()


def test_continuum_of_the_dark_is_1(scan, prepare):
    np.testing.assert_array_equal(prepare("continuum", scan(np.zeros((9, 2, 2)))).data, 1)


def test_band_numbers_stand_in_for_unknown_wavelengths(scan, prepare, reflectance):
    known = scan(reflectance)
    unknown = scan(reflectance, None)
    np.testing.assert_allclose(
        prepare("continuum", unknown).data, prepare("continuum", known).data, atol=1e-6
    )
    per_band = np.asarray(prepare("savgol:derivative=1", unknown).data)
    per_nm = np.asarray(prepare("savgol:derivative=1", known).data)
    np.testing.assert_allclose(per_band, per_nm * 600 / 59, atol=1e-6)


@pytest.mark.parametrize("step", ["snv", "savgol", "continuum", "absorbance", "bin-bands"])
def test_missing_pixels_stay_missing_and_spoil_no_others(scan, prepare, reflectance, step):
    whole = np.asarray(prepare(step, scan(reflectance)).data)
    reflectance[20, 3, 4] = np.nan
    reflectance[:, 5, 5] = np.nan
    result = np.asarray(prepare(step, scan(reflectance)).data)
    missing = np.isnan(result).any(axis=0)
    assert missing[3, 4]
    assert missing[5, 5]
    assert missing.sum() == 2
    np.testing.assert_array_equal(result[:, ~missing], whole[:, ~missing])
