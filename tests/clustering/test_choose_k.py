"""How many clusters there are: criteria, recommendation and its reason."""

import math

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.choice import ChoiceStarted, Chosen, Measured
from napari_dgc.clustering.choose_k import choose_k, recommend
from napari_dgc.clustering.events import Progress
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError


def scan(materials: int, seed: int = 0, size: int = 40, noise: float = 0.03) -> HyperCube:
    """Stripes of materials with clearly different spectra."""
    spectra = np.random.default_rng(11).uniform(0.1, 0.9, (materials, 20))
    place = np.repeat(np.arange(size) * materials // size, size).reshape(size, size)
    data = spectra[place].transpose(2, 0, 1)
    data = data + np.random.default_rng(seed).normal(0, noise, data.shape)
    return HyperCube(data.astype(np.float32), f"scan{seed}", np.linspace(400, 1000, 20), "nm")


def figures(**rows: tuple[float, float, float]) -> list[Measured]:
    """Measurements as k3=(silhouette, stability, bic)."""
    return [Measured(int(k[1:]), s, a, 0.01, b) for k, (s, a, b) in rows.items()]


@pytest.mark.parametrize(
    ("method", "materials"), [("mnf-kmeans", 5), ("mnf-kmeans", 3), ("kmeans", 4), ("gmm", 3)]
)
def test_finds_the_number_of_materials(method, materials):
    cubes = [scan(materials, size=24), scan(materials, seed=1, size=20)]
    events = list(choose_k(cubes, range(2, materials + 3), method=method))
    started = next(event for event in events if isinstance(event, ChoiceStarted))
    assert (started.method, started.scans) == (method, 2)
    assert started.pixels == 24**2 + 20**2
    rows = [event for event in events if isinstance(event, Measured)]
    assert [row.clusters for row in rows] == list(range(2, materials + 3))
    assert all(-1 <= row.silhouette <= 1 and row.stability <= 1 for row in rows)
    last = events[-1]
    assert isinstance(last, Chosen)
    assert last.clusters == materials
    assert not last.stopped
    assert last.measured == tuple(rows)
    assert f"With {materials} clusters" in last.reason
    assert all(0 <= event.fraction <= 1 for event in events if isinstance(event, Progress))


def test_same_seed_same_figures():
    first, second = (list(choose_k([scan(3)], [2, 3], seed=4))[-1] for _ in range(2))
    assert first == second


def test_a_stop_weighs_what_was_tried():
    source = CancelSource()
    events = []
    for event in choose_k([scan(3)], range(2, 20), token=source.token):
        events.append(event)
        if isinstance(event, Measured) and event.clusters == 4:
            source.cancel()
    assert events[-1].stopped
    assert [found.clusters for found in events[-1].measured] == [2, 3, 4]
    assert events[-1].clusters == 3


def test_a_stop_before_anything_was_tried_recommends_nothing():
    source = CancelSource()
    source.cancel()
    last = list(choose_k([scan(3)], [2, 3], token=source.token))[-1]
    assert (last.clusters, last.measured, last.stopped) == (None, (), True)


def test_neither_constant_nor_tiny_scans_break_it():
    constant = HyperCube(np.full((4, 9, 9), 0.4, np.float32), "constant")
    last = list(choose_k([constant], [2, 3]))[-1]
    assert last.clusters in (2, 3)
    assert all(math.isnan(found.silhouette) for found in last.measured)


def test_clusters_can_be_merged_later_so_more_are_taken_where_all_agree():
    found = figures(
        k2=(0.86, 1.0, 30), k3=(0.83, 1.0, 29), k4=(0.83, 0.98, 28), k5=(0.4, 0.97, 27.5)
    )
    assert recommend(found)[0] == 4


def test_what_halves_of_the_pixels_do_not_agree_on_is_not_taken():
    found = figures(k2=(0.8, 1.0, 30), k3=(0.8, 0.9, 29), k4=(0.9, 0.5, 28))
    number, reason = recommend(found)
    assert number == 2
    assert "3 are less stable (ARI 0.90)" in reason


def test_no_more_than_the_mixture_supports():
    found = figures(k2=(0.8, 1.0, 30), k3=(0.8, 1.0, 29), k4=(0.8, 1.0, 29.1))
    assert recommend(found)[0] == 3


def test_a_guess_is_called_one():
    number, reason = recommend(figures(k2=(0.2, 0.3, 3), k3=(0.3, 0.28, 2)))
    assert number == 3
    assert "guess" in reason


def test_the_end_of_the_range_is_told():
    reason = recommend(figures(k2=(0.8, 1.0, 30), k3=(0.8, 1.0, 29)))[1]
    assert "try more" in reason
    assert reason.count(".") == reason.count("0.") + reason.count("1.") + 1


@pytest.mark.parametrize(
    ("numbers", "method", "said"),
    [
        ([1, 2], "gmm", "2 to 64"),
        ([65], "gmm", "2 to 64"),
        ([], "gmm", "2 to 64"),
        ([2], "dgc", "dgc"),
    ],
)
def test_what_cannot_be_tried_is_refused(numbers, method, said):
    with pytest.raises(UserError, match=said):
        list(choose_k([scan(3)], numbers, method=method))
