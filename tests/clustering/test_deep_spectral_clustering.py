"""What only `dsc` does; what every method does is in test_every_method.py."""

import numpy as np
import pytest
import torch

from napari_dgc.clustering.dsc.estimator import DeepSpectralClustering
from napari_dgc.clustering.dsc.network import discrepancy, poisson_deviance, silhouette
from napari_dgc.clustering.dsc.number import (
    assign,
    fit_centroids,
    keep_numbers,
    silhouette_curve,
)
from napari_dgc.clustering.dsc.spectra import SpectraScale, are_counts
from napari_dgc.clustering.events import ClustersChosen, EpochFinished, Notice
from napari_dgc.clustering.storage import load_model
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.evaluation.metrics import adjusted_rand_index
from napari_dgc.simulate import simulate_scan
from napari_dgc.simulate.nebula import simulate_nebula
from napari_dgc.simulate.xrf import simulate_xrf


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def page():
    return simulate_xrf(size=(64, 64), bands=128, seed=1)


@pytest.fixture(scope="module")
def trained(page):
    model = DeepSpectralClustering(epochs=4, seed=1, device="cpu", steps=20)
    return model, list(model.fit_iter([page.cube]))


def agreement(truth, labels):
    table = np.zeros((truth.max() + 1, labels.max() + 1), np.int64)
    np.add.at(table, (truth.ravel(), labels.ravel()), 1)
    return adjusted_rand_index(table)


def test_pigments_are_told_apart_and_counted(page, trained):
    model, _ = trained
    labels = model.predict(page.cube)
    assert abs(len(np.unique(labels)) - 6) <= 1
    assert agreement(page.truth, labels) > 0.85


def test_the_silhouettes_behind_the_number_are_told_and_kept(trained, tmp_path):
    model, events = trained
    chosen = [event for event in events if isinstance(event, ClustersChosen)]
    # Before the first epoch and in the warm-up; later the number stays.
    assert len(chosen) == 1 + model.config.warm_up
    last = chosen[-1]
    assert last.counts == tuple(range(2, 13))
    assert last.scores[last.counts.index(last.chosen)] > max(last.scores) - 0.016
    active = [event.active for event in events if isinstance(event, EpochFinished)]
    assert active[-1] == last.chosen
    model.save(tmp_path)
    again = load_model(tmp_path)
    assert again.curve.chosen == last.chosen
    np.testing.assert_allclose(again.curve.scores, last.scores)
    assert again.clusters_asked == "auto"


def test_clusters_that_are_not_needed_stay_off_and_have_a_number(trained, page):
    model, _ = trained
    assert model.n_clusters == 12
    used = np.unique(model.predict(page.cube))
    assert set(used - 1) == set(np.flatnonzero(model.summary.active))


def test_denoised_counts_are_nearer_to_the_scene_than_the_scan(page, trained):
    model, _ = trained
    clean = simulate_xrf(size=(64, 64), bands=128, seed=1, difficulty=0).cube
    expected = clean.read(slice(None), slice(None)) / 10
    measured = page.cube.read(slice(None), slice(None))
    denoised = model.reconstruct(page.cube)
    given_back = denoised.read(slice(None), slice(None))
    assert np.abs(given_back - expected).mean() < 0.5 * np.abs(measured - expected).mean()
    assert denoised.name == "xrf_seed1_denoised"
    np.testing.assert_array_equal(denoised.wavelengths, page.cube.wavelengths)
    # As much light as before, not just a prettier spectrum.
    assert given_back.sum() == pytest.approx(measured.sum(), rel=0.03)


def test_a_window_of_the_denoised_scan_is_what_the_whole_one_shows(page, trained):
    denoised = trained[0].reconstruct(page.cube)
    whole = denoised.read(slice(None), slice(None))
    part = denoised.read(slice(10, 15), slice(3, 40), slice(20, 30))
    np.testing.assert_allclose(part, whole[20:30, 10:15, 3:40], rtol=1e-4, atol=1e-4)


def test_denoising_leaves_bad_bands_out_and_missing_pixels_missing():
    cube = simulate_scan(5, size=(32, 32), bands=20, seed=1).cube
    data = np.asarray(cube.data).copy()
    data[:, 3, 4] = np.nan
    cube = HyperCube(data, "leaf", cube.wavelengths, "nm", bad_bands=(0, 7))
    model = DeepSpectralClustering(clusters=3, epochs=1, steps=5, device="cpu").fit([cube])
    denoised = model.reconstruct(cube)
    assert denoised.n_bands == 18
    np.testing.assert_allclose(denoised.wavelengths, np.delete(cube.wavelengths, [0, 7]))
    window = denoised.read(slice(None), slice(None))
    missing = np.isnan(window).any(axis=0)
    assert missing[3, 4]
    assert missing.sum() == 1
    # Linear codes of leaves explain most of them from the first epoch.
    good = np.delete(data, [0, 7], axis=0)
    assert np.nanmean((window - good) ** 2) < 0.1 * np.nanvar(good)


@pytest.mark.parametrize("variant", ["ae", "vae"])
def test_both_autoencoders_learn_to_give_spectra_back(page, variant):
    model = DeepSpectralClustering(epochs=3, seed=2, variant=variant, steps=15, device="cpu")
    losses = [e.losses for e in model.fit_iter([page.cube]) if isinstance(e, EpochFinished)]
    assert losses[-1]["reconstruction"] < losses[0]["reconstruction"]
    assert {"discrepancy", "silhouette"} <= set(losses[-1])


def test_the_silhouette_term_makes_clusters_tighter(page):
    def last(weight):
        model = DeepSpectralClustering(
            clusters=6, epochs=5, steps=15, silhouette=weight, warm_up=1, device="cpu"
        )
        return [e for e in model.fit_iter([page.cube]) if isinstance(e, EpochFinished)][-1]

    assert last(10.0).losses["silhouette"] > last(0.0).losses["silhouette"] + 0.03


def test_counts_and_reflectance_are_told_apart_and_it_is_said():
    for cube, words in (
        (simulate_nebula(size=(32, 32), bands=64).cube, "Poisson"),
        (simulate_xrf(size=(32, 32), bands=64).cube, "Poisson"),
        (simulate_scan(3, size=(32, 32), bands=20).cube, "Gaussian"),
    ):
        model = DeepSpectralClustering(clusters=3, epochs=1, steps=2, device="cpu")
        said = [e.message for e in model.fit_iter([cube]) if isinstance(e, Notice)]
        assert any(words in message for message in said), cube.name


def test_whole_numbers_are_not_counts_of_photons_by_themselves():
    random = np.random.default_rng(0)
    photons = random.poisson(40, (20, 32, 32)).astype(np.float32)
    assert are_counts([photons])
    assert not are_counts([photons * 50])  # a gain: far more noise than Poisson's
    assert not are_counts([photons + 0.5])
    assert not are_counts([photons - 100])
    assert not are_counts([np.full((20, 32, 32), 4000, np.float32)])
    assert not are_counts([np.full((20, 4, 4), np.nan, np.float32)])


def test_bright_and_faint_places_of_one_material_look_alike():
    random = np.random.default_rng(1)
    common = 20 + 10 * np.sin(np.linspace(0, 3, 60))
    line = np.where(np.abs(np.arange(60) - 30) < 3, 1.0, 0)
    other = np.where(np.abs(np.arange(60) - 45) < 3, 1.0, 0)
    field = random.poisson(np.tile(common, (2000, 1))).astype(np.float32)
    few = random.poisson(common + np.outer(np.linspace(200, 400, 300), other))
    scale = SpectraScale.fit(np.concatenate([field, few]).astype(np.float32), counts=True)
    shown = [(common + amount * material) for material in (line, other) for amount in (300, 900)]
    inputs = scale.prepare(np.array(shown, np.float32)).inputs
    same = np.linalg.norm(inputs[2] - inputs[3])
    assert same < 0.5 * np.linalg.norm(inputs[0] - inputs[2])
    np.testing.assert_allclose(
        scale.restore(inputs, scale.prepare(np.array(shown, np.float32))), shown, rtol=0.05, atol=1
    )


def test_the_silhouette_term_is_the_silhouette_and_has_a_gradient():
    from sklearn.metrics import silhouette_samples

    random = np.random.default_rng(3)
    points = random.normal(size=(60, 3)) + np.repeat(np.eye(3) * 3, 20, axis=0)
    labels = np.repeat(np.arange(3), 20)
    codes = torch.tensor(points, requires_grad=True)
    found = silhouette(codes, torch.from_numpy(labels), 5)
    assert found.item() == pytest.approx(silhouette_samples(points, labels).mean(), abs=1e-6)
    found.backward()
    assert torch.isfinite(codes.grad).all()
    assert codes.grad.abs().sum() > 0
    one = silhouette(codes, torch.zeros(60, dtype=torch.long), 1)
    assert one.item() == 0


def test_the_discrepancy_is_small_for_normal_codes_and_large_for_a_point():
    normal = torch.randn((500, 4), generator=torch.Generator().manual_seed(0))
    alike = torch.randn((500, 4), generator=torch.Generator().manual_seed(1))
    assert discrepancy(alike, normal) < 0.01
    assert discrepancy(torch.zeros((500, 4)) + 2, normal) > 0.5


def test_the_poisson_deviance_is_least_at_the_rate_and_finite_without_counts():
    counts = torch.tensor([[0.0, 4.0, 100.0]])
    size = torch.ones((1, 1))
    roots = counts.sqrt().clone().requires_grad_()
    least = poisson_deviance(counts, roots, size)
    least.backward()
    assert torch.isfinite(roots.grad).all()
    for change in (-0.5, 0.5):
        assert poisson_deviance(counts, counts.sqrt() + change, size) > least


def test_three_heaps_are_three_clusters_with_numbers_that_stay():
    random = np.random.default_rng(4)
    heaps = np.repeat([[0, 0], [5, 0], [0, 5]], 100, axis=0)
    points = (heaps + random.normal(0, 0.4, (300, 2))).astype(np.float32)
    curve, centroids = silhouette_curve(points, range(2, 8), 0)
    assert curve.chosen == 3
    slots = np.array([4, 0, 2])
    turned = centroids[[2, 0, 1]]
    np.testing.assert_array_equal(keep_numbers(points, turned, slots, centroids, 6), [2, 4, 0])
    more = fit_centroids(points, 4, 1)
    numbers = keep_numbers(points, more, slots, centroids, 6)
    assert len(set(numbers.tolist())) == 4
    assert {0, 2, 4} < set(numbers.tolist())


def test_small_kinds_are_found_where_cutting_a_crowd_in_two_would_spread_less():
    random = np.random.default_rng(5)
    crowd = random.normal(0, 0.7, (3000, 5))
    small = [random.normal((6, side, 0, 0, 0), 0.2, (100, 5)) for side in (-2, 2)]
    points = np.concatenate([crowd, *small]).astype(np.float32)
    points = points[random.permutation(len(points))]
    kinds = (points[:, 0] > 3.5) * (1 + (points[:, 1] > 0))
    found = [agreement(kinds, assign(points, fit_centroids(points, 3, seed))) for seed in range(4)]
    # Starts are drawn, so that one may miss.
    assert np.median(found) > 0.99


def test_of_numbers_that_are_as_good_the_lowest_or_the_next_is_taken():
    random = np.random.default_rng(6)
    heaps = np.array([[0, 0], [5, 0], [0, 5], [5, 5]])
    points = (np.repeat(heaps, 300, axis=0) + random.normal(0, 0.3, (1200, 2))).astype(np.float32)
    curve, centroids = silhouette_curve(points[random.permutation(1200)], range(2, 8), 0)
    assert curve.chosen == 4
    assert len(centroids) == 4
    # A chain of alike heaps: however far it goes on, one step beyond the lowest is enough.
    line = np.repeat(np.arange(12) * 3.0, 100)[:, None] * [1, 0] + random.normal(0, 0.05, (1200, 2))
    curve, _ = silhouette_curve(line[random.permutation(1200)].astype(np.float32), range(2, 12), 0)
    good = curve.counts[curve.scores >= curve.scores.max() - 0.015]
    assert curve.chosen - good.min() in (0, 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"clusters": "some"}, "auto"),
        ({"variant": "gan"}, "ae, vae"),
        ({"samples": "grains"}, "counts"),
        ({"latent": 1}, "latent"),
        ({"learning_rate": float("nan")}, "learning rate"),
    ],
)
def test_options_out_of_range_are_refused_in_one_sentence(options, words):
    with pytest.raises(UserError, match=words) as refused:
        DeepSpectralClustering(**options)
    assert str(refused.value).endswith(".")
