"""The dock "Evaluate": truth from layers and files, matching, confusion, what is saved."""

import json

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_dgc.annotations import LabelClass, LabelImage, export
from napari_dgc.gui.evaluation import comparing, saving
from napari_dgc.gui.layers import ROLE_KEY
from napari_dgc.gui.reference_layers import add_reference
from napari_dgc.workspace.commands import NameClasses

pytestmark = pytest.mark.usefixtures("no_dialog_stays_open")


def image(name="sick", shape=(24, 32)):
    """Leaf with a lesion in its lower part, and three lines without a label."""
    labels = np.full(shape, 2, np.uint8)
    labels[18:] = 1
    labels[:3] = 0
    classes = [LabelClass(1, "lesion"), LabelClass(2, "healthy tissue")]
    return LabelImage.build(name, labels, classes)


@pytest.fixture
def named(session, labelled):
    """Both scans labelled; bars of cluster 5 are lesion, all others healthy."""
    session.do(NameClasses((5,), "lesion"))
    session.do(NameClasses((1, 2, 3, 4, 6), "healthy tissue"))
    return labelled


@pytest.fixture
def dock(viewer, qtbot, monkeypatch):
    """The dock, shown in a real window, as the user opens it; with few draws, to be quick."""
    monkeypatch.setattr(comparing, "RESAMPLES", 40)
    viewer.window.show()
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "Evaluate")
    qtbot.waitExposed(dock)
    return dock


@pytest.fixture
def compared(qtbot):
    """Do something and wait until the dock shows another comparison."""

    def wait(dock, act):
        before = dock.results.compared
        act()
        qtbot.waitUntil(
            lambda: dock.results.compared is not None and dock.results.compared is not before,
            timeout=20000,
        )
        return dock.results.compared.assessment

    return wait


@pytest.fixture
def click(qtbot):
    return lambda button: qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def click_cell(qtbot):
    """Click a cell of a table."""

    def click(table, row, column):
        where = table.visualItemRect(table.item(row, column)).center()
        qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)

    return click


def pick(box, text):
    """Choose an entry of a box as the user does."""
    place = box.findText(text)
    assert place >= 0, [box.itemText(i) for i in range(box.count())]
    box.setCurrentIndex(place)
    box.activated.emit(place)


def shown(table):
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def with_truth(dock, viewer, compared, scan, name="sick"):
    return compared(dock, lambda: add_reference(viewer, image(name), scan))


def test_before_there_is_a_truth_the_dock_says_what_to_do(dock, session, named, qtbot):
    qtbot.waitUntil(lambda: "Choose the layer that holds the truth" in dock.summary.text())
    assert [box.currentText() for box in dock.truth.boxes] == ["(none)", "(none)"]
    assert not dock.save.isEnabled()
    assert not dock.results.isVisible()


def test_without_clusters_it_leads_to_training(dock, two_scans):
    assert dock.empty.isVisible()
    assert "train" in dock.empty.text.text()


def test_a_reference_of_a_scan_is_compared_by_name(dock, viewer, named, compared):
    found = with_truth(dock, viewer, compared, named[1])
    assert [box.currentText() for box in dock.truth.boxes] == ["(none)", "sick reference"]
    assert dock.choices.matching.currentText() == "by name"
    # Cluster 5 has the rows from 16 on, the lesion of the truth those from 18 on.
    values = {row[0]: row[1:] for row in shown(dock.results.classes)}
    assert values["lesion"][0] == f"{6 / 8:.2f}"
    figures = {row[0]: row[1] for row in shown(dock.results.figures)}
    assert figures["overall accuracy"] == f"{19 / 21:.3f}"
    assert found.pooled.pixels == 21 * 32
    assert "1 scan, 672 pixels." in dock.summary.text()


def test_a_layer_that_the_user_painted_is_truth_once_chosen(dock, viewer, named, compared, click):
    painted = np.zeros((24, 32), int)
    painted[:4, :8], painted[18:22, :8] = 1, 2
    layer = viewer.add_labels(painted, name="by hand")
    viewer.add_labels(np.zeros((5, 5), int), name="another size")
    box = dock.truth.boxes[1]
    assert [box.itemText(i) for i in range(box.count())] == ["(none)", "by hand"]
    # It has no names: every class stands for what most of its pixels are.
    found = compared(dock, lambda: pick(box, "by hand"))
    assert dock.choices.matching.currentText() == "by majority"
    assert found.pooled.pixels == 64
    assert found.pooled.figures["overall_accuracy"] == 1.0
    # What is painted afterwards counts when it is compared again.
    layer.data[0:2, 20:24] = 2
    found = compared(dock, lambda: click(dock.again))
    assert found.pooled.figures["overall_accuracy"] == pytest.approx(64 / 72)


def test_a_click_on_a_cell_shows_its_pixels_and_another_takes_them_away(
    dock, viewer, named, compared, click_cell, click, qtbot
):
    with_truth(dock, viewer, compared, named[1])
    table, layers = dock.results.confusion, len(viewer.layers)
    dock.results.tabs.setCurrentIndex(2)
    assert shown(table) == [
        ["lesion", "192", "0", "0"],
        ["healthy tissue", "64", "416", "0"],
    ]
    active = viewer.layers.selection.active
    click_cell(table, 1, 1)
    layer = viewer.layers["healthy tissue taken for lesion (sick)"]
    expected = np.zeros((24, 32))
    expected[16:18] = 1
    np.testing.assert_array_equal(layer.data, expected)
    np.testing.assert_array_equal(layer.translate, named[1].image.translate[-2:])
    assert layer.metadata[ROLE_KEY] == "confusion"
    assert viewer.layers.selection.active is active
    assert "64 pixels shown" in dock.results.told.text()
    # Another cell takes its place; the same one again, or the button, takes it away.
    click_cell(table, 0, 1)
    assert [each.name for each in viewer.layers[layers:]] == ["lesion found (sick)"]
    click_cell(table, 0, 1)
    assert len(viewer.layers) == layers
    click_cell(table, 0, 2)
    assert dock.results.told.text() == "There are no such pixels."
    click_cell(table, 1, 2)
    click(dock.results.hide_pixels)
    assert len(viewer.layers) == layers
    # Removed by hand: the dock takes note.
    click_cell(table, 1, 2)
    viewer.layers.remove(viewer.layers["healthy tissue found (sick)"])
    assert not dock.results.hide_pixels.isEnabled()


def test_a_mapping_by_hand_begins_with_what_was_found(dock, viewer, named, compared, qtbot):
    with_truth(dock, viewer, compared, named[1])
    dock.results.tabs.setCurrentIndex(3)
    table = dock.results.mapping
    rows = [row[0] for row in shown_names(table)]
    assert rows == ["healthy tissue"] * 4 + ["lesion"]
    dock.window().activateWindow()
    qtbot.waitUntil(dock.isActiveWindow)
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert "\nlesion\t256\tlesion" in QApplication.clipboard().text()
    fourth = table.boxes[3]
    assert fourth.currentText() == "healthy tissue"
    found = compared(dock, lambda: pick(fourth, "no class"))
    assert dock.choices.matching.currentText() == "by hand"
    assert found.mapping[4] is None and found.mapping[5] == 1
    assert "Class 4 stands for no class of the truth" in dock.summary.text()
    found = compared(dock, lambda: pick(dock.choices.matching, "one to one"))
    assert sum(number is not None for number in found.mapping.values()) == 2
    # By hand again: as it is now.
    found = compared(dock, lambda: pick(dock.choices.matching, "by hand"))
    assert sum(number is not None for number in found.mapping.values()) == 2


def shown_names(table):
    return [[table.item(row, 0).text()] for row in range(table.rowCount())]


def test_pixels_without_a_label_count_where_told(dock, viewer, named, compared):
    with_truth(dock, viewer, compared, named[1])
    found = compared(dock, lambda: pick(dock.choices.rest, "healthy tissue"))
    assert found.pooled.pixels == 24 * 32
    assert found.pooled.confusion.tolist() == [[192, 0, 0], [64, 512, 0]]


def test_fine_clusters_are_compared_as_well(dock, viewer, named, compared):
    with_truth(dock, viewer, compared, named[1])
    found = compared(dock, lambda: pick(dock.choices.kind, "Fine clusters"))
    assert dock.choices.matching.currentText() == "by majority"
    assert found.mapping == {1: 2, 2: 2, 3: 2, 4: 2, 5: 1}
    assert shown_names(dock.results.mapping)[0] == ["cluster 1"]


def test_classes_that_change_are_compared_again(dock, viewer, session, named, compared):
    with_truth(dock, viewer, compared, named[1])
    compared(dock, lambda: session.do(NameClasses((5,), "healthy tissue")))
    values = {row[0]: row[1:] for row in shown(dock.results.classes)}
    assert values["lesion"][0] == "0.00"
    compared(dock, session.undo)
    values = {row[0]: row[1:] for row in shown(dock.results.classes)}
    assert values["lesion"][0] == "0.75"


def test_scans_are_shown_together_or_each(dock, viewer, named, compared):
    add_reference(viewer, image("healthy"), named[0])
    found = with_truth(dock, viewer, compared, named[1])
    if len(found.scans) == 1:  # compared before the second layer was there
        found = compared(dock, lambda: None)
    together = {row[0]: row[1] for row in shown(dock.results.figures)}
    named[1].image.name = "day 5"
    assert dock.truth.item(1, 0).text() == "day 5"
    pick(dock.results.which, "sick")
    alone = {row[0]: row[1] for row in shown(dock.results.figures)}
    assert together["overall accuracy"] == f"{found.pooled.figures['overall_accuracy']:.3f}"
    assert alone["overall accuracy"] == f"{19 / 21:.3f}" != together["overall accuracy"]


def test_truth_is_opened_from_files(dock, viewer, named, compared, click, tmp_path, monkeypatch):
    import torch

    path = tmp_path / "sick.pth"
    torch.save({"mask": torch.from_numpy(image().labels)}, path)
    (tmp_path / "sick_classes.csv").write_text("label,name\n1,Lesion\n2,healthy tissue\n")
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *a, **k: ([str(path)], ""))
    found = compared(dock, lambda: click(dock.open))
    assert dock.truth.boxes[1].currentText() == "sick reference"
    assert found.class_names == {1: "Lesion", 2: "healthy tissue"}
    assert found.pooled.classes[0]["iou"] == pytest.approx(0.75)


def test_truth_of_another_size_is_told(dock, named, click, told, tmp_path, monkeypatch):
    (path,) = export([image("maple", (10, 10))], tmp_path, ["labelme"])
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *a, **k: ([str(path)], ""))
    click(dock.open)
    assert told["info"] == ["maple (10 x 10 pixels) fits no open scan by its name and size."]
    assert dock.truth.chosen == []


@pytest.mark.parametrize("suffix", ["html", "csv", "json"])
def test_figures_are_saved(dock, viewer, named, compared, click, tmp_path, monkeypatch, suffix):
    found = with_truth(dock, viewer, compared, named[1])
    path = tmp_path / f"figures.{suffix}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(path), ""))
    click(dock.save)
    assert dock.summary.text() == f"Written to {tmp_path}: figures.{suffix}"
    content = path.read_text(encoding="utf-8")
    if suffix == "json":
        accuracy = json.loads(content)["pooled"]["figures"]["overall_accuracy"]
        assert accuracy == pytest.approx(found.pooled.figures["overall_accuracy"])
    else:
        assert "lesion" in content and "healthy tissue" in content


def test_a_file_that_cannot_be_written_is_told(
    dock, viewer, named, compared, click, tmp_path, monkeypatch
):
    with_truth(dock, viewer, compared, named[1])
    path = tmp_path / "figures.json"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a, **k: (str(path), ""))

    def full(*_args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving, "write_text", full)
    click(dock.save)
    assert "cannot be written: No space left on device" in dock.summary.text()


def test_a_removed_layer_is_no_truth_any_more(dock, viewer, named, compared, qtbot):
    with_truth(dock, viewer, compared, named[1])
    viewer.layers.remove(viewer.layers["sick reference"])
    qtbot.waitUntil(lambda: "Choose the layer" in dock.summary.text())
    assert dock.truth.boxes[1].currentText() == "(none)"
    assert not dock.results.isVisible()


def test_a_comparison_is_stopped_by_its_button(
    dock, viewer, named, compared, click, qtbot, monkeypatch
):
    with_truth(dock, viewer, compared, named[1])
    before = dock.results.compared
    monkeypatch.setattr(comparing, "RESAMPLES", 100_000)
    click(dock.again)
    assert dock.again.text() == "Stop"
    qtbot.waitUntil(lambda: dock.bar.value() > 0, timeout=20000)
    click(dock.again)
    assert dock.again.text() == "Compare again"
    assert dock.summary.text() == "Stopped."
    assert not dock.bar.isVisible()
    monkeypatch.setattr(comparing, "RESAMPLES", 40)
    compared(dock, lambda: click(dock.again))
    assert dock.results.compared is not before


def test_a_layer_of_single_objects_is_no_truth(dock, viewer, named, qtbot):
    objects = np.arange(24 * 32).reshape(24, 32)
    viewer.add_labels(objects, name="cells")
    pick(dock.truth.boxes[1], "cells")
    qtbot.waitUntil(lambda: "is it a layer of single objects?" in dock.summary.text())
    assert not dock.results.isVisible()


def test_names_are_shown_as_they_are(dock, viewer, session, named, compared):
    evil = "<img src=x onerror=alert(1)>"
    session.do(NameClasses((5,), evil))
    odd = image()
    odd = LabelImage.build("sick", odd.labels, [LabelClass(1, evil), LabelClass(2, "leaf")])
    compared(dock, lambda: add_reference(viewer, odd, named[1]))
    assert shown(dock.results.classes)[0][0] == evil
    tip = dock.results.classes.item(0, 0).toolTip()
    assert "<img" not in tip and "&lt;img" in tip
