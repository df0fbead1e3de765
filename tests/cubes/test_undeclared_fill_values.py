"""Fill values that a file does not declare count as missing."""

import numpy as np
import pytest

from napari_dgc.cubes import HyperCube, valid_pixels
from napari_dgc.cubes.empty_bands import find_empty_bands

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
