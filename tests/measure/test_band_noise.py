"""The noise of each band is found from the scan, and the bands that are mostly noise with it."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.read import open_cube
from napari_dgc.measure.band_noise import signal_to_noise, suggest_bad_bands
from napari_dgc.simulate import simulate_scan


def textured(noise, side=96, seed=0):
    """Return a cube of two materials, mixed differently in every pixel, with known noise.

    Beside it comes by how much the pixels of each band differ without the noise.
    """
    rng = np.random.default_rng(seed)
    bands = len(noise)
    share = rng.random((side, side))
    first = 0.3 + 0.2 * np.sin(np.linspace(0, 3, bands))
    second = 0.5 - 0.2 * np.linspace(0, 1, bands) ** 2
    light = rng.uniform(0.7, 1.3, (side, side))
    scene = light * (first[:, None, None] * share + second[:, None, None] * (1 - share))
    signal = scene.std(axis=(1, 2))
    scene += rng.normal(size=scene.shape) * np.asarray(noise)[:, None, None]
    return HyperCube(scene.astype(np.float32), "textured"), signal


def test_noise_is_told_from_texture():
    noise = np.full(40, 0.004)
    noise[:4], noise[30:33] = 0.2, 0.3
    cube, signal = textured(noise)
    found = signal_to_noise([cube])
    # Neighbouring pixels differ as much as distant ones, and not by noise.
    np.testing.assert_allclose(found[6:28], signal[6:28] / noise[6:28], rtol=0.35)
    assert (found[[1, 2, 31]] < 1.2 * (signal / noise)[[1, 2, 31]]).all()
    assert suggest_bad_bands(found) == (0, 1, 2, 3, 30, 31, 32)
    assert suggest_bad_bands(found, 0.0) == ()


def test_dark_bands_are_kept_and_noise_on_an_offset_is_not():
    rng = np.random.default_rng(3)
    scene = np.repeat(np.repeat(rng.uniform(0.2, 0.6, (1, 8, 8)), 12, 1), 12, 2).repeat(12, 0)
    scene[:4] = 0.02 * scene[:4]  # leaf and background are nearly black, and differ
    scene[9] = 5.0  # counts of a detector without light
    scene += rng.normal(size=scene.shape) * 0.001
    scene[9] += rng.normal(size=scene[9].shape)
    cube = HyperCube(scene.astype(np.float32), "leaf")
    assert scene[:4].mean() < 10 * 0.001
    assert suggest_bad_bands(signal_to_noise([cube])) == (9,)


def test_scans_that_differ_as_a_whole_show_no_structure():
    noise = np.full(12, 0.004)
    one, other = textured(noise)[0], textured(noise, seed=1)[0]
    rng = np.random.default_rng(4)
    for cube, level in ((one, 0.1), (other, 0.9)):
        cube.data[5] = level + 0.05 * rng.normal(size=cube.data[5].shape)
    assert suggest_bad_bands(signal_to_noise([one, other])) == (5,)


def test_saturated_bands_are_suggested_whatever_the_ceiling_of_each_scan():
    cubes = [textured(np.full(12, 0.004), seed=seed)[0] for seed in range(2)]
    for cube, share in zip(cubes, (0.3, 0.4), strict=True):
        for band, part in ((6, share), (8, 0.9)):
            ceiling = np.quantile(cube.data[band], part)
            cube.data[band] = np.minimum(cube.data[band], ceiling)
    assert suggest_bad_bands(signal_to_noise(cubes)) == (6,)


def test_bands_of_an_even_scene_are_judged_by_their_mean():
    rng = np.random.default_rng(5)
    values = 0.9 + 0.01 * rng.normal(size=(12, 64, 64))
    values[[0, 7]] = rng.normal(size=(2, 64, 64))
    panel = HyperCube(values.astype(np.float32), "white panel")
    assert suggest_bad_bands(signal_to_noise([panel])) == (0, 7)


def test_blue_bands_of_a_simulated_leaf_are_suggested_only_where_noise_rules():
    cube = simulate_scan(5, size=(128, 128), bands=61, seed=4).cube
    suggested = suggest_bad_bands(signal_to_noise([cube]))
    # The lamp is so weak at the violet end that a leaf cannot be told from the cloth.
    assert suggested == tuple(range(len(suggested)))
    assert 420 < cube.wavelengths_nm[suggested[-1]] < 495


def test_scans_are_looked_at_together():
    noise = np.full(12, 0.004)
    cube, _ = textured(noise)
    broken, _ = textured(np.where(np.arange(12) == 5, 0.5, noise), seed=1)
    assert suggest_bad_bands(signal_to_noise([cube])) == ()
    assert suggest_bad_bands(signal_to_noise([cube, broken])) == (5,)


def test_bands_without_data_or_variation_are_suggested():
    cube, _ = textured(np.full(12, 0.004))
    cube.data[3] = np.nan
    cube.data[7] = 0.4
    found = signal_to_noise([cube])
    assert found[3] == found[7] == 0
    assert suggest_bad_bands(found) == (3, 7)
    # Their neighbours are told well all the same.
    assert found[[2, 4, 6, 8]].min() > 5


@pytest.mark.parametrize("bands", [1, 2, 3])
def test_few_bands_are_dealt_with(bands):
    found = signal_to_noise([textured(np.full(bands, 0.01))[0]])
    assert found.shape == (bands,) and np.isfinite(found).all()


def test_single_pixels_tell_nothing():
    cube = HyperCube(np.ones((4, 1, 1), np.float32), "point")
    assert suggest_bad_bands(signal_to_noise([cube])) == (0, 1, 2, 3)


def test_looking_stops_when_asked():
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        signal_to_noise([textured(np.full(4, 0.01))[0]], token=source.token)


def test_bands_of_water_vapour_are_found(shared_data):
    cube = open_cube(shared_data / "licensed/io_hdf5_neon/ex.h5")
    suggested = cube.wavelengths_nm[list(suggest_bad_bands(signal_to_noise([cube])))]
    # The cores of the two absorption bands; beside them light comes through.
    assert len(suggested) == 30
    wet = [((suggested > low) & (suggested < high)) for low, high in ((1355, 1410), (1825, 1930))]
    assert [some.sum() for some in wet] == [10, 20]


def test_bands_that_the_makers_of_a_scan_left_out_are_found(shared_data):
    tiles = sorted((shared_data / "licensed/scene_enmap_potsdam_A/images").glob("*.tif"))
    cubes = [open_cube(tile) for tile in tiles]
    assert suggest_bad_bands(signal_to_noise(cubes)) == cubes[0].bad_bands
    salton = open_cube(shared_data / "licensed/io_mat_salton_sea/salton_sea_roi.mat")
    assert suggest_bad_bands(signal_to_noise([salton])) == salton.bad_bands
