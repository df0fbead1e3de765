"""K is a limit: clusters that the scans do not need are off, and do not flicker."""

import numpy as np
import pytest

from napari_dgc.clustering.dgc.centroids import Centroids
from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.dgc.need import Need
from napari_dgc.clustering.events import EpochFinished
from napari_dgc.clustering.storage import load_model
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

NEED = Need(distance=3.0, pixels=6)


def fit(points: np.ndarray, clusters: int, before: Centroids | None = None) -> Centroids:
    return Centroids.fit(
        points.astype(np.float32),
        prototypes=32,
        clusters=clusters,
        generator=np.random.default_rng(0),
        before=before,
        need=NEED,
    )


def blobs(*blobs_of: tuple[int, float, float], spread: float = 0.3) -> np.ndarray:
    """(pixels, x, y) of each material, in standard deviations of the noise."""
    random = np.random.default_rng(1)
    return np.concatenate(
        [[x, y] + spread * random.normal(size=(count, 2)) for count, x, y in blobs_of]
    )


def test_noise_alone_is_one_cluster() -> None:
    assert fit(blobs((4000, 0, 0), spread=1.0), 16).active.sum() == 1


def test_as_many_clusters_as_materials() -> None:
    centroids = fit(blobs((2000, 0, 0), (1000, 20, 0), (40, 0, 20)), 16)
    assert centroids.fine.shape[0] == 16
    # The largest first, those that are off last.
    np.testing.assert_array_equal(np.flatnonzero(centroids.active), [0, 1, 2])


def test_odd_pixels_take_no_place_from_a_material() -> None:
    # Farther from everything than the third material, but three pixels only.
    points = blobs((2000, 0, 0), (1000, 20, 0), (40, 0, 20), (3, 200, 200))
    labels = fit(points, 3).assign(points.astype(np.float32))
    assert len({int(np.median(labels[i])) for i in (0, 2500, slice(3000, 3040))}) == 3


def test_a_cluster_at_the_limit_neither_comes_nor_goes() -> None:
    def apart(distance: float) -> np.ndarray:
        return blobs((2000, 0, 0), (1000, distance, 0))

    near, between, far = apart(1.4), apart(2.4), apart(3.6)
    one = fit(between, 4)
    assert one.active.sum() == 1
    assert fit(between, 4, before=one).active.sum() == 1
    two = fit(far, 4, before=one)
    assert two.active.sum() == 2
    kept = fit(between, 4, before=two)
    np.testing.assert_array_equal(kept.active, two.active)
    assert fit(near, 4, before=kept).active.sum() == 1


def test_numbers_stay_when_a_cluster_goes_off() -> None:
    points = blobs((2000, 0, 0), (1000, 20, 0), (400, 0, 20))
    first = fit(points, 6)
    second = fit(points[np.r_[:2000, 3000:3400]], 6, before=first)
    np.testing.assert_array_equal(np.flatnonzero(second.active), [0, 2])
    # A new material takes a number that meant nothing.
    third = fit(np.concatenate([points, blobs((300, 30, 30))]), 6, before=first)
    np.testing.assert_array_equal(np.flatnonzero(third.active), [0, 1, 2, 3])
    np.testing.assert_allclose(third.fine[:3], first.fine[:3], atol=0.2)


def two_materials() -> HyperCube:
    random = np.random.default_rng(4)
    data = np.full((8, 30, 44), 0.2)
    data[:, :, 20:] = np.linspace(0.3, 0.8, 8)[:, None, None]
    return HyperCube(data=(data + random.normal(0, 0.01, data.shape)).astype(np.float32), name="2")


def test_number_of_active_clusters_is_reported_and_kept(tmp_path) -> None:
    cube = two_materials()
    model = DeepGlobalClustering(clusters=32, epochs=2, steps=2, patch=16, prototypes=64)
    epochs = [e for e in model.fit_iter([cube]) if isinstance(e, EpochFinished)]
    assert epochs[-1].active == len(np.unique(model.predict(cube)))
    assert epochs[-1].active <= 6
    model.save(tmp_path)
    again = load_model(tmp_path)
    assert isinstance(again, DeepGlobalClustering)
    assert model.model is not None and again.model is not None
    assert model.model.centroids is not None and again.model.centroids is not None
    np.testing.assert_array_equal(again.model.centroids.active, model.model.centroids.active)
    assert again.summary is not None
    assert again.summary.active.sum() == epochs[-1].active
    assert np.isfinite(again.predict_confidence(cube)).all()


def test_odd_pixels_of_a_small_scan_make_no_cluster() -> None:
    # Windows overlap, so that each pixel is in the sample many times.
    cube = two_materials()
    data = np.array(cube.data)
    data[:, 5, 5] = 3.0
    model = DeepGlobalClustering(
        clusters=4, epochs=1, steps=2, patch=16, prototypes=64, least_patch=0
    )
    labels = model.fit([HyperCube(data=data, name="odd")]).predict(cube)
    odd = model.predict(HyperCube(data=data, name="odd"))[5, 5]
    assert (labels == odd).sum() > 20


@pytest.mark.parametrize(
    "option", [{"least_distance": -1.0}, {"least_pixels": 2000}, {"least_patch": -1}]
)
def test_options_out_of_range_are_one_sentence(option: dict[str, float]) -> None:
    with pytest.raises(UserError, match="choose a value from"):
        DeepGlobalClustering(**option)  # type: ignore[arg-type]
