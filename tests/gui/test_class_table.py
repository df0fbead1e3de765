"""The class table in a napari window: eyes, columns, filter, notes, row menu and keys."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication, QColorDialog, QInputDialog

from napari_dgc.gui.class_table import ClassTableModel, ClassTableView, Column
from napari_dgc.gui.keys_sheet import KEYS, KeysSheet
from napari_dgc.measure.details import ScanDetails
from napari_dgc.partition.template import NameTemplate, Role, TemplateName
from napari_dgc.workspace.commands import (
    DescribeScan,
    MergeClasses,
    NameClasses,
    RecolourClass,
    SetTemplate,
)


@pytest.fixture
def index_of(merge_dock):
    def index(cluster, column):
        (row,) = merge_dock.model.rows_touching([cluster])
        return merge_dock.table.filter.mapFromSource(merge_dock.model.index(row, column))

    return index


@pytest.fixture
def text(index_of):
    return lambda cluster, column: index_of(cluster, column).data()


def click_cell(qtbot, table, index):
    table.scrollTo(index)
    where = table.visualRect(index).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=where)


def alpha(scan, number):
    return float(scan.labels.get_color(number)[3])


def listed(dock):
    table = dock.table.model()
    return [table.index(row, Column.NAME).data() for row in range(table.rowCount())]


def test_eye_hides_a_class_in_all_scans_and_is_no_step(
    labelled, merge_dock, session, qtbot, index_of
):
    click_cell(qtbot, merge_dock.table, index_of(3, Column.VISIBLE))
    assert [alpha(scan, 3) for scan in labelled] == [0, 0]
    assert alpha(labelled[0], 2) == 1
    assert session.history.undo_title is None
    assert merge_dock.table.selected_classes == ()  # an eye selects nothing
    click_cell(qtbot, merge_dock.table, index_of(3, Column.VISIBLE))
    assert alpha(labelled[0], 3) == 1


def test_hidden_stays_hidden_with_selection_renaming_and_another_dock_in_front(
    labelled, merge_dock, session, qtbot, index_of, click_rows
):
    click_cell(qtbot, merge_dock.table, index_of(3, Column.VISIBLE))
    click_rows(merge_dock, 2)
    assert (alpha(labelled[0], 2), alpha(labelled[0], 3)) == (1, 0)
    assert 0 < alpha(labelled[0], 1) < 0.5
    session.do(NameClasses((2,), "lesion"))
    assert (alpha(labelled[0], 2), alpha(labelled[0], 3)) == (1, 0)
    merge_dock._set_awake(False)
    session.do(NameClasses((2,), "halo"))
    assert (alpha(labelled[0], 1), alpha(labelled[0], 3)) == (1, 0)


def test_closing_the_dock_shows_everything_again(labelled, merge_dock, viewer, qtbot, index_of):
    click_cell(qtbot, merge_dock.table, index_of(3, Column.VISIBLE))
    viewer.window.remove_dock_widget(merge_dock)
    qtbot.waitUntil(lambda: alpha(labelled[0], 3) == 1)


def test_clusters_of_another_model_are_not_hidden(labelled, merge_dock, session):
    merge_dock.table.hidden.toggle([session.partition.class_of(3)])
    session.model = None
    session.start_partition(6)
    assert alpha(labelled[0], 3) == 1
    assert merge_dock.table.hidden.clusters == frozenset()


@pytest.mark.parametrize(("menu", "dock"), [("classify", "merge"), ("measure", "lesions")])
def test_the_menus_of_layers_open_the_docks(labelled, viewer, menu, dock):
    from napari._app_model import get_app_model
    from qtpy.QtWidgets import QWidget

    viewer.window.show()
    app = get_app_model()
    items = app.menus.get_menu(f"napari/layers/{menu}")
    commands = [item.command.id for item in items if getattr(item, "command", None)]
    assert f"napari-dgc.{dock}" in commands
    app.commands.execute_command(f"napari-dgc.{dock}").result()
    assert viewer.window._qt_window.findChild(QWidget, f"dgc_{dock}_dock") is not None


def test_merged_with_a_visible_class_a_hidden_one_is_seen(labelled, merge_dock, session):
    merge_dock.table.hidden.toggle([session.partition.class_of(3)])
    session.do(MergeClasses((2, 3)))
    assert alpha(labelled[0], 2) == 1
    session.undo()
    assert alpha(labelled[0], 3) == 0


def test_keys_hide_and_show_only_the_selected(labelled, merge_dock, qtbot, click_rows):
    click_rows(merge_dock, 2)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_V)
    assert alpha(labelled[0], 2) == 0
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_V)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    assert alpha(labelled[0], 2) == 1
    assert [alpha(labelled[0], number) for number in (1, 3, 4)] == [0, 0, 0]
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_V, Qt.KeyboardModifier.ShiftModifier)
    assert all(alpha(labelled[0], number) > 0 for number in (1, 3, 4))


def test_share_of_leaf_counts_what_the_template_calls_leaf(labelled, merge_dock, session, text):
    assert text(2, Column.LEAF) == "–"
    session.do(NameClasses((2,), "rust"))
    session.do(NameClasses((3,), "healthy tissue"))
    assert text(2, Column.LEAF) == "–"
    assert text(3, Column.LEAF) == "100.0 %"
    session.do(SetTemplate(NameTemplate("Rust", (TemplateName("rust", Role.DISEASED),))))
    two, three = (sum(np.count_nonzero(s.fine == k) for s in labelled) for k in (2, 3))
    assert text(2, Column.LEAF) == f"{100 * two / (two + three):.1f} %"
    assert "% of leaf" in merge_dock.severity.text()


def test_area_in_mm2_needs_the_pixel_size_of_every_scan(labelled, merge_dock, session, text):
    session.do(DescribeScan(ScanDetails(labelled[0].key, pixel_size_mm=0.5)))
    assert text(2, Column.AREA) == "–"
    session.do(DescribeScan(ScanDetails(labelled[1].key, pixel_size_mm=0.1)))
    first, second = (np.count_nonzero(scan.fine == 2) for scan in labelled)
    assert text(2, Column.AREA) == f"{first * 0.25 + second * 0.01:.3g}"


def test_spectra_are_small_lines_in_the_colour_of_the_class(labelled, merge_dock, index_of):
    table = merge_dock.table
    place = table.visualRect(index_of(4, Column.SPECTRUM))
    assert place.width() > 20
    picture = table.viewport().grab(place).toImage()
    colour = index_of(4, Column.COLOUR).data(Qt.ItemDataRole.DecorationRole)
    line = [
        (x, y)
        for x in range(picture.width())
        for y in range(picture.height())
        if picture.pixelColor(x, y).hsvSaturation() > 60
        and abs(picture.pixelColor(x, y).hsvHue() - colour.hsvHue()) < 15
    ]
    assert len({x for x, _ in line}) > 20
    assert len({y for _, y in line}) < picture.height() / 2


def test_columns_are_chosen_from_the_menu_and_remembered(labelled, merge_dock, session, qtbot):
    table = merge_dock.table
    assert table.isColumnHidden(Column.AREA)
    menu = table.columns_menu(merge_dock)
    actions = {action.text(): action for action in menu.actions()}
    actions["Area in mm²"].trigger()
    actions["Pixels"].trigger()
    assert not table.isColumnHidden(Column.AREA)
    assert table.isColumnHidden(Column.PIXELS)
    again = ClassTableView(ClassTableModel())
    qtbot.addWidget(again)
    assert not again.isColumnHidden(Column.AREA)
    assert again.isColumnHidden(Column.PIXELS)
    assert not again.isColumnHidden(Column.NAME)


def test_usual_columns_fit_the_dock(labelled, merge_dock):
    table = merge_dock.table
    assert table.horizontalHeader().length() <= table.viewport().width()


def test_filter_finds_names_numbers_and_notes(labelled, merge_dock, session, qtbot):
    session.do(NameClasses((4,), "lesion"))
    box = merge_dock.tools.filter
    assert not box.isVisible()
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert box.isVisible()
    qtbot.keyClicks(box, "les")
    assert listed(merge_dock) == ["lesion"]
    box.clear()
    qtbot.keyClicks(box, "5")
    assert listed(merge_dock) == ["cluster 5"]
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert not box.isVisible()
    assert len(listed(merge_dock)) == 6
    assert QApplication.focusWidget() is merge_dock.table


def test_filter_shows_itself_when_there_are_many_classes(labelled, merge_dock, session, two_scans):
    assert not merge_dock.tools.filter.isVisible()
    session.model = None
    fine = np.arange(24 * 32, dtype=np.uint16).reshape(24, 32) % 12 + 1
    session.start_partition(12)
    session.set_fine_labels(two_scans[0], fine)
    assert merge_dock.tools.filter.isVisible()


def test_what_is_filtered_out_is_not_acted_on(labelled, merge_dock, session, qtbot, click_rows):
    click_rows(merge_dock, 2, 5)
    merge_dock.tools.filter.open()
    qtbot.keyClicks(merge_dock.tools.filter, "2")
    assert [info.number for info in merge_dock.table.selected_classes] == [2]


def test_class_picked_in_the_image_is_listed_whatever_the_filter(
    labelled, merge_dock, session, qtbot
):
    merge_dock.tools.filter.open()
    qtbot.keyClicks(merge_dock.tools.filter, "2")
    merge_dock.in_image.picked.emit(5, False)
    assert [info.number for info in merge_dock.table.selected_classes] == [5]
    assert len(listed(merge_dock)) == 6


def test_note_is_typed_shown_and_taken_back(
    labelled, merge_dock, session, qtbot, click_rows, index_of, monkeypatch
):
    monkeypatch.setattr(
        QInputDialog, "getMultiLineText", lambda *_: ("only at the rim\nsee photo", True)
    )
    click_rows(merge_dock, 2)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_N, Qt.KeyboardModifier.ShiftModifier)
    assert session.partition.class_of(2).note == "only at the rim\nsee photo"
    tip = index_of(2, Column.NAME).data(Qt.ItemDataRole.ToolTipRole)
    assert "only at the rim" in tip
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.partition.class_of(2).note == ""


def actions_of(menu):
    return {action.text().split("\t")[0]: action for action in menu.actions() if action.text()}


def test_right_click_opens_the_menu_of_the_row(labelled, merge_dock, qtbot, index_of):
    table = merge_dock.table
    where = table.visualRect(index_of(3, Column.NAME)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.RightButton, pos=where)
    table.customContextMenuRequested.emit(where)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    assert actions_of(menu)["Rename"].isEnabled()
    assert not actions_of(menu)["Merge"].isEnabled()
    menu.close()
    assert [info.number for info in table.selected_classes] == [3]


def test_menu_splits_in_two_and_moves_one_cluster(labelled, merge_dock, session, qtbot, click_rows):
    session.do(MergeClasses((1, 2, 3)))
    session.do(NameClasses((4,), "lesion"))
    click_rows(merge_dock, 1)
    rows = merge_dock.tools.rows
    moves = actions_of(rows.moves_menu())
    assert set(moves) == {"Cluster 1", "Cluster 2", "Cluster 3"}
    targets = moves["Cluster 3"].menu().actions()
    assert targets[0].text() == "lesion"  # named ones first
    targets[0].trigger()
    assert session.partition.class_of(3).name == "lesion"
    assert session.partition.class_of(1).members == (1, 2)
    session.undo()
    actions_of(rows.menu())["Split in two"].trigger()
    assert len(session.partition.classes) == 5
    session.undo()
    new = [a for a in moves["Cluster 3"].menu().actions() if a.text() == "A new class"]
    new[0].trigger()
    assert session.partition.class_of(3).members == (3,)


def test_colour_is_chosen_by_key_and_reset_from_the_menu(
    labelled, merge_dock, session, qtbot, click_rows, monkeypatch
):
    from qtpy.QtGui import QColor

    monkeypatch.setattr(QColorDialog, "getColor", lambda *_: QColor("#123456"))
    click_rows(merge_dock, 2)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
    assert session.partition.class_of(2).colour == "#123456"
    session.do(RecolourClass(3, "#abcdef"))
    click_rows(merge_dock, 2, 3)
    actions_of(merge_dock.tools.rows.menu())["Reset colour"].trigger()
    assert {session.partition.class_of(number).colour for number in (2, 3)} == {""}
    session.undo()  # one step
    assert session.partition.class_of(3).colour == "#abcdef"


def test_select_similar_adds_the_class_most_alike(labelled, merge_dock, qtbot, click_rows):
    click_rows(merge_dock, 4)  # 0.5, next to 0.4 and 0.55
    qtbot.keyClicks(merge_dock.table, "+")
    assert len(merge_dock.table.selected_classes) == 2
    qtbot.keyClicks(merge_dock.table, "+")
    assert len(merge_dock.table.selected_classes) == 3


def test_zoom_brings_the_class_into_the_middle_of_the_canvas(
    labelled, merge_dock, viewer, qtbot, click_rows
):
    before = viewer.camera.zoom
    click_rows(merge_dock, 6)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_Z)
    rows, columns = np.nonzero(labelled[0].fine == 6)
    middle = labelled[0].labels.data_to_world((rows.mean(), columns.mean()))[-2:]
    np.testing.assert_allclose(viewer.camera.center[-2:], middle, atol=0.01)
    assert viewer.camera.zoom > before


def test_f1_lists_every_key(labelled, merge_dock, qtbot):
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_F1)
    (sheet,) = merge_dock.window().findChildren(KeysSheet)
    shown = sheet.text.text()
    assert all(what in shown for _, keys in KEYS for _, what in keys)
    assert all(title in shown for _, title in merge_dock.tools.page_keys)
    sheet.close()


def test_no_two_shortcuts_of_the_dock_share_a_key(labelled, merge_dock):
    from qtpy.QtGui import QShortcut

    bound = [
        shortcut.key().toString()
        for shortcut in merge_dock.findChildren(QShortcut)
        if shortcut.parent() is merge_dock
    ]
    assert len(bound) == len(set(bound))
    listed_keys = {key for _, keys in KEYS for key, _ in keys} - {"F2", "M", "R", "Shift+F10"}
    assert listed_keys <= set(bound)


def test_open_menu_stands_at_the_row(labelled, merge_dock, qtbot, click_rows):
    click_rows(merge_dock, 2)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_M, Qt.KeyboardModifier.ShiftModifier)
    menu = QApplication.activePopupWidget()
    assert menu is not None
    corner = merge_dock.table.mapToGlobal(QPoint(0, 0))
    assert menu.y() >= corner.y()
    menu.close()


def test_every_key_of_the_list_is_in_the_documentation():
    from pathlib import Path

    page = (Path(__file__).parents[2] / "docs" / "keys.md").read_text(encoding="utf-8")
    for _, keys in KEYS:
        for key, what in keys:
            assert f"| `{key}` | {what} |" in page
