"""The real commands with the default method, one after the other, in processes of their own."""

import csv
import filecmp
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from napari_dgc.cli import main

TINY = ["--size", "40", "48", "--bands", "16", "--seed", "1"]

#: Runs commands one after the other, then fails when anything of napari or Qt was loaded.
CHECKED = """
import json, sys
from napari_dgc.cli import main
for arguments in json.loads(sys.argv[1]):
    status = main(arguments)
    if status:
        sys.exit(status)
roots = {name.partition(".")[0] for name in sys.modules}
unwanted = roots & {"napari", "qtpy", "PyQt5", "PyQt6", "PySide2", "PySide6", "magicgui", "superqt"}
sys.exit(f"loaded: {unwanted}" if unwanted else 0)
"""


def commands(*commands: list[object]) -> str:
    result = subprocess.run(
        [sys.executable, "-c", CHECKED, json.dumps([[str(a) for a in c] for c in commands])],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("simulated")
    assert main(["simulate", str(folder), "--severity", "0", "5", *TINY]) == 0
    return folder


def test_from_simulated_scans_to_figures_without_napari_or_qt(
    simulated: Path, tmp_path: Path
) -> None:
    cubes = sorted(simulated.glob("*.mat"))
    assert [cube.stem for cube in cubes] == ["day5_1", "healthy_1"]

    def learn_and_label(folder: Path) -> list[list[object]]:
        options = ["--clusters", 8, "--epochs", 1, "--seed", 4, "--device", "cpu"]
        out = ["--out", folder / "maps", "--classes", 3]
        return [
            ["train", *cubes, "--model", folder / "model", *options],
            ["segment", *cubes, "--model", folder / "model", *out],
        ]

    one, two = tmp_path / "one", tmp_path / "two"
    figures = tmp_path / "figures.json"
    printed = commands(
        ["info", cubes[0], "--json"],
        *learn_and_label(one),
        ["evaluate", "--pred", one / "maps", "--truth", simulated, "--json", figures],
    ).splitlines()
    assert json.loads(printed[0])["shape"] == [16, 40, 48]
    assert re.match(r"epoch 1/1 .*active clusters \d+$", printed[1])
    assert printed[2:4] == [str(one / "maps" / f"{cube.stem}.tif") for cube in cubes]
    table = "\n".join(printed[4:])
    assert "background/tissue IoU" in table
    assert "lesion IoU" in table
    assert json.loads(figures.read_text())["pooled"]["background_tissue_iou"] > 0.6
    # The same seed in another process gives the same bytes.
    commands(*learn_and_label(two))
    for cube in cubes:
        name = f"{cube.stem}.tif"
        assert filecmp.cmp(one / "maps" / name, two / "maps" / name, shallow=False)


def test_from_scans_to_severity_without_naming_anything(tmp_path: Path) -> None:
    size = ["--size", "96", "96", "--bands", "40", "--seed", "2"]
    commands(["simulate", tmp_path / "scans", "--severity", 0, 5, *size])
    cubes = sorted((tmp_path / "scans").glob("*.mat"))
    model, maps, out = tmp_path / "model", tmp_path / "maps", tmp_path / "t.csv"
    printed = commands(
        ["train", *cubes, "--model", model, "--clusters", 12, "--epochs", 3, "--device", "cpu"],
        ["segment", *cubes, "--model", model, "--out", maps, "--suggest"],
        ["measure", maps, "--out", out],
        ["measure", tmp_path / "scans" / "truth", "--out", tmp_path / "true.csv"],
    ).splitlines()
    for cube in cubes:
        assert str(maps / f"{cube.stem}_classes.csv") in printed

    def severity(path: Path) -> list[float]:
        with path.open(newline="") as file:
            return [float(row["severity_percent"]) for row in csv.DictReader(file)]

    assert severity(out) == pytest.approx(severity(tmp_path / "true.csv"), rel=0.25, abs=0.5)
    assert severity(out)[0] > 2


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for single processes there")
def test_ctrl_c_during_training_keeps_a_model_that_can_be_used(
    simulated: Path, tmp_path: Path
) -> None:
    cubes = sorted(map(str, simulated.glob("*.mat")))
    arguments = ["train", *cubes, "--model", str(tmp_path / "model"), "--epochs", "5000"]
    process = subprocess.Popen(
        [sys.executable, "-m", "napari_dgc.cli", *arguments, "--clusters", "6"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("epoch 1/5000")
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=120)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Traceback" not in err
    maps = tmp_path / "maps"
    done = ["segment", *cubes, "--model", tmp_path / "model", "--out", maps, "--classes", 2]
    commands(done)
    assert len(list(maps.glob("*.tif"))) == 2
