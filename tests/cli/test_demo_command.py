"""``demo``: where it shows what, and everything it writes without windows."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_dgc.cli import demo, main

Capture = pytest.CaptureFixture[str]


def test_without_windows_it_writes_the_whole_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    from PIL import Image

    for name, value in (("SIZE", 56), ("BANDS", 31), ("CLUSTERS", 8), ("EPOCHS", 1)):
        monkeypatch.setattr(demo, name, value)
    out = tmp_path / "demo"
    assert main(["demo", "--headless", "--out", str(out), "--seed", "2"]) == 0
    printed = capsys.readouterr().out
    stems = ("healthy_1", "day3_1", "day5_1")
    for stem in stems:
        for file in (f"overview/{stem}.png", f"classes/{stem}.tif", f"classes/{stem}_classes.csv"):
            assert (out / file).is_file()
            assert str(out / file) in printed
        picture = np.asarray(Image.open(out / "overview" / f"{stem}.png"))
        assert picture.shape[1] > 900
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20
    with (out / "severity.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["scan"] for row in rows] == list(stems)
    assert float(rows[0]["true_severity_percent"]) == 0.0
    assert float(rows[2]["true_severity_percent"]) > 0.0
    assert "background/tissue IoU" in printed
    assert str(out.resolve()) in printed


@pytest.fixture
def with_tour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "find_spec", lambda _name: True)
    monkeypatch.setattr(sys, "platform", "linux")
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def test_with_a_display_napari_stays_open(with_tour: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    command = demo.tour_command(Path("o"), 3)
    assert command == [sys.executable, "-m", demo.TOUR, "--out", "o", "--seed", "3"]


def test_on_a_virtual_display_napari_closes(
    with_tour: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo.shutil, "which", lambda _name: "/usr/bin/xvfb-run")
    command = demo.tour_command(Path("o"), 3)
    assert command is not None
    assert command[0] == "/usr/bin/xvfb-run"
    assert command[-1] == "--close"


def test_without_any_display_or_binding_there_is_no_tour(
    with_tour: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo.shutil, "which", lambda _name: None)
    assert demo.tour_command(Path("o"), 3) is None
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(demo, "find_spec", lambda name: name == demo.TOUR)
    assert demo.tour_command(Path("o"), 3) is None


@pytest.mark.parametrize(("status", "expected"), [(0, 0), (130, 130), (1, 7)])
def test_a_tour_that_fails_is_replaced_by_the_job_without_windows(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, status: int, expected: int
) -> None:
    def finished(command: list[str], check: bool) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, status)

    monkeypatch.setattr(demo, "tour_command", lambda _out, _seed: ["tour"])
    monkeypatch.setattr(demo.subprocess, "run", finished)
    monkeypatch.setattr(demo, "headless", lambda _out, _seed: 7)
    assert main(["demo"]) == expected
    assert ("without windows" in capsys.readouterr().err) == (expected == 7)
