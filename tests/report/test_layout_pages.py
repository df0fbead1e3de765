"""Pages of label maps beside pictures of their scans."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pypdf import PdfReader

from napari_dgc.annotations.formats import FORMATS
from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.cli import main
from napari_dgc.cubes.matlab_writer import write_matlab

Capture = pytest.CaptureFixture[str]
RED, GREEN = (200, 30, 40), (30, 160, 60)


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    """Twelve maps, the left half lesion."""
    folder = tmp_path / "maps"
    labels = np.full((12, 14), 2, np.uint8)
    labels[:, :7] = 1
    classes = [LabelClass(1, "lesion", "#c81e28"), LabelClass(2, "healthy tissue", "#1ea03c")]
    for number in range(12):
        FORMATS["tif"].write(LabelImage.build(f"p{number:02}", labels, classes), folder)
    return folder


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    folder = tmp_path / "scans"
    folder.mkdir()
    data = np.random.default_rng(0).random((6, 12, 14)).astype(np.float32)
    for number in range(12):
        write_matlab(folder / f"p{number:02}.mat", data, np.linspace(400, 1000, 6))
    return folder


def test_maps_stand_beside_their_scans(maps: Path, scans: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages.png"
    assert main(["layout", str(maps), "--cubes", str(scans), "--out", str(out)]) == 0
    assert not (tmp_path / "pages_3.png").exists()
    page = np.asarray(Image.open(out))
    last = np.asarray(Image.open(tmp_path / "pages_2.png"))
    assert page.shape[1] == last.shape[1]
    # Five rows on the first page, one on the second.
    assert page.shape[0] > 4 * last.shape[0]
    red, green = ((page == colour).all(2) for colour in (RED, GREEN))
    # Two maps a row, each as wide as its picture; the left half of each is red.
    columns = np.flatnonzero(red.sum(0) > 500)
    assert 230 < len(columns) < 250
    assert abs(int(red.sum()) - int(green.sum())) < 0.1 * green.sum()


def test_pdf_has_as_many_pages_and_is_the_same_each_time(
    maps: Path, scans: Path, tmp_path: Path
) -> None:
    files = [tmp_path / name for name in ("a.pdf", "b.pdf")]
    for file in files:
        command = ["layout", str(maps / "*.tif"), "--out", str(file), "--title", "May"]
        assert main([*command, "--cubes", str(scans)]) == 0
    assert files[0].read_bytes() == files[1].read_bytes()
    reader = PdfReader(io.BytesIO(files[0].read_bytes()))
    assert len(reader.pages) == 2
    assert reader.metadata is not None
    assert reader.metadata.title == "May"


def test_what_cannot_be_drawn_is_left_out(maps: Path, tmp_path: Path, capsys: Capture) -> None:
    (maps / "p03.tif").write_bytes(b"II*\0")
    out = tmp_path / "pages.png"
    assert main(["layout", str(maps), "--out", str(out)]) == 1
    captured = capsys.readouterr()
    assert captured.out.split() == [str(out)]
    assert "left out: p03" in captured.err
    assert main(["layout", str(maps), "--out", str(tmp_path / "pages.gif")]) == 2
    assert "ends in .pdf or .png" in capsys.readouterr().err


def test_a_dry_run_draws_nothing(maps: Path, tmp_path: Path, capsys: Capture) -> None:
    out = tmp_path / "new" / "pages.pdf"
    assert main(["layout", str(maps), "--out", str(out), "--dry-run"]) == 0
    assert capsys.readouterr().out.count("would draw") == 12
    assert not out.parent.exists()
