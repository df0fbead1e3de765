"""Scans and label maps that files, folders and patterns stand for."""

from pathlib import Path

import numpy as np
import pytest
from tifffile import imwrite

from napari_dgc.batch.inputs import maps_of, scans_of
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError


def envi(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    data = np.random.default_rng(0).random((4, 5, 6)).astype(np.float32)
    write_envi(HyperCube(data, path.stem), path)


@pytest.fixture
def season(tmp_path: Path) -> Path:
    """Two days of scans, a reference, a label map, a table and notes."""
    folder = tmp_path / "season"
    envi(folder / "day1" / "p1.hdr")
    envi(folder / "day1" / "WHITEREF_p1.hdr")
    envi(folder / "day2" / "p2.hdr")
    data = np.random.default_rng(1).random((4, 5, 6)).astype(np.float32)
    write_matlab(folder / "day2" / "p3.mat", data, np.linspace(400, 700, 4))
    imwrite(folder / "day2" / "p3.tif", np.ones((5, 6), np.uint16))
    (folder / "classes.csv").write_text("label,name\n")
    (folder / "notes.txt").write_text("rain")
    return folder


def test_a_folder_stands_for_the_scans_in_and_below_it(season: Path) -> None:
    items = scans_of([season])
    assert [item.name for item in items] == ["p1", "p2", "p3"]
    # Names are those of the scans once they are open.
    assert [open_cube(item.path).name for item in items] == ["p1", "p2", "p3"]


def test_a_pattern_stands_for_what_it_matches(season: Path) -> None:
    assert [item.name for item in scans_of([season / "day*" / "p*.hdr"])] == ["p1", "p2"]
    assert [item.name for item in scans_of([f"{season}/**/*.mat"])] == ["p3"]
    # A header and its data are one scan, and what is no scan is left out.
    assert [item.name for item in scans_of([season / "day2" / "*"])] == ["p2", "p3"]
    assert [item.name for item in scans_of([season / "day?"])] == ["p1", "p2", "p3"]


def test_a_scan_that_is_named_twice_is_done_once(season: Path) -> None:
    header = season / "day1" / "p1.hdr"
    data = next(path for path in header.parent.iterdir() if path.stem == "p1" and path != header)
    assert [item.path for item in scans_of([header, data, season / "day1"])] == [header]


def test_a_file_whose_name_looks_like_a_pattern_is_itself(tmp_path: Path) -> None:
    path = tmp_path / "leaf[1].mat"
    write_matlab(path, np.ones((4, 5, 6), np.float32), np.linspace(400, 700, 4))
    assert [item.path for item in scans_of([path])] == [path]


def test_nothing_to_do_is_said(season: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no scans in"):
        scans_of([tmp_path / "empty"])
    with pytest.raises(UserError, match=r"\*\.h5 stands for"):
        scans_of([season / "*.h5"])
    with pytest.raises(UserError, match="no label maps in"):
        maps_of([tmp_path / "empty"])
    with pytest.raises(UserError, match="no label maps that"):
        maps_of([season / "*.png"])


def test_label_maps_of_folders_and_patterns(tmp_path: Path) -> None:
    for name in ("a", "b", "b_confidence"):
        imwrite(tmp_path / f"{name}.tif", np.ones((5, 6), np.uint16))
    (tmp_path / "b_classes.csv").write_text("label,name\n")
    names = [["a", "b"]] * 3
    told = ([tmp_path], [tmp_path / "*"], [tmp_path / "a.tif", tmp_path / "*.tif"])
    assert [[path.stem for path in maps_of(paths)] for paths in told] == names
