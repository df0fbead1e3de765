"""A cube left on disk, or computed when looked at, is indexed like a numpy array."""

import h5py
import numpy as np
import pytest

from napari_dgc.cubes import derived
from napari_dgc.cubes.derived import DerivedArray
from napari_dgc.cubes.lazy import LazyCube

VALUES = np.random.default_rng(0).integers(0, 999, (40, 7, 9)).astype(np.float32)


def window_of(bands, rows, columns):
    return VALUES[bands, rows, columns]


@pytest.fixture(params=["on disk", "computed", "computed in blocks"])
def lazy(request, tmp_path, monkeypatch):
    if request.param != "on disk":
        if request.param == "computed in blocks":
            monkeypatch.setattr(derived, "_BLOCK", 500)
        yield DerivedArray(window_of, VALUES.shape)
        return
    with h5py.File(tmp_path / "cube.h5", "w") as file:
        stored = file.create_dataset("cube", data=VALUES.transpose(2, 0, 1), chunks=(3, 20, 4))
        yield LazyCube(stored, (1, 2, 0), "the test cube")


MASK = np.arange(40) % 3 == 0
MANY = np.array([39, 0, 3, 5, 4, 4, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, -1])
KEYS = {
    "all": slice(None),
    "ellipsis": ...,
    "scalar": (3, 4, 5),
    "negative": (-1, -2, -3),
    "band": 5,
    "slices": (slice(2, 9, 3), slice(None), slice(1, -1)),
    "backwards": (slice(None, None, -1), slice(5, 1, -2), 0),
    "empty": (slice(5, 5), slice(6, 2)),
    "late ellipsis": (..., 2),
    "few bands": ([7, 1, 1, -1], slice(2, 4), slice(None)),
    "few bands and a row": ([7, 1], 2),
    "many bands": (MANY, slice(1, 3)),
    "mask": (MASK, 1, slice(2, 5)),
    "no bands": (np.array([], int), slice(None), 1),
    "points": (slice(None), np.array([1, 6, 1]), np.array([8, 0, 8])),
    "points of some bands": (slice(3, 20, 4), np.array([1, 6]), np.array([8, 0])),
    "points in rows": (np.array([4, 3]), slice(None), np.array([1, 2])),
    "points in columns": (np.array([4, 3]), np.array([1, 2])),
    "single samples": (np.array([4, 3]), np.array([1, 2]), np.array([0, 0])),
    "grid": (slice(None), np.array([[0], [5]]), np.array([[1, 2, 3]])),
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_parts_equal_those_of_an_array(lazy, key):
    np.testing.assert_array_equal(lazy[key], VALUES[key])


def test_it_looks_like_an_array(lazy):
    assert (lazy.shape, lazy.ndim, lazy.size, len(lazy)) == (VALUES.shape, 3, VALUES.size, 40)
    np.testing.assert_array_equal(np.asarray(lazy), VALUES)


def test_a_file_is_seen_with_its_axes_in_another_order(tmp_path):
    with h5py.File(tmp_path / "cube.h5", "w") as file:
        lazy = LazyCube(file.create_dataset("cube", data=VALUES), (0, 1, 2), "the test cube")
        np.testing.assert_array_equal(lazy.transpose(2, 0, 1)[1], VALUES.transpose(2, 0, 1)[1])


@pytest.mark.parametrize("key", [40, (0, 7), (0, 0, -10), (0, 0, 0, 0), ([40], 0), ("a",)])
def test_wrong_indices_are_index_errors(lazy, key):
    with pytest.raises(IndexError):
        lazy[key]
