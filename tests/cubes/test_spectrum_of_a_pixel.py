"""Spectra of single pixels."""

import numpy as np
import pytest

from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.spectra import spectrum_at


def test_the_spectrum_of_a_pixel():
    data = np.arange(60.0).reshape(5, 3, 4)
    cube = HyperCube(data, "numbers", scale=2.0)
    np.testing.assert_array_equal(spectrum_at(cube, 2, 1), data[:, 2, 1] / 2)
    with pytest.raises(IndexError):
        spectrum_at(cube, -1, 0)
