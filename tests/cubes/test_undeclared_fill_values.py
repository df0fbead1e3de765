"""Fill values that a file does not declare count as missing."""

import numpy as np
import pytest

from napari_dgc.cubes import HyperCube, valid_pixels
from napari_dgc.cubes.empty_bands import find_empty_bands
from napari_dgc.cubes.read import open_cube

EVERYTHING = (slice(None), slice(None))


@pytest.mark.parametrize("fill", [-3.4028235e38, -1.23e34, np.inf, -np.inf, 9.96921e36])
def test_fill_values_are_missing(fill: float) -> None:
    data = np.full((3, 4, 5), 0.5, np.float32)
    data[1, 2, 3] = fill
    window = HyperCube(data, "scan").read(*EVERYTHING)
    assert np.argwhere(~valid_pixels(window)).tolist() == [[2, 3]]
    assert np.isnan(window[1, 2, 3])
    assert np.nanmax(window) == 0.5


def test_double_precision_fill_values_are_missing() -> None:
    data = np.full((3, 4, 5), 0.5)
    data[0, 0, 0] = -1.7976931348623157e308
    assert not valid_pixels(HyperCube(data, "scan").read(*EVERYTHING))[0, 0]


def test_large_measurements_stay() -> None:
    data = np.full((3, 4, 5), 1e12, np.float32)
    assert valid_pixels(HyperCube(data, "scan").read(*EVERYTHING)).all()


def test_a_band_of_fill_values_is_empty() -> None:
    data = np.full((3, 4, 5), 0.5, np.float32)
    data[2] = -3.4028235e38
    assert find_empty_bands(HyperCube(data, "scan")) == (2,)


def stored(folder, data):
    np.save(folder / "leaf.npy", data)
    return open_cube(folder / "leaf.npy", layout="band-row-column")


@pytest.mark.parametrize("fill", [-9999, -32768])
@pytest.mark.parametrize("dtype", [np.int16, np.float32])
def test_pixels_of_a_usual_fill_value_are_missing_and_that_is_said(tmp_path, fill, dtype) -> None:
    data = np.random.default_rng(0).integers(-20, 4000, (9, 40, 50)).astype(dtype)
    data[:, :10] = fill
    cube = stored(tmp_path, data)
    assert any(f"{fill} is taken for “no data”" in note for note in cube.notes)
    assert valid_pixels(cube.read(*EVERYTHING)).sum() == 30 * 50
    assert np.asarray(cube.data[0, 0, 0]) == fill


def test_measurements_that_reach_as_far_stay(tmp_path) -> None:
    data = np.random.default_rng(0).integers(-9999, 4000, (9, 40, 50)).astype(np.int16)
    data[:, :10] = -9999
    assert stored(tmp_path, data).no_data is None


def test_a_single_sample_of_such_a_value_is_a_measurement(tmp_path) -> None:
    data = np.full((9, 6, 5), 0.5, np.float32)
    data[4, 2, 3] = -9999
    assert stored(tmp_path, data).no_data is None
