"""Counts become the reflectance that made them."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dgc.calibration import Calibration, Rectangle, measure_reference
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

# Counts are whole numbers: half of one in 1000 is the best that can be had.
ROUNDING = 6e-4
ALL = slice(None)


def whole(cube):
    return cube.read(ALL, ALL)


def test_each_column_has_its_own_reference(camera, scene):
    calibration = Calibration(measure_reference(camera.white()), measure_reference(camera.closed()))
    cube = calibration.apply(camera.scan(scene))
    assert cube.data.dtype == np.float32
    np.testing.assert_allclose(whole(cube), scene, atol=ROUNDING)
    np.testing.assert_array_equal(cube.wavelengths, np.linspace(450, 950, 6))


def test_references_are_the_mean_over_their_lines():
    counts = np.random.default_rng(0).poisson(500, (4, 300, 5)).astype(np.uint16)
    reference = measure_reference(HyperCube(counts, "white"))
    np.testing.assert_allclose(reference.counts, counts.mean(axis=1), rtol=1e-12)
    spread = np.median(counts.std(axis=1, ddof=1), axis=1)
    np.testing.assert_allclose(reference.noise, spread, rtol=1e-9)


def test_integration_times_may_differ(camera, scene):
    white = measure_reference(camera.white(exposure=5.0))
    dark = measure_reference(camera.closed())
    cube = Calibration(white, dark).apply(camera.scan(scene, exposure=20.0))
    np.testing.assert_allclose(whole(cube), scene, atol=3 * ROUNDING)
    assert any("20 ms" in note and "5 ms" in note for note in cube.notes)


def test_each_exposure_has_its_own_dark_reference(camera, scene):
    warm = replace(camera, dark=camera.dark * 2)
    scan = warm.scan(scene, exposure=20.0)
    cube = Calibration(
        measure_reference(camera.white(exposure=10.0)),
        dark=measure_reference(warm.closed(exposure=20.0)),
        white_dark=measure_reference(camera.closed(exposure=10.0)),
    ).apply(scan)
    np.testing.assert_allclose(whole(cube), scene, atol=3 * ROUNDING)


def test_a_dark_reference_of_another_exposure_is_said(camera, scene):
    dark = measure_reference(camera.closed(exposure=40.0))
    cube = Calibration(measure_reference(camera.white()), dark).apply(camera.scan(scene))
    assert any("40 ms" in note for note in cube.notes)


@pytest.mark.parametrize("panel", [0.5, np.linspace(0.4, 0.9, 6)])
def test_the_panel_need_not_be_perfect(camera, scene, panel):
    of_bands = np.broadcast_to(np.asarray(panel), 6)[:, None, None]
    white = measure_reference(camera.white(panel=of_bands))
    dark = measure_reference(camera.closed())
    cube = Calibration(white, dark, panel=panel).apply(camera.scan(scene))
    np.testing.assert_allclose(whole(cube), scene, atol=3 * ROUNDING)


def test_a_panel_in_the_picture_gives_one_value_for_all_columns(camera, scene):
    flat = replace(camera, gain=camera.gain[:, :1] + 0 * camera.gain)
    scene[:, 2:5, 3:9] = 1.0
    scan = flat.scan(scene)
    white = measure_reference(scan, Rectangle(2, 3, 5, 9))
    assert white.columns == 1
    cube = Calibration(white, measure_reference(flat.closed())).apply(scan)
    np.testing.assert_allclose(whole(cube), scene, atol=2e-3 + 40 / 1000)
    np.testing.assert_allclose(whole(cube)[:, 2:5, 3:9].mean(axis=(1, 2)), 1, atol=0.02)


def test_a_panel_across_all_columns_gives_each_its_own_value(camera, scene):
    scene[:, :3] = 1.0
    scan = camera.scan(scene)
    white = measure_reference(scan, Rectangle(0, 0, 3, scan.columns))
    cube = Calibration(white, measure_reference(camera.closed())).apply(scan)
    np.testing.assert_allclose(whole(cube), scene, atol=ROUNDING)


def test_a_panel_of_a_single_pixel_is_enough(camera, scene):
    scan = camera.scan(scene)
    white = measure_reference(scan, Rectangle(4, 6, 5, 7))
    cube = Calibration(white).apply(scan)
    np.testing.assert_allclose(whole(cube)[:, 4, 6], 1, rtol=1e-6)
    assert any("no dark reference" in note for note in cube.notes)


def test_nothing_is_clipped_unless_wanted(camera, scene):
    scene[:, 0, 0] = 1.8
    scan = camera.scan(scene)
    scan.data[:, 0, 1] = 0  # darker than the dark reference
    white, dark = measure_reference(camera.white()), measure_reference(camera.closed())
    kept = whole(Calibration(white, dark).apply(scan))
    assert kept[0, 0, 0] == pytest.approx(1.8, abs=ROUNDING)
    assert kept[0, 0, 1] < 0
    clipped = whole(Calibration(white, dark, clip=True).apply(scan))
    np.testing.assert_array_equal(clipped, np.clip(kept, 0, 1))


def test_a_window_is_a_part_of_the_whole(camera, scene):
    scan = camera.scan(scene)
    white, dark = measure_reference(camera.white()), measure_reference(camera.closed())
    white.counts[2, 7:9] = dark.counts[2, 7:9]
    white.counts[3, 0] = dark.counts[3, 0]
    cube = Calibration(white, dark).apply(scan)
    all_of_it = np.asarray(cube.data)
    for key in (
        2,
        (ALL, 3, 7),
        (2, 5, 8),
        (ALL, ALL, slice(None, None, 3)),
        (slice(2, 3), slice(1, 9, 2), slice(7, 9)),
        ([5, 2], ALL, slice(8, None)),
        (ALL, ALL, slice(8, 5, -1)),
        (ALL, np.array([1, 4]), np.array([7, 14])),
    ):
        np.testing.assert_array_equal(cube.data[key], all_of_it[key])


def test_stored_numbers_are_scaled_before(camera, scene):
    scan = camera.scan(scene)
    scaled = {"gains": np.full(6, 0.5), "offsets": np.full(6, 3.0), "scale": 2.0}
    white = measure_reference(replace(camera.white(), **scaled), ceiling=900)
    dark = measure_reference(replace(camera.closed(), **scaled))
    assert white.saturated.all()
    white = replace(white, saturated=np.zeros_like(white.saturated))
    cube = Calibration(white, dark, ceiling=900).apply(replace(scan, **scaled))
    expected = np.where(scan.data >= 900, np.nan, scene)
    np.testing.assert_allclose(whole(cube), expected, atol=ROUNDING)


def test_missing_samples_stay_missing(camera, scene):
    scan = replace(camera.scan(scene), no_data=0)
    scan.data[:, 3, 4] = 0
    white, dark = measure_reference(camera.white()), measure_reference(camera.closed())
    window = whole(Calibration(white, dark).apply(scan))
    assert np.isnan(window[:, 3, 4]).all()
    assert np.isnan(window).sum() == 6


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda cube: replace(cube, data=cube.data[:4], wavelengths=None), "has 4 bands"),
        (lambda cube: replace(cube, data=cube.data[:, :, :9]), "has 9 columns"),
        (lambda cube: replace(cube, wavelengths=cube.wavelengths + 60), "other wavelengths"),
        (lambda cube: replace(cube, exposure_ms=0.0), "not above 0"),
    ],
)
def test_references_that_do_not_fit_are_refused(camera, scene, change, reason):
    white = measure_reference(change(camera.white()))
    with pytest.raises(UserError, match=reason):
        Calibration(white, measure_reference(camera.closed())).apply(camera.scan(scene))


def test_mixed_up_references_are_refused(camera, scene):
    white, dark = measure_reference(camera.closed()), measure_reference(camera.white())
    with pytest.raises(UserError, match="mixed up"):
        Calibration(white, dark).apply(camera.scan(scene))


def test_a_rectangle_outside_is_refused(camera):
    with pytest.raises(UserError, match="outside of the picture of white, which has 5 rows"):
        measure_reference(camera.white(), Rectangle(0, 0, 50, 5))


@pytest.mark.parametrize("panel", [0.0, np.nan, np.ones(5)])
def test_an_impossible_panel_is_refused(camera, scene, panel):
    white, dark = measure_reference(camera.white()), measure_reference(camera.closed())
    with pytest.raises(UserError, match="panel"):
        Calibration(white, dark, panel=panel).apply(camera.scan(scene))


def test_real_references_calibrate_themselves(shared_data):
    """Kernel of maize with its own white and dark scans, by the formula written out."""
    from napari_dgc.cubes.read import open_cube

    folder = shared_data / "licensed" / "plant_corn_kernel"
    scan, white, dark = (
        open_cube(folder / f"{name}.hdr")
        for name in ("4-22-22_right_same_B73_top_00", "white_reference_crop", "dark_reference_crop")
    )
    calibration = Calibration(measure_reference(white), measure_reference(dark))
    counts, panel, closed = (np.asarray(cube.data, float) for cube in (scan, white, dark))
    closed = closed.mean(axis=1, keepdims=True)
    expected = (counts - closed) / (panel.mean(axis=1, keepdims=True) - closed)
    reflectance = calibration.apply(scan)
    np.testing.assert_allclose(whole(reflectance), expected, rtol=2e-5, atol=2e-6)
    np.testing.assert_allclose(whole(calibration.apply(white)).mean(axis=1), 1, atol=1e-4)
    np.testing.assert_allclose(whole(calibration.apply(dark)).mean(axis=1), 0, atol=1e-4)
    # A light kernel on a dark ground, as reflectance should be.
    near_infrared = whole(reflectance)[400]
    assert 0.6 < np.percentile(near_infrared, 90) < 1.0
    assert np.percentile(near_infrared, 5) < 0.15
