"""Spectra from a sparse sample are those of the whole map where clusters are pure."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube
from napari_dgc.measure.sampled_spectra import sample_spectra


def pure_scan(fine, bands=4):
    """Return a cube in which every pixel of cluster k has reflectance k / 10 in all bands."""
    return HyperCube(np.repeat(fine[None] / 10, bands, axis=0).astype(np.float32), "pure")


def test_every_cluster_is_found_even_a_single_pixel():
    fine = np.ones((200, 50), np.uint16)
    fine[:, 25:] = 2
    fine[101, 7] = 3
    spectra = sample_spectra([(pure_scan(fine), fine)], 4)
    np.testing.assert_allclose(spectra[:3], np.repeat([[0.1], [0.2], [0.3]], 4, axis=1), rtol=1e-6)
    assert np.isnan(spectra[3]).all()


def test_only_part_of_a_cube_is_read():
    class Counting:
        def __init__(self, values):
            self.values, self.read = values, 0
            self.shape, self.dtype = values.shape, values.dtype

        def __getitem__(self, key):
            part = self.values[key]
            self.read += part.size
            return part

    fine = np.ones((500, 20), np.uint16)
    data = Counting(pure_scan(fine).data)
    sample_spectra([(HyperCube(data, "big"), fine)], 1)
    assert data.read < 0.1 * data.values.size


def test_missing_samples_and_foreign_numbers_do_not_count():
    fine = np.ones((6, 6), np.uint16)
    fine[:, 3:] = 9
    cube = pure_scan(fine)
    cube.data[1, :, 0] = np.nan
    spectra = sample_spectra([(cube, fine)], 2)
    np.testing.assert_allclose(spectra[0], 0.1, rtol=1e-6)
    assert np.isnan(spectra[1]).all()


def test_scans_are_averaged_by_pixels():
    fine = np.ones((8, 8), np.uint16)
    dark, bright = pure_scan(fine), HyperCube(np.full((4, 8, 8), 0.3, np.float32), "bright")
    np.testing.assert_allclose(sample_spectra([(dark, fine), (bright, fine)], 1), 0.2, rtol=1e-6)


def test_stops_when_told():
    source = CancelSource()
    source.cancel()
    fine = np.ones((8, 8), np.uint16)
    with pytest.raises(InterruptedError):
        sample_spectra([(pure_scan(fine), fine)], 1, token=source.token)
