"""Scans that are slow to read are copied once."""

import h5py
import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import scan_cache
from napari_dgc.cubes.cache_folder import CacheFolder
from napari_dgc.cubes.read import open_cube
from napari_dgc.cubes.scan_cache import quick_to_read, slow_to_read
from napari_dgc.cubes.tiled import TiledCube
from napari_dgc.errors import UserError

CUBE = np.random.default_rng(5).random((5, 300, 310)).astype(np.float32)


@pytest.fixture(autouse=True)
def every_size_counts(monkeypatch):
    monkeypatch.setattr(scan_cache, "SMALLEST", 0)


@pytest.fixture
def folder(tmp_path):
    return CacheFolder(tmp_path / "cache", 10**9)


def planes(path, cube=CUBE, chunks=None):
    with h5py.File(path, "w") as file:
        chunks = chunks or (1, *cube.shape[1:])
        file.create_dataset("cube", data=cube, chunks=chunks, compression="gzip")
    return open_cube(path, layout="band-row-column")


def test_packed_planes_are_copied_and_the_same(tmp_path, folder):
    cube = planes(tmp_path / "leaf.h5")
    quick = quick_to_read(cube, folder=folder)
    assert isinstance(quick.data, TiledCube)
    np.testing.assert_array_equal(quick.read(slice(None), slice(None)), CUBE)
    assert (quick.name, quick.path, quick.notes) == (cube.name, cube.path, cube.notes)


def test_copy_is_found_again_under_another_name_and_not_for_other_samples(tmp_path, folder):
    quick_to_read(planes(tmp_path / "leaf.h5"), folder=folder)
    (first,) = folder.path.iterdir()
    (tmp_path / "leaf.h5").rename(tmp_path / "renamed.h5")
    quick_to_read(open_cube(tmp_path / "renamed.h5", layout="band-row-column"), folder=folder)
    assert list(folder.path.iterdir()) == [first]
    other = quick_to_read(planes(tmp_path / "leaf.h5", CUBE[::-1]), folder=folder)
    np.testing.assert_array_equal(other.read(slice(None), slice(None)), CUBE[::-1])
    assert len(list(folder.path.iterdir())) == 2


def test_other_layout_of_the_same_file_has_a_copy_of_its_own(tmp_path, folder):
    cube = planes(tmp_path / "leaf.h5")
    quick_to_read(cube, folder=folder)
    turned = quick_to_read(open_cube(tmp_path / "leaf.h5", layout="row-column-band"), folder=folder)
    np.testing.assert_array_equal(turned.data[:], CUBE.transpose(2, 0, 1))


def test_what_is_quick_anyway_is_not_copied(tmp_path, folder):
    tiles = planes(tmp_path / "tiles.h5", chunks=(5, 64, 64))
    plain = tmp_path / "plain.npy"
    np.save(plain, CUBE)
    for cube in (tiles, open_cube(plain, layout="band-row-column")):
        assert quick_to_read(cube, folder=folder) is cube
    assert not folder.path.exists()


def test_plain_planes_larger_than_the_memory_are_copied(tmp_path, monkeypatch):
    wide = np.zeros((12, 70, 1400), np.float32)
    np.save(tmp_path / "wide.npy", wide)
    cube = open_cube(tmp_path / "wide.npy", layout="band-row-column")
    assert not slow_to_read(cube.data)
    monkeypatch.setattr(scan_cache, "_PART_OF_MEMORY", 0)
    assert slow_to_read(cube.data)


def test_stopping_and_a_full_folder_leave_nothing_behind(tmp_path, folder):
    cube = planes(tmp_path / "leaf.h5")
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        quick_to_read(cube, folder=folder, token=source.token)
    with pytest.raises(UserError, match="more than"):
        quick_to_read(cube, folder=CacheFolder(folder.path, 1000))
    assert not folder.path.exists() or list(folder.path.iterdir()) == []
