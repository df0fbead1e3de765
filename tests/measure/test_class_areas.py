"""Areas and mean spectra of classes."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube
from napari_dgc.measure import areas
from napari_dgc.measure.areas import class_areas


@pytest.fixture
def cube() -> HyperCube:
    data = np.random.default_rng(0).random((5, 12, 9)).astype(np.float32)
    data[2, 4, 4] = np.nan
    return HyperCube(data, "a", bad_bands=(1,))


@pytest.mark.parametrize("block", [1, 60, 10**6])
def test_means_and_deviations_are_those_of_the_pixels(
    cube: HyperCube, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(areas, "_BLOCK_SAMPLES", block)
    labels = np.random.default_rng(1).integers(0, 4, (12, 9)).astype(np.uint16)
    labels[4, 4] = 2
    found = class_areas(cube, labels, 5)
    assert found.pixels.tolist() == [*np.bincount(labels.ravel(), minlength=4)[1:], 0, 0]
    assert np.isnan(found.means[:, 1]).all()
    assert np.isnan(found.means[3:]).all()
    usable = labels.copy()
    usable[4, 4] = 0  # a pixel with a missing sample counts as area, not in spectra
    for label in (1, 2, 3):
        spectra = np.asarray(cube.data[[0, 2, 3, 4]])[:, usable == label]
        good = [0, 2, 3, 4]
        assert found.means[label - 1, good] == pytest.approx(spectra.mean(axis=1), rel=1e-5)
        assert found.deviations[label - 1, good] == pytest.approx(spectra.std(axis=1), rel=1e-4)


def test_a_map_of_another_size_is_refused(cube: HyperCube) -> None:
    with pytest.raises(ValueError, match="the map is"):
        class_areas(cube, np.ones((9, 12), np.uint16), 1)


def test_measuring_can_be_stopped(cube: HyperCube) -> None:
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        class_areas(cube, np.ones((12, 9), np.uint16), 1, token=source.token)
