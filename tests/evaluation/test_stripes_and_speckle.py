"""How much of a label map follows sensor columns, and how speckled it is."""

import math

import numpy as np
import pytest

from napari_dgc.evaluation import speckle, stripes

EVERYWHERE = np.ones((60, 40), bool)


def test_labels_that_the_column_decides_are_all_stripes() -> None:
    labels = np.broadcast_to(1 + np.arange(40) % 3, (60, 40))
    assert stripes([labels], [EVERYWHERE]) == pytest.approx(1)


def test_rows_and_a_single_cluster_are_no_stripes() -> None:
    rows = np.broadcast_to(1 + np.arange(60)[:, None] % 2, (60, 40))
    assert stripes([rows], [EVERYWHERE]) == pytest.approx(0, abs=0.02)
    assert stripes([np.full((60, 40), 7)], [EVERYWHERE]) == 0


def test_chance_is_not_taken_for_stripes() -> None:
    # Without the correction 20 columns of 8 pixels would explain 0.12 of anything.
    random = np.random.default_rng(0)
    found = [
        stripes([random.integers(1, 5, (8, 20))], [np.ones((8, 20), bool)]) for _ in range(200)
    ]
    assert abs(np.mean(found)) < 0.005


def test_share_of_stripes_in_noise_is_that_of_the_variance() -> None:
    # P(label 2) is 0.25 or 0.75 by column: variance 0.0625 of 0.25 in all.
    random = np.random.default_rng(1)
    chance = np.where(np.arange(400) % 2, 0.25, 0.75)
    labels = 1 + (random.random((500, 400)) < chance)
    assert stripes([labels], [np.ones((500, 400), bool)]) == pytest.approx(0.25, abs=0.01)


def test_only_background_pixels_with_data_count() -> None:
    columns = np.broadcast_to(1 + np.arange(40) % 2, (60, 40)).copy()
    columns[:20] = 5  # a leaf
    columns[20:25] = 0  # no data
    background = np.arange(60)[:, None] * np.ones(40, int) >= 20
    assert stripes([columns], [background]) == pytest.approx(1)
    assert math.isnan(stripes([columns], [np.zeros((60, 40), bool)]))


def test_scans_count_as_much_as_they_vary() -> None:
    striped = np.broadcast_to(1 + np.arange(40) % 2, (60, 40))
    uniform = np.ones((60, 30), int)
    masks = [EVERYWHERE, np.ones((60, 30), bool)]
    assert stripes([striped, uniform], masks) == pytest.approx(1)


def test_a_lone_pixel_is_speckle_and_its_neighbours_are_not() -> None:
    labels = np.ones((10, 10), np.uint16)
    labels[4, 4] = 2
    assert speckle([labels]) == pytest.approx(1 / 100)


def test_straight_edges_and_ties_are_no_speckle() -> None:
    labels = np.ones((10, 10), np.uint16)
    labels[:, 5:] = 2
    assert speckle([labels]) == 0
    # Two pixels, one vote each: as frequent as the other.
    assert speckle([np.array([[1, 2]])]) == 0


def test_pixels_without_data_neither_count_nor_vote() -> None:
    labels = np.zeros((10, 10), np.uint16)
    labels[4, 4] = 2
    assert speckle([labels]) == 0
    assert math.isnan(speckle([np.zeros((3, 3), np.uint16)]))


def test_speckle_agrees_with_counting_window_by_window() -> None:
    labels = np.random.default_rng(2).integers(0, 4, (12, 9))
    odd = 0
    for row, column in zip(*np.nonzero(labels), strict=True):
        window = labels[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        votes = np.bincount(window[window > 0])
        odd += votes[labels[row, column]] < votes.max()
    assert speckle([labels]) == odd / (labels > 0).sum()
