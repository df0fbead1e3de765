"""Figures of the lesions dock: those of the engine, live, with undo, in a real window."""

import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QWidget

from napari_dgc.measure.scan_areas import scan_areas
from napari_dgc.measure.severity import measure_scan
from napari_dgc.workspace.commands import EditLeaves

NAMES = {1: "background", 2: "healthy tissue", 3: "lesion", 4: "halo"}


def cells(item):
    return [item.text(column) for column in range(item.columnCount())]


def test_tree_shows_the_engine_s_figures(dock, named):
    assert dock.tree.topLevelItemCount() == 2
    found = measure_scan(named[0].fine, NAMES)
    item = dock.tree.item_of(named[0])
    assert cells(item)[0] == named[0].name
    assert cells(item)[1] == f"{found.total.percent:.2f} %"
    assert cells(item)[3:6] == ["3", "11 px", "450 px"]
    assert [cells(item.child(row))[0] for row in range(item.childCount())] == ["leaf 1", "leaf 2"]
    for row, leaf in enumerate(found.leaves):
        assert cells(item.child(row))[1] == f"{leaf.percent:.2f} %"
    # a scan of one leaf needs no row for it
    assert dock.tree.item_of(named[1]).childCount() == 0


def test_severity_agrees_with_the_merge_dock_where_nothing_is_cleaned(
    dock, named, viewer, qtbot, wait_settled
):
    from napari_dgc.measure.leaves import LeafEdits

    # a speck of leaf that the smallest leaf leaves out by default
    fine = named[1].fine.copy()
    fine[0, 0] = 2
    dock.session.set_fine_labels(named[1], fine)
    for scan in named:
        dock.session.do(EditLeaves(scan.key, LeafEdits(least_area=0)))
    wait_settled(dock)
    _, merge = viewer.window.add_plugin_dock_widget("napari-dgc", "Merge clusters")
    qtbot.waitExposed(merge)
    qtbot.waitUntil(lambda: "%" in merge.severity.text())
    for line, (scan, measured) in zip(
        merge.severity.text().splitlines(), dock.measuring.results(), strict=True
    ):
        total = measured.severity.total
        assert line == (
            f"{scan.name}: {total.percent:.1f} % of leaf "
            f"({total.lesion_pixels} / {total.leaf_pixels} px)"
        )


def test_empty_dock_says_what_is_next(session, open_dock):
    dock = open_dock()
    assert dock.empty.isVisible()
    assert "Open a scan first" in dock.empty.text.text()


def test_without_names_the_dock_sends_to_the_merge_dock(
    session, measured_scans, open_dock, viewer, qtbot, press
):
    dock = open_dock()
    assert dock.next_step.isVisible()
    assert "healthy tissue" in dock.next_step.text.text()
    press(dock.next_step.button)
    merge = dock.window().findChild(QWidget, "dgc_merge_dock")
    qtbot.waitUntil(merge.isVisible)


def test_settings_act_live_and_one_turn_of_a_box_is_one_step(
    dock, named, session, qtbot, wait_settled
):
    steps = len(session.history.commands)
    box = dock.masks.boxes["least_area"]
    box.setFocus()
    for _ in range(5):
        qtbot.keyClick(box, Qt.Key.Key_Up)
    wait_settled(dock)
    assert session.work.masks.least_area == 5
    assert cells(dock.tree.item_of(named[0]))[3] == "1"
    assert len(session.history.commands) == steps + 1
    qtbot.keyClick(dock, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    wait_settled(dock)
    assert box.value() == 0
    assert cells(dock.tree.item_of(named[0]))[3] == "3"


def test_only_scans_that_changed_are_measured_anew(dock, named, session, wait_settled):
    before = dict(dock.measuring.results())
    fine = named[1].fine.copy()
    fine[15, 15] = 3
    session.set_fine_labels(named[1], fine)
    wait_settled(dock)
    after = dict(dock.measuring.results())
    assert after[named[0]] is before[named[0]]
    assert after[named[1]].severity.total.lesion_count == 2


def test_a_class_that_is_ticked_counts_as_diseased(dock, named, session, wait_settled):
    actions = {action.text(): action for action in dock.masks.menu.actions()}
    actions["halo"].trigger()
    wait_settled(dock)
    assert "halo" in session.work.masks.names
    assert cells(dock.tree.item_of(named[0]))[4] == "25 px"
    for name in ("lesion", "necrosis", "halo"):
        actions[name].trigger()
    wait_settled(dock)
    assert session.work.masks.names == ()
    assert cells(dock.tree.item_of(named[0]))[4] == "0 px"
    assert "choose" in dock.masks.classes.text()
    actions["lesion"].trigger()
    wait_settled(dock)
    assert cells(dock.tree.item_of(named[0]))[4] == "11 px"


def test_figures_fit_the_dock_and_the_tip_tells_the_rest(dock, named, qtbot):
    tree = dock.tree
    columns = range(tree.columnCount())
    dock.resize(380, 640)
    tree.resize(356, 200)
    assert not any(tree.isColumnHidden(column) for column in (0, 1, 3, 4))
    assert tree.isColumnHidden(8)
    assert sum(tree.columnWidth(column) for column in columns) <= tree.viewport().width()
    tip = tree.item_of(named[0]).toolTip(4)
    assert "Lesion area: 11 px" in tip
    assert "Largest: " in tip
    tree.resize(900, 200)
    assert not any(tree.isColumnHidden(column) for column in columns if column != 2)
    assert sum(tree.columnWidth(column) for column in columns) <= tree.viewport().width()


def test_grades_of_a_scale(dock, named):
    dock.scale.setCurrentIndex(1)
    dock.scale.activated.emit(1)
    assert not dock.tree.isColumnHidden(2)
    assert cells(dock.tree.item_of(named[0]))[2] == "2"


def test_own_scale_is_read_and_a_wrong_one_is_refused(dock, named, tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("grade,from,to\nmild,0,10\n")
    dock.scale.load(wrong)
    assert str(wrong) in dock.message.text()
    assert dock.scale.scale is None
    mine = tmp_path / "mine.csv"
    mine.write_text("grade,from,to\nmild,0,10\nsevere,10,100\n")
    dock.scale.load(mine)
    assert dock.scale.currentText() == "mine"
    assert cells(dock.tree.item_of(named[0]))[2] == "mild"


def test_selecting_a_leaf_brings_it_into_view(dock, named, viewer, qtbot):
    item = dock.tree.item_of(named[0])
    dock.tree.expandItem(item)
    child = item.child(1)
    qtbot.mouseClick(
        dock.tree.viewport(),
        Qt.MouseButton.LeftButton,
        pos=dock.tree.visualItemRect(child).center(),
    )
    leaves = scan_areas(named[0].fine, NAMES).leaves
    rows, columns = (leaves == 2).nonzero()
    world = named[0].image.data_to_world((0, rows.mean(), columns.mean()))
    assert viewer.scene.camera.center[-2:] == pytest.approx(world[-2:], abs=0.01)


def test_a_hidden_dock_measures_nothing(dock, named, session, qtbot, viewer):
    from qtpy.QtWidgets import QLabel

    other = viewer.window.add_dock_widget(QLabel("another dock"), tabify=True)
    other.raise_()
    qtbot.waitUntil(lambda: dock._asleep)
    fine = named[1].fine.copy()
    fine[15, 15] = 3
    session.set_fine_labels(named[1], fine)
    assert not dock.measuring.busy
    dock._frame.raise_()
    qtbot.waitUntil(lambda: cells(dock.tree.item_of(named[1]))[3] == "2")


def test_sizes_of_the_chosen_leaf(dock, named, qtbot):
    dock.tabs.setCurrentWidget(dock.sizes)
    item = dock.tree.item_of(named[0])
    dock.tree.setCurrentItem(item)
    assert dock.sizes.summary.text() == (
        f"{named[0].name}: 3 lesions, median 4 px (quartiles 2 px, 5 px), largest 6 px"
    )
    assert sum(dock.sizes.bars.opts["height"]) == 3
    dock.tree.setCurrentItem(item.child(0))
    assert dock.sizes.summary.text().startswith(f"{named[0].name}, leaf 1: 1 lesion, median 4 px")


def test_layers_come_for_scans_that_are_labelled_later(
    dock, named, session, viewer, make_cube, press, wait_settled
):
    press(dock.show_lesions)
    third = session.add_cube_layers(make_cube("later"))
    session.set_fine_labels(third, named[1].fine.copy())
    wait_settled(dock)
    assert "later lesions" in viewer.layers
    viewer.layers.remove("later lesions")
    session.set_fine_labels(third, named[0].fine.copy())
    wait_settled(dock)
    assert "later lesions" not in viewer.layers


def test_dock_fits_a_small_screen(dock, viewer, qtbot):
    viewer.window.resize(1366, 768)
    heights = set()
    for place in range(dock.tabs.count()):
        dock.tabs.setCurrentIndex(place)
        qtbot.wait(20)
        heights.add(dock.tabs.height())
    assert len(heights) == 1
    assert dock.minimumSizeHint().width() <= 370
    assert viewer.window._qt_window.height() <= 768
