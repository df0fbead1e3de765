"""``evaluate``: pairing files, names, output."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from tifffile import imwrite

from napari_dgc.cli import main

Capture = pytest.CaptureFixture[str]
TRUTH = np.array([[1, 1, 2, 2], [1, 1, 2, 4], [0, 1, 4, 4]], np.uint8)
#: Clusters 3 and 5 are background, 7 is tissue, 8 lesion; one lesion pixel is missed.
PREDICTED = np.array([[3, 5, 7, 7], [3, 5, 7, 7], [7, 5, 8, 8]], np.uint8)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    predicted, truth = tmp_path / "maps", tmp_path / "scans" / "truth"
    predicted.mkdir()
    truth.mkdir(parents=True)
    imwrite(predicted / "day5.tif", PREDICTED)
    imwrite(truth / "day5.tif", TRUTH)
    (truth / "classes.csv").write_text("label,name\n1,background\n2,healthy tissue\n4,lesion\n")
    return predicted, truth


def evaluate(predicted: Path, truth: Path, *options: str) -> int:
    return main(["evaluate", "--pred", str(predicted), "--truth", str(truth), *options])


def test_it_prints_and_writes_the_figures(
    folders: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    predicted, truth = folders
    figures = tmp_path / "new" / "figures.json"
    assert evaluate(predicted, truth, "--json", str(figures)) == 0
    out, err = capsys.readouterr()
    assert err == ""
    lines = out.splitlines()
    assert any(line.startswith("background/tissue IoU") and "1.000" in line for line in lines)
    assert any(line.startswith("lesion IoU ") and "0.667" in line for line in lines)
    content = json.loads(figures.read_text())
    assert content["pooled"]["lesion_iou"] == pytest.approx(2 / 3, abs=1e-6)
    assert content["classes"] == {"1": "background", "2": "healthy tissue", "4": "lesion"}


def test_the_folder_that_simulate_wrote_will_do(folders: tuple[Path, Path]) -> None:
    predicted, truth = folders
    (truth.parent / "day5.mat").write_bytes(b"a cube, not a map")
    assert evaluate(predicted, truth.parent) == 0


@pytest.mark.parametrize("kind", ["npy", "png", "mat"])
def test_every_kind_of_map_will_do(folders: tuple[Path, Path], kind: str, capsys: Capture) -> None:
    from PIL import Image

    predicted, truth = folders
    for folder, labels in ((predicted, PREDICTED), (truth, TRUTH)):
        (folder / "day5.tif").unlink()
        if kind == "npy":
            np.save(folder / "day5.npy", labels)
        elif kind == "png":
            Image.fromarray(labels).save(folder / "day5.png")
        else:
            savemat(folder / "day5.mat", {"labels": labels.astype(float)})
    assert evaluate(predicted, truth) == 0
    assert "0.667" in capsys.readouterr().out


def test_what_has_no_partner_is_left_out_and_said(
    folders: tuple[Path, Path], capsys: Capture
) -> None:
    predicted, truth = folders
    imwrite(predicted / "day3.tif", PREDICTED)
    imwrite(truth / "day9.tif", TRUTH)
    assert evaluate(predicted, truth) == 0
    err = capsys.readouterr().err
    assert "day3 has no truth" in err
    assert "day9 has no prediction" in err


def test_without_class_table_general_figures_remain(
    folders: tuple[Path, Path], capsys: Capture
) -> None:
    predicted, truth = folders
    (truth / "classes.csv").unlink()
    assert evaluate(predicted, truth) == 0
    out, err = capsys.readouterr()
    assert "no classes.csv" in err
    assert "adjusted Rand index" in out


def test_bad_folders_are_refused_in_one_line(
    folders: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    predicted, truth = folders
    empty = tmp_path / "empty"
    empty.mkdir()
    other = tmp_path / "other"
    other.mkdir()
    imwrite(other / "leaf.tif", PREDICTED)
    twice = tmp_path / "twice"
    twice.mkdir()
    imwrite(twice / "day5.tif", PREDICTED)
    np.save(twice / "day5.npy", PREDICTED)
    wide = tmp_path / "wide"
    wide.mkdir()
    imwrite(wide / "day5.tif", np.ones((3, 9), np.uint8))
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "day5.png").write_text("no picture")
    for folder, said in (
        (empty, "no label maps"),
        (other, "name both after the scan"),
        (twice, "two label maps named day5"),
        (wide, "differ in size"),
        (broken, "day5.png"),
    ):
        assert evaluate(folder, truth) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert said in err
        assert err.count("\n") == 1
    assert evaluate(predicted, truth, "--json", str(tmp_path)) == 2
    assert "is a folder" in capsys.readouterr().err


def test_a_mapping_by_hand_gives_all_files(
    folders: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    predicted, truth = folders
    files = {name: tmp_path / f"figures.{name}" for name in ("json", "csv", "html")}
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    given = '{"background": [3, 5], "lesion": [8]}'
    assert evaluate(predicted, truth, "--mapping", given, "--resamples", "50", *options) == 0
    out, err = capsys.readouterr()
    assert "Cluster 7 stands for no class of the truth; 36.4 % of the labelled pixels" in err
    assert "as given by hand (in brackets: 95 % of blocks of pixels drawn anew)" in out
    content = json.loads(files["json"].read_text())["assessment"]
    assert content["mapping"] == {"3": 1, "5": 1, "7": None, "8": 4}
    assert content["pooled"]["classes"]["lesion"]["recall"] == pytest.approx(2 / 3)
    assert "all scans,lesion,recall,0.6666666667," in files["csv"].read_text()
    page = files["html"].read_text()
    assert "Cluster 7 stands for no class of the truth" in page
    assert str(predicted) in page


def test_a_mapping_from_a_file_and_what_does_not_go_with_it(
    folders: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    predicted, truth = folders
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"1": [3, 5], "2": [7], "4": [8]}')
    assert evaluate(predicted, truth, "--mapping", f"@{mapping}", "--resamples", "0") == 0
    assert "as given by hand" in capsys.readouterr().out
    for given in ('{"rust": [8]}', "{", "@nowhere.json"):
        assert evaluate(predicted, truth, "--mapping", given) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1
    assert evaluate(predicted, truth, "--mapping", "{}", "--match", "names") == 2
    assert "not allowed with" in capsys.readouterr().err


def test_tensors_of_torch_are_truth(folders: tuple[Path, Path], capsys: Capture) -> None:
    import torch

    predicted, truth = folders
    (truth / "day5.tif").unlink()
    torch.save({"mask": torch.from_numpy(TRUTH)}, truth / "day5.pth")
    assert evaluate(predicted, truth, "--resamples", "0") == 0
    assert "0.667" in capsys.readouterr().out


def test_classes_of_one_name_are_matched(
    folders: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    predicted, truth = folders
    (predicted / "classes.csv").write_text("label,name\n8,Lesion\n7,healthy tissue\n")
    figures = tmp_path / "f.json"
    options = ["--match", "names", "--resamples", "0", "--json", str(figures)]
    assert evaluate(predicted, truth, *options) == 0
    content = json.loads(figures.read_text())["assessment"]
    assert content["mapping"] == {"3": None, "5": None, "7": 2, "8": 4}
    assert "Clusters 3 and 5 stand for no class of the truth" in capsys.readouterr().err


def test_a_map_that_cannot_be_read_stops_no_other(
    folders: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    predicted, truth = folders
    (predicted / "day3.npy").write_bytes(b"no array")
    imwrite(truth / "day3.tif", TRUTH)
    log = tmp_path / "log.jsonl"
    assert evaluate(predicted, truth, "--log", str(log)) == 1
    out, err = capsys.readouterr()
    assert "0.667" in out
    assert "failed: day3: " in err
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["event"] for line in told] == [
        "batch_started",
        "scan_failed",
        "scan_done",
        "batch_finished",
    ]
    assert told[1]["name"] == "day3"
    assert (told[3]["done"], told[3]["failed"]) == (1, 1)
    imwrite(truth / "day5.tif", TRUTH[:2])
    assert evaluate(predicted, truth) == 2
    assert "All 2 scans failed" in capsys.readouterr().err


def test_a_dry_run_says_what_would_be_compared(
    folders: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    figures = tmp_path / "figures.json"
    assert evaluate(*folders, "--dry-run", "--json", str(figures)) == 0
    out, err = capsys.readouterr()
    assert out == "would evaluate: day5\n"
    assert "1 scan to read; nothing was written" in err
    assert not figures.exists()
