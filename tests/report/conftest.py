"""Scans with maps and details, and reports taken apart."""

import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from tifffile import imwrite

from napari_dgc.cubes.matlab_writer import write_matlab

NAMES = "label,name\n1,background\n2,healthy tissue\n3,halo\n4,lesion\n"


class Page(HTMLParser):
    """What a browser would see: tables by name, text, attributes."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.tables: dict[str, list[list[str]]] = {}
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._rows: list[list[str]] | None = None
        self._style = False
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        found = {name: value or "" for name, value in attrs}
        self.tags.append((tag, found))
        if tag == "table":
            # Tables of several scans have one name.
            self._rows = self.tables.setdefault(found["aria-label"], [])
        elif tag == "tr":
            self._rows.append([])
        elif tag in ("td", "th"):
            self._rows[-1].append("")
        self._style = tag == "style"

    def handle_endtag(self, tag):
        if tag == "table":
            self._rows = None

    def handle_data(self, data):
        if self._style:
            return
        self.texts.append(data)
        if self._rows and self._rows[-1]:
            self._rows[-1][-1] += data.strip()

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())

    def column(self, table: str, title: str) -> list[str]:
        head, *rows = self.tables[table]
        return [row[head.index(title)] for row in rows]

    def attributes(self, name: str) -> list[str]:
        return [found[name] for _, found in self.tags if name in found]


def read_page(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def pdf_text(path: Path) -> str:
    from pypdf import PdfReader

    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).split())


def squeezed(text: str) -> str:
    """Without spaces, as lines of a PDF break anywhere."""
    return re.sub(r"\s", "", text)


def csv_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def label_map(ill: int) -> np.ndarray:
    """Two leaves, the left one with a lesion of so many pixels and some halo."""
    labels = np.ones((40, 60), np.uint8)
    labels[5:35, 5:25] = 2
    labels[5:35, 35:55] = 2
    labels[30:33, 8:18] = 3
    flat = np.full(100, 2, np.uint8)
    flat[:ill] = 4
    labels[8:18, 8:18] = flat.reshape(10, 10)
    return labels


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    folder = tmp_path / "maps"
    folder.mkdir()
    for name, ill in (("a", 0), ("b", 7), ("c", 33)):
        imwrite(folder / f"{name}.tif", label_map(ill))
    (folder / "classes.csv").write_text(NAMES)
    return folder


@pytest.fixture
def details(tmp_path: Path) -> Path:
    path = tmp_path / "details.csv"
    path.write_text(
        "scan,plant,treatment,date,pixel_size_mm\n"
        "a,p1,mock,2026-05-01,0.5\nb,p1,mock,2026-05-05,0.5\nc,p1,mock,2026-05-08,0.5\n"
    )
    return path


@pytest.fixture
def cube(tmp_path: Path) -> Path:
    """The scan of map c: green leaves, brown lesions, dark ground."""
    labels = label_map(33)
    centres = np.linspace(400, 800, 21)
    values = np.full((21, *labels.shape), 0.02, np.float32)
    values[:, labels == 2] = np.where((centres > 500) & (centres < 600), 0.3, 0.05)[:, None]
    values[:, labels == 4] = np.where(centres > 580, 0.25, 0.05)[:, None]
    path = tmp_path / "scans" / "c.mat"
    path.parent.mkdir()
    write_matlab(path, values, centres)
    return path
