from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_dgc.cli import main
from napari_dgc.cubes.read import open_cube
from napari_dgc.simulate import simulate_set

_SMALL = ["--size", "32", "40", "--bands", "9", "--seed", "3"]


def test_it_writes_cubes_and_truth_and_lists_them(tmp_path, capsys):
    out = tmp_path / "scans"
    assert main(["simulate", str(out), "--severity", "0", "5", *_SMALL]) == 0
    listed, progress = capsys.readouterr()
    paths = {Path(line).relative_to(out).as_posix() for line in listed.splitlines()}
    names = {"healthy_1", "day5_1"}
    assert paths == {f"{name}.mat" for name in names} | {f"truth/{name}.tif" for name in names} | {
        "truth/classes.csv"
    }
    on_disk = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert on_disk == paths
    assert "day5_1" in progress
    table = (out / "truth" / "classes.csv").read_text().splitlines()
    assert table == ["label,name", "1,background", "2,healthy tissue", "3,halo", "4,lesion"]
    for scan in simulate_set((0, 5), size=(32, 40), bands=9, seed=3):
        opened = open_cube(out / f"{scan.cube.name}.mat")
        assert np.array_equal(opened.read(slice(None), slice(None)), scan.cube.data)
        assert np.allclose(opened.wavelengths, scan.cube.wavelengths)
        assert np.array_equal(tifffile.imread(out / "truth" / f"{scan.cube.name}.tif"), scan.truth)


def test_repeat_gives_several_scans_of_each_day(tmp_path, capsys):
    assert main(["simulate", str(tmp_path), "--severity", "3", "--repeat", "2", *_SMALL]) == 0
    assert sorted(path.stem for path in tmp_path.glob("*.mat")) == ["day3_1", "day3_2"]


def test_the_same_seed_gives_the_same_files(tmp_path, capsys):
    for folder in ("a", "b"):
        assert main(["simulate", str(tmp_path / folder), "--severity", "5", *_SMALL]) == 0
    for name in ("day5_1.mat", "truth/day5_1.tif"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


@pytest.mark.parametrize(
    "options",
    [
        ["--size", "8", "64"],
        ["--bands", "3"],
        ["--bands", "5000"],
        ["--severity", "-1"],
        ["--severity", "nan"],
        ["--seed", "-4"],
        ["--repeat", "0"],
        ["--difficulty", "-1"],
        ["--size", "many", "64"],
    ],
)
def test_bad_values_end_with_one_line_and_status_2(tmp_path, capsys, options):
    assert main(["simulate", str(tmp_path / "out"), *options]) == 2
    printed, complaint = capsys.readouterr()
    assert printed == ""
    assert len(complaint.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_named(tmp_path, capsys):
    (tmp_path / "file").write_text("not a folder")
    assert main(["simulate", str(tmp_path / "file"), *_SMALL]) == 2
    complaint = capsys.readouterr().err
    assert "file" in complaint
    assert len(complaint.strip().splitlines()) == 1
