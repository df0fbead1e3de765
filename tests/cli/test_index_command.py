"""``index``: maps of vegetation indices and a table of their figures."""

import csv
import math
import shutil
from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_dgc.cli import main
from napari_dgc.cubes.matlab_writer import write_matlab

Capture = pytest.CaptureFixture[str]
NM = np.arange(400.0, 1001.0, 5.0)


@pytest.fixture
def leaf(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    data = rng.uniform(0.3, 0.9, (1, 7, 9)) * np.linspace(0.4, 0.9, len(NM))[:, None, None]
    data = (data + 0.002 * rng.normal(size=data.shape)).astype(np.float32)
    data[:, 2, 3] = np.nan
    path = tmp_path / "leaf.mat"
    write_matlab(path, data, NM)
    return path


@pytest.fixture
def counts(tmp_path: Path) -> Path:
    data = np.random.default_rng(1).integers(100, 4000, (len(NM), 7, 9)).astype(np.uint16)
    path = tmp_path / "raw.mat"
    write_matlab(path, data, NM)
    return path


def table(out: Path) -> list[dict[str, str]]:
    with (out / "indices.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def test_one_map_per_index_and_a_table(leaf: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "maps"
    assert main(["index", str(leaf), "--index", "NDVI", "pri", "--out", str(out)]) == 0
    names = ["leaf_NDVI.tif", "leaf_PRI.tif", "indices.csv"]
    assert capsys.readouterr().out.splitlines() == [str(out / name) for name in names]
    names.append("index.provenance.json")
    assert sorted(path.name for path in out.iterdir()) == sorted(names)
    from napari_dgc.cubes.read import open_cube

    cube = open_cube(leaf)
    window = cube.read(slice(None), slice(None))
    red, infrared = window[NM == 670][0], window[NM == 800][0]
    values = tifffile.imread(out / "leaf_NDVI.tif")
    assert values.dtype == np.float32
    np.testing.assert_allclose(values, (infrared - red) / (infrared + red), rtol=1e-5)
    assert np.argwhere(np.isnan(values)).tolist() == [[2, 3]]
    with tifffile.TiffFile(out / "leaf_NDVI.tif") as file:
        assert "NDVI = (R800 − R670) / (R800 + R670)" in file.pages[0].description

    first, second = table(out)
    assert (first["scan"], first["index"], first["calibrated"]) == ("leaf", "NDVI", "yes")
    assert (second["index"], second["pixels"]) == ("PRI", "62")
    assert float(first["median"]) == pytest.approx(np.nanmedian(values), rel=1e-5)
    assert float(first["sd"]) == pytest.approx(np.nanstd(values), rel=1e-4)
    assert float(first["maximum"]) == pytest.approx(np.nanmax(values), rel=1e-5)


def test_counts_are_said_to_be_uncalibrated(
    leaf: Path, counts: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "maps"
    assert main(["index", str(leaf), str(counts), "--index", "NDVI", "--out", str(out)]) == 0
    told = capsys.readouterr().err
    assert "raw: the values are no reflectance" in told
    assert "leaf: the values" not in told
    assert [(line["scan"], line["calibrated"]) for line in table(out)] == [
        ("leaf", "yes"),
        ("raw", "no"),
    ]
    with tifffile.TiffFile(out / "raw_NDVI.tif") as file:
        assert file.pages[0].description.endswith("uncalibrated")


def test_nothing_is_written_when_one_scan_cannot(
    leaf: Path, counts: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "maps"
    assert main(["index", str(leaf), str(counts), "--index", "HI", "--out", str(out)]) == 2
    assert "raw does not hold reflectance" in capsys.readouterr().err
    assert main(["index", str(leaf), "--index", "CAI", "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert "leaf (400 to 1000 nm) has no band within 10 nm of 2000 nm" in said
    assert not out.exists()


def test_neighbouring_bands_can_be_averaged(leaf: Path, tmp_path: Path) -> None:
    plain, smooth = tmp_path / "plain", tmp_path / "smooth"
    arguments = ["index", str(leaf), "--index", "NDVI"]
    assert main([*arguments, "--out", str(plain)]) == 0
    assert main([*arguments, "--out", str(smooth), "--average", "20"]) == 0
    spread = [float(table(out)[0]["sd"]) for out in (plain, smooth)]
    assert spread[1] < 0.7 * spread[0]


@pytest.mark.parametrize(
    "options, said",
    [
        (["--index", "NDVI"], "Name scans, --index and --out"),
        (["--index", "NVDI", "--out", "maps"], "There is no index 'NVDI'"),
        (["--index", "NDVI", "--out", "maps", "--average", "50"], "from 0 to 20 nm"),
    ],
)
def test_wrong_options_are_told_in_one_line(
    leaf: Path, capsys: Capture, options: list[str], said: str
) -> None:
    assert main(["index", str(leaf), *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert said in line


def test_two_scans_of_one_name_are_refused(leaf: Path, tmp_path: Path, capsys: Capture) -> None:
    out, other = tmp_path / "maps", tmp_path / "day3" / leaf.name
    other.parent.mkdir()
    shutil.copy(leaf, other)
    assert main(["index", str(leaf), str(other), "--index", "NDVI", "--out", str(out)]) == 2
    assert "Two scans are named leaf" in capsys.readouterr().err


def test_the_list_tells_formula_meaning_and_source(capsys: Capture) -> None:
    from napari_dgc.indices import INDICES

    assert main(["index", "--list"]) == 0
    shown = capsys.readouterr().out
    for index in INDICES:
        assert str(index.formula) in shown
        assert index.meaning in shown
        assert index.source in shown
    assert "https://doi.org/10.1016/j.rse.2012.09.019" in shown


def test_a_scan_without_any_value_has_an_empty_line(tmp_path: Path) -> None:
    data = np.zeros((len(NM), 4, 5), np.float32)
    data[NM == 600] = 0.5
    path = tmp_path / "dark.mat"
    write_matlab(path, data, NM)
    assert main(["index", str(path), "--index", "NDVI", "--out", str(tmp_path / "maps")]) == 0
    (line,) = table(tmp_path / "maps")
    assert line["pixels"] == "0"
    assert line["mean"] == ""
    values = tifffile.imread(tmp_path / "maps" / "dark_NDVI.tif")
    assert math.isnan(values.max())
