"""Colours of index maps span what tissue shows, not the noise of a dark background."""

import numpy as np
import pytest

from napari_dgc.cubes.cube import HyperCube
from napari_dgc.indices import find_index, index_map
from napari_dgc.indices.display import display_limits, weighted_sample

NDVI, REP = find_index("NDVI"), find_index("REP")
NM = np.array([670.0, 700.0, 740.0, 780.0, 800.0])


def scene(factor=1.0, name="scene"):
    """Dark noise all around, and a leaf with NDVI between 0.6 and 0.8."""
    random = np.random.default_rng(0)
    data = np.abs(random.normal(0.01, 0.008, (5, 60, 60)))
    ndvi = random.uniform(0.6, 0.8, (20, 20))
    data[0, 20:40, 20:40] = 0.1
    data[1:, 20:40, 20:40] = 0.1 * (1 + ndvi) / (1 - ndvi)
    return HyperCube((data * factor).astype(np.float32), name, NM, "nm")


def limits(*cubes, index=NDVI):
    return display_limits(index, [weighted_sample(cube, index_map(cube, index)) for cube in cubes])


def test_the_noise_of_a_dark_background_does_not_count():
    cube = scene()
    values = index_map(cube, NDVI)
    assert np.nanpercentile(values, 2) < 0.5  # some of the noise is there
    low, high = limits(cube)
    assert low == pytest.approx(0.6, abs=0.05)
    assert high == pytest.approx(0.8, abs=0.02)


def test_scans_count_alike_whatever_their_unit():
    other = HyperCube(np.full((5, 60, 60), 2000.0), "flat", NM, "nm")
    low, high = limits(scene(), other)
    assert low == pytest.approx(0.0)  # NDVI of the flat scan
    assert high == pytest.approx(0.8, abs=0.02)


def test_limits_stay_within_what_is_possible():
    data = np.tile(np.array([-0.2, 0.5, 0.5, 0.5, 0.5])[:, None, None], (1, 4, 4))
    data[0, :, :2] = 0.1
    cube = HyperCube(data.astype(np.float32), "too much dark subtracted", NM, "nm")
    assert index_map(cube, NDVI)[0, 3] > 1
    assert limits(cube) == pytest.approx((0.4 / 0.6, 1.0))


def test_a_scan_without_values_has_limits_all_the_same():
    empty = HyperCube(np.full((5, 4, 4), np.nan), "empty", NM, "nm")
    low, high = limits(empty)
    assert low < high
    same = HyperCube(np.full((5, 4, 4), 0.5), "same", NM, "nm")
    low, high = limits(same)
    assert low < 0 < high
