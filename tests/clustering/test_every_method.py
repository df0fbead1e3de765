"""What every method keeps to, whatever it does: run against all that are registered."""

import json
import re
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from napari_dgc.cancel import CancelSource
from napari_dgc.cli import main
from napari_dgc.clustering import Clusterer, get_method, method_names
from napari_dgc.clustering.dgc_paper.config import PaperConfig
from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    Progress,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.clustering.storage import load_model, write_model
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.errors import UserError
from napari_dgc.partition import Partition, build_tree

#: Options with which a method is done in a moment; a method without any is tested as it is.
QUICK: dict[str, dict[str, Any]] = {
    "dgc": {"steps": 2, "patch": 16, "batch": 1, "prototypes": 16, "sample": 2000},
    "dgc-paper": {
        "config": replace(
            PaperConfig.held_apart(),
            patch=12,
            batch=1,
            steps_per_epoch=3,
            dimensions=8,
            shift_iterations=1,
        )
    },
    "kmeans": {"sample": 2000},
    "mnf-kmeans": {"sample": 2000},
    "gmm": {"sample": 2000},
    "dsc": {"sample": 2000, "steps": 4, "width": 16, "batch": 64, "warm_up": 1},
}
METHODS = pytest.mark.parametrize("method", method_names())


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def quick(method: str, **options: Any) -> Clusterer:
    chosen = {"clusters": 4, "epochs": 2, "seed": 1, "device": "cpu"}
    return get_method(method)(**(chosen | QUICK.get(method, {}) | options))


def scan(rows: int = 24, columns: int = 20, bands: int = 8, seed: int = 0) -> HyperCube:
    """Three materials, stripes and noise; some pixels without data."""
    spectra = np.random.default_rng((bands, 99)).uniform(0.1, 0.9, (3, bands))
    place = np.zeros((rows, columns), int)
    place[:, columns // 2 :] = 1
    place[rows // 4 : rows // 2, columns // 4 : columns // 2 + 2] = 2
    data = spectra[place].transpose(2, 0, 1)
    noise = np.random.default_rng(seed).normal(0, 0.01, data.shape)
    data = (data + noise).astype(np.float32)
    data[:, 1, 2:5] = np.nan
    data[0, -1, 0] = np.nan
    return HyperCube(data, f"scan{seed}", np.linspace(400, 1000, bands), "nm")


def maps_of(model: Clusterer, cubes: list[HyperCube]) -> bytes:
    return b"".join(model.predict(cube).tobytes() for cube in cubes)


def state_of(model: Clusterer, folder: Path) -> dict[str, bytes]:
    """Every file of the model, so that nothing that is learned can differ unseen."""
    model.save(folder)
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@METHODS
def test_a_method_says_what_it_is(method: str) -> None:
    kind = get_method(method)
    assert kind.method == method
    assert len(kind.title) > 5


@METHODS
def test_same_seed_same_bytes(method: str, tmp_path: Path) -> None:
    cubes = [scan()]
    first, second = (quick(method, seed=7).fit(cubes) for _ in range(2))
    assert maps_of(first, cubes) == maps_of(second, cubes)
    assert state_of(first, tmp_path / "a") == state_of(second, tmp_path / "b")


@METHODS
def test_global_random_numbers_decide_nothing_and_stay(method: str) -> None:
    cubes = [scan()]
    first = maps_of(quick(method).fit(cubes), cubes)
    np.random.seed(5)  # noqa: NPY002
    torch.manual_seed(5)
    numpy_state = np.random.get_state()[1].tobytes()  # noqa: NPY002
    torch_state = torch.random.get_rng_state().numpy().tobytes()
    assert maps_of(quick(method).fit(cubes), cubes) == first
    assert np.random.get_state()[1].tobytes() == numpy_state  # noqa: NPY002
    assert torch.random.get_rng_state().numpy().tobytes() == torch_state


@METHODS
def test_another_seed_is_another_start(method: str, tmp_path: Path) -> None:
    cubes = [scan()]
    states = [
        state_of(quick(method, seed=seed, epochs=1).fit(cubes), tmp_path / str(seed))
        for seed in (1, 2)
    ]
    assert states[0] != states[1]


@METHODS
def test_events_of_a_run(method: str) -> None:
    cubes = [scan(), scan(rows=17, columns=30, seed=1)]
    model = quick(method)
    maps: dict[int, np.ndarray] = {}
    finished = []
    events = []
    for event in model.fit_iter(cubes):
        events.append(event)
        if isinstance(event, LabelsReady):
            assert event.labels.dtype == np.uint16
            assert event.labels.shape == (cubes[event.scan].rows, cubes[event.scan].columns)
            maps[event.scan] = event.labels
        if isinstance(event, EpochFinished):
            finished.append(event.epoch)
            assert set(maps) == {0, 1}, "maps of every scan before the epoch is done"
            assert all(np.isfinite(value) for value in event.losses.values())
            # Whoever stops here has classes to cut and spectra to look at.
            summary = model.summary
            assert summary is not None
            assert summary.spectra.shape == (4, 8)
            assert summary.pixels.shape == (2, 4)
            partition = Partition.fine(4, build_tree(summary)).cut(2)
            assert set(np.unique(partition.apply(maps[0]))) <= {0, 1, 2, 3, 4}
    assert isinstance(events[0], TrainingStarted)
    assert (events[0].method, events[0].scans, events[0].epochs) == (method, 2, 2)
    assert events[0].clusters == model.n_clusters == 4
    assert finished == [1, 2]
    assert events[-1] == TrainingFinished(2, stopped=False)
    assert all(0 <= event.fraction <= 1 for event in events if isinstance(event, Progress))
    for number, cube in enumerate(cubes):
        np.testing.assert_array_equal(maps[number], model.predict(cube))


@METHODS
def test_without_previews_there_is_a_summary_of_all_pixels(method: str) -> None:
    cube = scan()
    model = quick(method, epochs=1)
    assert not any(isinstance(e, LabelsReady) for e in model.fit_iter([cube], previews=False))
    assert model.summary is not None
    assert model.summary.pixels.sum() == cube.rows * cube.columns - 4


@METHODS
def test_maps_that_nobody_looks_at_are_not_kept(method: str) -> None:
    rows, columns = 29, 31
    cubes = [scan(rows, columns, seed=seed) for seed in range(6)]
    size = rows * columns * np.dtype(np.uint16).itemsize
    held = []
    # What is imported on the way would make every look at the memory slow.
    quick(method, epochs=1).fit(cubes[:1])
    tracemalloc.start()
    try:
        for event in quick(method, epochs=1).fit_iter(cubes, previews=False):
            if isinstance(event, Progress) and event.stage.startswith("labelling"):
                traces = tracemalloc.take_snapshot().traces
                held.append(sum(trace.size == size for trace in traces))
    finally:
        tracemalloc.stop()
    assert held[0] > 0, "the map being filled is found by its size"
    assert max(held) <= held[0] + 1


@METHODS
@pytest.mark.parametrize("share", [0.0, 0.3, 0.6, 0.9])
def test_stopped_anywhere_and_resumed_equals_uninterrupted(
    method: str, share: float, tmp_path: Path
) -> None:
    cubes = [scan(), scan(rows=17, columns=30, seed=1)]
    model = quick(method)
    steps = sum(isinstance(event, Progress) for event in model.fit_iter(cubes))
    whole = state_of(model, tmp_path / "whole")
    source = CancelSource()
    model = quick(method)
    seen = 0
    for event in model.fit_iter(cubes, token=source.token):
        seen += isinstance(event, Progress)
        if seen > share * steps:
            source.cancel()
    assert event == TrainingFinished(model.epoch, stopped=True)
    try:
        model.save(tmp_path / "stopped")
    except UserError:
        # Stopped before there was anything to keep: going on is beginning.
        assert share == 0
    else:
        model = load_model(tmp_path / "stopped")
        assert model.summary is not None
    events = list(model.fit_iter(cubes, resume=True))
    assert events[-1] == TrainingFinished(2, stopped=False)
    assert state_of(model, tmp_path / "resumed") == whole


@METHODS
def test_stopped_and_resumed_without_looking_equals_uninterrupted(
    method: str, tmp_path: Path
) -> None:
    cubes = [scan(), scan(rows=17, columns=30, seed=1)]
    model = quick(method)
    steps = sum(isinstance(event, Progress) for event in model.fit_iter(cubes, previews=False))
    whole = state_of(model, tmp_path / "whole")
    source = CancelSource()
    model = quick(method)
    seen = 0
    for event in model.fit_iter(cubes, token=source.token, previews=False):
        seen += isinstance(event, Progress)
        if seen > 0.6 * steps:
            source.cancel()
    assert event == TrainingFinished(model.epoch, stopped=True)
    assert model.summary is not None
    events = list(model.fit_iter(cubes, resume=True, previews=False))
    assert events[-1] == TrainingFinished(2, stopped=False)
    assert state_of(model, tmp_path / "resumed") == whole


@METHODS
def test_a_model_goes_on_to_more_epochs_as_if_never_ended(method: str, tmp_path: Path) -> None:
    cubes = [scan()]
    whole = maps_of(quick(method, epochs=3).fit(cubes), cubes)
    quick(method, epochs=2).fit(cubes).save(tmp_path)
    model = load_model(tmp_path)
    model.epochs = 3
    events = list(model.fit_iter(cubes, resume=True))
    assert events[0].epoch == 2
    assert maps_of(model, cubes) == whole


@METHODS
def test_an_untrained_twin_of_a_saved_model_learns_the_same(method: str, tmp_path: Path) -> None:
    cubes = [scan(), scan(seed=1)]
    before = state_of(quick(method).fit(cubes), tmp_path / "before")
    twin = load_model(tmp_path / "before").untrained()
    assert twin.epoch == 0
    assert json.dumps(dict(twin.configuration))
    assert state_of(twin.fit(cubes), tmp_path / "again") == before


@METHODS
def test_a_saved_model_predicts_the_same(method: str, tmp_path: Path) -> None:
    cubes = [scan()]
    other = scan(rows=19, columns=33, seed=5)
    model = quick(method).fit(cubes)
    model.save(tmp_path)
    again = load_model(tmp_path)
    assert again.method == method
    assert (again.n_clusters, again.epoch, again.seed) == (4, 2, 1)
    assert maps_of(again, [*cubes, other]) == maps_of(model, [*cubes, other])
    np.testing.assert_array_equal(again.summary.pixels, model.summary.pixels)
    np.testing.assert_array_equal(again.summary.spectra, model.summary.spectra)
    kinds = {path.suffix for path in tmp_path.iterdir()}
    assert kinds == {".json", ".safetensors"}
    assert json.loads((tmp_path / "model.json").read_text())["method"] == method


@METHODS
def test_damaged_tensors_are_refused_or_harmless(method: str, tmp_path: Path) -> None:
    cube = scan()
    model = quick(method, epochs=1).fit([cube])
    metadata, tensors = model.contents()
    for name in tensors:
        if name.startswith("summary."):
            continue
        kept = {key: value for key, value in tensors.items() if key != name}
        for damaged in (kept, kept | {name: tensors[name].ravel()[:1]}):
            write_model(tmp_path, method, metadata, damaged)
            try:
                labels = load_model(tmp_path).predict(cube)
            except UserError as refused:
                assert "train" in str(refused)
            else:
                assert labels.max() <= 4


@METHODS
def test_nothing_is_saved_or_labelled_before_training(method: str, tmp_path: Path) -> None:
    model = quick(method)
    with pytest.raises(UserError):
        model.save(tmp_path / "model")
    with pytest.raises(UserError):
        model.predict(scan())
    assert not (tmp_path / "model").exists()


@METHODS
def test_no_data_is_0_and_all_else_a_cluster(method: str) -> None:
    cube = scan()
    model = quick(method, epochs=1).fit([cube])
    empty = ~np.isfinite(cube.read(slice(None), slice(None))).all(axis=0)
    labels = model.predict(cube)
    assert empty.sum() == 4
    np.testing.assert_array_equal(labels == 0, empty)
    assert labels.max() <= 4
    nothing = HyperCube(np.full((8, 20, 18), np.nan, np.float32), "nothing")
    assert not model.predict(nothing).any()


@METHODS
def test_bad_bands_are_not_looked_at(method: str) -> None:
    data = np.asarray(scan().read(slice(None), slice(None))).copy()
    wavelengths = np.linspace(400, 1000, 8)
    cubes = []
    for value in (0.0, 1e6, np.nan):
        data[3] = value
        cubes.append(HyperCube(data.copy(), "scan", wavelengths, "nm", bad_bands=(3,)))
    first = quick(method, epochs=1).fit(cubes[:1])
    maps = {first.predict(cube).tobytes() for cube in cubes}
    assert len(maps) == 1
    assert np.isnan(first.summary.spectra[:, 3]).all()
    assert maps_of(quick(method, epochs=1).fit(cubes[1:2]), cubes[:1]) in maps


@METHODS
@pytest.mark.parametrize("bands", [4, 30, 1000])
def test_any_number_of_bands(method: str, bands: int) -> None:
    cube = scan(16, 16, bands)
    model = quick(method, epochs=1).fit([cube])
    assert model.predict(cube).max() >= 1
    assert model.summary.spectra.shape == (4, bands)


@METHODS
@pytest.mark.parametrize(("rows", "columns"), [(16, 16), (17, 40), (70, 50)])
def test_any_size(method: str, rows: int, columns: int) -> None:
    cube = scan(rows, columns)
    labels = quick(method, epochs=1).fit([cube]).predict(cube)
    assert labels.shape == (rows, columns)
    assert int((labels > 0).sum()) == rows * columns - 4


@METHODS
def test_scans_of_different_sizes_share_their_clusters(method: str) -> None:
    cubes = [scan(), scan(rows=30, columns=44, seed=1)]
    model = quick(method).fit(cubes)
    for number, cube in enumerate(cubes):
        counts = np.bincount(model.predict(cube).ravel(), minlength=5)[1:]
        np.testing.assert_array_equal(model.summary.pixels[number], counts)


@METHODS
@pytest.mark.parametrize("value", [0.0, 0.5, 4000.0])
def test_a_constant_scan_is_labelled_all_the_same(method: str, value: float) -> None:
    cube = HyperCube(np.full((6, 18, 20), value, np.float32), "constant")
    labels = quick(method, epochs=1).fit([cube]).predict(cube)
    assert (labels > 0).all()
    assert len(np.unique(labels)) == 1


@METHODS
def test_options_it_does_not_have_are_refused_in_one_sentence(method: str) -> None:
    with pytest.raises(UserError) as refused:
        quick(method, wings=2)
    message = str(refused.value)
    assert "'wings'" in message
    assert method in message
    assert "clusters" in message
    assert re.fullmatch(r"[^.]+\.", message)


@METHODS
@pytest.mark.parametrize(
    ("option", "value"), [("clusters", 1), ("clusters", 100_000), ("epochs", 0), ("seed", -1)]
)
def test_values_out_of_range_are_refused(method: str, option: str, value: int) -> None:
    with pytest.raises(UserError) as refused:
        quick(method, **{option: value})
    assert str(value) in str(refused.value)


@METHODS
def test_a_device_that_is_not_there_is_refused(method: str) -> None:
    with pytest.raises(UserError, match="abacus"):
        quick(method, device="abacus").fit([scan()])


@METHODS
def test_scans_that_differ_in_bands_are_refused(method: str) -> None:
    model = quick(method)
    with pytest.raises(UserError, match="bands"):
        model.fit([scan(), scan(bands=9)])
    with pytest.raises(UserError):
        model.fit([])
    assert model.epoch == 0


@METHODS
def test_going_on_with_scans_that_do_not_fit_changes_nothing(method: str) -> None:
    cubes = [scan()]
    model = quick(method, epochs=1).fit(cubes)
    before = maps_of(model, cubes)
    model.epochs = 2
    elsewhere = replace(scan(), wavelengths=np.linspace(2000, 2400, 8))
    for others in ([elsewhere], []):
        with pytest.raises(UserError):
            list(model.fit_iter(others, resume=True))
        assert model.epoch == 1
        assert model.summary is not None
        assert maps_of(model, cubes) == before


@METHODS
def test_confidence_is_a_probability_or_refused_in_words(method: str) -> None:
    cube = scan()
    model = quick(method).fit([cube])
    labels = model.predict(cube)
    try:
        values = model.predict_confidence(cube)
    except UserError as refused:
        assert method in str(refused)
        return
    np.testing.assert_array_equal(np.isnan(values), labels == 0)
    assert np.nanmin(values) >= 0
    assert np.nanmax(values) <= 1
    one = model.predict_confidence(cube, groups=np.array([0, 1, 1, 1, 1]))
    np.testing.assert_allclose(one[labels > 0], 1, atol=1e-5)
    with pytest.raises(UserError, match="needs 5"):
        model.predict_confidence(cube, groups=np.array([0, 1, 1]))


@METHODS
def test_asked_to_stop_it_does_not_label(method: str) -> None:
    cube = scan()
    model = quick(method, epochs=1).fit([cube])
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        model.predict(cube, token=source.token)


@METHODS
def test_it_trains_and_labels_on_the_command_line(
    method: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # The command has no options of a method: take those that are done in a moment.
    kind = get_method(method)
    real = kind.__init__

    def quickly(self: Clusterer, **options: Any) -> None:
        real(self, **(QUICK.get(method, {}) | options))

    monkeypatch.setattr(kind, "__init__", quickly)
    cube = tmp_path / "leaf.mat"
    write_matlab(cube, scan(seed=3).read(slice(None), slice(None)), np.linspace(400, 1000, 8))
    model = tmp_path / "model"
    options = ["--method", method, "--clusters", "4", "--device", "cpu"]
    assert main(["train", str(cube), "--model", str(model), "--epochs", "1", *options]) == 0
    assert capsys.readouterr().out.startswith("epoch 1/1")
    assert main(["train", str(cube), "--model", str(model), "--epochs", "2", "--resume"]) == 0
    assert capsys.readouterr().out.startswith("epoch 2/2")
    out = tmp_path / "labels"
    assert main(["segment", str(cube), "--model", str(model), "--out", str(out)]) == 0
    assert any(out.iterdir())
