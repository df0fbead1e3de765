"""What was done by hand, done again without a window; and the same for other scans."""

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_dgc.annotations import read_label_image
from napari_dgc.cli import main
from napari_dgc.hashes import sha256_of
from napari_dgc.project import Project
from napari_dgc.project.replay import Compared, Done, replay
from napari_dgc.workspace.label_images import class_image, lesion_image
from napari_dgc.workspace.measured import corrected_classes
from napari_dgc.workspace.results import write_result_tables, write_scan

from .conftest import Recorded
from .conftest import write_scan as new_scan

Capture = pytest.CaptureFixture[str]


def contents(folder: Path) -> dict[str, bytes]:
    """Return all results in a folder; what tells times is left out."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.name.endswith(".provenance.json")
    }


@pytest.fixture
def by_hand(recorded: Recorded, tmp_path: Path) -> dict[str, bytes]:
    """What the session itself exports: the maps that the model gave, under its own history."""
    out = tmp_path / "by hand"
    work, found = recorded.history.work, []
    for key, cube in recorded.scans.items():
        labels = recorded.project.labels(key)
        assert labels is not None
        result = write_scan(out, work, key, key, cube, labels)
        assert result.measured is not None
        found.append(result.measured)
    write_result_tables(out, found, work)
    return contents(out)


@pytest.mark.parametrize("options", [(), ("--keep-model",)])
def test_a_long_session_comes_out_byte_for_byte(
    recorded: Recorded,
    by_hand: dict[str, bytes],
    tmp_path: Path,
    capsys: Capture,
    options: tuple[str, ...],
) -> None:
    assert len(recorded.history.commands) >= 50
    out = tmp_path / "again"
    assert main(["replay", str(recorded.project.folder), "--out", str(out), *options]) == 0
    printed, said = capsys.readouterr()
    assert contents(out) == by_hand
    assert {
        "labels/leaf 1.tif",
        "labels/leaf 1_classes.csv",
        "lesions/leaf 3_lesions.tif",
        "severity.csv",
        "severity_lesions.csv",
    } <= by_hand.keys()
    assert "all is as it was" in said
    assert ("model: as in the project" in said) is not bool(options)
    paths = {path.relative_to(out).as_posix() for path in map(Path, printed.splitlines())}
    assert paths == {*by_hand, "replay.provenance.json"}


def test_the_maps_are_those_of_the_export(recorded: Recorded, by_hand: dict[str, bytes]) -> None:
    work = recorded.history.work
    key = recorded.project.keys[0]
    labels = recorded.project.labels(key)
    assert labels is not None
    fine = corrected_classes(work, key, labels)
    from napari_dgc.annotations.tiff import tiff_bytes

    size = work.details_of(key).pixel_size_mm
    classes = class_image(work, key, fine, pixel_size_mm=size)
    lesions = lesion_image(work, key, f"{key}_lesions", fine, pixel_size_mm=size)
    assert by_hand[f"labels/{key}.tif"] == tiff_bytes(classes)
    assert by_hand[f"lesions/{key}_lesions.tif"] == tiff_bytes(lesions)


def test_another_model_is_told_and_the_status_says_so(
    recorded: Recorded, tmp_path: Path, capsys: Capture
) -> None:
    training = recorded.project.training
    assert training is not None
    fewer = replace(training, runs=(replace(training.runs[0], epochs=1),))
    project = recorded.project
    changed = replace(project, contents=replace(project.contents, training=fewer)).save()
    assert main(["replay", str(changed.folder), "--out", str(tmp_path / "x")]) == 1
    said = capsys.readouterr().err
    assert "The model is not the one of the project" in said
    assert "not all is as it was" in said


def test_changed_scans_are_refused_by_name_unless_accepted(
    recorded: Recorded, tmp_path: Path, capsys: Capture
) -> None:
    new_scan(recorded.data / "day2" / "leaf_2.mat", 99)
    arguments = ["replay", str(recorded.project.folder), "--out", str(tmp_path / "x")]
    assert main(arguments) == 2
    said = capsys.readouterr().err
    assert "leaf_2.mat has changed" in said
    assert main([*arguments, "--keep-model", "--accept-changed"]) == 1
    assert "pixels of leaf 2 have another cluster" in capsys.readouterr().err


def test_one_folder_resolves_all_missing_scans(
    recorded: Recorded, tmp_path: Path, capsys: Capture
) -> None:
    shutil.move(recorded.data, tmp_path / "disk")
    arguments = ["replay", str(recorded.project.folder), "--out", str(tmp_path / "x")]
    assert main(arguments) == 2
    assert "leaf_1.mat is missing and 2 more" in capsys.readouterr().err
    assert main([*arguments, "--keep-model", "--data", str(tmp_path / "disk")]) == 0


def test_a_model_from_elsewhere_is_kept(
    recorded: Recorded, tmp_path: Path, capsys: Capture
) -> None:
    project = recorded.project
    unknown = replace(project, contents=replace(project.contents, training=None)).save()
    arguments = ["replay", str(unknown.folder), "--out", str(tmp_path / "x")]
    assert main(arguments) == 2
    assert "--keep-model" in capsys.readouterr().err
    assert main([*arguments, "--keep-model"]) == 0


def test_replaying_can_be_stopped(recorded: Recorded, tmp_path: Path) -> None:
    from napari_dgc.cancel import CancelSource

    source = CancelSource()
    events = replay(recorded.project, tmp_path / "x", token=source.token)
    with pytest.raises(InterruptedError):
        for event in events:
            if isinstance(event, Compared):
                source.cancel()
            assert not isinstance(event, Done)


def test_apply_gives_what_segment_and_measure_give(
    recorded: Recorded, tmp_path: Path, capsys: Capture
) -> None:
    project = recorded.project
    scans = [tmp_path / "new" / f"new_{n}.mat" for n in (7, 8)]
    for number, path in enumerate(scans, start=7):
        new_scan(path, number)
    names = list(map(str, scans))
    out, fine = tmp_path / "applied", tmp_path / "fine"
    assert main(["apply", str(project.folder), *names, "--out", str(out)]) == 0
    model = next(project.folder.glob("models/*/model.json")).parent
    models = {path.parent.name for path in project.folder.glob("models/*/model.json")}
    assert len(models) == 4  # each kept epoch
    model = project.folder / project.contents.model[0].file
    assert main(["segment", *names, "--model", str(model.parent), "--out", str(fine)]) == 0
    partition = recorded.history.partition
    for path in scans:
        clusters = read_label_image(fine / f"{path.stem}.tif").labels
        applied = read_label_image(out / "labels" / f"{path.stem}.tif")
        np.testing.assert_array_equal(applied.labels, partition.lookup()[clusters])
        assert {info.number: info.name for info in applied.classes} == {
            info.number: info.name for info in partition.classes
        }
    measured = tmp_path / "measured.csv"
    least = recorded.history.work.leaf_edits("leaf 1").least_area
    options = ["--min-area", "2", "--min-leaf", str(least), "--lesions"]
    assert main(["measure", str(out / "labels"), "--out", str(measured), *options]) == 0
    with (out / "severity.csv").open() as ours, measured.open() as theirs:
        assert list(csv.reader(ours)) == list(csv.reader(theirs))
    assert (out / "severity_lesions.csv").read_text() == (
        tmp_path / "measured_lesions.csv"
    ).read_text()
    for path in scans:
        lesions = read_label_image(out / "lesions" / f"{path.stem}_lesions.tif").labels
        with (tmp_path / "measured_lesions.csv").open() as file:
            areas = [
                int(row["area_px"]) for row in csv.DictReader(file) if row["scan"] == path.stem
            ]
        assert int((lesions > 0).sum()) == sum(areas) > 0


def test_corrections_by_hand_stay_with_their_scans(recorded: Recorded, tmp_path: Path) -> None:
    """A scan of the same name as one of the project gets none of its strokes."""
    path = tmp_path / "new" / "leaf 1.mat"
    cube = new_scan(path, 1)
    out = tmp_path / "out"
    assert main(["apply", str(recorded.project.folder), str(path), "--out", str(out)]) == 0
    model = recorded.project.model()
    assert model is not None
    labels = read_label_image(out / "labels" / "leaf 1.tif").labels
    expected = recorded.history.partition.apply(model.predict(cube))
    np.testing.assert_array_equal(labels, expected)


def test_info_says_what_there_is(recorded: Recorded, capsys: Capture) -> None:
    folder = str(recorded.project.folder)
    assert main(["project", "info", folder]) == 0
    told = capsys.readouterr().out
    for line in (
        "title: Tea in May",
        "3 scans",
        "../data/day2/leaf_2.mat (24 × 30 pixels, 8 bands, labelled)",
        "model: kmeans, 4 epochs, seed 4",
        "epochs kept: 1, 2, 3, 4",
        "lesion",
    ):
        assert line in told
    (recorded.data / "day3" / "leaf_3.mat").unlink()
    assert main(["project", "info", folder, "--check", "--json"]) == 1
    about = json.loads(capsys.readouterr().out)
    assert about["changed"] == [
        {
            "scan": "leaf 3",
            "reason": f"{recorded.data / 'day3' / 'leaf_3.mat'} is missing.",
        }
    ]
    assert about["scans"][2]["missing"] == ["../data/day3/leaf_3.mat"]
    assert about["training"]["configuration"]["seed"] == 4
    assert main(["project", "info", str(recorded.data)]) == 2
    assert "There is no project" in capsys.readouterr().err


def test_results_tell_how_they_were_made(recorded: Recorded, tmp_path: Path) -> None:
    out = tmp_path / "out"
    project = Project.open(recorded.project.folder)
    assert main(["replay", str(project.folder), "--out", str(out), "--keep-model"]) == 0
    (run,) = json.loads((out / "replay.provenance.json").read_text())["runs"]
    assert (run["command"], run["seed"], run["method"]) == ("replay", 4, "kmeans")
    assert run["software"].keys() >= {"napari-dgc", "python", "numpy", "torch"}
    assert run["configuration"]["clusters"] == 6
    assert run["model_sha256"] == project.model_sha256
    model = project.folder / project.contents.model[-1].file
    assert run["model_sha256"] == sha256_of(model.read_bytes())
    scan = recorded.data / "day1" / "leaf_1.mat"
    assert run["scans"]["leaf 1"] == [
        {"name": "leaf_1.mat", "size": scan.stat().st_size, "sha256": sha256_of(scan.read_bytes())}
    ]
    for name, digest in run["files"].items():
        assert sha256_of((out / name).read_bytes()) == digest
    assert run["files"].keys() == contents(out).keys()
