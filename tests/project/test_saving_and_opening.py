"""A project that is opened again holds everything, wherever it and its scans lie now."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from napari_dgc.calibration import CalibrationOptions, Rectangle, calibration_for
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError
from napari_dgc.partition import Partition
from napari_dgc.project import Project, ProjectProgress, ScanChanged, check_scans
from napari_dgc.project.manifest import MANIFEST
from napari_dgc.workspace import History
from napari_dgc.workspace.commands import MergeClasses, NameClasses

from .conftest import BANDS, CLUSTERS, Recorded, samples, write_scan


def never(missing: object) -> None:
    raise AssertionError(f"asked for {missing}")


def test_everything_is_there_next_month(recorded: Recorded) -> None:
    project = Project.open(recorded.project.folder).found(never)
    history = project.history()
    assert history is not None
    assert history.to_json() == recorded.history.to_json()
    assert (history.undo_title, history.redo_title) == (
        recorded.history.undo_title,
        recorded.history.redo_title,
    )
    assert len(history.commands) >= 50
    model = project.model()
    assert model is not None
    for key, cube in recorded.scans.items():
        again = project.open_scan(key)
        np.testing.assert_array_equal(again.data[:], cube.data[:])
        np.testing.assert_array_equal(again.wavelengths, cube.wavelengths)
        np.testing.assert_array_equal(project.labels(key), model.predict(again))
        assert history.work.details_of(key) == recorded.history.work.details_of(key)
    assert project.title == "Tea in May"
    assert project.view == {
        "layers": [{"name": "leaf 1", "visible": True}],
        "camera": {"zoom": 1.5},
    }
    assert project.training is not None
    assert (project.training.method, project.training.seed, project.training.epochs) == (
        *("kmeans", 4),
        4,
    )
    assert [one.epoch for one in project.epochs.kept] == [1, 2, 3, 4]


def test_saving_again_changes_what_has_changed(recorded: Recorded) -> None:
    project = Project.open(recorded.project.folder)
    files = {path: path.stat().st_mtime_ns for path in project.folder.rglob("*.safetensors")}
    history = project.history()
    assert history is not None
    history.do(NameClasses((1,), "soil"))
    project = project.with_history(history).with_view({"zoom": 2}).save()
    again = Project.open(project.folder)
    assert again.work() == history.work
    assert again.view == {"zoom": 2}
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_a_moved_season_opens_without_a_question(recorded: Recorded, tmp_path: Path) -> None:
    shutil.move(tmp_path / "season", tmp_path / "elsewhere")
    project = Project.open(tmp_path / "elsewhere" / "project").found(never)
    assert project.open_scan("leaf 2").path == tmp_path / "elsewhere/data/day2/leaf_2.mat"


@pytest.mark.parametrize("asked_for", ["data", ".", "data/day1"])
def test_missing_scans_are_asked_for_once(
    recorded: Recorded, tmp_path: Path, asked_for: str
) -> None:
    new = tmp_path / "disk" / "data"
    shutil.move(recorded.data, new)
    asked: list[tuple[str, ...]] = []

    def ask(missing: tuple) -> Path:
        asked.append(tuple(file.name for file in missing))
        return new.parent / asked_for

    opened = Project.open(recorded.project.folder)
    with pytest.raises(UserError, match=r"leaf_1\.mat of the scan leaf 1 is missing"):
        opened.open_scan("leaf 1")
    project = opened.found(ask)
    assert asked == [("leaf_1.mat", "leaf_2.mat", "leaf_3.mat")]
    if asked_for == "data/day1":
        assert [file.name for file in project.missing()] == ["leaf_2.mat", "leaf_3.mat"]
        return
    assert not project.missing()
    np.testing.assert_array_equal(project.open_scan("leaf 3").data[:], samples(3))
    # Saved, nothing is asked any more.
    project.save()
    assert not Project.open(project.folder).found(never).missing()


def test_places_may_be_given_one_by_one(recorded: Recorded, tmp_path: Path) -> None:
    there = tmp_path / "new name.mat"
    shutil.move(recorded.data / "day2" / "leaf_2.mat", there)
    project = Project.open(recorded.project.folder)
    (gone,) = project.missing()
    moved = project.relocated({gone.path: there})
    assert not moved.missing()
    assert moved.open_scan("leaf 2").path == there
    assert not [event for event in check_scans(moved) if isinstance(event, ScanChanged)]


def test_a_changed_scan_is_named(recorded: Recorded) -> None:
    project = Project.open(recorded.project.folder)
    assert not [event for event in check_scans(project) if isinstance(event, ScanChanged)]
    path = recorded.data / "day2" / "leaf_2.mat"
    before = path.stat()
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    # As a program would that wants to hide it.
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    (recorded.data / "day3" / "leaf_3.mat").unlink()
    events = list(check_scans(project))
    changed = [event for event in events if isinstance(event, ScanChanged)]
    assert [(one.scan, one.path) for one in changed] == [
        ("leaf 2", path),
        ("leaf 3", recorded.data / "day3" / "leaf_3.mat"),
    ]
    assert "has changed" in changed[0].reason
    assert "is missing" in changed[1].reason
    shares = [event.fraction for event in events if isinstance(event, ProjectProgress)]
    assert shares == sorted(shares)


@pytest.mark.parametrize("anew", [False, True])
def test_a_scan_that_changed_since_the_last_save_is_told_by_the_next(
    recorded: Recorded, anew: bool
) -> None:
    project = recorded.project
    if anew:  # as a window does that puts it together from what is open
        made = Project.create(project.folder, recorded.scans)
        project = replace(made, state=project.state)
    path = recorded.data / "day2" / "leaf_2.mat"
    write_scan(path, 50)
    told = [event for event in project.save_iter() if isinstance(event, ScanChanged)]
    assert [(one.scan, one.path) for one in told] == [("leaf 2", path)]
    again = Project.open(project.folder)
    assert not [event for event in check_scans(again) if isinstance(event, ScanChanged)]
    assert not [event for event in again.save_iter() if isinstance(event, ScanChanged)]


def test_labels_and_work_open_without_the_scans(recorded: Recorded) -> None:
    shutil.rmtree(recorded.data)
    project = Project.open(recorded.project.folder)
    labels = project.labels("leaf 1")
    assert labels is not None and labels.max() <= CLUSTERS
    assert project.work() == recorded.history.work


def test_scans_without_a_file_are_kept_inside(tmp_path: Path) -> None:
    centres = np.linspace(450, 950, BANDS)
    cube = HyperCube(samples(1), "simulated", wavelengths=centres, wavelength_unit="nm")
    project = Project.create(tmp_path / "a", {"simulated": cube}).save()
    again = Project.open(project.folder)
    np.testing.assert_array_equal(again.open_scan("simulated").data[:], cube.data)
    np.testing.assert_allclose(again.open_scan("simulated").wavelengths, centres)
    # It goes along to another place.
    again.save(tmp_path / "b")
    shutil.rmtree(tmp_path / "a")
    there = Project.open(tmp_path / "b").found(never)
    np.testing.assert_array_equal(there.open_scan("simulated").data[:], cube.data)


def test_a_copy_elsewhere_finds_the_same_scans(recorded: Recorded, tmp_path: Path) -> None:
    copy = recorded.project.save(tmp_path / "far" / "copy")
    assert Project.open(copy.folder).found(never).work() == recorded.history.work


def test_what_was_decided_while_opening_is_decided_again(tmp_path: Path) -> None:
    flat = samples(1).reshape(BANDS, -1).T
    path = tmp_path / "flat.npy"
    np.save(path, flat)
    cube = open_cube(path, image=(24, 30), layout="row-by-row")
    cube = cube.with_wavelengths(np.linspace(500, 900, BANDS), "nm")
    cube = replace(cube, bad_bands=(2, 5))
    again = Project.open(Project.create(tmp_path / "p", {"flat": cube}).save().folder)
    opened = again.open_scan("flat")
    np.testing.assert_array_equal(opened.data[:], cube.data[:])
    np.testing.assert_array_equal(opened.wavelengths, np.linspace(500, 900, BANDS))
    assert opened.bad_bands == (2, 5)


def test_calibrated_scans_are_calibrated_again(tmp_path: Path) -> None:
    generator = np.random.default_rng(1)
    counts = generator.integers(100, 900, (BANDS, 10, 12)).astype(np.uint16)
    counts[:, :3] = 2000
    centres = np.linspace(450, 950, BANDS)
    dark = np.full((BANDS, 4, 12), 20, np.uint16)
    for name, data in (("leaf", counts), ("dark", dark)):
        write_matlab(tmp_path / "data" / f"{name}.mat", data, centres)
    scan, closed = (open_cube(tmp_path / "data" / f"{n}.mat") for n in ("leaf", "dark"))
    options = CalibrationOptions(Rectangle(0, 0, 3, 12), panel=0.99, saturation=np.inf)
    reflectance = calibration_for(scan, scan, closed, options=options).apply(scan)
    project = Project.create(tmp_path / "p", {"leaf": replace(reflectance, bad_bands=(1,))}).save()
    shutil.move(tmp_path / "data", tmp_path / "moved")
    asked = []
    found = Project.open(project.folder).found(
        lambda missing: asked.append(len(missing)) or tmp_path / "moved"
    )
    assert asked == [2]
    again = found.open_scan("leaf")
    np.testing.assert_array_equal(again.data[:], reflectance.data[:])
    assert again.bad_bands == (1,)


def test_another_project_is_not_written_over(recorded: Recorded, tmp_path: Path) -> None:
    other = Project.create(recorded.project.folder, {"x": write_scan(tmp_path / "x.mat", 9)})
    with pytest.raises(UserError, match="another project"):
        other.save()
    assert Project.open(recorded.project.folder).keys == recorded.project.keys
    assert other.save(overwrite=True).keys == ("x",)


def test_what_somebody_else_saved_meanwhile_is_not_lost(recorded: Recorded) -> None:
    mine = Project.open(recorded.project.folder)
    theirs = Project.open(recorded.project.folder).with_view({"by": "them"}).save()
    with pytest.raises(UserError, match="since it was opened"):
        mine.with_view({"by": "me"}).save()
    assert Project.open(theirs.folder).view == {"by": "them"}


def test_a_view_that_is_not_plain_is_refused(recorded: Recorded) -> None:
    for view in ({"zoom": float("nan")}, {"layer": object()}, {"deep": [[[]] * 9000] * 3}):
        with pytest.raises(UserError, match="view of the project"):
            recorded.project.with_view(view)


def test_work_on_a_tree_that_was_exchanged_since_is_the_same_again(recorded: Recorded) -> None:
    tree = recorded.history.partition.tree
    assert tree is not None
    history = History(Partition.fine(CLUSTERS, tree))
    from napari_dgc.workspace.commands import CutTree
    from napari_dgc.workspace.trees import renew_tree

    history.do(CutTree(3))
    history.do(MergeClasses(tuple(info.number for info in history.partition.classes[:2])))
    other = replace(tree, merges=tuple(_mirrored(tree)))
    renew_tree(history, other, None)
    assert {i.members for i in history.partition.classes} != {
        i.members for i in Partition.fine(CLUSTERS, other).cut(2).classes
    }
    project = recorded.project.with_history(history).save()
    again = Project.open(project.folder).history()
    assert again is not None
    assert again.work == history.work
    again.undo()
    history.undo()
    assert again.work == history.work


def _mirrored(tree):
    """Merge the same heights of the clusters counted from the other end."""
    turned = lambda node: CLUSTERS + 1 - node if node <= CLUSTERS else node  # noqa: E731
    for merge in tree.merges:
        first, second = sorted((turned(merge.first), turned(merge.second)))
        yield replace(merge, first=first, second=second)


def test_the_file_is_plain_json_with_relative_paths(recorded: Recorded) -> None:
    content = json.loads((recorded.project.folder / MANIFEST).read_text())
    assert [scan["file"]["path"] for scan in content["scans"]] == [
        f"../data/day{n}/leaf_{n}.mat" for n in (1, 2, 3)
    ]
    assert str(recorded.data) not in json.dumps(content)
