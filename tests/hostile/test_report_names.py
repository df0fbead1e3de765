"""Names of scans, classes, plants and treatments that are not meant for a report."""

from html.parser import HTMLParser

import numpy as np
import pytest

from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.measure.details import ScanDetails
from napari_dgc.report import ReportScan, ReportSetup, write_report

NAMES = {
    "a script": "<script>alert(1)</script>",
    "an end of the drawing": "</svg></table></style><img src=x onerror=alert(1)>",
    "quotes": "\"' onload=\"x\" style='y'",
    "entities": "&lt;b&gt; &#x3c;script&#x3e; &nope;",
    "markup of the PDF": "<para><font color=red><a href='http://example.org'>x</a><br/>",
    "expressions": "${x} {{y}} %s %(z)s \\1",
    "control characters": "a\x00b\x1b[31m\r\n\u202ec\ud800",
    "no Latin letters": "茶の葉 лист φύλλο 잎 ورقة 🍃",
    "one long word": "W" * 5000,
    "many words": "leaf " * 1000,
    "only spaces": "   ",
    "nothing": "",
}


class Tags(HTMLParser):
    def __init__(self, content):
        super().__init__()
        self.found, self.text, self.names, self.open = set(), "", [], []
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.found.add(tag)
        self.names += [name for name, _ in attrs]
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def written(tmp_path, name, suffix):
    labels = np.full((20, 30), 2, np.uint8)
    labels[5:8, 5:8] = 4
    labels[12:15] = 3
    classes = (LabelClass(2, "healthy tissue"), LabelClass(3, name), LabelClass(4, "lesion"))
    image = LabelImage.build("a", labels, classes)
    import datetime

    details = {
        name: ScanDetails(name, name, name, datetime.date(2026, 5, 1)),
        "b": ScanDetails("b", name, name, datetime.date(2026, 5, 3)),
    }
    setup = ReportSetup(name, details=details, origin=((name, name), ("map", name)))
    scans = [ReportScan(one, lambda: image) for one in (name, "b")]
    *_, last = write_report(tmp_path / f"r.{suffix}", scans, setup)
    return last.path


@pytest.fixture(scope="module")
def ordinary_tags(tmp_path_factory):
    path = written(tmp_path_factory.mktemp("ordinary"), "ordinary", "html")
    return Tags(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_in_a_page_are_text(tmp_path, ordinary_tags, name):
    page = Tags(written(tmp_path, name, "html").read_text(encoding="utf-8"))
    assert page.found == ordinary_tags.found
    assert set(page.names) == set(ordinary_tags.names)
    assert not page.open
    if name.strip() and name.isprintable() and len(name) < 100:
        assert name in page.text
    assert "\x1b" not in page.text


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_in_a_pdf_are_text(tmp_path, name):
    from pypdf import PdfReader

    document = PdfReader(written(tmp_path, name, "pdf"))
    text = "".join("".join(page.extract_text().split()) for page in document.pages)
    if name.isascii() and name.isprintable() and 0 < len(name.strip()) < 100:
        assert "".join(name.split()) in text
    assert "lesion" in text
    for page in document.pages:
        for note in page.get("/Annots") or ():
            # Links lead within the report, and nothing runs.
            assert "/A" not in note.get_object() or "/URI" not in note.get_object()["/A"]
    assert "/OpenAction" not in document.trailer["/Root"]
    assert "/Names" not in document.trailer["/Root"]
