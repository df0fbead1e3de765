"""``segment`` and ``measure`` of folders: what is done stays done, failures stand apart."""

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from tifffile import imwrite

from napari_dgc.annotations import read_labels
from napari_dgc.cli import main
from napari_dgc.clustering.estimator import Clusterer

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def model(stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture) -> Path:
    folder = tmp_path / "model"
    arguments = [*map(str, scans), "--model", str(folder), "--epochs", "1", "--clusters", "9"]
    assert main(["train", *arguments]) == 0
    capsys.readouterr()
    return folder


def segment(scans: Path, model: Path, out: Path, *options: str) -> int:
    return main(["segment", str(scans), "--model", str(model), "--out", str(out), *options])


def test_a_folder_is_labelled_and_not_again(
    model: Path, scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    folder, out = scans[0].parent, tmp_path / "maps"
    assert segment(folder, model, out) == 0
    files = [str(out / "first.tif"), str(out / "second.tif")]
    assert capsys.readouterr().out.splitlines() == files
    times = [Path(file).stat().st_mtime_ns for file in files]
    assert segment(folder, model, out) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == files
    assert "2 of 2 scans are done already; --redo does them again" in captured.err
    assert [Path(file).stat().st_mtime_ns for file in files] == times
    assert segment(folder, model, out, "--redo") == 0
    assert Path(files[0]).stat().st_mtime_ns > times[0]
    # Other classes are other maps.
    assert segment(folder, model, out, "--classes", "3") == 0
    assert read_labels(out / "second.tif").max() == 3
    made = json.loads((out / "segment.provenance.json").read_text())["runs"]
    assert sorted(made[-1]["files"]) == ["first.tif", "second.tif"]
    assert sorted(made[-1]["scans"]) == ["first", "second"]
    assert len(made[-1]["scans"]["first"][0]["sha256"]) == 64


def test_a_dry_run_writes_nothing(
    model: Path, scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "maps"
    assert segment(scans[0].parent / "*.mat", model, out, "--dry-run") == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [f"would segment: {path}" for path in scans]
    assert "2 scans to do, 0 done already" in captured.err
    assert not out.exists()
    assert segment(scans[1], model, out) == 0
    capsys.readouterr()
    assert segment(scans[0].parent, model, out, "--dry-run") == 0
    told = [f"would segment: {scans[0]}", f"done already: {scans[1]}"]
    assert capsys.readouterr().out.splitlines() == told


def test_a_scan_that_fails_is_said_and_tried_again(
    model: Path, scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    out, log = tmp_path / "maps", tmp_path / "log.jsonl"
    broken = scans[0].with_name("broken.mat")
    broken.write_bytes(scans[0].read_bytes()[:200])
    assert segment(scans[0].parent, model, out, "--log", str(log)) == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [str(out / "first.tif"), str(out / "second.tif")]
    assert "failed: broken:" in captured.err
    assert "1 of 3 scans failed; the same command tries them again" in captured.err
    told = [json.loads(line)["event"] for line in log.read_text().splitlines()]
    assert (told.count("scan_done"), told.count("scan_failed")) == (2, 1)
    shutil.copy(scans[0], broken)
    assert segment(scans[0].parent, model, out) == 0
    assert (out / "broken.tif").exists()
    # One scan that fails is bad input, as ever.
    broken.write_bytes(b"")
    assert segment(broken, model, out) == 2
    err = capsys.readouterr().err.splitlines()
    assert err[-1].startswith("napari-dgc segment:")
    assert "is empty" in err[-1]


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    folder = tmp_path / "maps"
    folder.mkdir()
    for name, ill in (("a", 0), ("b", 5), ("c", 20)):
        labels = np.ones((12, 14), np.uint8)
        labels[1:11, 1:11] = np.where(np.arange(100) < ill, 3, 2).reshape(10, 10)
        imwrite(folder / f"{name}.tif", labels)
    (folder / "classes.csv").write_text("label,name\n1,background\n2,healthy tissue\n3,lesion\n")
    return folder


def severities(path: Path) -> dict[str, float]:
    with path.open(encoding="utf-8", newline="") as file:
        return {row["scan"]: float(row["severity_percent"]) for row in csv.DictReader(file)}


def test_measured_maps_are_kept_until_they_change(
    maps: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from napari_dgc.batch import measure

    out = tmp_path / "t.csv"
    seen: list[str] = []
    real = measure.measure_scan

    def counted(*args: object, scan: str = "", **more: object) -> object:
        seen.append(scan)
        return real(*args, scan=scan, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(measure, "measure_scan", counted)
    command = ["measure", str(maps), "--out", str(out), "--leaves", "--lesions"]
    assert main(command) == 0
    assert severities(out) == {"a": 0.0, "b": 5.0, "c": 20.0}
    tables = [out.with_name(f"t_{name}.csv").read_bytes() for name in ("leaves", "lesions")]
    assert main(command) == 0
    assert [out.with_name(f"t_{name}.csv").read_bytes() for name in ("leaves", "lesions")] == tables
    assert seen == ["a", "b", "c"]
    shutil.copy(maps / "b.tif", maps / "d.tif")
    shutil.copy(maps / "c.tif", maps / "a.tif")
    assert main(command) == 0
    assert severities(out) == {"a": 20.0, "b": 5.0, "c": 20.0, "d": 5.0}
    assert seen == ["a", "b", "c", "a", "d"]
    # A name that changes changes every figure.
    (maps / "classes.csv").write_text("label,name\n1,background\n2,lesion\n3,healthy tissue\n")
    assert main(command) == 0
    assert severities(out)["b"] == 95.0


def test_a_map_that_fails_is_missing_in_the_table(
    maps: Path, tmp_path: Path, capsys: Capture
) -> None:
    (maps / "b.tif").write_bytes(b"II*\0 and no more")
    out = tmp_path / "t.csv"
    assert main(["measure", str(maps / "*.tif"), "--out", str(out)]) == 1
    assert "failed: b: " in capsys.readouterr().err
    assert list(severities(out)) == ["a", "c"]


def test_several_processes_write_the_same(tmp_path: Path, capsys: Capture) -> None:
    scans, model = tmp_path / "scans", tmp_path / "model"
    assert main(["simulate", str(scans), "--size", "32", "32", "--bands", "12"]) == 0
    options = ["--model", str(model), "--method", "kmeans", "--clusters", "4", "--epochs", "1"]
    assert main(["train", *map(str, scans.glob("*.mat")), *options]) == 0
    for jobs in ("1", "2"):
        assert segment(scans, model, tmp_path / jobs, "--jobs", jobs) == 0
    names = sorted(path.name for path in (tmp_path / "1").glob("*.tif"))
    assert len(names) == 3
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_train_and_report_take_folders_and_say_what_they_would_read(
    stand_in: type[Clusterer], scans: list[Path], maps: Path, tmp_path: Path, capsys: Capture
) -> None:
    folder, model, page = scans[0].parent, tmp_path / "model", tmp_path / "new" / "r.html"
    command = ["train", str(folder), "--model", str(model), "--epochs", "1", "--clusters", "9"]
    assert main([*command, "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == [f"would learn from: {path}" for path in scans]
    assert not model.exists()
    assert main(command) == 0
    assert "2 scans" in capsys.readouterr().err
    command = ["report", str(maps / "*.tif"), "--out", str(page)]
    assert main([*command, "--dry-run"]) == 0
    assert capsys.readouterr().out.count("would report on:") == 3
    assert not page.parent.exists()
