"""From trained clusters to a named lesion layer and its table, in at most eight clicks.

docs/first-lesion-table.md describes the same path.
"""

import csv

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt, QTimer
from qtpy.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QFileDialog,
    QLineEdit,
    QTabBar,
    QWidget,
)

from napari_dgc.gui.docking import LESIONS, MERGE
from napari_dgc.gui.samples import simulated_scans
from napari_dgc.measure.scan_areas import scan_areas
from napari_dgc.measure.severity import measure_objects

MOST_CLICKS = 8


class Mouse:
    """Clicks what a user sees, and counts."""

    def __init__(self, qtbot):
        self._qtbot = qtbot
        self.clicks = 0

    def click(self, widget, where=None):
        """Click a widget that is in sight, and not covered by another one."""
        assert widget.isVisible()
        assert widget.isEnabled()
        place = QPoint(widget.width() // 2, widget.height() // 2) if where is None else where
        assert not widget.visibleRegion().isEmpty()
        assert widget.visibleRegion().contains(place)
        self.clicks += 1
        self._qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=place)

    def click_button(self, window, text):
        """Click the one button of this text in a window."""
        found = [
            button
            for button in window.findChildren(QAbstractButton)
            if button.text().replace("&", "") == text and button.isVisible()
        ]
        (button,) = [one for one in found if not one.visibleRegion().isEmpty()]
        self.click(button)


@pytest.fixture
def mouse(qtbot):
    return Mouse(qtbot)


@pytest.fixture(autouse=True)
def dialogs_of_qt(qapp):
    """File dialogs that a test can click, on every desktop."""
    name = Qt.ApplicationAttribute.AA_DontUseNativeDialogs
    before = QApplication.testAttribute(name)
    QApplication.setAttribute(name, True)
    yield
    QApplication.setAttribute(name, before)


@pytest.fixture
def trained(make_napari_viewer, qtbot, monkeypatch, tmp_path):
    """The window as training by hand leaves it: only the train dock is open."""
    monkeypatch.setattr("pathlib.Path.home", lambda: tmp_path)
    viewer = make_napari_viewer(show=True)
    viewer.window.resize(1366, 768)
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "DGC: train")
    session = dock._session
    for scan, _ in simulated_scans(0, days=(0.0, 5.0), size=(48, 48), bands=61):
        session.add_cube_layers(scan.cube)
    dock.options.clusters.setValue(8)
    dock.options.epochs.setValue(1)
    qtbot.mouseClick(dock.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dock.progress.go_on.isVisible(), timeout=240000)
    return viewer, session


def in_front(viewer, name, qtbot):
    """Wait until the dock of this name is in front; return it."""
    window = viewer.window._qt_window

    def found():
        dock = window.findChild(QWidget, name)
        return dock is not None and not dock.visibleRegion().isEmpty()

    qtbot.waitUntil(found)
    return window.findChild(QWidget, name)


def in_dialog(act, problems):
    """Do something with the file dialog as soon as it is there."""

    def look():
        dialog = QApplication.activeModalWidget()
        if not isinstance(dialog, QFileDialog) or not dialog.isVisible():
            return
        timer.stop()
        try:
            act(dialog)
        except BaseException as problem:  # noqa: BLE001 - raised again by the test
            problems.append(problem)
            dialog.reject()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(50)
    return timer


def save_as_csv(dialog, mouse, qtbot):
    """Choose CSV and press Save: three clicks."""
    kinds = dialog.findChild(QComboBox, "fileTypeCombo")
    mouse.click(kinds)
    listed = kinds.view()
    qtbot.waitUntil(listed.isVisible)
    # Qt takes a second click that comes too soon for half of a double click.
    qtbot.wait(QApplication.doubleClickInterval() + 50)
    (row,) = [row for row in range(kinds.count()) if "CSV" in kinds.itemText(row)]
    where = listed.visualRect(kinds.model().index(row, 0)).center()
    mouse.click(listed.viewport(), where)
    qtbot.waitUntil(lambda: "CSV" in kinds.currentText())
    mouse.click_button(dialog, "Save")


def written(dock, name, qtbot):
    """Wait until the dock says that a file is written."""

    def said():
        return dock.message.text().startswith("Written") and name in dock.message.text()

    qtbot.waitUntil(said)


def figures_of_engine(session, scan):
    """Leaf and lesion pixels of a scan as the engine counts them."""
    work = session.work
    names = {info.number: info.name for info in work.partition.classes if info.name}
    objects = scan_areas(work.partition.apply(scan.fine), names, work.masks).objects(None)
    return objects, measure_objects(
        *(objects.leaves, objects.lesions, objects.leaf, objects.halo),
        diseased=objects.diseased,
        scan=scan.name,
    )


def check(viewer, session, table):
    """Compare layers and table with the engine."""
    with table.open(newline="") as file:
        rows = {row["scan"]: row for row in csv.DictReader(file)}
    assert list(rows) == [scan.name for scan in session.scans]
    for scan in session.scans:
        objects, found = figures_of_engine(session, scan)
        layer = viewer.layers[f"{scan.name} lesions"]
        assert layer.visible
        np.testing.assert_array_equal(layer.data, objects.lesions)
        row = rows[scan.name]
        assert int(row["leaf_area_px"]) == found.total.leaf_pixels
        assert int(row["lesion_area_px"]) == found.total.lesion_pixels
        assert int(row["lesion_count"]) == found.total.lesion_count
        assert float(row["severity_percent"]) == pytest.approx(found.total.percent)
    assert int(rows["day5_1"]["lesion_count"]) > 0
    assert int(rows["healthy_1"]["leaf_area_px"]) > 0


def test_a_lesion_table_takes_at_most_eight_clicks(trained, mouse, qtbot, tmp_path):
    viewer, session = trained
    window = viewer.window._qt_window
    mouse.click_button(window, "Next: name clusters")
    in_front(viewer, MERGE, qtbot)
    mouse.click_button(window, "Suggest")
    assert session.partition.named({"lesion"})
    mouse.click_button(window, "Lesions…")
    dock = in_front(viewer, LESIONS, qtbot)
    qtbot.waitUntil(lambda: dock.save.isEnabled() and not dock.measuring.busy, timeout=20000)
    assert dock.show_lesions.isChecked()
    problems = []
    timer = in_dialog(lambda dialog: save_as_csv(dialog, mouse, qtbot), problems)
    mouse.click_button(window, "Save table…")
    timer.stop()
    assert not problems
    written(dock, "severity.csv", qtbot)
    assert mouse.clicks <= MOST_CLICKS
    check(viewer, session, tmp_path / "severity.csv")

    # With the tabs that are there now and the name typed, the same again.
    before = mouse.clicks
    (bar,) = [
        bar
        for bar in window.findChildren(QTabBar)
        if {bar.tabText(tab) for tab in range(bar.count())} == {"Train", "Merge", "Lesions"}
    ]
    mouse.click(bar, bar.tabRect(1).center())
    in_front(viewer, MERGE, qtbot)
    mouse.click(bar, bar.tabRect(2).center())
    in_front(viewer, LESIONS, qtbot)

    def type_name(dialog):
        name = dialog.findChild(QLineEdit, "fileNameEdit")
        dialog.activateWindow()
        qtbot.waitUntil(name.hasFocus)
        qtbot.keyClick(name, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        qtbot.keyClicks(name, "again.csv")
        qtbot.keyClick(name, Qt.Key.Key_Return)

    timer = in_dialog(type_name, problems)
    mouse.click_button(window, "Save table…")
    timer.stop()
    assert not problems
    written(dock, "again.csv", qtbot)
    assert mouse.clicks - before == 3
    check(viewer, session, tmp_path / "again.csv")
