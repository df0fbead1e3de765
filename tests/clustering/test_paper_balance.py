"""Balances of the five losses against solutions worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_dgc.clustering.dgc_paper.balance import make_balance, min_norm_shares
from napari_dgc.clustering.dgc_paper.config import WEIGHTINGS, PaperConfig
from napari_dgc.clustering.dgc_paper.estimator import PaperDGC
from napari_dgc.clustering.storage import load_model
from napari_dgc.cubes import HyperCube


def shares_of(*vectors):
    gradients = np.array(vectors, float)
    return min_norm_shares(gradients @ gradients.T)


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        # The foot of the perpendicular from the origin: a = g2 . (g2 - g1) / |g1 - g2|^2.
        ((1, 0), (0, 1), (0.5, 0.5)),
        ((3, 0), (0, 1), (0.1, 0.9)),
        # Opposite directions cancel.
        ((1, 0), (-2, 0), (2 / 3, 1 / 3)),
        # The foot lies beyond the shorter one, which is then the solution.
        ((1, 0), (4, 1), (1, 0)),
        ((2, 2), (2, 2), (0.5, 0.5)),
        ((0, 0), (1, 0), (1, 0)),
    ],
)
def test_shortest_combination_of_two_vectors(one, two, expected):
    np.testing.assert_allclose(shares_of(one, two), expected, atol=1e-12)


def test_shortest_combination_of_five_vectors_is_where_no_loss_rises():
    vectors = np.random.default_rng(3).standard_normal((5, 40)) * [[100], [1], [1], [0.1], [5]]
    shares = shares_of(*vectors)
    assert shares.sum() == pytest.approx(1)
    assert (shares >= 0).all()
    shortest = shares @ vectors
    # Optimality (Désidéri 2012): a step against it lowers every loss by at least |d|^2.
    assert (vectors @ shortest >= (1 - 1e-6) * shortest @ shortest).all()
    # The origin lies within the triangle.
    np.testing.assert_allclose(shares_of((1, 0), (-1, 1), (-1, -1)), (0.5, 0.25, 0.25), atol=1e-6)


def test_gradients_that_are_not_numbers_do_not_stop_the_search():
    np.testing.assert_allclose(min_norm_shares(np.full((4, 4), np.nan)), 0.25)


def parabolas(*lengths):
    """Losses with gradients along different axes, of these lengths, at the point z."""
    z = torch.ones(1, len(lengths), requires_grad=True)
    names = [f"loss {i}" for i in range(len(lengths))]
    terms = {
        name: 0.5 * length * z[0, axis] ** 2
        for axis, (name, length) in enumerate(zip(names, lengths, strict=True))
    }
    return z, terms


def direction(name, lengths, weights=None):
    z, terms = parabolas(*lengths)
    balance = make_balance(name, dict(zip(terms, weights or [1.0] * len(lengths), strict=True)))
    (gradient,) = torch.autograd.grad(balance.total(terms, z), z)
    return gradient[0].tolist()


def test_what_the_optimiser_follows_under_each_balance():
    assert direction("fixed", (1, 4), (2.0, 0.5)) == pytest.approx([2, 2])
    assert direction("gradients", (1, 4)) == pytest.approx([1, 1])
    # Shares 16/17 and 1/17 of the gradients (1, 0) and (0, 4).
    assert direction("mgda", (1, 4)) == pytest.approx([16 / 17, 4 / 17])
    # Gradient / loss, whatever the scale.
    assert direction("uncertainty", (1, 4)) == pytest.approx([2, 2], rel=0.03)


@pytest.mark.parametrize("name", WEIGHTINGS)
def test_a_loss_of_weight_0_is_left_out(name):
    assert direction(name, (1, 4, 2), (1.0, 0.0, 1.0))[1] == 0


def test_a_loss_at_rest_is_not_blown_up():
    assert direction("gradients", (1, 0)) == pytest.approx([1, 0])
    assert direction("gradients", (0, 0)) == [0, 0]


def test_uncertainty_is_the_minimum_over_learned_variances():
    values = np.array([0.5, 200.0])
    terms = dict(zip("ab", torch.tensor(values), strict=True))
    total = make_balance("uncertainty", {"a": 1.0, "b": 1.0}).total(terms, torch.zeros(1, 1))
    log_variances = np.linspace(-8, 8, 20_001)[:, None]
    smallest = (np.exp(-log_variances) * values + log_variances).min(0).sum()
    assert total.item() + 2 == pytest.approx(smallest, abs=0.03)


def scan(seed=0):
    random = np.random.default_rng(seed)
    slope = np.linspace(0, 1, 6)[:, None, None]
    data = np.where(np.arange(30) < 15, slope, 1 - slope) * 0.5
    data = data + 0.02 * random.standard_normal((6, 24, 30))
    return HyperCube(data.astype(np.float32), "scan", np.linspace(400, 1000, 6), "nm")


@pytest.mark.parametrize("name", WEIGHTINGS)
def test_every_balance_trains_repeatably_and_resumes_from_disk(name, tmp_path):
    config = replace(
        PaperConfig(weighting=name), patch=12, batch=2, steps_per_epoch=3, dimensions=8
    )
    options = {"clusters": 4, "seed": 1, "device": "cpu", "config": config}
    whole = PaperDGC(epochs=2, **options).fit([scan()])
    PaperDGC(epochs=1, **options).fit([scan()]).save(tmp_path)
    resumed = load_model(tmp_path)
    resumed.epochs = 2
    assert resumed.config.weighting == name
    for _ in resumed.fit_iter([scan()], resume=True):
        pass
    expected = whole._model.tensors()
    for key, value in resumed._model.tensors().items():
        np.testing.assert_array_equal(value, expected[key], err_msg=key)
