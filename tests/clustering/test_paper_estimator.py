"""The paper's method through the estimator interface, on scans small enough for tests."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering import get_method
from napari_dgc.clustering.dgc_paper.config import PaperConfig
from napari_dgc.clustering.dgc_paper.estimator import PaperDGC
from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    Notice,
    Progress,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.clustering.storage import load_model
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

QUICK = replace(
    PaperConfig.held_apart(),
    patch=12,
    batch=2,
    steps_per_epoch=3,
    dimensions=8,
    shift_iterations=2,
    tile=16,
)


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def scan(rows=24, columns=30, bands=6, seed=0, name="scan", wavelengths=True):
    """Left and right half with different spectra, a little noise."""
    random = np.random.default_rng(seed)
    slope = np.linspace(0, 1, bands)[:, None, None]
    data = np.where(np.arange(columns) < columns // 2, slope, 1 - slope)
    data = np.broadcast_to(data, (bands, rows, columns)) * 0.5
    data = (data + 0.02 * random.standard_normal(data.shape)).astype(np.float32)
    centres = np.linspace(400, 1000, bands) if wavelengths else None
    return HyperCube(data, name, centres, "nm" if wavelengths else None)


def quick(**options):
    options = {"clusters": 4, "epochs": 2, "seed": 1, "device": "cpu", "config": QUICK} | options
    return PaperDGC(**options)


def test_a_run_tells_what_happens_in_order():
    cubes = [scan(seed=0), scan(seed=1, rows=20)]
    model = quick()
    events = list(model.fit_iter(cubes))
    assert events[0] == TrainingStarted("dgc-paper", "cpu", 2, 0, 2, 4)
    assert events[-1] == TrainingFinished(2, stopped=False)
    maps = [event for event in events if isinstance(event, LabelsReady)]
    assert [(event.scan, event.epoch) for event in maps] == [(0, 1), (1, 1), (0, 2), (1, 2)]
    assert maps[3].labels.shape == (20, 30)
    epochs = [event for event in events if isinstance(event, EpochFinished)]
    assert [event.epoch for event in epochs] == [1, 2]
    assert set(epochs[0].losses) == {
        "compactness",
        "orthogonality",
        "balance",
        "uniform_assignment",
        "consistency",
        "total",
    }
    weights = QUICK.weights
    for event in epochs:
        total = sum(weights[name] * event.losses[name] for name in weights)
        assert event.losses["total"] == pytest.approx(total, rel=1e-4)
        of_epoch = [entry.labels for entry in maps if entry.epoch == event.epoch]
        assert event.active == len(set(np.unique(np.concatenate(of_epoch))) - {0})
    assert all(0 <= event.fraction <= 1 for event in events if isinstance(event, Progress))
    for index, cube in enumerate(cubes):
        np.testing.assert_array_equal(maps[2 + index].labels, model.predict(cube))
    assert model.epoch == 2
    assert model.summary.pixels.sum() == 24 * 30 + 20 * 30


def test_without_previews_there_are_no_maps_but_a_summary():
    model = quick(epochs=1)
    events = list(model.fit_iter([scan()], previews=False))
    assert not any(isinstance(event, LabelsReady) for event in events)
    assert sum(isinstance(event, EpochFinished) for event in events) == 1
    assert model.summary.n_clusters == 4


def test_different_materials_get_different_clusters():
    config = replace(QUICK, steps_per_epoch=10)
    labels = quick(config=config).fit([scan()]).predict(scan())
    left, right = set(np.unique(labels[:, :12])), set(np.unique(labels[:, 18:]))
    assert not left & right


def test_same_seed_gives_the_same_bytes_and_leaves_the_random_state_alone():
    before = torch.random.get_rng_state()
    first = quick().fit([scan()]).predict(scan())
    torch.testing.assert_close(torch.random.get_rng_state(), before)
    torch.manual_seed(5)
    np.random.seed(5)  # noqa: NPY002
    assert quick().fit([scan()]).predict(scan()).tobytes() == first.tobytes()
    torch.random.set_rng_state(before)


def weights_of(model):
    return {name: value.copy() for name, value in model._model.tensors().items()}


@pytest.mark.parametrize("stop_after", [1, 3, 4])
@pytest.mark.parametrize("through_disk", [False, True])
def test_stopped_and_resumed_equals_uninterrupted(stop_after, through_disk, tmp_path):
    cubes = [scan(seed=0), scan(seed=1)]
    whole = quick().fit(cubes)
    source = CancelSource()
    model = quick()
    steps = 0
    for event in model.fit_iter(cubes, token=source.token):
        if isinstance(event, Progress) and event.stage == "training":
            steps += 1
            if steps == stop_after:
                source.cancel()
    assert isinstance(event, TrainingFinished)
    assert event.stopped
    assert model.epoch == stop_after // 3
    if through_disk:
        model.save(tmp_path)
        model = load_model(tmp_path)
    events = list(model.fit_iter(cubes, resume=True))
    assert events[0].epoch == stop_after // 3
    assert events[-1] == TrainingFinished(2, stopped=False)
    expected = weights_of(whole)
    for name, value in weights_of(model).items():
        np.testing.assert_array_equal(value, expected[name], err_msg=name)


def test_stop_within_the_first_epoch_leaves_something_to_work_with(tmp_path):
    source = CancelSource()
    model = quick()
    events = []
    for event in model.fit_iter([scan()], token=source.token):
        events.append(event)
        if isinstance(event, Progress) and event.stage == "training":
            source.cancel()
    assert events[-1] == TrainingFinished(0, stopped=True)
    assert any(isinstance(event, LabelsReady) for event in events)
    assert model.summary is not None
    assert set(np.unique(model.predict(scan()))) <= {1, 2, 3, 4}
    model.save(tmp_path)
    assert load_model(tmp_path).epoch == 0


def test_stop_before_the_first_step_and_during_prediction():
    source = CancelSource()
    source.cancel()
    events = list(quick().fit_iter([scan()], token=source.token))
    assert events[-1] == TrainingFinished(0, stopped=True)
    with pytest.raises(InterruptedError):
        quick(epochs=1).fit([scan()]).predict(scan(), token=source.token)


def test_saved_and_loaded_gives_the_same_labels_and_summary(tmp_path):
    model = quick().fit([scan()])
    model.save(tmp_path)
    again = load_model(tmp_path)
    assert isinstance(again, get_method("dgc-paper"))
    assert again.config == QUICK
    assert again.predict(scan(seed=7)).tobytes() == model.predict(scan(seed=7)).tobytes()
    np.testing.assert_array_equal(again.summary.adjacency, model.summary.adjacency)
    np.testing.assert_array_equal(again.summary.spectra, model.summary.spectra)


def test_a_damaged_model_is_refused_in_one_sentence(tmp_path):
    quick(epochs=1).fit([scan()]).save(tmp_path)
    path = tmp_path / "model.json"
    text = path.read_text()
    for old, new in [('"n_bands": 6', '"n_bands": 2'), ('"dimensions": 8', '"dimensions": 9')]:
        assert old in text
        path.write_text(text.replace(old, new))
        with pytest.raises(UserError, match="damaged"):
            load_model(tmp_path)


def test_pixels_without_data_are_labelled_0_and_do_not_disturb():
    cube = scan()
    cube.data[:, 5:9, 3:8] = np.nan
    cube.data[2, 20, 20] = np.inf
    model = quick().fit([cube])
    labels = model.predict(cube)
    missing = ~np.isfinite(cube.data).all(axis=0)
    np.testing.assert_array_equal(labels == 0, missing)
    assert model.summary.pixels.sum() == (~missing).sum()
    with pytest.raises(UserError, match="no pixels with data"):
        quick().fit([HyperCube(np.full((4, 16, 16), np.nan, np.float32), "empty")])


@pytest.mark.parametrize("bands", [4, 1000])
def test_tiny_scans_with_few_or_many_bands(bands):
    cube = scan(16, 16, bands)
    labels = quick(epochs=1, config=replace(QUICK, patch=64)).fit([cube]).predict(cube)
    assert labels.shape == (16, 16)
    assert labels.min() >= 1


def test_labels_do_not_depend_on_the_tiles():
    cube = scan(50, 41, seed=3)
    model = quick().fit([cube])
    tiled = model.predict(cube)
    model._model.config = replace(QUICK, tile=4096)
    np.testing.assert_array_equal(tiled, model.predict(cube))


def test_other_bands_are_interpolated_and_unfit_ones_refused():
    model = quick().fit([scan(bands=61)])
    fine = scan(bands=61, seed=4)
    doubled = np.empty((121, 24, 30), np.float32)
    doubled[::2] = fine.data
    doubled[1::2] = (fine.data[1:] + fine.data[:-1]) / 2
    finer = HyperCube(doubled, "finer", np.linspace(400, 1000, 121), "nm")
    np.testing.assert_array_equal(model.predict(fine), model.predict(finer))
    np.testing.assert_array_equal(
        model.predict(fine), model.predict(fine.with_wavelengths(fine.wavelengths / 1e3, "um"))
    )
    with pytest.raises(UserError, match="wavelengths are unknown"):
        model.predict(scan(bands=7, wavelengths=False))


def test_a_step_without_a_number_is_left_out_and_told():
    cube = scan()
    model = quick(epochs=1)
    run = model.fit_iter([cube])
    events = []
    broken = None
    for event in run:
        events.append(event)
        if isinstance(event, Progress) and event.stage == "training" and broken is None:
            broken = model._model.memory.centroids.clone()
            model._model.memory.centroids = broken * torch.nan
        elif broken is not None and isinstance(event, Progress) and event.stage == "training":
            model._model.memory.centroids = broken
    notices = [event.message for event in events if isinstance(event, Notice)]
    assert any("1 of 3 steps of epoch 1" in message for message in notices)
    assert np.isfinite(model._model.tensors()["parameter.encoder.spectral.0.weight"]).all()


def test_collapse_is_told_once():
    # A cube of one material: nothing can hold the clusters apart.
    flat = HyperCube(np.full((5, 20, 20), 0.3, np.float32), "flat")
    events = list(quick(epochs=3).fit_iter([flat]))
    notices = [event for event in events if isinstance(event, Notice)]
    assert len(notices) == 1
    assert "collapsed" in notices[0].message


def test_published_weights_run_into_one_point_and_others_do_not():
    def notices(**weights):
        config = replace(QUICK, steps_per_epoch=20, learning_rate=1e-2, **weights)
        events = quick(config=config).fit_iter([scan()], previews=False)
        return [event.message for event in events if isinstance(event, Notice)]

    published = PaperConfig().weights
    assert any("nearly the same" in message for message in notices(**published))
    assert not notices()


def test_bad_options_are_refused():
    for options in ({"clusters": 1}, {"clusters": 5000}, {"epochs": 0}, {"seed": -1}):
        with pytest.raises(UserError):
            PaperDGC(**options)
    with pytest.raises(UserError, match="learning_rate"):
        PaperConfig(learning_rate=7.0)
    with pytest.raises(UserError, match="train it"):
        quick().predict(scan())
