"""``train --preprocess``: steps that stay with the model, for ``segment`` to do by itself."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_dgc.cli import main
from napari_dgc.clustering import get_method
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.clustering.storage import load_model
from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.cubes.read import open_cube
from napari_dgc.preprocessing import STEPS, Pipeline, parse_steps
from napari_dgc.simulate import simulate_set

Capture = pytest.CaptureFixture[str]
STEPS_TEXT = "bands:drop=400-420,savgol:window=5,snv,standardise"


@pytest.fixture(scope="module")
def leaves(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("leaves")
    paths = []
    for scan in simulate_set(size=(40, 48), bands=30, seed=2)[:2]:
        paths.append(folder / f"{scan.cube.name}.mat")
        write_matlab(paths[-1], np.asarray(scan.cube.data), scan.cube.wavelengths)
    return paths


def train(scans: list[Path], model: Path, *options: str) -> int:
    return main(["train", *map(str, scans), "--model", str(model), *options])


def segment(scans: list[Path], model: Path, out: Path, *options: str) -> int:
    return main(["segment", *map(str, scans), "--model", str(model), "--out", str(out), *options])


def test_labels_are_those_of_the_engine(leaves: list[Path], tmp_path: Path) -> None:
    options = ("--preprocess", STEPS_TEXT, "--clusters", "5", "--epochs", "1", "--seed", "3")
    assert train(leaves, tmp_path / "model", *options) == 0
    assert segment(leaves, tmp_path / "model", tmp_path / "maps") == 0
    cubes = [open_cube(path) for path in leaves]
    estimator = get_method("dgc")(clusters=5, epochs=1, seed=3)
    model = Preprocessed(estimator, Pipeline(parse_steps(STEPS_TEXT))).fit(cubes)
    by_hand = get_method("dgc")(clusters=5, epochs=1, seed=3)
    fitted = Pipeline(parse_steps(STEPS_TEXT)).fit(cubes)
    by_hand.fit([fitted.apply(cube) for cube in cubes])
    for cube in cubes:
        labels = tifffile.imread(tmp_path / "maps" / f"{cube.name}.tif")
        assert len(np.unique(labels)) > 2
        np.testing.assert_array_equal(labels, model.predict(cube))
        np.testing.assert_array_equal(labels, by_hand.predict(fitted.apply(cube)))
    saved = load_model(tmp_path / "model")
    assert saved.preprocessing == STEPS_TEXT
    assert saved.summary is not None
    assert saved.summary.spectra.shape == (5, 30)


@pytest.mark.parametrize("step", [name for name in STEPS if name != "bands"])
def test_every_step_can_be_trained_with(leaves: list[Path], tmp_path: Path, step: str) -> None:
    options = ("--preprocess", step, "--clusters", "4", "--epochs", "1")
    assert train(leaves, tmp_path / "model", *options) == 0
    assert segment(leaves, tmp_path / "model", tmp_path / "maps", "--classes", "2") == 0
    for path in leaves:
        labels = tifffile.imread(tmp_path / "maps" / f"{path.stem}.tif")
        assert labels.shape == (40, 48)
        assert set(np.unique(labels)) == {1, 2}


def test_the_default_is_no_step(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    train(scans, tmp_path / "model")
    document = json.loads((tmp_path / "model" / "model.json").read_text())
    assert document["format_version"] == 2
    assert "preprocessing" not in document["metadata"]
    model = load_model(tmp_path / "model")
    assert isinstance(model, stand_in)
    assert model.preprocessing == ""
    capsys.readouterr()
    segment(scans, tmp_path / "model", tmp_path / "maps")
    assert "prepares" not in capsys.readouterr().err


def test_segment_says_which_steps_it_does(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    train(scans, tmp_path / "model", "--preprocess", "absorbance:floor=0.01")
    document = json.loads((tmp_path / "model" / "model.json").read_text())
    assert document["format_version"] == 3
    assert document["metadata"]["preprocessing"]["steps"] == [{"step": "absorbance", "floor": 0.01}]
    capsys.readouterr()
    assert segment(scans, tmp_path / "model", tmp_path / "maps") == 0
    assert "absorbance:floor=0.01" in capsys.readouterr().err
    first = open_cube(scans[0])
    labels = tifffile.imread(tmp_path / "maps" / "first.tif")
    value = -np.log10(np.maximum(np.asarray(first.data)[0], 0.01))
    np.testing.assert_array_equal(labels, np.clip((value * 16).astype(int), 0, 15) + 1)


def test_maps_keep_the_size_of_the_scan_and_its_holes(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path
) -> None:
    train(scans, tmp_path / "model", "--preprocess", "bin-pixels:factor=4")
    segment(scans, tmp_path / "model", tmp_path / "maps")
    labels = tifffile.imread(tmp_path / "maps" / "second.tif")
    assert labels.shape == (10, 12)
    np.testing.assert_array_equal(np.argwhere(labels == 0), [[3, 4]])
    for row in range(0, 10, 4):
        for column in range(0, 12, 4):
            block = labels[row : row + 4, column : column + 4]
            assert len(set(block[block > 0].ravel())) == 1


def test_resuming_keeps_the_steps(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    train(scans, tmp_path / "model", "--preprocess", "standardise", "--epochs", "1")
    before = load_model(tmp_path / "model")
    assert train(scans[:1], tmp_path / "model", "--epochs", "2", "--resume") == 0
    after = load_model(tmp_path / "model")
    assert (after.epoch, after.preprocessing) == (2, "standardise")
    cube = open_cube(scans[1])
    np.testing.assert_array_equal(after.predict(cube), before.predict(cube))
    capsys.readouterr()
    assert train(scans, tmp_path / "model", "--preprocess", "snv", "--resume") == 2
    assert "--preprocess standardise, not snv" in capsys.readouterr().err


def test_resuming_adds_no_steps(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    train(scans, tmp_path / "model", "--epochs", "1")
    assert train(scans, tmp_path / "model", "--preprocess", "snv", "--resume") == 2
    assert "no steps, not snv" in capsys.readouterr().err


def test_scans_that_do_not_fit_are_refused_in_one_sentence(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    train(scans, tmp_path / "model", "--preprocess", "snv")
    other = tmp_path / "other.mat"
    write_matlab(other, np.random.default_rng(0).random((8, 10, 12)), np.linspace(900, 1700, 8))
    capsys.readouterr()
    assert segment([other], tmp_path / "model", tmp_path / "maps") == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert len([line for line in error if "covers 900-1700 nm" in line]) == 1


def test_help_lists_the_steps(capsys: Capture) -> None:
    assert main(["train", "--preprocess", "help"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n{name}: " in out for name in STEPS)
    assert "window (3 to 201 bands, default 11)" in out


@pytest.mark.parametrize("text", ["nothing", "savgol:window=8", ""])
def test_wrong_steps_are_refused_in_one_line(tmp_path: Path, capsys: Capture, text: str) -> None:
    assert train([tmp_path / "scan.mat"], tmp_path / "model", "--preprocess", text) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda steps: steps["steps"][0].update(step="unheard"),
        lambda steps: steps["steps"].append({"step": "standardise"}),
        lambda steps: steps.pop("bands"),
        lambda steps: steps.pop("method"),
        lambda steps: steps["bands"].update(good_bands=[0, 1]),
    ],
)
def test_damaged_steps_are_refused_in_one_line(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture, damage: object
) -> None:
    train(scans, tmp_path / "model", "--preprocess", "standardise")
    path = tmp_path / "model" / "model.json"
    document = json.loads(path.read_text())
    damage(document["metadata"]["preprocessing"])  # type: ignore[operator]
    path.write_text(json.dumps(document))
    capsys.readouterr()
    assert segment(scans, tmp_path / "model", tmp_path / "maps") == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("napari-dgc segment: The ")
    assert last.endswith(("train it anew.", "train anew."))


def test_a_stop_while_statistics_are_taken_writes_nothing(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path
) -> None:
    from napari_dgc.cancel import CancelSource
    from napari_dgc.clustering.events import TrainingFinished

    source = CancelSource()
    source.cancel()
    cubes = [replace(open_cube(path)) for path in scans]
    model = Preprocessed(stand_in(), Pipeline(parse_steps("standardise")))
    events = list(model.fit_iter(cubes, token=source.token))
    assert events == [TrainingFinished(0, stopped=True)]
