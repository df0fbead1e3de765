"""Cubes that take long to compute are computed once and kept on disk while they are used."""

import gc

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube, tiled
from napari_dgc.cubes.cache_folder import CacheFolder
from napari_dgc.cubes.computed_copy import computed_once
from napari_dgc.cubes.derived import DerivedArray
from napari_dgc.errors import UserError

VALUES = np.random.default_rng(3).random((6, 70, 90)).astype(np.float32)
VALUES[:, :3, :5] = np.nan


@pytest.fixture
def folder(tmp_path):
    return CacheFolder(tmp_path / "cache", 10**8)


def computed():
    """Return a cube that counts how often each pixel is computed."""
    times = np.zeros(VALUES.shape[1:], int)

    def window(bands, rows, columns):
        times[rows, columns] += 1
        return VALUES[bands, rows, columns]

    data = DerivedArray(window, VALUES.shape, behind=VALUES.shape[0])
    return HyperCube(data, "leaf", np.linspace(400, 900, 6), "nm"), times


def test_every_pixel_is_computed_once_however_small_the_memory(folder, monkeypatch):
    monkeypatch.setattr(tiled, "_BOX", VALUES[:, :7].nbytes)
    cube, times = computed()
    shares = []
    kept = computed_once(cube, folder=folder, progress=shares.append)
    np.testing.assert_array_equal(kept.read(slice(None), slice(None)), VALUES)
    np.testing.assert_array_equal(kept.data[2], VALUES[2])
    assert times.min() == times.max() == 1
    assert len(shares) > 5 and shares == sorted(shares) and shares[-1] == 1
    assert (kept.name, kept.wavelength_unit) == ("leaf", "nm")
    np.testing.assert_array_equal(kept.wavelengths, cube.wavelengths)


def test_the_file_goes_with_the_last_use(folder):
    kept = computed_once(computed()[0], folder=folder)
    other = computed_once(computed()[0], folder=folder)
    assert len(list(folder.path.iterdir())) == 2
    data = kept.data
    del kept
    gc.collect()
    assert len(list(folder.path.iterdir())) == 2
    np.testing.assert_array_equal(data[0], VALUES[0])
    del data
    gc.collect()
    assert len(list(folder.path.iterdir())) == 1
    np.testing.assert_array_equal(other.data[1], VALUES[1])


def test_a_stop_leaves_nothing_behind(folder, monkeypatch):
    monkeypatch.setattr(tiled, "_BOX", VALUES[:, :7].nbytes)
    source = CancelSource()
    cube, times = computed()
    with pytest.raises(InterruptedError):
        computed_once(cube, folder=folder, token=source.token, progress=lambda _: source.cancel())
    assert list(folder.path.iterdir()) == []
    assert times.max() == 1 and times.min() == 0


def test_without_room_it_is_told_before_anything_is_computed(tmp_path):
    cube, times = computed()
    with pytest.raises(UserError, match="may hold"):
        computed_once(cube, folder=CacheFolder(tmp_path, 1000))
    assert not times.any()
