"""Tables as CSV and Excel: units, empty cells, text that stays text, whole files."""

import csv
import datetime
import io

import numpy as np
import openpyxl
import pytest

from napari_dgc.errors import UserError
from napari_dgc.measure.details import ScanDetails, read_details
from napari_dgc.measure.report import leaf_table, lesion_table, progress_tables, scan_table
from napari_dgc.measure.scales import HORSFALL_BARRATT, OrdinalScale
from napari_dgc.measure.severity import measure_scan
from napari_dgc.measure.tables import Table, origin_table, table_text, write_tables

NAMES = {1: "background", 2: "healthy tissue", 3: "halo", 4: "lesion"}
DAY = datetime.date(2026, 5, 31)
EVIL = ("=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+HYPERLINK(A1)", " =2")


def measured(name="a", ill=4, size=0.5):
    labels = np.ones((12, 12), np.uint8)
    labels[1:11, 1:11] = 2
    labels[2, 2 : 2 + ill] = 4
    return measure_scan(labels, NAMES, scan=name, pixel_size_mm=size)


def as_dicts(table):
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]


def test_a_scan_is_one_row_with_units_and_grade():
    details = {"a": ScanDetails("a", "p1", "mock", DAY)}
    (row,) = as_dicts(scan_table([measured()], details, [HORSFALL_BARRATT]))
    expected = {
        "scan": "a",
        "plant": "p1",
        "treatment": "mock",
        "date": DAY,
        "leaves": 1,
        "severity_percent": 4.0,
        "halo_percent": 0.0,
        "lesion_count": 1,
        "leaf_area_px": 100,
        "leaf_area_mm2": 25.0,
        "lesion_area_mm2": 1.0,
        "lesion_largest_px": 4,
        "lesion_median_mm2": 1.0,
        "pixel_size_mm": 0.5,
        "grade_horsfall_barratt": 3,
        "midpoint_horsfall_barratt_percent": 4.5,
    }
    assert {key: row[key] for key in expected} == expected


def test_without_the_size_of_a_pixel_there_are_no_columns_in_mm2():
    table = scan_table([measured(size=None)], {})
    assert not any(column.endswith("mm2") for column in table.columns)
    both = as_dicts(scan_table([measured(size=None), measured("b")], {}))
    assert [row["leaf_area_mm2"] for row in both] == [None, 25.0]


def test_two_scales_of_one_name_keep_their_columns_apart():
    other = OrdinalScale.between("Horsfall Barratt", (0.0, 50.0, 100.0), ("R", "S"))
    (row,) = as_dicts(scan_table([measured()], {}, [HORSFALL_BARRATT, other]))
    assert (row["grade_horsfall_barratt"], row["grade_horsfall_barratt_too"]) == (3, "R")


def test_leaves_and_lesions_have_rows_of_their_own():
    scans = [measured(), measured("b", ill=0)]
    leaves = as_dicts(leaf_table(scans, {}))
    assert [(row["scan"], row["leaf"], row["lesion_count"]) for row in leaves] == [
        ("a", 1, 1),
        ("b", 1, 0),
    ]
    (lesion,) = as_dicts(lesion_table(scans))
    assert (lesion["scan"], lesion["area_px"], lesion["area_mm2"]) == ("a", 4, 1.0)
    assert (lesion["centre_row"], lesion["centre_column"]) == (2.0, 3.5)


def test_progress_needs_dates():
    scans = [measured(), measured("b", ill=8)]
    assert progress_tables(scans, {"a": ScanDetails("a", "p1")}) == ()
    details = {
        "a": ScanDetails("a", "p1", "mock", DAY),
        "b": ScanDetails("b", "p1", "mock", DAY + datetime.timedelta(days=10)),
    }
    progress, treatments = progress_tables(scans, details)
    (row,) = as_dicts(progress)
    assert (row["plant"], row["dates"], row["audpc_percent_days"]) == ("p1", 2, 60.0)
    assert row["standardised_audpc_percent"] == 6.0
    (row,) = as_dicts(treatments)
    assert (row["treatment"], row["plants"], row["audpc_mean_percent_days"]) == ("mock", 1, 60.0)


def mixed():
    return Table(
        "mixed things",
        ("text", "number", "share", "day"),
        (
            ("naïve, “quoted”", 3, 0.25, DAY),
            (None, None, float("nan"), None),
            *((text, 1, 1.0, None) for text in EVIL),
            ("-N", -1, -0.5, None),
        ),
    )


def test_csv_is_read_back_as_it_was(tmp_path):
    path = tmp_path / "new" / "t.csv"
    assert write_tables(path, [mixed(), Table("more", ("x",), ((1,),))]) == [
        path,
        tmp_path / "new" / "t_more.csv",
    ]
    rows = list(csv.reader(io.StringIO(path.read_text("utf-8"))))
    assert rows[:3] == [
        ["text", "number", "share", "day"],
        ["naïve, “quoted”", "3", "0.25", "2026-05-31"],
        ["", "", "", ""],
    ]
    assert [row[0] for row in rows[3:]] == [*(f"'{text}" for text in EVIL), "-N"]
    assert rows[-1][1:3] == ["-1", "-0.5"]


def test_excel_keeps_numbers_dates_and_text(tmp_path):
    path = tmp_path / "t.xlsx"
    settings = origin_table([("smoothing radius (px)", 2)])
    assert write_tables(path, [mixed(), settings]) == [path]
    book = openpyxl.load_workbook(path)
    assert book.sheetnames == ["mixed things", "settings"]
    rows = [[cell.value for cell in row] for row in book["mixed things"].iter_rows()]
    assert rows[1][:3] == ["naïve, “quoted”", 3, 0.25]
    assert rows[1][3].date() == DAY
    assert rows[2] == [None] * 4
    cells = [row[0] for row in book["mixed things"].iter_rows(min_row=4)]
    assert [cell.value for cell in cells] == [*EVIL, "-N"]
    assert {cell.data_type for cell in cells} == {"s"}
    settings = {row[0].value: row[1].value for row in book["settings"].iter_rows()}
    assert settings["program"].startswith("napari-dgc ")
    assert settings["smoothing radius (px)"] == 2


def test_control_characters_in_names_are_shown_as_question_marks(tmp_path):
    table = Table("t", ("x",), (("a\x00b\x1bc",),))
    write_tables(tmp_path / "t.xlsx", [table])
    assert openpyxl.load_workbook(tmp_path / "t.xlsx")["t"]["A2"].value == "a?b?c"
    assert table_text(table) == "x\na?b?c\n"


def test_a_table_replaces_the_old_one_only_when_it_is_whole(tmp_path, monkeypatch):
    path = tmp_path / "t.xlsx"
    path.write_bytes(b"old")
    monkeypatch.setattr("napari_dgc.measure.tables._SHEET_ROWS", 3)
    with pytest.raises(UserError, match="too many for a sheet"):
        write_tables(path, [mixed()])
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_other_formats_are_refused(tmp_path):
    with pytest.raises(UserError, match=r"\.csv or \.xlsx"):
        write_tables(tmp_path / "t.ods", [mixed()])
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        write_tables(tmp_path / "file" / "t.csv", [mixed()])


def test_details_are_read_with_gaps(tmp_path):
    path = tmp_path / "d.csv"
    path.write_text(
        "\ufeffDate;Scan;plant;pixel_size_mm;note\n2026-05-31;a;p 1;0.25;x\n;b;;;\n;;;;\n"
        "2026-06-01T10:30:00;c;p2\n",
        "utf-8",
    )
    assert read_details(path) == {
        "a": ScanDetails("a", "p 1", "", DAY, 0.25),
        "b": ScanDetails("b"),
        "c": ScanDetails("c", "p2", "", datetime.date(2026, 6, 1)),
    }


@pytest.mark.parametrize(
    "details", [ScanDetails("a"), ScanDetails("a", "p", "t", DAY, 0.25), ScanDetails("")]
)
def test_details_come_back_from_plain_values(details):
    assert ScanDetails.from_json(details.to_json()) == details


@pytest.mark.parametrize(
    "change", [{"date": "31.5."}, {"pixel_size_mm": 0}, {"pixel_size_mm": "1"}, {"scan": 1}]
)
def test_damaged_details_are_refused(change):
    with pytest.raises(UserError, match="details of the scan"):
        ScanDetails.from_json({**ScanDetails("a").to_json(), **change})
