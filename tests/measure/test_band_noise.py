"""The noise of each band is found from the scan, and the bands that are mostly noise with it."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.read import open_cube
from napari_dgc.measure.band_noise import signal_to_noise, suggest_bad_bands


def textured(noise, side=96, seed=0):
    """Return a cube of two materials, mixed differently in every pixel, with known noise."""
    rng = np.random.default_rng(seed)
    bands = len(noise)
    share = rng.random((side, side))
    first = 0.3 + 0.2 * np.sin(np.linspace(0, 3, bands))
    second = 0.5 - 0.2 * np.linspace(0, 1, bands) ** 2
    light = rng.uniform(0.7, 1.3, (side, side))
    scene = light * (first[:, None, None] * share + second[:, None, None] * (1 - share))
    scene += rng.normal(size=scene.shape) * np.asarray(noise)[:, None, None]
    return HyperCube(scene.astype(np.float32), "textured"), scene.mean(axis=(1, 2))


def test_noise_is_told_from_texture():
    noise = np.full(40, 0.004)
    noise[:4], noise[30:33] = 0.2, 0.3
    cube, signal = textured(noise)
    found = signal_to_noise([cube])
    # Pixels differ by about 0.1 from their neighbours: 25 times the noise of a good band.
    np.testing.assert_allclose(found[6:28], signal[6:28] / noise[6:28], rtol=0.35)
    np.testing.assert_allclose(found[[1, 2, 31]], (signal / noise)[[1, 2, 31]], rtol=0.2)
    assert suggest_bad_bands(found) == (0, 1, 2, 3, 30, 31, 32)
    assert suggest_bad_bands(found, 1.0) == ()


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
    assert found[[2, 4, 6, 8]].min() > 30


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


def test_bands_of_water_vapour_are_found_as_the_makers_of_a_scan_marked_them(shared_data):
    cube = open_cube(shared_data / "licensed/io_envi_wiser_avirisng/caltech_425_7_7_nm.hdr")
    marked = set(cube.bad_bands)
    ratios = signal_to_noise([cube])
    assert len(marked) == 53
    # Below the limit of detection lies the middle of those ranges, and one of the last bands.
    suggested = set(suggest_bad_bands(ratios))
    assert len(suggested & marked) >= 20
    assert sorted(suggested - marked) == [422]
    # The rims of the marked ranges are marked by rule and hold good samples.
    suggested = set(suggest_bad_bands(ratios, 10))
    assert len(suggested & marked) >= 35
    assert sorted(suggested - marked) == [315, 420, 421, 422, 423, 424]
