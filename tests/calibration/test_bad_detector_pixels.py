"""Saturated samples and dead detector pixels are found and give no wrong reflectance."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dgc.calibration import Calibration, count_flagged, find_ceiling, measure_reference
from napari_dgc.cubes import HyperCube

ALL = slice(None)


def test_a_pile_up_tells_the_ceiling():
    light = np.random.default_rng(0).gamma(2.0, 900, (5, 60, 60))
    cube = HyperCube(np.minimum(light, 4095).astype(np.uint16), "bright")
    assert find_ceiling(cube) == 4095


def test_without_a_pile_up_the_type_tells():
    light = np.random.default_rng(0).gamma(2.0, 300, (5, 60, 60))
    for dtype, highest in ((np.uint16, 65535), (np.int16, 32767), (np.int32, 2**31 - 1)):
        assert find_ceiling(HyperCube(light.astype(dtype), "dim")) == highest
    assert find_ceiling(HyperCube(np.zeros((2, 9, 9), np.uint8), "black")) == 255
    assert find_ceiling(HyperCube(light.astype(np.float32), "reflectance")) is None


def test_a_lone_fill_value_is_no_ceiling():
    counts = np.random.default_rng(0).integers(0, 900, (5, 60, 60)).astype(np.uint16)
    counts[:, :9] = 9999
    assert find_ceiling(HyperCube(counts, "masked")) == 65535


def test_a_declared_fill_value_hides_no_ceiling():
    light = np.random.default_rng(0).gamma(2.0, 900, (5, 60, 60))
    counts = np.minimum(light, 4095).astype(np.uint16)
    counts[:, :9] = 65535
    assert find_ceiling(HyperCube(counts, "masked", no_data=65535)) == 4095


def test_saturated_samples_have_no_data(camera, scene):
    scan = camera.scan(scene)
    white, dark = measure_reference(camera.white()), measure_reference(camera.closed())
    limit = int(np.percentile(scan.data, 90))
    cube = Calibration(white, dark, ceiling=limit).apply(scan)
    np.testing.assert_array_equal(np.isnan(cube.read(ALL, ALL)), scan.data >= limit)
    assert any(f"Counts from {limit} on are saturated" in note for note in cube.notes)
    usual = Calibration(white, dark, ceiling=65535).apply(scan)
    assert not any("saturated" in note for note in usual.notes)


def dead_in(camera, *places):
    gain = camera.gain.copy()
    for band, columns in places:
        gain[band, columns] = 0.0
    return replace(camera, gain=gain)


def calibrated(camera, scene, **options):
    white, dark = measure_reference(camera.white()), measure_reference(camera.closed())
    return Calibration(white, dark, **options).apply(camera.scan(scene))


def test_a_dead_pixel_is_interpolated_between_its_columns(camera, scene):
    scene[2] = np.linspace(0.2, 0.8, scene.shape[2])
    broken = dead_in(camera, (2, slice(7, 9)))
    cube = calibrated(broken, scene)
    np.testing.assert_allclose(cube.read(ALL, ALL), scene, atol=1e-3)
    assert cube.bad_bands == ()
    assert any("2 detector pixels" in note for note in cube.notes)


def test_a_dead_pixel_can_have_no_data(camera, scene):
    broken = dead_in(camera, (2, slice(7, 9)))
    missing = np.isnan(calibrated(broken, scene, dead="no-data").read(ALL, ALL))
    assert missing[2, :, 7:9].all()
    assert missing.sum() == 2 * scene.shape[1]


def test_wide_gaps_and_the_rim_are_not_made_up(camera, scene):
    broken = dead_in(camera, (2, slice(5, 9)), (4, slice(0, 1)))
    missing = np.isnan(calibrated(broken, scene).read(ALL, ALL))
    assert missing[2, :, 5:9].all()
    assert missing[4, :, 0].all()
    assert missing.sum() == 5 * scene.shape[1]


def test_a_band_without_light_is_left_out(camera, scene):
    cube = calibrated(dead_in(camera, (5, slice(None))), scene)
    assert cube.bad_bands == (5,)
    np.testing.assert_allclose(cube.read(ALL, ALL, cube.good_bands), scene[:5], atol=1e-3)


def test_a_panel_hidden_in_the_noise_is_no_reference(camera, scene):
    dark = measure_reference(camera.closed())
    dark.noise[1] = 5000.0
    cube = Calibration(measure_reference(camera.white()), dark).apply(camera.scan(scene))
    assert cube.bad_bands == (1,)


@pytest.mark.parametrize("lines", [1, 6])
def test_a_saturated_panel_is_no_reference(camera, scene, lines):
    white = camera.white(lines=lines)
    white.data[3, -1, 4] = 4095
    reference = measure_reference(white, ceiling=4095)
    dark = measure_reference(camera.closed())
    cube = Calibration(reference, dark, dead="no-data").apply(camera.scan(scene))
    assert np.isnan(cube.read(ALL, ALL)[3, :, 4]).all()


def test_saturated_samples_and_dead_pixels_are_counted(camera, scene):
    broken = dead_in(camera, (2, slice(7, 9)), (4, slice(None)))
    scan = broken.scan(scene)
    limit = int(np.percentile(scan.data, 90))
    white, dark = measure_reference(broken.white()), measure_reference(broken.closed())
    found = count_flagged(Calibration(white, dark, ceiling=limit), scan)
    bright = np.delete(scan.data, 4, axis=0) >= limit
    assert (found.saturated, found.saturated_pixels) == (bright.mean(), bright.any(axis=0).mean())
    assert (found.dead, found.bands) == (2, 1)
    assert count_flagged(Calibration(white, dark), scan).saturated == 0


def test_a_fill_value_is_not_counted_as_saturated(camera, scene):
    scan = camera.scan(scene)
    counts = scan.data.copy()
    counts[:, :3] = 65535
    white, dark = measure_reference(camera.white()), measure_reference(camera.closed())
    calibration = Calibration(white, dark, ceiling=65535)
    assert count_flagged(calibration, replace(scan, data=counts)).saturated > 0
    assert count_flagged(calibration, replace(scan, data=counts, no_data=65535)).saturated == 0
