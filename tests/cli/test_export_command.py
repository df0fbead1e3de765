"""``export``: from the maps of segment to files of other programs, and back to evaluate."""

import json
from pathlib import Path

import numpy as np
import pytest
from tifffile import TiffFile, imwrite

from napari_dgc.annotations.formats import FORMATS
from napari_dgc.cli import export as command
from napari_dgc.cli import main
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_writer import write_envi

Capture = pytest.CaptureFixture[str]
LABELS = np.repeat(np.repeat(np.array([[1, 1, 2], [1, 3, 2], [2, 2, 0]], np.uint8), 5, 0), 6, 1)
TABLE = "label,name\n1,background\n2,healthy tissue\n3,lesion\n"


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    folder = tmp_path / "maps"
    folder.mkdir()
    for name in ("day3", "day5"):
        imwrite(folder / f"{name}.tif", LABELS)
    (folder / "classes.csv").write_text(TABLE)
    return folder


def export(maps: Path, *options: str) -> int:
    files = [str(path) for path in sorted(maps.glob("*.tif"))]
    return main(["export", *files, *options])


def test_the_command_knows_the_formats_that_there_are() -> None:
    assert set(command.FORMATS) == set(FORMATS)


def test_it_prints_what_it_wrote(maps: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "new" / "out"
    options = ("--format", "labelme", "coco", "envi", "png", "npy", "masks", "tif")
    assert export(maps, *options, "--out", str(out), "--pixel-size", "0.1") == 0
    printed = capsys.readouterr().out
    written = {Path(line).relative_to(out).as_posix() for line in printed.splitlines()}
    assert written | {"export.provenance.json"} == {
        path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()
    }
    assert {"day3.json", "day5.hdr", "annotations_coco.json", "day3_masks/3_lesion.png"} <= written
    names = {
        c["name"] for c in json.loads((out / "annotations_coco.json").read_text())["categories"]
    }
    assert names == {"background", "healthy tissue", "lesion"}
    with TiffFile(out / "day3.tif") as file:
        above, below = file.pages.first.tags["XResolution"].value
        assert 10 * below / above == pytest.approx(0.1)


@pytest.mark.parametrize("kind", ["tif", "png", "npy", "envi", "labelme", "coco", "coco-rle"])
def test_what_is_exported_is_a_truth_to_score_against(
    maps: Path, tmp_path: Path, capsys: Capture, kind: str
) -> None:
    out = tmp_path / "truth"
    assert export(maps, "--format", kind, "--out", str(out)) == 0
    figures = tmp_path / "figures.json"
    judge = ["evaluate", "--pred", str(maps), "--truth", str(out), "--json", str(figures)]
    assert main(judge) == 0
    content = json.loads(figures.read_text())
    assert set(content["classes"].values()) == {"background", "healthy tissue", "lesion"}
    assert content["pooled"]["lesion_iou"] == 1.0
    assert len(content["scans"]) == 2
    capsys.readouterr()


def test_pictures_and_spectra_come_from_the_scans(
    maps: Path, tmp_path: Path, capsys: Capture
) -> None:
    data = np.random.default_rng(0).random((12, *LABELS.shape), np.float32)
    scans = []
    for name in ("day3", "day5"):
        cube = HyperCube(data, name, wavelengths=np.linspace(430, 690, 12), wavelength_unit="nm")
        scans.append(str(write_envi(cube, tmp_path / "scans" / f"{name}.hdr")[0]))
    out = tmp_path / "out"
    assert export(maps, "--format", "overlay", "spectra", "--out", str(out), "--cubes", *scans) == 0
    assert {path.name for path in out.iterdir()} >= {"day3_overlay.png", "day5_spectra.csv"}
    capsys.readouterr()
    # The scans themselves are never written over.
    assert (
        export(maps, "--format", "envi", "--out", str(tmp_path / "scans"), "--cubes", *scans) == 2
    )
    assert "choose another folder" in capsys.readouterr().err
    assert export(maps, "--format", "overlay", "--out", str(out)) == 2
    assert "name it with --cubes" in capsys.readouterr().err


def test_a_scan_of_another_size_is_refused(maps: Path, tmp_path: Path, capsys: Capture) -> None:
    cube = HyperCube(np.ones((3, 4, 5), np.float32), "day3")
    scan, _ = write_envi(cube, tmp_path / "scans" / "day3.hdr")
    out = str(tmp_path / "out")
    assert export(maps, "--format", "labelme", "--out", out, "--cubes", str(scan)) == 2
    assert "15 x 18 pixels, its scan 4 x 5" in capsys.readouterr().err


def test_maps_are_not_written_over_themselves(maps: Path, capsys: Capture) -> None:
    before = (maps / "day3.tif").read_bytes()
    assert export(maps, "--format", "tif", "--out", str(maps)) == 2
    assert "written over itself" in capsys.readouterr().err
    assert (maps / "day3.tif").read_bytes() == before


def test_a_table_of_names_can_be_given(maps: Path, tmp_path: Path) -> None:
    table = tmp_path / "mine.csv"
    table.write_text("label,name,colour\n3,rust,#aa0000\n9,never,\n")
    out = tmp_path / "out"
    options = ("--format", "labelme", "--classes", str(table))
    assert export(maps, *options, "--out", str(out)) == 0
    shapes = json.loads((out / "day3.json").read_text())["shapes"]
    assert {shape["label"] for shape in shapes} == {"background", "healthy tissue", "rust"}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--format", "jpg"), "invalid choice"),
        (("--format", "tif", "--pixel-size", "0"), "not a length"),
        (("--format", "coco", "coco-rle"), "same file"),
        (("--format", "tif", "--classes", "gone.csv"), "gone.csv"),
    ],
)
def test_bad_options_are_refused_in_one_line(
    maps: Path, tmp_path: Path, capsys: Capture, options: tuple[str, ...], said: str
) -> None:
    assert export(maps, *options, "--out", str(tmp_path / "out")) == 2
    message = capsys.readouterr().err
    assert said in message
    assert message.count("\n") == 1


def outlines(folder: Path, *shapes: dict[str, object]) -> Path:
    folder.mkdir()
    content = {"shapes": list(shapes), "imagePath": "a.png", "imageData": None}
    for name in ("day3", "day5"):
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


LESION = {"label": "lesion", "points": [[6, 5], [11, 9]], "shape_type": "rectangle"}


def test_outlines_of_lesions_alone_are_scored_with_the_rest_as_background(
    maps: Path, tmp_path: Path, capsys: Capture
) -> None:
    truth = outlines(tmp_path / "truth", LESION)
    (truth / "settings.json").write_text("{}")
    figures = tmp_path / "figures.json"
    judge = ["evaluate", "--pred", str(maps), "--truth", str(truth), "--json", str(figures)]
    assert main([*judge, "--rest", "background"]) == 0
    content = json.loads(figures.read_text())["pooled"]
    assert content["lesion_iou"] == 1.0
    assert content["labelled_pixels"] == 2 * LABELS.size
    assert main(judge) == 0
    assert json.loads(figures.read_text())["pooled"]["labelled_pixels"] == 2 * 30
    capsys.readouterr()


def test_files_of_outlines_that_count_classes_differently_agree_by_name(
    maps: Path, tmp_path: Path, capsys: Capture
) -> None:
    tissue = {"label": "healthy tissue", "points": [[12, 0], [17, 9]], "shape_type": "rectangle"}
    truth = outlines(tmp_path / "truth", LESION, tissue)
    content = json.loads((truth / "day5.json").read_text())
    (truth / "day5.json").write_text(json.dumps(content | {"shapes": [tissue, LESION]}))
    figures = tmp_path / "figures.json"
    assert (
        main(["evaluate", "--pred", str(maps), "--truth", str(truth), "--json", str(figures)]) == 0
    )
    content = json.loads(figures.read_text())
    assert sorted(content["classes"].values()) == ["healthy tissue", "lesion"]
    assert content["pooled"]["lesion_iou"] == 1.0
    capsys.readouterr()
