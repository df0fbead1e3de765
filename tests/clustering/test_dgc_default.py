"""The default method: what a user relies on."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    Progress,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.clustering.storage import load_model
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.partition import Partition, build_tree


def scan(seed: int, rows: int = 40, columns: int = 36, bands: int = 12) -> HyperCube:
    """Three materials in blocks, with noise and column stripes."""
    random = np.random.default_rng(seed)
    spectra = np.random.default_rng(99).uniform(0.1, 0.9, (3, bands))
    place = np.zeros((rows, columns), int)
    place[:, columns // 2 :] = 1
    place[rows // 3 : rows // 3 + 5, columns // 4 : columns // 4 + 5] = 2
    data = spectra[place].transpose(2, 0, 1)
    stripes = random.normal(0, 0.02, (bands, 1, columns))
    noise = random.normal(0, 0.01, data.shape)
    return HyperCube(data=(data + stripes + noise).astype(np.float32), name=f"scan{seed}")


def small(**options: object) -> DeepGlobalClustering:
    chosen = {"clusters": 4, "epochs": 3, "steps": 2, "patch": 24, "prototypes": 16}
    return DeepGlobalClustering(**{**chosen, "sample": 2000, **options})  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cubes() -> list[HyperCube]:
    return [scan(1), scan(2)]


def test_finds_the_materials_on_every_scan(cubes: list[HyperCube]) -> None:
    model = small().fit(cubes)
    maps = [model.predict(cube) for cube in cubes]
    # The same number on both scans, different ones for the three materials.
    centres = [[int(m[5, 4]), int(m[30, 30]), int(m[15, 11])] for m in maps]
    assert centres[0] == centres[1]
    assert len(set(centres[0])) == 3
    assert model.summary is not None
    groups = Partition.fine(4, build_tree(model.summary)).cut(3)
    merged = groups.apply(maps[0])
    assert len({int(merged[5, 4]), int(merged[30, 30]), int(merged[15, 11])}) == 3


def test_events_of_a_run(cubes: list[HyperCube]) -> None:
    events = list(small().fit_iter(cubes))
    assert isinstance(events[0], TrainingStarted)
    assert events[-1] == TrainingFinished(3, stopped=False)
    maps = [event for event in events if isinstance(event, LabelsReady)]
    assert [(event.epoch, event.scan) for event in maps] == [
        (epoch, number) for epoch in range(4) for number in range(2)
    ]
    assert all(event.labels.shape == (40, 36) for event in maps)
    epochs = [event for event in events if isinstance(event, EpochFinished)]
    assert [event.epoch for event in epochs] == [1, 2, 3]
    assert all(np.isfinite(event.losses["surprise"]) for event in epochs)
    assert all(0 <= event.fraction <= 1 for event in events if isinstance(event, Progress))


def test_same_seed_same_bytes(cubes: list[HyperCube]) -> None:
    first, second = (small(seed=7).fit(cubes).predict(cubes[0]) for _ in range(2))
    assert first.tobytes() == second.tobytes()


def test_stopped_and_resumed_equals_uninterrupted(cubes: list[HyperCube], tmp_path) -> None:
    whole = small().fit(cubes)
    model = small()
    source = CancelSource()
    events = []
    for event in model.fit_iter(cubes, token=source.token):
        events.append(event)
        if isinstance(event, Progress) and event.stage == "epoch 2":
            source.cancel()
    assert events[-1] == TrainingFinished(1, stopped=True)
    # What was shown last is what the model says.
    shown = [event for event in events if isinstance(event, LabelsReady) and event.scan == 0][-1]
    np.testing.assert_array_equal(model.predict(cubes[0]), shown.labels)
    model.save(tmp_path / "model")
    again = load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.predict(cubes[1]), model.predict(cubes[1]))
    rest = list(again.fit_iter(cubes, resume=True))
    assert rest[0] == TrainingStarted("dgc", "cpu", 2, 1, 3, 4)
    assert again.epoch == 3
    np.testing.assert_array_equal(again.predict(cubes[0]), whole.predict(cubes[0]))
    assert again.summary is not None and whole.summary is not None
    np.testing.assert_array_equal(again.summary.adjacency, whole.summary.adjacency)


def test_more_epochs_on_a_loaded_model(cubes: list[HyperCube], tmp_path) -> None:
    small(epochs=1).fit(cubes).save(tmp_path)
    model = load_model(tmp_path)
    model.epochs = 3
    assert list(model.fit_iter(cubes, resume=True))[-1] == TrainingFinished(3, stopped=False)
    np.testing.assert_array_equal(model.predict(cubes[0]), small().fit(cubes).predict(cubes[0]))


def test_stopped_before_the_first_cluster(cubes: list[HyperCube], tmp_path) -> None:
    source = CancelSource()
    source.cancel()
    model = small()
    assert list(model.fit_iter(cubes, token=source.token))[-1] == TrainingFinished(0, stopped=True)
    with pytest.raises(UserError, match="nothing to save"):
        model.save(tmp_path / "model")
    with pytest.raises(UserError, match="not been trained"):
        model.predict(cubes[0])


def test_no_data_is_label_zero_and_nothing_else(cubes: list[HyperCube]) -> None:
    data = np.array(cubes[0].data)
    data[3, 7, 8] = np.nan
    data[:, 20:23, :] = -9999
    holed = HyperCube(data=data, name="holed", no_data=-9999)
    model = small().fit([holed, cubes[1]])
    labels = model.predict(holed)
    expected = np.zeros(labels.shape, bool)
    expected[7, 8] = True
    expected[20:23] = True
    np.testing.assert_array_equal(labels == 0, expected)


@pytest.mark.parametrize(("rows", "columns", "bands"), [(16, 16, 4), (16, 50, 1000), (7, 9, 5)])
def test_any_size_and_number_of_bands(rows: int, columns: int, bands: int) -> None:
    cube = scan(3, rows, columns, bands)
    model = small(epochs=1).fit([cube])
    labels = model.predict(cube)
    assert labels.shape == (rows, columns)
    assert labels.min() >= 1
    assert labels.max() <= 4


def test_tiles_do_not_show(cubes: list[HyperCube], monkeypatch) -> None:
    model = small().fit(cubes)
    whole = model.predict(cubes[0])
    monkeypatch.setattr("napari_dgc.clustering.dgc.pixel_model._TILE", 7)
    np.testing.assert_array_equal(model.predict(cubes[0]), whole)


def test_constant_scan_trains_without_a_crash() -> None:
    flat = HyperCube(data=np.full((5, 20, 20), 0.3, np.float32), name="flat")
    labels = small(epochs=1).fit([flat]).predict(flat)
    assert len(np.unique(labels)) == 1


def test_scans_of_different_cameras_are_refused(cubes: list[HyperCube]) -> None:
    other = scan(1, bands=20)
    with pytest.raises(UserError, match="bands"):
        small().fit([cubes[0], other])


@pytest.mark.parametrize("option", [{"clusters": 1}, {"clusters": 65}, {"epochs": 0}])
def test_bad_options_are_one_sentence(option: dict[str, int]) -> None:
    with pytest.raises(UserError, match="choose a value from"):
        small(**option)


def test_active_clusters_are_counted_without_maps_too() -> None:
    flat = HyperCube(data=np.full((5, 20, 20), 0.3, np.float32), name="flat")
    events = [e for e in small().fit_iter([flat], previews=False) if isinstance(e, EpochFinished)]
    assert [event.active for event in events] == [1, 1, 1]
