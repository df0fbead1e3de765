"""Mean and spread of a region are those of its pixels, however it is read."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube
from napari_dgc.measure import region_spectra
from napari_dgc.measure.region_spectra import region_spectrum


class Counting:
    """Numpy array that counts the samples that were read."""

    def __init__(self, values):
        self.values, self.read = values, 0
        self.shape, self.dtype = values.shape, values.dtype

    def __getitem__(self, key):
        part = self.values[key]
        self.read += part.size
        return part


@pytest.fixture
def scan():
    values = np.random.default_rng(3).normal(5000, 3, (7, 40, 30)).astype(np.float32)
    return HyperCube(values, "leaf")


@pytest.mark.parametrize("window", [7 * 30, 500, 8 << 20])
def test_mean_and_sd_do_not_depend_on_the_windows(scan, monkeypatch, window):
    monkeypatch.setattr(region_spectra, "_WINDOW_SAMPLES", window)
    mask = np.random.default_rng(1).random((40, 30)) < 0.3
    found = region_spectrum(scan, mask)
    pixels = scan.data[:, mask].astype(float)
    np.testing.assert_allclose(found.mean, pixels.mean(axis=1), rtol=1e-7)
    np.testing.assert_allclose(found.sd, pixels.std(axis=1, ddof=1), rtol=1e-5)
    assert found.pixels == mask.sum()


def test_mask_may_begin_anywhere(scan):
    found = region_spectrum(scan, np.ones((2, 3), bool), origin=(10, 20))
    np.testing.assert_allclose(
        found.mean, scan.data[:, 10:12, 20:23].mean(axis=(1, 2), dtype=float), rtol=1e-7
    )


def test_missing_samples_do_not_count(scan):
    scan.data[2, 0, :] = np.nan
    scan.data[3, :2, :3] = np.nan
    scan.data[:, 1, 0] = np.nan
    found = region_spectrum(scan, np.ones((2, 3), bool))
    np.testing.assert_allclose(found.mean[2], scan.data[2, 1, 1:3].mean(dtype=float), rtol=1e-7)
    assert np.isnan(found.mean[3]) and np.isnan(found.sd[3])
    assert found.pixels == 5


def test_one_pixel_has_no_spread(scan):
    found = region_spectrum(scan, np.ones((1, 1), bool), origin=(4, 5))
    np.testing.assert_allclose(found.mean, scan.data[:, 4, 5], rtol=1e-7)
    assert np.isnan(found.sd).all() and found.pixels == 1


def test_empty_region_has_no_spectrum(scan):
    found = region_spectrum(scan, np.zeros((40, 30), bool))
    assert np.isnan(found.mean).all() and found.pixels == 0


def test_only_the_region_is_read(scan, monkeypatch):
    monkeypatch.setattr(region_spectra, "_WINDOW_SAMPLES", 7 * 4)
    data = Counting(scan.data)
    mask = np.zeros((40, 30), bool)
    mask[3:5, 3:7] = mask[30, 5] = True
    region_spectrum(HyperCube(data, "counted"), mask)
    assert data.read == 7 * 3 * 4


def test_reading_stops_when_asked(scan):
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        region_spectrum(scan, np.ones((40, 30), bool), token=source.token)
