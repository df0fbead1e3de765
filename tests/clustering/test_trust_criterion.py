"""How far label maps can be trusted, told without any truth."""

import numpy as np
import pytest

from napari_dgc.clustering.trust import HeldBackPixels, TrustedEpoch

ROWS, COLUMNS = 48, 64


def scene(seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three materials, one of 1 %, with noise and column stripes: features, stripes, truth."""
    random = np.random.default_rng(seed)
    truth = np.ones((ROWS, COLUMNS), np.uint16)
    truth[8:40, 20:50] = 2
    truth[20:26, 30:36] = 3
    means = np.array([[0, 0, 0], [9, 0, 4], [3, 8, 0], [6, 6, 12]], float)
    stripes = random.normal(0, 2, (3, 1, COLUMNS))
    features = means[truth].transpose(2, 0, 1) + stripes + random.normal(0, 1, (3, ROWS, COLUMNS))
    return features.astype(np.float32), stripes, truth


def judge(features: np.ndarray) -> HeldBackPixels:
    valid = np.ones((1, ROWS, COLUMNS), bool)
    ratios = features.reshape(3, -1).var(axis=1)
    return HeldBackPixels.choose([(features[None], valid)], ratios, seed=0)


def test_erasing_a_rare_material_shows() -> None:
    features, _, truth = scene()
    pixels = judge(features)
    erased = np.where(truth == 3, 2, truth)
    assert pixels.doubt([erased]) > pixels.doubt([truth]) + 0.01
    assert pixels.unexplained([erased]) > pixels.unexplained([truth]) + 0.01


def test_clusters_made_of_stripes_earn_nothing() -> None:
    features, stripes, truth = scene()
    pixels = judge(features)
    striped = truth + 3 * (stripes[0] > 0).astype(np.uint16)
    assert pixels.unexplained([striped]) > pixels.unexplained([truth]) - 0.005
    # The same split would be rewarded if labels were judged by their own pixels.
    own = [np.var(features[0][truth == 1])]
    own += [np.var(features[0][(truth == 1) & (striped == label)]) for label in (1, 4)]
    assert np.mean(own[1:]) < 0.6 * own[0]


def test_chance_explains_nothing_and_the_truth_most() -> None:
    features, _, truth = scene()
    pixels = judge(features)
    chance = np.random.default_rng(1).integers(1, 9, truth.shape).astype(np.uint16)
    assert pixels.unexplained([chance]) == pytest.approx(1, abs=0.02)
    assert pixels.unexplained([np.ones_like(truth)]) == pytest.approx(1, abs=0.001)
    assert pixels.unexplained([truth]) < 0.7
    assert pixels.doubt([chance]) == pytest.approx(1, abs=0.02)
    assert pixels.doubt([np.ones_like(truth)]) == pytest.approx(1, abs=0.001)
    assert pixels.agreement([truth]) > 0.9 > pixels.agreement([chance])
    # What numbers the labels have does not matter.
    assert pixels.unexplained([truth * 7]) == pytest.approx(pixels.unexplained([truth]))


def test_pixels_without_data_are_left_out() -> None:
    features, _, truth = scene()
    valid = np.ones((1, ROWS, COLUMNS), bool)
    valid[0, :, 5:30] = False
    ratios = features.reshape(3, -1).var(axis=1)
    holed = np.where(valid, features[None], 1e6).astype(np.float32)
    pixels = HeldBackPixels.choose([(holed, valid)], ratios, seed=0)
    assert pixels.doubt([np.where(valid[0], truth, 0)]) < 0.8


def test_what_cannot_be_judged_is_not_a_number() -> None:
    narrow = np.ones((1, 2, 5, 2), np.float32)
    pixels = HeldBackPixels.choose([(narrow, np.ones((1, 5, 2), bool))], np.ones(2), seed=0)
    assert np.isnan(pixels.doubt([np.ones((5, 2), np.uint16)]))
    flat = np.zeros((1, 2, 9, 20), np.float32)
    pixels = HeldBackPixels.choose([(flat, np.ones((1, 9, 20), bool))], np.ones(2), seed=0)
    assert np.isnan(pixels.doubt([np.ones((9, 20), np.uint16)]))


def test_the_better_epoch_is_kept_as_it_was() -> None:
    weights = np.array([1.0])
    held = TrustedEpoch.better(None, 1, 0.5, {"w": weights})
    weights[0] = 2.0
    held = TrustedEpoch.better(held, 2, 0.6, {"w": weights})
    assert (held.epoch, held.doubt, held.arrays["w"][0]) == (1, 0.5, 1.0)
    # Of two that are as good, the one that was trained longer.
    held = TrustedEpoch.better(held, 3, 0.5, {"w": weights})
    assert (held.epoch, held.arrays["w"][0]) == (3, 2.0)
    again = TrustedEpoch.from_tensors(held.tensors())
    assert again is not None
    assert (again.epoch, again.doubt, again.arrays["w"][0]) == (3, 0.5, 2.0)
    assert TrustedEpoch.from_tensors({}) is None
    # A value that could not be computed never stands in the way.
    assert TrustedEpoch.better(TrustedEpoch(1, float("nan"), {}), 2, 0.9, {}).epoch == 2
    assert TrustedEpoch.better(held, 4, float("nan"), {}).epoch == 4
