"""Details of scans, the ruler, disease progress, and tables written to files."""

import csv
import datetime
from dataclasses import replace

import pytest
from openpyxl import load_workbook
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QLineEdit, QMessageBox

from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.progress import ProgressPoint, progress_curves
from napari_dgc.workspace.commands import DescribeScan

PLANT, TREATMENT, DATE, SIZE = 1, 2, 3, 4


@pytest.fixture
def table(dock):
    dock.tabs.setCurrentWidget(dock.scans)
    return dock.scans.table


@pytest.fixture
def type_into(table, qtbot):
    """Type a text into a cell, as the user does."""

    def type_it(row, column, text):
        item = table.item(row, column)
        table.scrollToItem(item)
        where = table.visualItemRect(item).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
        qtbot.mouseDClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)
        editors = table.viewport().findChildren(QLineEdit)
        (editor,) = [each for each in editors if each.isVisible()]
        editor.selectAll()
        qtbot.keyClicks(editor, text)
        qtbot.keyClick(editor, Qt.Key.Key_Return)
        qtbot.waitUntil(lambda: not table.viewport().findChildren(QLineEdit))

    return type_it


def test_details_are_typed_into_the_table_and_undone(dock, named, session, type_into, qtbot):
    type_into(0, PLANT, "tea 1")
    type_into(0, DATE, "2026-05-31")
    known = session.work.details_of(named[0].key)
    assert known.plant == "tea 1"
    assert known.date == datetime.date(2026, 5, 31)
    session.undo()
    assert session.work.details_of(named[0].key).date is None
    assert dock.scans.table.item(0, DATE).text() == ""


def test_a_date_that_is_none_is_refused_in_a_sentence(dock, named, session, type_into):
    type_into(0, DATE, "31.5.26")
    assert "2026-05-31" in dock.message.text()
    assert session.work.details_of(named[0].key).date is None
    assert dock.scans.table.item(0, DATE).text() == ""


def test_a_pixel_size_gives_areas_in_mm2(dock, named, type_into, press, wait_settled):
    type_into(0, SIZE, "0,5")
    wait_settled(dock)
    assert dock.tree.item_of(named[0]).text(4) == "2.75 mm²"
    assert dock.tree.item_of(named[1]).text(4) == "12 px"
    press(dock.scans.spread)
    wait_settled(dock)
    assert dock.tree.item_of(named[1]).text(4) == "3 mm²"


def test_pixel_size_of_the_file_counts_until_another_is_given(
    session, named, open_dock, wait_settled
):
    named[0].cube = replace(named[0].cube, pixel_size_mm=0.25)
    dock = open_dock()
    wait_settled(dock)
    cell = dock.scans.table.item(0, SIZE)
    assert cell.text() == "0.25"
    assert cell.font().italic()
    assert dock.tree.item_of(named[0]).text(4) == "0.688 mm²"
    session.do(DescribeScan(ScanDetails(named[0].key, pixel_size_mm=0.5)))
    wait_settled(dock)
    assert dock.tree.item_of(named[0]).text(4) == "2.75 mm²"
    assert not cell.font().italic()


def test_a_ruler_drawn_on_the_image_gives_the_pixel_size(
    dock, named, session, viewer, table, pointer, press, qtbot, wait_settled
):
    press(dock.scans.ruler)
    pointer.drag(named[0], (12, 4), (12, 10), (12, 24))
    qtbot.waitUntil(dock.scans.apply.isVisible)
    qtbot.keyClicks(dock.scans.millimetres, "10")
    qtbot.keyClick(dock.scans.millimetres, Qt.Key.Key_Return)
    wait_settled(dock)
    sizes = [session.work.details_of(scan.key).pixel_size_mm for scan in named]
    assert sizes == pytest.approx([0.5, 0.5], rel=0.03)
    assert "mm²" in dock.tree.item_of(named[1]).text(5)
    assert "Ruler" not in viewer.layers
    session.undo()
    assert [session.work.details_of(scan.key).pixel_size_mm for scan in named] == [None, None]


def describe(session, scans):
    for day, scan in enumerate(scans):
        date = datetime.date(2026, 5, 1 + 4 * day)
        session.do(DescribeScan(ScanDetails(scan.key, "tea 1", "control", date, 0.5)))


def test_progress_shows_the_engine_s_area(dock, named, session, wait_settled):
    describe(session, named)
    wait_settled(dock)
    dock.tabs.setCurrentWidget(dock.progress)
    points = [
        ProgressPoint("tea 1", datetime.date(2026, 5, 1 + 4 * day), m.severity.total.percent)
        for day, (_, m) in enumerate(dock.measuring.results())
    ]
    (curve,) = progress_curves(points)
    assert dock.progress.table.item(0, 0).text() == "tea 1 (control)"
    assert dock.progress.table.item(0, 1).text() == f"{curve.audpc:.4g} % days"
    days, values = dock.progress.plot.curves[0].getData()
    assert list(days) == [0, 4]
    assert list(values) == pytest.approx(curve.severities)


def test_without_dates_the_tab_says_what_to_do(dock):
    dock.tabs.setCurrentWidget(dock.progress)
    assert dock.progress.hint.isVisible()
    assert not dock.progress.plot.isVisible()


def save(dock, press, qtbot, monkeypatch, path):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "Excel (*.xlsx)"))
    press(dock.save)
    qtbot.waitUntil(lambda: dock.message.text().startswith("Written"))


def test_workbook_holds_what_the_dock_shows(
    dock, named, session, press, qtbot, monkeypatch, tmp_path, wait_settled
):
    describe(session, named)
    dock.scale.setCurrentIndex(1)
    dock.scale.activated.emit(1)
    wait_settled(dock)
    save(dock, press, qtbot, monkeypatch, tmp_path / "found.xlsx")
    book = load_workbook(tmp_path / "found.xlsx")
    sheets = ["scans", "leaves", "lesions", "progress", "treatments", "settings"]
    assert book.sheetnames == sheets
    rows = list(book["scans"].iter_rows(values_only=True))
    for row, (scan, measured) in zip(rows[1:], dock.measuring.results(), strict=True):
        found = dict(zip(rows[0], row, strict=True))
        assert found["scan"] == scan.name
        assert found["plant"] == "tea 1"
        assert found["severity_percent"] == pytest.approx(measured.severity.total.percent)
        assert found["lesion_area_mm2"] == measured.severity.total.lesion_pixels / 4
        assert found["grade_horsfall_barratt"] == 2
    assert book["lesions"].max_row == 5


def test_csv_files_beside_are_replaced_only_when_allowed(
    dock, named, press, qtbot, monkeypatch, tmp_path
):
    (tmp_path / "found_leaves.csv").write_text("precious")
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "found.csv"), "CSV (*.csv)")
    )
    asked = []

    def cancel(*arguments):
        asked.append(arguments[2])
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", cancel)
    press(dock.save)
    assert "found_leaves.csv" in asked[0]
    assert (tmp_path / "found_leaves.csv").read_text() == "precious"
    assert not (tmp_path / "found.csv").exists()
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Yes)
    press(dock.save)
    qtbot.waitUntil(lambda: dock.message.text().startswith("Written"))
    with (tmp_path / "found_leaves.csv").open() as file:
        assert [row["leaf"] for row in csv.DictReader(file)] == ["1", "2", "1"]


def test_details_from_a_file(dock, named, session, tmp_path):
    file = tmp_path / "details.csv"
    file.write_text("scan,plant,date\nsick,tea 2,2026-05-04\nelsewhere,x,\n")
    dock.scans.load_details(file)
    assert session.work.details_of(named[1].key).plant == "tea 2"
    assert "1 of 2" in dock.message.text()
    file.write_text("scan,date\nsick,yesterday\n")
    dock.scans.load_details(file)
    assert "yesterday" in dock.message.text()
    assert session.work.details_of(named[1].key).plant == "tea 2"
