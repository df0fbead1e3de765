"""Noise-whitened features: noise has unit variance, stripes count as noise."""

import numpy as np
import pytest

from napari_dgc.clustering.noise import NoiseModel, sample_places
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError


def window(seed: int, noise: float = 0.02, bands: int = 6, stripes: float = 0.0):
    random = np.random.default_rng(seed)
    signal = np.zeros((bands, 32, 32))
    signal[:3, :, 16:] = 0.5
    signal[3:, 20:, :] = 0.3
    scale = noise * np.linspace(1, 3, bands)[:, None, None]
    column = stripes * random.normal(size=(bands, 1, 32))
    return (signal + column + scale * random.normal(size=signal.shape)).astype(np.float32)


def test_noise_has_unit_variance_in_the_features() -> None:
    model = NoiseModel.fit([window(seed) for seed in range(8)], exponent=0)
    flat = np.full((6, 32, 32), 0.2) + 0.02 * np.linspace(1, 3, 6)[
        :, None, None
    ] * np.random.default_rng(50).normal(size=(6, 32, 32))
    features = model.transform(flat.astype(np.float32))
    spread = features.std(axis=(1, 2))
    # Edges are trimmed, so the estimate is somewhat below the truth, for all features alike.
    assert spread.max() / spread.min() < 1.2
    assert 0.8 < spread.mean() < 1.6


def test_first_features_carry_the_signal() -> None:
    model = NoiseModel.fit([window(seed) for seed in range(8)], exponent=0)
    assert model.ratios[0] > 20
    assert (np.diff(model.ratios) <= 0).all()
    assert model.ratios[2] < 3


def test_stripes_are_noise() -> None:
    plain = NoiseModel.fit([window(seed) for seed in range(8)], exponent=0)
    striped = NoiseModel.fit([window(seed, stripes=0.1) for seed in range(8)], exponent=0)
    assert striped.ratios[0] < plain.ratios[0] / 3


def test_more_bands_than_pixels() -> None:
    random = np.random.default_rng(0)
    model = NoiseModel.fit([random.normal(size=(300, 5, 5)).astype(np.float32)])
    assert np.isfinite(model.transform(random.normal(size=(300, 2, 2)).astype(np.float32))).all()


def test_missing_pixels_do_not_count() -> None:
    holed = window(1)
    holed[:, 5:8] = np.nan
    model = NoiseModel.fit([holed, window(2)])
    assert np.isfinite(model.components).all()
    assert np.isfinite(model.mean).all()


def test_nothing_but_missing_pixels_is_one_sentence() -> None:
    with pytest.raises(UserError, match="too few neighbouring pixels"):
        NoiseModel.fit([np.full((4, 8, 8), np.nan, np.float32)])


def test_stored_model_is_the_same() -> None:
    model = NoiseModel.fit([window(1)])
    again = NoiseModel.from_tensors(model.tensors())
    np.testing.assert_array_equal(again.transform(window(3)), model.transform(window(3)))


def test_windows_do_not_grow_with_the_scans() -> None:
    def per_scan(scans: int) -> np.ndarray:
        # One array for all: only the number of scans counts here.
        cubes = [HyperCube(np.zeros((2, 64, 64), np.float32), "leaf")] * scans
        return np.bincount([scan for scan, _, _ in sample_places(cubes, seed=0)], minlength=scans)

    assert (per_scan(1) == 24).all()
    assert (per_scan(5) == 24).all()
    assert (per_scan(40) == 4).all()
    for scans in (41, 100, 999):
        count = per_scan(scans)
        assert count.sum() == 160, scans
        # None is seen much more than another, the last as the first.
        assert count.max() - count.min() <= 1
        assert abs(count[: scans // 2].sum() - 160 * (scans // 2) / scans) <= 1
