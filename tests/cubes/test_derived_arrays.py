"""A cube that is computed when looked at costs no more than the part looked at."""

import numpy as np
import pytest

from napari_dgc.cubes import derived
from napari_dgc.cubes.derived import DerivedArray

VALUES = np.random.default_rng(0).integers(0, 999, (40, 7, 9)).astype(np.float32)


@pytest.fixture
def asked():
    """The windows that were computed."""
    return []


@pytest.fixture
def doubled(asked):
    def read(bands, rows, columns):
        asked.append((bands, rows, columns))
        return 2 * VALUES[bands, rows, columns]

    return DerivedArray(read, VALUES.shape)


def test_it_looks_like_an_array(doubled):
    assert (doubled.shape, doubled.ndim, doubled.size) == (VALUES.shape, 3, VALUES.size)
    assert doubled.dtype == np.float32
    np.testing.assert_array_equal(np.asarray(doubled), 2 * VALUES)


def test_only_what_is_asked_for_is_computed(doubled, asked):
    doubled[5]
    doubled[:, 2, 3]
    doubled[[7, 1, 30], 2:4, ::3]
    sizes = [VALUES[window].shape for window in asked]
    assert sizes == [(1, 7, 9), (40, 1, 1), (3, 2, 3)]


def test_no_window_is_larger_than_a_block(asked, monkeypatch):
    monkeypatch.setattr(derived, "_BLOCK", 40 * 9 * 2)

    def read(bands, rows, columns):
        asked.append((bands, rows, columns))
        return VALUES.cumsum(axis=0)[bands, rows, columns]

    sums = DerivedArray(read, VALUES.shape, behind=40)
    np.testing.assert_array_equal(sums[3], VALUES.cumsum(axis=0)[3])
    assert [VALUES[window].shape for window in asked] == [(1, 2, 9)] * 3 + [(1, 1, 9)]
