"""Merging, splitting, naming and undoing in the merge dock, with clicks and keys."""

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QApplication, QColorDialog, QLineEdit

from napari_dgc.gui.class_table import Column
from napari_dgc.gui.merge_dock import MergeDock


@pytest.fixture
def viewer():
    """A viewer without a window: edits, tables and plots need no canvas."""
    return ViewerModel()


@pytest.fixture
def merge_dock(viewer, qtbot):
    dock = MergeDock(viewer)
    qtbot.addWidget(dock)
    dock.resize(380, 700)
    dock.show()
    qtbot.waitExposed(dock)
    return dock


def row_of(dock, cluster):
    """Row of the table that shows the class of a fine cluster."""
    proxy = dock.table.model()
    (source,) = dock.model.rows_touching([cluster])
    return proxy.mapFromSource(dock.model.index(source, 0)).row()


def press(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def maps(scans):
    return [np.array(scan.labels.data) for scan in scans]


def text(dock, cluster, column):
    return dock.table.model().index(row_of(dock, cluster), column).data()


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_split_takes_a_class_apart(labelled, merge_dock, qtbot, click_rows):
    fine = maps(labelled)
    click_rows(merge_dock, 1, 3)
    press(qtbot, merge_dock.buttons.merge)
    assert merge_dock.buttons.split.isEnabled()
    press(qtbot, merge_dock.buttons.split)
    assert same(maps(labelled), fine)
    assert len(merge_dock.table.selected_classes) == 2


def test_name_typed_into_the_table_reaches_layers_and_severity(
    labelled, merge_dock, session, qtbot
):
    assert "Name a class" in merge_dock.severity.text()
    for cluster, name in ((3, "healthy tissue"), (2, "lesion")):
        index = merge_dock.table.model().index(row_of(merge_dock, cluster), Column.NAME)
        where = merge_dock.table.visualRect(index).center()
        viewport = merge_dock.table.viewport()
        qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=where)
        qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=where)
        editor = merge_dock.table.findChildren(QLineEdit)[-1]
        qtbot.keyClicks(editor, name)
        qtbot.keyClick(editor, Qt.Key.Key_Return)
        QApplication.processEvents()
    assert text(merge_dock, 2, Column.NAME) == "lesion"
    session.settle()
    for scan in labelled:
        features = scan.labels.features.set_index("index")["class"]
        assert features[2] == "lesion"
        assert features[3] == "healthy tissue"
    lesion = np.count_nonzero(labelled[0].fine == 2)
    leaf = lesion + np.count_nonzero(labelled[0].fine == 3)
    lines = merge_dock.severity.text().splitlines()
    assert lines[0] == f"healthy: {100 * lesion / leaf:.1f} % of leaf ({lesion} / {leaf} px)"
    assert lines[1].startswith("sick: ")
    assert session.history.undo_title == "name “lesion”"


def test_names_by_button_for_several_classes_are_one_step(
    labelled, merge_dock, session, qtbot, click_rows
):
    assert not merge_dock.names.buttons["halo"].isEnabled()
    click_rows(merge_dock, 1, 4, 5)
    press(qtbot, merge_dock.names.buttons["halo"])
    assert session.partition.named({"halo"}) == {1, 4, 5}
    press(qtbot, merge_dock.buttons.undo)
    assert session.partition.named({"halo"}) == frozenset()


def test_area_counts_all_scans_and_follows_merges(labelled, merge_dock, qtbot, click_rows):
    total = sum(np.count_nonzero(scan.fine) for scan in labelled)
    one = sum(np.count_nonzero(scan.fine == 1) for scan in labelled)
    two = sum(np.count_nonzero(scan.fine == 2) for scan in labelled)
    assert text(merge_dock, 1, Column.PIXELS) == str(one)
    click_rows(merge_dock, 1, 2)
    press(qtbot, merge_dock.buttons.merge)
    assert text(merge_dock, 1, Column.CLUSTERS) == "2"
    assert text(merge_dock, 1, Column.SHARE) == f"{100 * (one + two) / total:.1f} %"


def test_table_is_sorted_by_area(labelled, merge_dock):
    proxy = merge_dock.table.model()
    pixels = [
        int(proxy.index(row, Column.PIXELS).data().replace("\u2009", ""))
        for row in range(proxy.rowCount())
    ]
    assert pixels == sorted(pixels, reverse=True)


def test_colours_stay_and_agree_everywhere(labelled, merge_dock, qtbot, click_rows):
    def colours():
        shown = {}
        for row in range(merge_dock.model.rowCount()):
            info = merge_dock.model.info(row)
            layer = labelled[0].labels.get_color(info.number)
            table = merge_dock.model.index(row, 0).data(Qt.ItemDataRole.DecorationRole)
            curve = merge_dock.plot.curves.get(info.number)
            assert QColor.fromRgbF(*map(float, layer)).name() == table.name()
            if curve is not None:
                assert curve.opts["pen"].color().name() == table.name()
            shown[info.number] = table.name()
        return shown

    merge_dock.in_image.highlight.setChecked(False)
    before = colours()
    click_rows(merge_dock, 2, 4)
    press(qtbot, merge_dock.buttons.merge)
    after = colours()
    assert after == {number: before[number] for number in after}
    press(qtbot, merge_dock.buttons.undo)
    assert colours() == before


def test_colour_chosen_in_the_dialog_is_shown_and_undone(
    labelled, merge_dock, session, qtbot, monkeypatch
):
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor("#123456"))
    index = merge_dock.table.model().index(row_of(merge_dock, 3), Column.COLOUR)
    where = merge_dock.table.visualRect(index).center()
    viewport = merge_dock.table.viewport()
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=where)
    assert session.partition.class_of(3).colour == "#123456"
    press(qtbot, merge_dock.buttons.undo)
    assert session.partition.class_of(3).colour == ""


def test_buttons_say_what_they_would_do(labelled, merge_dock, qtbot, click_rows):
    assert not merge_dock.buttons.merge.isEnabled()
    assert "Select two or more" in merge_dock.buttons.merge.toolTip()
    assert not merge_dock.buttons.undo.isEnabled()
    click_rows(merge_dock, 2, 5)
    press(qtbot, merge_dock.buttons.merge)
    assert "merge cluster 2, cluster 5" in merge_dock.buttons.undo.toolTip()
    press(qtbot, merge_dock.buttons.undo)
    assert "merge cluster 2, cluster 5" in merge_dock.buttons.redo.toolTip()


def drag_to(slider, *values):
    slider.setSliderDown(True)
    for value in values:
        slider.setValue(value)
    slider.setSliderDown(False)


def test_slider_drag_is_one_step_and_live(labelled, merge_dock, session):
    fine = maps(labelled)
    slider = merge_dock.slider.slider
    seen = []
    session.partition_changed.connect(lambda: seen.append(len(session.partition.classes)))
    drag_to(slider, 5, 4, 3)
    assert seen == [5, 4, 3]
    assert merge_dock.slider.label.text() == "Classes: 3 of 6"
    assert len(np.unique(np.concatenate([m.ravel() for m in maps(labelled)]))) <= 4
    drag_to(slider, 4, 2)
    session.undo()
    assert len(session.partition.classes) == 3
    session.undo()
    assert same(maps(labelled), fine)
    assert session.history.undo_title is None
    assert slider.value() == 6


def test_names_come_back_when_the_slider_does(labelled, merge_dock, session, qtbot, click_rows):
    click_rows(merge_dock, 1)
    press(qtbot, merge_dock.names.buttons["background"])
    click_rows(merge_dock, 5)
    press(qtbot, merge_dock.names.buttons["lesion"])
    drag_to(merge_dock.slider.slider, 4, 2, 4, 6)
    assert session.partition.class_of(1).name == "background"
    assert session.partition.class_of(5).name == "lesion"


def test_slider_explains_itself_without_a_tree(session, two_scans, merge_dock):
    session.set_fine_labels(two_scans[0], np.tile(np.arange(1, 5, dtype=np.uint16), (24, 8)))
    assert not merge_dock.slider.isEnabled()
    assert "training" in merge_dock.slider.toolTip()


def test_suggested_names_can_be_taken_back(labelled, merge_dock, session, click_rows, qtbot):
    assert merge_dock.buttons.suggest.isEnabled()
    before = session.partition
    click_rows(merge_dock, 1, 2)
    press(qtbot, merge_dock.buttons.suggest)
    assert merge_dock.table.selected_classes == ()  # nothing is pale in the result
    if session.partition != before:
        assert session.history.undo_title == "suggest names"
        press(qtbot, merge_dock.buttons.undo)
    assert session.partition == before
    session.model = None
    assert not merge_dock.buttons.suggest.isEnabled()
    assert "training" in merge_dock.buttons.suggest.toolTip()


def test_suggesting_after_edits_by_hand_leaves_one_class_of_each_name(
    labelled, merge_dock, session, click_rows, qtbot
):
    click_rows(merge_dock, 1)
    press(qtbot, merge_dock.names.buttons["background"])
    before = session.partition
    press(qtbot, merge_dock.buttons.suggest)
    names = [info.name for info in session.partition.classes if info.name]
    assert names == ["background"]
    assert len(session.partition.classes) < len(before.classes)
    press(qtbot, merge_dock.buttons.undo)
    assert session.partition == before


def test_the_menu_offers_to_merge_classes_of_one_name(
    labelled, merge_dock, session, click_rows, qtbot
):
    click_rows(merge_dock, 2, 4, 5)
    press(qtbot, merge_dock.names.buttons["lesion"])

    def offers():
        texts = {a.text(): a for a in merge_dock.tools.rows.menu().actions()}
        return [action for text, action in texts.items() if "named" in text]

    click_rows(merge_dock, 3)
    assert offers() == []
    click_rows(merge_dock, 4)
    (offer,) = offers()
    assert offer.text() == "Merge the 3 classes named “lesion”"
    offer.trigger()
    assert session.partition.class_of(4).members == (2, 4, 5)
    assert session.partition.class_of(4).name == "lesion"
    assert offers() == []


@pytest.mark.parametrize("extend", [False, True])
def test_click_in_the_image_selects_the_class_there(
    labelled, merge_dock, viewer, qtbot, extend, make_click
):
    make_click(labelled[1], 17, 3)
    assert [info.number for info in merge_dock.table.selected_classes] == [5]
    make_click(labelled[0], 5, 7, modifiers=("Control",) if extend else ())
    expected = [2, 5] if extend else [2]
    assert [info.number for info in merge_dock.table.selected_classes] == expected


@pytest.fixture
def make_click(viewer):
    """Press and release the left button on a pixel, as napari's canvas reports it."""
    from types import SimpleNamespace

    def click(scan, row, column, modifiers=()):
        y, x = scan.labels.data_to_world((row, column))[-2:]
        event = SimpleNamespace(
            type="mouse_press",
            button=1,
            pos=(10, 10),
            position=(0.0, float(y), float(x)),
            modifiers=modifiers,
        )
        steps = [callback(viewer, event) for callback in viewer.mouse_drag_callbacks]
        for step in steps:
            next(step, None)
        event.type = "mouse_release"
        for step in steps:
            next(step, None)

    return click
