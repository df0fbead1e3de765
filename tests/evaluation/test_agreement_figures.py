"""Figures of agreement against values worked out by hand and other implementations."""

import math

import numpy as np
import pytest

from napari_dgc.evaluation import metrics
from napari_dgc.evaluation.matching import pair_table


def test_scores_of_one_class() -> None:
    scores = metrics.class_scores(hits=6, truth=8, predicted=10)
    assert scores.iou == pytest.approx(6 / 12)
    assert scores.dice == scores.f1 == pytest.approx(12 / 18)
    assert scores.precision == pytest.approx(0.6)
    assert scores.recall == pytest.approx(0.75)


def test_a_class_neither_there_nor_predicted_has_no_scores() -> None:
    scores = metrics.class_scores(0, 0, 0)
    assert all(math.isnan(v) for v in (scores.iou, scores.dice, scores.precision, scores.recall))
    assert math.isnan(metrics.class_scores(0, 5, 0).precision)
    assert metrics.class_scores(0, 5, 0).iou == 0.0


def test_accuracy_and_kappa_by_hand() -> None:
    # Cohen's own kind of example: observed 0.7, expected 0.5
    confusion = np.array([[20, 5, 0], [10, 15, 0]])
    assert metrics.overall_accuracy(confusion) == pytest.approx(0.7)
    assert metrics.kappa(confusion) == pytest.approx(0.4)


def test_unmatched_pixels_lower_accuracy_and_kappa() -> None:
    confusion = np.array([[20, 0, 5], [0, 20, 5]])
    assert metrics.overall_accuracy(confusion) == pytest.approx(0.8)
    assert metrics.kappa(confusion) == pytest.approx((0.8 - 0.4) / 0.6)


def test_adjusted_rand_index_by_hand() -> None:
    # {a, a, a, b, b, b} against {1, 1, 2, 2, 3, 3}: Hubert and Arabie by hand gives 0.2424
    truth, predicted = np.array([[1, 1, 1, 2, 2, 2]]), np.array([[1, 1, 2, 2, 3, 3]])
    table = pair_table(truth, predicted, [1, 2], [1, 2, 3])
    assert metrics.adjusted_rand_index(table) == pytest.approx(8 / 33)


def test_equal_partitions_agree_fully_whatever_the_labels() -> None:
    table = np.array([[0, 0, 7], [0, 4, 0]])
    assert metrics.adjusted_rand_index(table) == pytest.approx(1)
    assert metrics.normalised_mutual_information(table) == pytest.approx(1)
    assert metrics.variation_of_information(table) == (0.0, 0.0)


def test_independent_partitions_share_nothing() -> None:
    table = np.array([[0, 5, 5], [0, 5, 5]])
    assert metrics.normalised_mutual_information(table) == pytest.approx(0, abs=1e-12)
    assert metrics.adjusted_rand_index(table) == pytest.approx(-1 / 18)
    assert metrics.variation_of_information(table) == pytest.approx((1, 1))


def test_mutual_information_by_hand() -> None:
    # H(truth) = 1, H(predicted) = 1.5, H(joint) = 1.5 bits: everything of the truth is known
    table = np.array([[0, 2, 0, 0], [0, 0, 1, 1]])
    assert metrics.normalised_mutual_information(table) == pytest.approx(2 * 1 / 2.5)
    assert metrics.variation_of_information(table) == pytest.approx((0.5, 0))


def test_figures_agree_with_scikit_image() -> None:
    from skimage.metrics import adapted_rand_error, variation_of_information

    random = np.random.default_rng(4)
    truth = random.integers(1, 5, (40, 50))
    predicted = np.where(
        random.random(truth.shape) < 0.7, truth + 1, random.integers(1, 9, (40, 50))
    )
    table = pair_table(truth, predicted, [1, 2, 3, 4], list(range(1, 9)))
    split, merged = metrics.variation_of_information(table)
    theirs = variation_of_information(truth, predicted)
    assert (split, merged) == pytest.approx(tuple(theirs))
    # Its error is 1 - F of pair precision and recall; the same table gives the same value.
    error, precision, recall = adapted_rand_error(truth, predicted, ignore_labels=())
    assert error == pytest.approx(1 - 2 * precision * recall / (precision + recall))
    assert metrics.adjusted_rand_index(table) < 1 - error


def test_nothing_labelled_gives_no_figures() -> None:
    empty = np.zeros((2, 3), np.int64)
    assert math.isnan(metrics.adjusted_rand_index(empty))
    assert math.isnan(metrics.normalised_mutual_information(empty))
    assert math.isnan(metrics.kappa(empty))
