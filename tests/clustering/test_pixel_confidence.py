"""Confidence: what it means, that it is calibrated, and that a user can rely on it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering import confidence
from napari_dgc.clustering.dgc import pixel_model
from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.dgc_paper.estimator import PaperDGC
from napari_dgc.clustering.storage import load_model
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError


def scan(seed: int, rows: int = 48, columns: int = 40, bands: int = 12) -> HyperCube:
    """Two materials with an oblique border, four sub-pixels across, blurred and noisy."""
    random = np.random.default_rng(seed)
    spectra = np.random.default_rng(99).uniform(0.1, 0.9, (2, bands))
    i, j = np.indices((4 * rows, 4 * columns))
    second = (j + 0.31 * i > 2.6 * columns).reshape(rows, 4, columns, 4).mean(axis=(1, 3))
    data = spectra[0, :, None, None] * (1 - second) + spectra[1, :, None, None] * second
    data = gaussian_filter(data, (0, 0.6, 0.6))
    noise = random.normal(0, 0.02, data.shape)
    cube = (data + noise).astype(np.float32)
    cube[:, :2, :3] = np.nan
    return HyperCube(data=cube, name=f"scan{seed}")


def small(**options: object) -> DeepGlobalClustering:
    chosen = {"clusters": 4, "epochs": 2, "steps": 2, "patch": 24, "prototypes": 16}
    return DeepGlobalClustering(**{**chosen, "sample": 2000, **options})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cubes() -> list[HyperCube]:
    return [scan(1), scan(2)]


@pytest.fixture(scope="module")
def model(cubes: list[HyperCube]) -> DeepGlobalClustering:
    return small(clusters=2).fit(cubes)


def test_memberships_are_a_softmax_over_squared_distances() -> None:
    squared = np.array([[0.0, 4.0], [9.0, 9.0]], np.float32)
    found = confidence.memberships(squared, 2.0)
    np.testing.assert_allclose(found[0], [1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))], rtol=1e-6)
    np.testing.assert_allclose(found[1], 0.5)


def test_half_and_half_is_a_coin_toss_and_the_ends_are_symmetric() -> None:
    found = confidence.second_side(np.array([0.5, 0.25, 0.75, -3, 7], np.float32), 8.0)
    assert found[0] == 0.5
    np.testing.assert_allclose(found[2], 1 / (1 + np.exp(-2.0)), rtol=1e-6)
    np.testing.assert_allclose(found[1] + found[2], 1, rtol=1e-6)
    np.testing.assert_allclose(found[3:], [1 / (1 + np.exp(4)), 1 / (1 + np.exp(-4))], rtol=1e-5)


def test_clusters_of_one_class_do_not_compete() -> None:
    probabilities = np.array([[0.4, 0.35, 0.25]], np.float32)
    labels = np.array([1], np.uint16)
    assert confidence.of_classes(probabilities, labels, None)[0] == np.float32(0.4)
    together = confidence.of_classes(probabilities, labels, np.array([0, 1, 1, 3]))
    np.testing.assert_allclose(together, 0.75)
    everything = confidence.of_classes(probabilities, labels, np.array([0, 1, 1, 1]))
    np.testing.assert_allclose(everything, 1)


def test_temperature_that_made_the_labels_is_found() -> None:
    random = np.random.default_rng(0)
    squared = (random.normal(0, 3, (20_000, 3)) ** 2).astype(np.float32)
    chances = confidence.memberships(squared, 3.0)
    drawn = (random.random((20_000, 1)) > chances.cumsum(axis=1)).sum(axis=1).clip(max=2)
    assert confidence.fit_temperature(squared, drawn) == pytest.approx(3.0, rel=0.05)


@pytest.mark.parametrize("slope", [4.0, 25.0, 120.0])
def test_slope_that_made_the_sides_is_found(slope: float) -> None:
    random = np.random.default_rng(1)
    position = random.random(20_000).astype(np.float32)
    second = random.random(20_000) < confidence.second_side(position, slope)
    assert confidence.fit_slope(position, second) == pytest.approx(slope, rel=0.1)


def test_a_sample_without_errors_claims_no_certainty() -> None:
    position = np.array([0.2, 0.9, 0.6], np.float32)
    slope = confidence.fit_slope(position, position > 0.5)
    assert 20 < slope < 100
    assert confidence.fit_slope(position[:0], position[:0] > 0) == 20


def test_second_look_has_half_the_resolution_and_all_of_the_noise() -> None:
    random = np.random.default_rng(2)
    features = random.standard_normal((3, 4, 61, 80)).astype(np.float32) + 5
    valid = np.ones((3, 61, 80), bool)
    valid[0, 0, 0] = False
    seen, known = confidence.halve(features, valid, random)
    assert seen.shape == (3, 4, 30, 40)
    assert (~known).sum() == 1
    assert not known[0, 0, 0]
    assert (seen[0, :, 0, 0] == 0).all()
    assert seen[1:].std() == pytest.approx(1, rel=0.02)
    assert seen[1:].mean() == pytest.approx(5, rel=0.01)


def test_doubt_is_at_the_border_and_nowhere_else(
    model: DeepGlobalClustering, cubes: list[HyperCube]
) -> None:
    values, labels = model.predict_confidence(cubes[0]), model.predict(cubes[0])
    assert values.dtype == np.float32
    assert np.array_equal(np.isnan(values), labels == 0)
    known = values[labels > 0]
    assert 0 <= known.min() < 0.9
    assert known.max() <= 1
    # Two pixels away from where the label changes everything is certain.
    wide = np.pad(labels, 3, mode="edge")
    near = np.array(
        [np.roll(wide, (i, j), (0, 1)) != wide for i in (-3, 0, 3) for j in (-3, 0, 3)]
    ).any(axis=0)[3:-3, 3:-3]
    assert np.nanmin(values[~near]) > 0.95
    assert np.nanmin(values[near]) < 0.9


def test_doubt_is_about_as_frequent_as_error(model: DeepGlobalClustering) -> None:
    i, j = np.indices((4 * 48, 4 * 40))
    second = (j + 0.31 * i > 2.6 * 40).reshape(48, 4, 40, 4).mean(axis=(1, 3)) > 0.5
    expected = errors = 0.0
    for seed in range(7, 13):
        new = scan(seed)
        labels, values = model.predict(new), model.predict_confidence(new)
        truth = np.where(second, labels[-1, -1], labels[-1, 0])
        errors += (labels != truth)[labels > 0].sum()
        expected += np.nansum(1 - values)
    # A few of the five hundred mixed pixels of these scans.
    assert errors > 0
    assert errors / 4 < expected < 4 * errors


def test_one_class_is_certain_everywhere(
    model: DeepGlobalClustering, cubes: list[HyperCube]
) -> None:
    values = model.predict_confidence(cubes[0], groups=np.array([0, 1, 1]))
    np.testing.assert_allclose(values[np.isfinite(values)], 1, rtol=1e-5)


def test_a_class_shown_instead_of_the_likely_one_is_doubtful() -> None:
    random = np.random.default_rng(8)
    data = np.full((8, 40, 44), 0.2)
    data[:, :, 20:] = np.linspace(0.3, 0.8, 8)[:, None, None]
    spotted = data.copy()
    spotted[:, 10:16, 30:36] = np.linspace(0.9, 0.1, 8)[:, None, None]
    # One pixel makes no patch: its material does not count as present in this scan.
    data[:, 12, 8] = np.linspace(0.9, 0.1, 8)
    lesion, odd = (
        HyperCube(data=(d + random.normal(0, 0.01, d.shape)).astype(np.float32), name="scan")
        for d in (spotted, data)
    )
    model = small(clusters=3).fit([lesion])
    shown, values = model.predict(odd), model.predict_confidence(odd)
    model.config = replace(model.config, least_patch=0)
    likely, before = model.predict(odd), model.predict_confidence(odd)
    np.testing.assert_array_equal(np.argwhere(shown != likely), [[12, 8]])
    assert before[12, 8] > 0.9
    assert values[12, 8] <= 0.5
    same = shown == likely
    np.testing.assert_array_equal(values[same], before[same])
    # Where both are of one class nothing was changed.
    groups = np.arange(4)
    groups[likely[12, 8]] = shown[12, 8]
    model.config = replace(model.config, least_patch=3)
    assert model.predict_confidence(odd, groups=groups)[12, 8] > 0.9


def test_tiles_do_not_show(
    model: DeepGlobalClustering, cubes: list[HyperCube], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = model.predict_confidence(cubes[0])
    monkeypatch.setattr(pixel_model, "_TILE", 16)
    np.testing.assert_allclose(model.predict_confidence(cubes[0]), whole, atol=1e-4)


def test_saved_resumed_and_repeated_are_the_same(cubes: list[HyperCube], tmp_path) -> None:
    whole = small(epochs=2).fit(cubes)
    expected = whole.predict_confidence(cubes[0])
    first = small(epochs=1).fit(cubes)
    first.save(tmp_path)
    again = load_model(tmp_path)
    np.testing.assert_array_equal(
        again.predict_confidence(cubes[0]), first.predict_confidence(cubes[0])
    )
    again.epochs = 2
    for _ in again.fit_iter(cubes, resume=True, previews=False):
        pass
    np.testing.assert_array_equal(again.predict_confidence(cubes[0]), expected)


def test_stops_and_refuses(model: DeepGlobalClustering, cubes: list[HyperCube]) -> None:
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        model.predict_confidence(cubes[0], token=source.token)
    with pytest.raises(UserError, match="needs 3, the first one for no data"):
        model.predict_confidence(cubes[0], groups=np.array([0, 1]))
    with pytest.raises(UserError, match="not been trained"):
        small().predict_confidence(cubes[0])


def test_paper_method_gives_its_soft_assignment(cubes: list[HyperCube]) -> None:
    paper = PaperDGC(clusters=3, epochs=1)
    with pytest.raises(UserError, match="not been trained"):
        paper.predict_confidence(cubes[0])
    paper.fit(cubes)
    values, labels = paper.predict_confidence(cubes[0]), paper.predict(cubes[0])
    assert np.array_equal(np.isnan(values), labels == 0)
    assert np.nanmin(values) >= 1 / 3 - 1e-6
    everything = paper.predict_confidence(cubes[0], groups=np.array([0, 1, 1, 1]))
    np.testing.assert_allclose(everything[labels > 0], 1, rtol=1e-5)
