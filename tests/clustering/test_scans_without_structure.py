"""Scans of one value or of nothing but noise train without a numerical warning."""

import warnings

import numpy as np
import pytest

from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.noise import NoiseModel
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.read import open_cube
from napari_dgc.samples import maize_kernels


def constant(value: float, bands: int) -> HyperCube:
    """A spectrum that is the same in every pixel; its samples are no round numbers."""
    spectrum = (value * np.linspace(0.5, 1, bands)).astype(np.float32)
    return HyperCube(data=np.tile(spectrum[:, None, None], (1, 31, 43)), name="constant")


def noise(bands: int) -> HyperCube:
    random = np.random.default_rng(3)
    return HyperCube(
        data=random.normal(0.3, 0.01, (bands, 40, 40)).astype(np.float32), name="noise"
    )


SCANS = {
    "reflectance": lambda: constant(0.3, 20),
    "counts": lambda: constant(4095, 101),
    "zero": lambda: constant(0, 20),
    "noise": lambda: noise(20),
    "noise in 301 bands": lambda: noise(301),
    "maize kernel": lambda: open_cube(maize_kernels()),
}


@pytest.mark.parametrize("scan", SCANS)
def test_training_gives_no_warning_and_finite_features(scan: str) -> None:
    cube = SCANS[scan]()
    model = DeepGlobalClustering(clusters=16, epochs=1, steps=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        labels = model.fit([cube]).predict(cube)
        confidence = model.predict_confidence(cube)
    assert model.model is not None
    features, _ = model.model.space.read(cube, slice(None), slice(None))
    assert np.isfinite(features).all()
    assert np.isfinite(confidence[labels > 0]).all()
    if cube.name == "constant":
        assert np.unique(labels).tolist() == [1]


@pytest.mark.parametrize(("value", "bands"), [(0.3, 20), (4095.0, 101), (1e9, 101)])
def test_rounding_of_a_constant_scan_is_no_signal(value: float, bands: int) -> None:
    data = np.asarray(constant(value, bands).data)
    features = NoiseModel.fit([data]).transform(data)
    # In standard deviations of the noise.
    assert np.abs(features).max() < 10
