"""``compare``: tables, files, and what is refused."""

import csv
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
from tifffile import imread, imwrite

from napari_dgc.annotations.read import read_label_image
from napari_dgc.cli import main
from napari_dgc.comparison import contenders
from napari_dgc.cubes.matlab_writer import write_matlab

Capture = pytest.CaptureFixture[str]
BARS = np.arange(24) // 8


@pytest.fixture
def leaves(tmp_path: Path) -> list[Path]:
    """Two scans of three materials, with truth."""
    spectra = np.random.default_rng(0).uniform(0.1, 0.9, (3, 8))
    truth = tmp_path / "leaves" / "truth"
    truth.mkdir(parents=True)
    paths = []
    for seed, name in enumerate(("first", "second")):
        bars = np.roll(BARS, 4 * seed)[None].repeat(20, 0)
        data = spectra[bars].transpose(2, 0, 1)
        data = data + np.random.default_rng(seed).normal(0, 0.01, data.shape)
        path = tmp_path / "leaves" / f"{name}.mat"
        write_matlab(path, data.astype(np.float32), np.linspace(400, 1000, 8))
        imwrite(truth / f"{name}.tif", (bars + 1).astype(np.uint8))
        paths.append(path)
    (truth / "classes.csv").write_text("label,name\n1,background\n2,leaf\n3,lesion\n")
    return paths


def run(leaves: list[Path], *options: object) -> int:
    return main(["compare", *map(str, leaves), *map(str, options)])


def test_tables_maps_and_sheet(leaves: list[Path], tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "out"
    model = tmp_path / "model"
    train = ["--model", str(model), "--method", "kmeans", "--clusters", "3", "--epochs", "2"]
    assert main(["train", *map(str, leaves), *train]) == 0
    capsys.readouterr()
    files = ["--json", tmp_path / "c.json", "--csv", tmp_path / "c.csv", "--out", out]
    options = ["--method", "gmm", "--clusters", 3, "--epochs", 2, "--model", model]
    assert run(leaves, *options, "--truth", leaves[0].parent, *files) == 0
    printed, _ = capsys.readouterr()
    lines = [line.split() for line in printed.splitlines()]
    assert ["gmm", "1.000", "1.000"] in lines
    assert ["model", "1.000", "1.000", "1.000", "1.000"] in lines
    assert str(out / "contact_sheet.png") in printed.splitlines()
    # colours of the truth's classes are matched too: one for each material in all maps
    maps = [read_label_image(out / name / "first.tif") for name in ("gmm", "model")]
    colours = [{info.number: info.shown_colour for info in found.classes} for found in maps]
    for column in (0, 10, 20):
        here = [c[int(m.labels[3, column])] for c, m in zip(colours, maps, strict=True)]
        assert here[0] == here[1]
    document = json.loads((tmp_path / "c.json").read_text())
    assert document["agreement"][0]["contenders"] == ["gmm", "model"]
    assert document["truth"][1]["overall_accuracy"] == pytest.approx(1)
    assert [info["name"] for info in document["truth_classes"]] == ["background", "leaf", "lesion"]
    with (tmp_path / "c.csv").open(newline="") as file:
        first = next(csv.DictReader(file))
    assert first["of"] == "gmm"
    assert float(first["model"]) == pytest.approx(1)
    with (tmp_path / "c_scans.csv").open(newline="") as file:
        assert {row["scan"] for row in csv.DictReader(file)} == {"all scans", "first", "second"}


def test_label_maps_that_are_there_can_be_compared(
    leaves: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    mine = tmp_path / "by hand"
    mine.mkdir()
    for path in leaves:
        labels = imread(path.parent / "truth" / f"{path.stem}.tif")
        imwrite(mine / f"{path.stem}.tif", np.where(labels == 3, 2, labels))
    assert run(leaves, "--maps", leaves[0].parent / "truth", mine) == 0
    assert "by hand" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "too little to compare"),
        (["--method", "dgc"], "too little to compare"),
        (["--method", "dgc", "dgc"], "too little to compare"),
        (["--method", "dgc", "magic"], "magic"),
        (["--method", "kmeans", "--model", "nowhere"], "no model in nowhere"),
        (["--method", "kmeans", "gmm", "--clusters", "auto"], "does not find the number"),
        (["--method", "kmeans", "gmm", "--csv", "figures.txt"], ".csv or .xlsx"),
        (["--method", "kmeans", "gmm", "--json", "."], "folder"),
        (["--method", "kmeans", "gmm", "--truth", "nowhere"], "no folder nowhere"),
        (["--method", "kmeans", "gmm", "--device", "abacus"], "abacus"),
    ],
)
def test_bad_options_end_in_one_line(
    leaves: list[Path], options: list[str], said: str, capsys: Capture
) -> None:
    assert run(leaves, *options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    last = err.strip().splitlines()[-1]
    assert last.startswith("napari-dgc compare: ")
    assert said in last


def test_a_map_of_another_size_is_refused_before_anything_is_trained(
    leaves: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    truth = tmp_path / "truth"
    truth.mkdir()
    imwrite(truth / "second.tif", np.ones((3, 4), np.uint8))
    assert run(leaves, "--method", "kmeans", "gmm", "--truth", truth) == 2
    err = capsys.readouterr().err
    assert "3 x 4" in err
    assert "epoch" not in err


def test_scans_are_never_written_over(tmp_path: Path, leaves: list[Path], capsys: Capture) -> None:
    scan = tmp_path / "kmeans" / "flat.tif"
    scan.parent.mkdir()
    imwrite(scan, np.random.default_rng(0).random((5, 20, 24)).astype(np.float32))
    before = scan.read_bytes()
    assert run([scan], "--method", "kmeans", "gmm", "--out", tmp_path) == 2
    assert "would be lost" in capsys.readouterr().err
    assert scan.read_bytes() == before


def test_ctrl_c_keeps_the_scans_compared_so_far(
    leaves: list[Path], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    label = contenders._ByModel.label

    def interrupted(self, scan, cube, token):  # type: ignore[no-untyped-def]
        if scan == 1:
            os.kill(os.getpid(), signal.SIGINT)
        return label(self, scan, cube, token)

    monkeypatch.setattr(contenders._ByModel, "label", interrupted)
    options = ["--method", "kmeans", "gmm", "--clusters", 3, "--epochs", 1]
    figures = tmp_path / "c.json"
    assert run(leaves, *options, "--out", tmp_path / "out", "--json", figures) == 130
    out, err = capsys.readouterr()
    assert "stopped after 1 of 2 scans" in err
    assert "adjusted Rand index" in out
    document = json.loads(figures.read_text())
    assert document["stopped"]
    assert [scan["name"] for scan in document["scans"]] == ["first"]
    assert (tmp_path / "out" / "contact_sheet.png").is_file()
    assert not (tmp_path / "out" / "kmeans" / "second.tif").exists()
