"""The epoch that the default method recommends: told, kept, stored, and no part of training."""

from pathlib import Path

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.events import EpochFinished, Progress, TrainingFinished
from napari_dgc.clustering.storage import load_model
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError


@pytest.fixture(scope="module")
def cube() -> HyperCube:
    random = np.random.default_rng(1)
    spectra = np.random.default_rng(99).uniform(0.1, 0.9, (3, 10))
    place = np.zeros((36, 32), int)
    place[:, 16:] = 1
    place[12:17, 6:11] = 2
    data = spectra[place].transpose(2, 0, 1) + random.normal(0, 0.02, (10, 1, 32))
    data += random.normal(0, 0.01, data.shape)
    return HyperCube(data=data.astype(np.float32), name="blocks")


def small(**options: object) -> DeepGlobalClustering:
    chosen = {"clusters": 4, "epochs": 3, "steps": 2, "patch": 24, "prototypes": 16}
    return DeepGlobalClustering(**{**chosen, "sample": 2000, **options})  # type: ignore[arg-type]


def test_recommended_epoch_can_be_doubted_least_and_is_kept(cube: HyperCube, tmp_path: Path):
    model = small(learning_rate=0.3)
    maps, values = {}, {}
    for event in model.fit_iter([cube], previews=False):
        if isinstance(event, EpochFinished):
            maps[event.epoch] = model.predict(cube)
            values[event.epoch] = event.losses["doubt"]
    assert isinstance(event, TrainingFinished)
    assert event.recommended_epoch == model.recommended_epoch
    best = min(values.values())
    assert values[event.recommended_epoch] == best
    assert 0 < best < 1
    model.save(tmp_path)
    again = load_model(tmp_path)
    assert isinstance(again, DeepGlobalClustering)
    assert again.recommended_epoch == event.recommended_epoch
    labels = np.zeros((36, 32), np.uint16)
    for _ in again.recommended_model().label_into(labels, cube, None):
        pass
    np.testing.assert_array_equal(labels, maps[event.recommended_epoch])
    # The state that training goes on from is another thing.
    np.testing.assert_array_equal(again.predict(cube), maps[3])


def test_stopped_and_resumed_recommends_the_same(cube: HyperCube, tmp_path: Path):
    whole = small().fit([cube])
    model = small()
    source = CancelSource()
    for event in model.fit_iter([cube], token=source.token):
        if isinstance(event, Progress) and event.stage == "epoch 2":
            source.cancel()
    assert isinstance(event, TrainingFinished)
    assert (event.stopped, event.epoch, event.recommended_epoch) == (True, 1, 1)
    model.save(tmp_path)
    again = load_model(tmp_path)
    assert isinstance(again, DeepGlobalClustering)
    for _ in again.fit_iter([cube], resume=True):
        pass
    assert again.recommended_epoch == whole.recommended_epoch
    held, wanted = again.recommended_model().arrays(), whole.recommended_model().arrays()
    for name in ("centroids.fine", "mean_shift.log_bandwidth"):
        np.testing.assert_array_equal(held[name], wanted[name], err_msg=name)


def test_nothing_is_recommended_before_the_first_epoch(cube: HyperCube):
    model = small()
    assert model.recommended_epoch is None
    with pytest.raises(UserError, match="No epoch is complete"):
        model.recommended_model()
    source = CancelSource()
    for event in model.fit_iter([cube], token=source.token):
        if isinstance(event, Progress) and event.stage == "epoch 1":
            source.cancel()
    assert isinstance(event, TrainingFinished)
    assert event.recommended_epoch is None


def test_a_scan_of_one_material_recommends_the_last_epoch():
    flat = HyperCube(data=np.full((5, 20, 20), 0.3, np.float32), name="flat")
    model = small(epochs=2).fit([flat])
    assert model.recommended_epoch == 2
