"""k-means and mixtures: what they find, what they read, how certain they are."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from napari_dgc.clustering import get_method
from napari_dgc.clustering.classical.fitted import Centroids, run
from napari_dgc.clustering.draws import draw_pixels
from napari_dgc.cubes import HyperCube
from napari_dgc.evaluation.metrics import adjusted_rand_index

NAMES = ("kmeans", "mnf-kmeans", "gmm")


def scan(seed=0, rows=40, columns=48, noise=0.02, bands=16):
    """Four materials in quarters; the truth is in `QUARTERS` of the same size."""
    spectra = np.random.default_rng(5).uniform(0.1, 0.9, (4, bands))
    data = spectra[quarters(rows, columns)].transpose(2, 0, 1)
    data = data + np.random.default_rng(seed).normal(0, noise, data.shape)
    return HyperCube(data.astype(np.float32), f"scan{seed}", np.linspace(400, 1000, bands), "nm")


def quarters(rows, columns):
    place = np.zeros((rows, columns), int)
    place[rows // 2 :] += 1
    place[:, columns // 2 :] += 2
    return place


def agreement(labels, truth):
    pairs = np.bincount(labels.ravel().astype(int) * 8 + truth.ravel(), minlength=64 * 4)
    return adjusted_rand_index(pairs.reshape(-1, 8).astype(np.int64))


class Counting:
    """Bands of a model that count the samples that are read."""

    def __init__(self):
        self.pixels = 0

    n_bands = 1
    good_bands = np.arange(1)

    def read(self, cube, rows, columns):
        window = cube.read(rows, columns)
        self.pixels += window[0].size
        return window


class Numbered:
    """A scan whose pixels hold their number, so that it can be told which were drawn."""

    def __new__(cls, rows, columns, first=0):
        data = np.arange(first, first + rows * columns, dtype=np.float32).reshape(1, rows, columns)
        return HyperCube(data, "numbered")


@pytest.mark.parametrize("name", NAMES)
def test_the_same_material_has_the_same_number_on_every_scan(name):
    cubes = [scan(0), scan(1, rows=30, columns=64)]
    model = get_method(name)(clusters=4, epochs=3).fit(cubes)
    maps = [model.predict(cube) for cube in cubes]
    truth = [quarters(40, 48), quarters(30, 64)]
    assert agreement(*(np.concatenate([m.ravel() for m in part]) for part in (maps, truth))) > 0.99


def test_raw_spectra_are_led_astray_by_a_noisy_band_and_whitened_ones_are_not():
    random = np.random.default_rng(2)
    cube = scan()
    data = cube.read(slice(None), slice(None)).copy()
    data[7] = random.normal(0, 3, data[7].shape)
    noisy = HyperCube(data, "noisy", np.linspace(400, 1000, 16), "nm")
    found = {
        name: agreement(
            get_method(name)(clusters=4, epochs=3).fit([noisy]).predict(noisy), quarters(40, 48)
        )
        for name in NAMES
    }
    assert found["kmeans"] < 0.5
    assert found["mnf-kmeans"] > 0.99
    assert found["gmm"] > 0.99


def test_a_mixture_divides_what_differs_in_spread_alone():
    random = np.random.default_rng(0)
    wide = np.zeros((40, 40), bool)
    wide[:, 20:] = True
    # Texture over blocks, so that it is no noise of the sensor.
    texture = random.normal(0, 1, (6, 10, 10)).repeat(4, axis=1).repeat(4, axis=2)
    data = 5 + texture * np.where(wide, 1.0, 0.02) + random.normal(0, 0.01, (6, 40, 40))
    cube = HyperCube(data.astype(np.float32), "texture")
    labels = get_method("gmm")(clusters=2, epochs=5).fit([cube]).predict(cube)
    assert agreement(labels, wide.astype(int)) > 0.9


def test_mini_batches_reach_nearly_what_all_pixels_at_once_do():
    points = np.random.default_rng(0).normal(size=(20_000, 5)).astype(np.float32)
    clusters = Centroids.start(points, 12, np.random.default_rng(1))
    for _ in range(8):
        clusters = run(clusters.refined(points))
    whole = KMeans(12, n_init=3, random_state=0).fit(points)
    best = Centroids(whole.cluster_centers_).figures(points)["unexplained"]
    assert clusters.figures(points)["unexplained"] < 1.03 * best


def test_small_scans_are_drawn_whole_each_pixel_once():
    cubes = [Numbered(33, 50), Numbered(20, 70, first=10_000)]
    drawn = run(draw_pixels(cubes, Counting(), lambda s: s.T, count=100_000, seed=(1,)))
    expected = np.concatenate([cube.read(slice(None), slice(None)).ravel() for cube in cubes])
    np.testing.assert_array_equal(np.sort(drawn.ravel()), np.sort(expected))


@pytest.mark.parametrize("scans", [1, 10, 100])
def test_what_is_read_does_not_grow_with_the_scans(scans):
    bands = Counting()
    cubes = [Numbered(400, 400, first=0)] * scans
    drawn = run(draw_pixels(cubes, bands, lambda s: s.T, count=5000, seed=(1,)))
    assert 4500 < len(drawn) <= 5000
    assert bands.pixels <= 161 * 32 * 32


def test_large_scans_are_drawn_evenly():
    cube = Numbered(640, 640)
    parts = [
        run(draw_pixels([cube], Counting(), lambda s: s.T, count=20_000, seed=(seed,))).ravel()
        for seed in range(20)
    ]
    rows, columns = np.divmod(np.concatenate(parts).astype(int), 640)
    for places in (rows, columns):
        counts = np.bincount(places // 160, minlength=4)
        assert counts.min() > 0.85 * counts.mean()
    assert set(parts[0]) != set(parts[1])


def test_larger_scans_give_more_pixels():
    cubes = [Numbered(320, 320), Numbered(320, 640, first=1_000_000)]
    drawn = run(draw_pixels(cubes, Counting(), lambda s: s.T, count=30_000, seed=(0,))).ravel()
    assert (drawn >= 1_000_000).mean() == pytest.approx(2 / 3, abs=0.05)


@pytest.mark.parametrize("name", NAMES)
def test_confidence_is_lower_where_labels_are_wrong(name):
    # So noisy that a good part of the pixels is labelled wrongly.
    cube = scan(noise=0.35 if name == "kmeans" else 0.3)
    truth = quarters(40, 48)
    model = get_method(name)(clusters=4, epochs=3).fit([cube])
    labels = model.predict(cube).astype(int)
    table = np.bincount(labels.ravel() * 4 + truth.ravel(), minlength=20).reshape(5, 4)
    right = table.argmax(axis=1)[labels] == truth
    values = model.predict_confidence(cube)
    assert 0.02 < 1 - right.mean() < 0.5
    assert values[right].mean() > values[~right].mean() + 0.05
    assert values.mean() == pytest.approx(right.mean(), abs=0.2)
