"""Reports from values, as the docks make them: corrections, stops, big scans."""

import datetime
from pathlib import Path

import numpy as np
import pytest

from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.cancel import CancelSource
from napari_dgc.composites import true_colour
from napari_dgc.composites.painting import small_picture
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError
from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.leaves import Cut, LeafEdits
from napari_dgc.measure.scan_areas import LESION, NOT_LESION
from napari_dgc.report import (
    ReportProgress,
    ReportScan,
    ReportSetup,
    ReportWritten,
    write_report,
)

from .conftest import label_map, read_page

CLASSES = (
    LabelClass(1, "background"),
    LabelClass(2, "healthy tissue"),
    LabelClass(3, "halo"),
    LabelClass(4, "lesion", "#123456"),
)


def image(ill: int = 20, name: str = "a") -> LabelImage:
    return LabelImage.build(name, label_map(ill), CLASSES)


def test_corrections_by_hand_count(tmp_path):
    painted = np.zeros((40, 60), np.uint8)
    painted[8:18, 8:18] = NOT_LESION
    painted[20:24, 40:45] = LESION
    edits = LeafEdits(cuts=(Cut(0, 45, 39, 45),))
    scan = ReportScan("a", image, edits, painted)
    *_, last = write_report(tmp_path / "r.html", [scan])
    assert isinstance(last, ReportWritten)
    page = read_page(last.path)
    assert page.column("scans", "Lesion area (px)") == ["20"]
    assert page.column("scans", "Leaves") == ["3"]
    (found,) = last.pages
    assert found.severity.total.lesion_pixels == 20


def test_progress_is_told_and_ends_with_the_file(tmp_path):
    scans = [ReportScan(name, lambda name=name: image(5, name)) for name in "abc"]
    events = list(write_report(tmp_path / "r.pdf", scans))
    told = [event for event in events if isinstance(event, ReportProgress)]
    assert [event.stage for event in told] == ["a", "b", "c", "r.pdf"]
    assert [event.fraction for event in told] == sorted(event.fraction for event in told)
    assert events[-1].path.read_bytes().startswith(b"%PDF")


def test_a_stop_leaves_the_earlier_report(tmp_path):
    source = CancelSource()
    out = tmp_path / "r.html"
    out.write_text("earlier")
    scans = [ReportScan(name, image) for name in "ab"]
    events = write_report(out, scans, token=source.token)
    next(events)
    source.cancel()
    with pytest.raises(InterruptedError):
        list(events)
    assert out.read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [out]


def test_an_unreadable_place_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        list(write_report(tmp_path / "file" / "r.pdf", [ReportScan("a", image)]))


def test_treatments_have_lines_of_their_own(tmp_path):
    days = (datetime.date(2026, 5, 1), datetime.date(2026, 5, 11))
    details, scans = {}, []
    for treatment, growth in (("mock", 0), ("Colletotrichum", 40)):
        for place, day in enumerate(days):
            name = f"{treatment}{place}"
            details[name] = ScanDetails(name, "p", treatment, day)
            scans.append(ReportScan(name, lambda ill=growth * place: image(ill)))
    list(write_report(tmp_path / "r.html", scans, ReportSetup(details=details)))
    page = read_page(tmp_path / "r.html")
    area = 10 * (100 * 40 / 1200) / 2
    assert page.column("by treatment", "Treatment") == ["Colletotrichum", "mock"]
    assert page.column("by treatment", "AUDPC mean (% days)") == [
        f"{area:.2f}",
        "0.00",
    ]
    assert {"days since 2026-05-01", "severity (%)"} <= set(page.texts)
    colours = [
        found["stroke"]
        for tag, found in page.tags
        if tag == "polyline" and found.get("stroke-width") == "1.3"
    ]
    assert len(colours) == len(set(colours)) == 2


def test_pictures_of_big_scans_are_made_smaller(tmp_path):
    labels = np.ones((2100, 1500), np.uint8)
    labels[300:1800, 300:1200] = 2
    labels[900:930, 600:700] = 4
    big = LabelImage.build("big", labels, CLASSES)
    list(write_report(tmp_path / "r.html", [ReportScan("big", lambda: big)]))
    from .test_report_command import pictures

    (picture,) = pictures(read_page(tmp_path / "r.html"))
    assert picture.shape == (700, 500, 3)
    # Lesions stay in their place and colour.
    assert np.abs(picture[305, 215].astype(int) - [0x12, 0x34, 0x56]).max() < 6


def test_small_pictures_are_means_of_the_true_colours(cube):
    scan = open_cube(cube)
    assert (small_picture(scan, 1) == true_colour(scan)).all()
    small = small_picture(scan, 5)
    assert small.shape == (8, 12, 3)
    # A square within one material has the colour of its pixels.
    full = true_colour(scan).astype(int)
    for row, column in ((0, 0), (4, 8), (5, 9)):
        assert np.abs(small[row, column].astype(int) - full[5 * row + 2, 5 * column + 2]).max() <= 2
    odd = small_picture(scan, 7)
    assert odd.shape == (6, 9, 3)


def test_a_small_picture_can_be_stopped(cube):
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        small_picture(open_cube(cube), 3, source.token)


def test_other_endings_are_refused(tmp_path: Path):
    with pytest.raises(UserError, match=r"\.html or \.pdf"):
        list(write_report(tmp_path / "r.txt", [ReportScan("a", image)]))
