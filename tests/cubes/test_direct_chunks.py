"""HDF5 chunks that are not packed are read as they lie."""

import itertools

import h5py
import numpy as np
import pytest

from napari_dgc.cubes import direct_chunks
from napari_dgc.cubes.direct_chunks import DirectChunks, direct, without_cache
from napari_dgc.cubes.read import open_cube

CUBE = np.random.default_rng(0).random((21, 26, 33)).astype(np.float32)
SPANS = [slice(0, 21), slice(3, 4), slice(1, 20, 7), slice(20, 21), slice(5, 5)]


@pytest.fixture
def file(tmp_path):
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file.create_dataset("plain", data=CUBE, chunks=(8, 16, 10))
        file.create_dataset("packed", data=CUBE, chunks=(8, 16, 10), compression="gzip")
        file.create_dataset("whole", data=CUBE)
    with h5py.File(tmp_path / "scan.h5", "r") as file:
        yield file


# Runs are read for the least price of a read, whole chunks for the highest.
@pytest.mark.parametrize("price", [1, 32 << 10, 1 << 30])
def test_any_part_is_what_numpy_gives(file, monkeypatch, price):
    monkeypatch.setattr(direct_chunks, "_ONE_READ", price)
    stored = direct(without_cache(file["plain"]))
    assert isinstance(stored, DirectChunks)
    last = [*SPANS, slice(32, 33), slice(0, 33, 5), slice(9, 12)]
    for key in itertools.product(SPANS, SPANS, last):
        np.testing.assert_array_equal(stored[key], CUBE[key])


def test_a_position_takes_its_axis_away(file):
    stored = direct(without_cache(file["plain"]))
    key = (slice(0, 5), 2, slice(3, 9))
    np.testing.assert_array_equal(stored[key], CUBE[key])


@pytest.mark.parametrize("name", ["packed", "whole"])
def test_what_has_to_be_unpacked_or_has_no_chunks_stays_as_it_is(file, name):
    dataset = file[name]
    assert without_cache(dataset) is dataset
    assert direct(dataset) is dataset


def test_a_dataset_without_cache_is_not_opened_again(file):
    dataset = without_cache(file["plain"])
    assert without_cache(dataset) is dataset


@pytest.mark.parametrize("name", ["scan.h5", "scan.mat"])
def test_a_scan_in_chunks_opens_with_its_samples(tmp_path, name):
    with h5py.File(tmp_path / name, "w") as file:
        file.create_dataset("cube", data=CUBE, chunks=(8, 16, 10))
        file["cube"].attrs["interleave"] = "bsq"
    cube = open_cube(tmp_path / name, layout="band-row-column")
    np.testing.assert_array_equal(np.asarray(cube.data), CUBE)
    np.testing.assert_array_equal(np.asarray(cube.data[:, 3, 4]), CUBE[:, 3, 4])
