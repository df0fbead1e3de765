"""``measure``: maps in, tables out."""

import csv
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from tifffile import imwrite

from napari_dgc.annotations.export import write_map
from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.cli import main
from napari_dgc.cubes.matlab_writer import write_matlab

Capture = pytest.CaptureFixture[str]


def label_map(ill: int) -> np.ndarray:
    """A leaf of 100 pixels, so many of them lesion."""
    labels = np.ones((12, 14), np.uint8)
    flat = np.full(100, 2, np.uint8)
    flat[:ill] = 4
    labels[1:11, 1:11] = flat.reshape(10, 10)
    return labels


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    folder = tmp_path / "maps"
    folder.mkdir()
    for name, ill in (("a", 0), ("b", 5), ("c", 20)):
        imwrite(folder / f"{name}.tif", label_map(ill))
    imwrite(folder / "a_confidence.tif", np.full((12, 14), 0.5, np.float32))
    (folder / "classes.csv").write_text(
        "label,name\n1,background\n2,healthy tissue\n3,halo\n4,lesion\n"
    )
    return folder


@pytest.fixture
def details(tmp_path: Path) -> Path:
    path = tmp_path / "details.csv"
    path.write_text(
        "scan,plant,treatment,date,pixel_size_mm\n"
        "a,p1,mock,2026-05-01,\nb,p1,mock,2026-05-05,0.1\nc,p1,mock,2026-05-07,\n"
    )
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_severity_of_every_map(maps: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out" / "t.csv"
    assert main(["measure", str(maps), "--out", str(out)]) == 0
    printed = capsys.readouterr().out.split()
    assert printed == [str(out), str(out.with_name("t_settings.csv"))]
    found = rows(out)
    assert [(row["scan"], row["severity_percent"]) for row in found] == [
        ("a", "0"),
        ("b", "5"),
        ("c", "20"),
    ]
    assert "leaf_area_mm2" not in found[0]


def test_all_tables(maps: Path, details: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "t.csv"
    command = ["measure", *(str(path) for path in maps.glob("*.tif")), "--out", str(out)]
    options = ["--details", str(details), "--pixel-size", "0.5", "--leaves", "--lesions"]
    assert main([*command, *options, "--scale", "horsfall-barratt", "--scale", "0-5"]) == 0
    printed = {Path(line).name for line in capsys.readouterr().out.split()}
    names = ("leaves", "lesions", "progress", "treatments", "settings")
    assert printed == {"t.csv", *(f"t_{name}.csv" for name in names)}
    found = {row["scan"]: row for row in rows(out)}
    assert found["a"]["leaf_area_mm2"] == "25"
    assert found["b"]["leaf_area_mm2"] == "1"
    assert [found[scan]["grade_horsfall_barratt"] for scan in "abc"] == ["1", "3", "5"]
    assert found["c"]["grade_0_5"] == "2"
    (progress,) = rows(tmp_path / "t_progress.csv")
    assert progress["audpc_percent_days"] == str(4 * 2.5 + 2 * 12.5).removesuffix(".0")
    assert len(rows(tmp_path / "t_leaves.csv")) == 3
    assert [row["area_px"] for row in rows(tmp_path / "t_lesions.csv")] == ["5", "20"]


def test_a_workbook(maps: Path, details: Path, tmp_path: Path) -> None:
    out = tmp_path / "t.xlsx"
    command = ["measure", str(maps / "b.tif"), str(maps / "c.tif"), "--out", str(out)]
    assert main([*command, "--details", str(details), "--min-area", "6", "--leaves"]) == 0
    book = openpyxl.load_workbook(out)
    assert book.sheetnames == ["scans", "leaves", "progress", "treatments", "settings"]
    header, first, second = book["scans"].iter_rows(values_only=True)
    place = header.index("severity_percent")
    assert (first[place], second[place]) == (0, 20)
    settings = dict(row[:2] for row in book["settings"].iter_rows(values_only=True))
    assert settings["least area of a lesion (px)"] == 6


def test_a_table_beside_one_map_comes_first(maps: Path, tmp_path: Path) -> None:
    (maps / "c_classes.csv").write_text("label,name\n2,healthy tissue\n4,halo\n")
    out = tmp_path / "t.csv"
    assert main(["measure", str(maps), "--out", str(out)]) == 0
    assert [row["halo_percent"] for row in rows(out)] == ["0", "0", "20"]
    own = tmp_path / "own.csv"
    own.write_text("label,name\n2,leaf spot\n4,healthy tissue\n")
    options = ["--classes", str(own), "--diseased", "leaf spot"]
    assert main(["measure", str(maps), "--out", str(out), *options]) == 0
    assert [row["severity_percent"] for row in rows(out)] == ["100", "95", "80"]


def test_severity_of_all_is_said_where_no_class_is_healthy(
    maps: Path, tmp_path: Path, capsys: Capture
) -> None:
    out, own = tmp_path / "t.csv", tmp_path / "own.csv"
    own.write_text("label,name\n4,lesion\n")
    options = ["--classes", str(own), "--min-leaf", "1"]
    assert main(["measure", str(maps), "--out", str(out), *options]) == 0
    assert [row["severity_percent"] for row in rows(out)] == ["", "100", "100"]
    said = capsys.readouterr().err
    assert "b: all pixels of leaf are diseased" in said
    assert "c: all pixels of leaf are diseased" in said
    assert "a: all" not in said


def test_spectra_and_indices_of_the_classes(maps: Path, tmp_path: Path, capsys: Capture) -> None:
    cube = np.full((4, 12, 14), 0.2, np.float32)
    cube[3] = 0.6
    cube[3][label_map(5) == 4] = 0.3
    scan = tmp_path / "b.mat"
    write_matlab(scan, cube, np.array([500.0, 570.0, 670.0, 800.0]))
    out = tmp_path / "t.csv"
    command = ["measure", str(maps), "--out", str(out), "--cubes", str(scan), "--index", "NDVI"]
    assert main(command) == 0
    values = {row["class"]: row for row in rows(tmp_path / "t_indices.csv")}
    assert float(values["lesion"]["mean"]) == pytest.approx(0.2)
    assert float(values["healthy tissue"]["mean"]) == pytest.approx(0.5)
    assert values["lesion"]["pixels"] == "5"
    assert len(rows(tmp_path / "t_spectra.csv")) == 3 * 4
    assert "a: its scan is not among the cubes" in capsys.readouterr().err


def test_the_pixel_size_of_the_scan_counts_where_the_map_has_none(
    maps: Path, tmp_path: Path
) -> None:
    scan = tmp_path / "b.tif"
    cube = np.full((4, 12, 14), 0.2, np.float32)
    options = {"photometric": "minisblack", "planarconfig": "separate", "metadata": None}
    imwrite(scan, cube, resolution=(20, 20), resolutionunit="CENTIMETER", **options)
    out = tmp_path / "t.csv"
    command = ["measure", str(maps), "--out", str(out), "--cubes", str(scan)]
    assert main([*command, "--layout", "band-row-column"]) == 0
    assert [row["leaf_area_mm2"] for row in rows(out)] == ["", "25", ""]


def test_gaps_are_said(maps: Path, details: Path, tmp_path: Path, capsys: Capture) -> None:
    with details.open("a") as file:
        file.write("z,p1,mock,2026-05-09,\n")
    empty = np.ones((9, 9), np.uint8)
    empty[2, 2:7] = 9
    imwrite(maps / "d.tif", empty)
    command = ["measure", str(maps), "--out", str(tmp_path / "t.csv"), "--details", str(details)]
    assert main(command) == 0
    said = capsys.readouterr().err
    assert "left out: z is in the details" in said
    assert "d: no leaf in sight" in said
    assert "d: 5 pixels are of classes without a name" in said
    assert "d: not in the details" in said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "t.ods"], ".csv or .xlsx"),
        (["--out", "t.csv", "--pixel-size", "0"], "length in mm"),
        (["--out", "t.csv", "--min-area", "-1"], "number of pixels"),
        (["--out", "t.csv", "--smooth", "1000"], "--smooth"),
        (["--out", "t.csv", "--scale", "elanco"], "no scale elanco"),
        (["--out", "t.csv", "--details", "gone.csv"], "gone.csv"),
        (["--out", "t.csv", "--classes", "gone.csv"], "gone.csv"),
        (["--out", "t.csv", "--index", "NDVI"], "--cubes"),
        (["gone.tif", "--out", "t.csv"], "no file gone.tif"),
        (["--out", "maps/classes.csv"], "would replace"),
    ],
)
def test_bad_options_end_in_one_line(
    maps: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    options: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    before = (maps / "classes.csv").read_text()
    assert main(["measure", "maps", *options]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
    assert (maps / "classes.csv").read_text() == before
    assert not (tmp_path / "t.csv").exists()


def test_classes_without_names_are_asked_for(maps: Path, tmp_path: Path, capsys: Capture) -> None:
    (maps / "classes.csv").unlink()
    assert main(["measure", str(maps), "--out", str(tmp_path / "t.csv")]) == 2
    assert "--classes" in capsys.readouterr().err
    (maps / "classes.csv").write_text("label,name\n1,background\n2,thumb\n")
    assert main(["measure", str(maps), "--out", str(tmp_path / "t.csv")]) == 2
    said = capsys.readouterr().err
    assert "No class of the map a is named halo, healthy tissue, lesion, necrosis" in said


def test_maps_that_carry_names_and_pixel_size(maps: Path, tmp_path: Path, capsys: Capture) -> None:
    (maps / "classes.csv").unlink()
    named = (LabelClass(1, "background"), LabelClass(2, "healthy tissue"), LabelClass(4, "lesion"))
    image = LabelImage.build("c", label_map(20), named, pixel_size_mm=0.5)
    write_map(image, maps)
    out = tmp_path / "t.csv"
    assert main(["measure", str(maps / "c.tif"), "--out", str(out)]) == 0
    (row,) = rows(out)
    assert (row["severity_percent"], row["lesion_area_mm2"]) == ("20", "5")
    capsys.readouterr()
    assert main(["measure", str(maps / "c.tif"), "--out", str(out), "--pixel-size", "2"]) == 0
    assert rows(out)[0]["lesion_area_mm2"] == "80"
    assert f"the earlier {out} is replaced" in capsys.readouterr().err
