"""``report``: the figures of ``measure`` with pictures, on paper."""

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tifffile import imwrite

from napari_dgc.cli import main

from .conftest import csv_rows, label_map, pdf_text, read_page, squeezed

SUFFIXES = ("html", "pdf")


def report(maps: Path, out: Path, *options: object) -> int:
    return main(["report", str(maps), "--out", str(out), *map(str, options)])


def close(shown: str, exact: str) -> bool:
    """Whether a figure on paper is that of a table, rounded to three digits or more."""
    return float(shown) == pytest.approx(float(exact), rel=5e-3, abs=5e-3)


def test_figures_are_those_of_measure(maps, details, tmp_path, capsys):
    options = ["--details", str(details), "--scale", "horsfall-barratt", "--min-area", "2"]
    assert report(maps, tmp_path / "r.html", *options) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "r.html")]
    command = ["measure", str(maps), "--out", str(tmp_path / "t.csv"), "--leaves", "--lesions"]
    assert main([*command, *options]) == 0
    page = read_page(tmp_path / "r.html")
    for table, file in (("scans", "t"), ("leaves", "t_leaves")):
        measured = csv_rows(tmp_path / f"{file}.csv")
        for title, column in {
            "Leaf area (px)": "leaf_area_px",
            "Leaf area (mm²)": "leaf_area_mm2",
            "Lesion area (mm²)": "lesion_area_mm2",
            "Severity (%)": "severity_percent",
            "Grade Horsfall-Barratt": "grade_horsfall_barratt",
            "Lesions": "lesion_count",
            "Halo (% of leaf)": "halo_percent",
        }.items():
            # Tables of leaves repeat their titles for every scan.
            shown = [cell for cell in page.column(table, title) if cell != title]
            assert len(shown) == len(measured)
            assert all(map(close, shown, [row[column] for row in measured])), title
    assert page.column("scans", "Severity (%)") == ["0.00", "0.58", "2.75"]
    assert page.column("scans", "Date") == ["2026-05-01", "2026-05-05", "2026-05-08"]
    (plant,) = csv_rows(tmp_path / "t_progress.csv")
    assert close(*page.column("progress by plant", "AUDPC (% days)"), plant["audpc_percent_days"])
    lesions = csv_rows(tmp_path / "t_lesions.csv")
    numbers = [cell for cell in page.column("largest lesions", "Lesion") if cell != "Lesion"]
    assert numbers == [row["lesion"] for row in lesions]


def test_the_pdf_says_what_the_page_says(maps, details, cube, tmp_path):
    for suffix in SUFFIXES:
        options = ["--details", details, "--cubes", cube, "--title", "Tea, May", "--scale", "0-5"]
        assert report(maps, tmp_path / f"r.{suffix}", *options) == 0
    page = read_page(tmp_path / "r.html")
    paper = squeezed(pdf_text(tmp_path / "r.pdf"))
    command = next(row for row in page.tables["how it was made"] if row[0] == "command")
    for text in page.texts:
        if text != command[1]:  # they were written by two
            assert squeezed(text) in paper, text


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_same_input_gives_the_same_file(maps, details, cube, tmp_path, suffix):
    out = tmp_path / f"r.{suffix}"
    contents = []
    for _ in range(2):
        assert report(maps, out, "--details", details, "--cubes", cube) == 0
        contents.append(out.read_bytes())
    assert contents[0] == contents[1]


def test_one_file_without_scripts_that_needs_nothing_else(maps, cube, details, tmp_path):
    assert report(maps, tmp_path / "r.html", "--cubes", cube, "--details", details) == 0
    page = read_page(tmp_path / "r.html")
    assert not {"script", "link", "iframe", "object", "embed"} & {tag for tag, _ in page.tags}
    sources = page.attributes("src") + page.attributes("href")
    assert sources
    assert all(source.startswith(("data:image/", "#")) for source in sources)
    assert not [name for _, found in page.tags for name in found if name.startswith("on")]
    style = (tmp_path / "r.html").read_text(encoding="utf-8").split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    # Every link leads somewhere, once.
    targets = page.attributes("id")
    assert len(targets) == len(set(targets))
    assert {source[1:] for source in sources if source.startswith("#")} <= set(targets)


def pictures(page) -> list[np.ndarray]:
    data = [source for source in page.attributes("href") if source.startswith("data:image/")]
    return [
        np.asarray(Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))).convert("RGB"))
        for source in data
    ]


def test_pictures_show_the_scan_and_its_classes(maps, cube, tmp_path):
    out = tmp_path / "r.html"
    assert report(maps / "c.tif", out, "--cubes", cube) == 0
    page = read_page(out)
    scan, classes = (picture.astype(int) for picture in pictures(page))
    factor = len(classes) // 40

    def middle(picture, row, column):
        factor = len(picture) // 40
        return picture[factor * row + factor // 2, factor * column + factor // 2]

    # The leaf is green and the ground dark, also under the classes.
    red, green, blue = middle(scan, 20, 45)
    assert green > red > blue - 1
    assert middle(scan, 1, 1).max() < 40
    assert (middle(classes, 1, 1) == middle(scan, 1, 1)).all()
    # A lesion is half scan, half its colour in the legend.
    half = (middle(scan, 9, 12) + np.array([0xD5, 0x5E, 0x00])) / 2
    assert np.abs(middle(classes, 9, 12) - half).max() <= 1
    # The outline of the leaf is white within and dark around, that of the lesion black.
    assert (classes[factor * 20, factor * 35] == 255).all()
    assert (classes[factor * 20, factor * 35 - 1] == 40).all()
    assert (classes[factor * 8, factor * 8] == 0).all()
    legend = page.tables["classes"]
    assert ["", "lesion", "33", "1.38"] in legend
    swatches = [found["style"] for _, found in page.tags if found.get("class") == "swatch"]
    assert "background: #d55e00" in swatches
    assert {"true colour", "classes", "leaf 1", "leaf 2", "wavelength (nm)"} <= set(page.texts)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_scans_and_details_classes_alone_are_shown(maps, tmp_path, suffix, capsys):
    out = tmp_path / f"r.{suffix}"
    empty = np.ones((9, 9), np.uint8)
    imwrite(maps / "d.tif", empty)
    assert report(maps, out) == 0
    assert "d: no leaf in sight" in capsys.readouterr().err
    text = read_page(out).text if suffix == "html" else pdf_text(out)
    assert "No leaf is in sight" in text
    assert "pixel of the scans is not known" in text
    assert "AUDPC" not in text
    assert "true colour" not in text


def test_the_scale_bar_is_as_long_as_it_says(maps, tmp_path):
    out = tmp_path / "r.html"
    assert report(maps / "b.tif", out, "--pixel-size", "0.5") == 0
    page = read_page(out)
    (image,) = (found for tag, found in page.tags if tag == "image")
    bars = [
        [float(place.split(",")[0]) for place in found["points"].split()]
        for tag, found in page.tags
        if tag == "polyline" and found["stroke-width"] == "2"
    ]
    length = next(float(text.removesuffix(" mm")) for text in page.texts if text.endswith(" mm"))
    points_per_mm = float(image["width"]) / (60 * 0.5)
    assert bars[0][1] - bars[0][0] == pytest.approx(length * points_per_mm, abs=0.02)


def test_how_it_was_made_is_told(maps, details, tmp_path):
    out = tmp_path / "r.html"
    options = ["--details", details, "--min-area", "3", "--split-touching", "--min-leaf", "50"]
    assert report(maps, out, *options) == 0
    page = read_page(out)
    made = dict(page.tables["how it was made"])
    assert made["program"].startswith("napari-dgc ")
    assert made["least area of a lesion (px)"] == "3"
    assert made["touching lesions split"] == "yes"
    assert made["least area of a leaf (px)"] == "50"
    assert made["command"].startswith(f"napari-dgc report {maps}")
    assert "Bock et al. 2020" in page.text
    assert "no diagnosis" in page.text


def test_a_date_only_where_one_is_given(maps, tmp_path):
    for options in ([], ["--date", "2026-06-01"]):
        assert report(maps, tmp_path / "r.html", *options) == 0
        line = read_page(tmp_path / "r.html").text
        assert ("2026-06-01 · 3 scans" in line) == bool(options)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--out", "r.docx"], ".html or .pdf"),
        (["--out", "folder.pdf"], "is a folder"),
        (["--out", "r.pdf", "--date", "31.5.2026"], "2026-05-31"),
        (["--out", "r.pdf", "--scale", "elanco"], "no scale elanco"),
        (["--out", "r.pdf", "--cubes", "scans/c.mat"], "60 pixels and its scan 3 x 4"),
        (["gone.tif", "--out", "r.pdf"], "no file gone.tif"),
    ],
)
def test_bad_options_end_in_one_line(maps, tmp_path, monkeypatch, capsys, options, said):
    from napari_dgc.cubes.matlab_writer import write_matlab

    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.pdf").mkdir()
    (tmp_path / "scans").mkdir()
    write_matlab(
        tmp_path / "scans" / "c.mat", np.zeros((5, 3, 4), np.float32), np.arange(400, 405.0)
    )
    assert main(["report", "maps", *options]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("napari-")]
    assert len(errors) == 1
    assert said in errors[0]
    assert not (tmp_path / "r.pdf").exists()


def test_what_is_read_is_never_replaced(maps, tmp_path, capsys):
    scale = tmp_path / "grades.html"
    scale.write_text("grade,from,to\nlow,0,50\nhigh,50,100\n")
    before = scale.read_bytes()
    assert report(maps, scale, "--scale", scale) == 2
    assert "would replace" in capsys.readouterr().err
    assert scale.read_bytes() == before


def test_pages_are_filled(maps, details, tmp_path):
    from pypdf import PdfReader

    assert report(maps / "c.tif", tmp_path / "r.pdf", "--details", details) == 0
    pages = [" ".join(page.extract_text().split()) for page in PdfReader(tmp_path / "r.pdf").pages]
    first, second, third = pages
    assert "Summary" in first
    assert "days since 2026-05-08" in first
    assert "leaf 2" in second
    assert "Largest lesion" in second
    assert "cannot say" in third
    assert "command" in third


def test_many_scans_make_tables_over_several_pages(tmp_path):
    folder = tmp_path / "maps"
    folder.mkdir()
    (folder / "classes.csv").write_text("label,name\n1,background\n2,healthy tissue\n4,lesion\n")
    for number in range(60):
        imwrite(folder / f"plant_{number:03}.tif", label_map(number))
    assert report(folder, tmp_path / "r.pdf", "--min-area", "1") == 0
    from pypdf import PdfReader

    pages = [page.extract_text() for page in PdfReader(tmp_path / "r.pdf").pages]
    assert len(pages) > 60
    # The titles are repeated where the summary goes on.
    assert "Severity" in pages[0]
    assert "plant_000" in pages[0]
    assert "plant_059" in pages[1]
    assert "Severity" in pages[1]
    titles = [entry.title for entry in PdfReader(tmp_path / "r.pdf").outline]
    assert "plant_031" in titles
