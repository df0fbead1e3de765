"""The hand mask of the maize-kernel scan follows from the polygons that were drawn."""

import csv
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest
from skimage.measure import grid_points_in_poly

from napari_dgc.annotations.read import read_labels
from napari_dgc.cubes.read import open_cube
from napari_dgc.samples import maize_kernels

DRAWN = Path(__file__).parents[1] / "data" / "maize_kernels"


@pytest.fixture(scope="module")
def mask():
    return read_labels(DRAWN / "mask.png")


@pytest.fixture(scope="module")
def polygons():
    found = defaultdict(list)
    with (DRAWN / "contours.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found[int(row["contour_nm"])].append((float(row["row"]), float(row["column"])))
    return found


def test_mask_is_the_scan_s_size_and_holds_what_both_polygons_say(mask, polygons):
    cube = open_cube(maize_kernels())
    assert mask.shape == (cube.rows, cube.columns)
    inside = [grid_points_in_poly(mask.shape, vertices) for vertices in polygons.values()]
    assert len(inside) == 2
    expected = np.where(inside[0] & inside[1], 2, np.where(inside[0] | inside[1], 0, 1))
    np.testing.assert_array_equal(mask, expected)


def test_few_pixels_are_left_undecided(mask):
    assert 0 < np.mean(mask == 0) < 0.06


@pytest.mark.parametrize("nanometres", [580, 800])
def test_polygons_run_half_way_up_the_edge(polygons, nanometres):
    cube = open_cube(maize_kernels())
    band = int(np.abs(cube.wavelengths_nm - nanometres).argmin())
    picture = np.asarray(cube.data[band - 8 : band + 9]).mean(axis=0)
    inside = grid_points_in_poly(picture.shape, polygons[nanometres])
    # Background has 0, kernel about 1; what a threshold half-way would say differs little.
    low, high = np.median(picture[~inside]), np.median(picture[inside])
    brighter = (picture - low) / (high - low) > 0.5
    assert np.mean(brighter != inside) < 0.02
