"""Lesions corrected with napari's brush; leaves split and joined by lines; the real mouse."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_dgc.measure.leaves import Join, LeafEdits
from napari_dgc.measure.scan_areas import LESION, NOT_LESION
from napari_dgc.workspace.commands import EditLeaves, NameClasses

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def brush(dock, named, viewer, pointer, press):
    """The brush of one pixel on the lesions of the first scan."""
    press(dock.masks.brush)
    layer = viewer.layers.selection.active
    assert layer.name == f"{named[0].name} lesions"
    layer.brush_size = 1
    return layer


def lesions(dock, scan):
    return dock.measuring.result(scan).severity.total


def test_lesions_are_objects_in_a_layer_in_the_place_of_the_scan(dock, named, viewer, press):
    press(dock.show_lesions)
    layer = viewer.layers[f"{named[1].name} lesions"]
    assert layer.contour == 1
    np.testing.assert_array_equal(layer.translate, named[1].image.translate[-2:])
    first = viewer.layers[f"{named[0].name} lesions"]
    assert set(np.unique(first.data)) == {0, 1, 2, 3}
    assert first.data[5, 4] == 1 and first.data[10, 20] == 2 and first.data[17, 26] == 3
    press(dock.show_lesions)
    assert not layer.visible


def test_leaves_are_numbered_on_the_canvas(
    dock, named, session, viewer, press, qtbot, wait_settled
):
    press(dock.show_leaves)
    layer = viewer.layers[f"{named[0].name} leaf numbers"]
    assert list(layer.text.values) == ["1", "2"]
    # In the middle of the two leaves, and in the place of the scan.
    np.testing.assert_allclose(layer.data, [[11.5, 7.5], [11.5, 23]])
    np.testing.assert_array_equal(layer.translate, named[0].image.translate[-2:])
    assert viewer.layers.selection.active is not layer
    joined = LeafEdits(joins=(Join(4, 4, 4, 20),))
    session.do(EditLeaves(named[0].key, joined))
    wait_settled(dock)
    assert list(layer.text.values) == ["1"]
    np.testing.assert_allclose(layer.data[0, 0], 11.5)
    press(dock.show_leaves)
    assert not layer.visible
    press(dock.show_leaves)
    assert layer.visible
    viewer.layers.remove(f"{named[0].name} leaves")
    assert not layer.visible


def test_a_drag_of_the_brush_adds_a_lesion_in_one_step(
    dock, named, session, brush, pointer, qtbot, wait_settled
):
    steps = len(session.history.commands)
    brush.selected_label = 7
    pointer.drag(named[0], (8, 8), (8, 12))
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == 16
    assert lesions(dock, named[0]).lesion_count == 4
    assert dock.tree.item_of(named[0]).text(4) == "16 px"
    assert len(session.history.commands) == steps + 1
    # written back as an object of its own
    assert set(np.unique(brush.data)) == {0, 1, 2, 3, 4}
    qtbot.keyClick(pointer.canvas, Qt.Key.Key_Z, CONTROL)
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == 11
    assert set(np.unique(brush.data)) == {0, 1, 2, 3}
    qtbot.keyClick(pointer.canvas, Qt.Key.Key_Y, CONTROL)
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == 16


def test_pixels_set_by_a_script_are_a_step_before_the_next_one(
    dock, named, session, brush, wait_settled
):
    before = lesions(dock, named[0]).lesion_pixels
    # The console of napari can do this, and no event tells.
    brush.data[8, 8:12] = 7
    session.do(NameClasses((1,), "bench"))
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == before + 4
    assert brush.data[8, 8:12].all()
    session.undo()
    assert "correct the lesions" in session.history.undo_title
    session.undo()
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == before
    assert not brush.data[8, 8:12].any()


def test_severity_follows_while_the_button_is_held(
    dock, named, brush, pointer, qtbot, wait_settled
):
    where = [pointer.where(named[0], 8, column) for column in range(5, 13)]
    qtbot.mouseMove(pointer.canvas, where[0])
    qtbot.mousePress(pointer.canvas, pointer.left, pos=where[0])
    for place in where[1:]:
        qtbot.mouseMove(pointer.canvas, place)
        qtbot.wait(10)
    qtbot.waitUntil(lambda: dock.tree.item_of(named[0]).text(4) == "19 px")
    qtbot.mouseRelease(pointer.canvas, pointer.left, pos=where[-1])
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == 19


def test_eraser_and_fill_take_lesions_away(
    dock, named, session, brush, pointer, viewer, wait_settled
):
    brush.mode = "erase"
    pointer.drag(named[0], (10, 20), (10, 22))
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == 8
    brush.mode = "fill"
    brush.selected_label = 0
    pointer.drag(named[0], (5, 4))
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == 4
    values = np.unique(dock.measuring.result(named[0]).wish.painted)
    assert set(values) == {0, NOT_LESION}
    assert lesions(dock, named[0]).leaf_pixels == 450


def test_what_is_painted_off_the_leaf_counts_only_where_that_is_allowed(
    dock, named, brush, pointer, press, wait_settled
):
    pointer.drag(named[0], (8, 14), (8, 15))
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == 11
    assert not brush.data[8, 14:16].any()
    press(dock.masks.checks["inside_leaf"])
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == 13
    assert lesions(dock, named[0]).leaf_pixels == 452
    assert brush.data[8, 14:16].all()


def test_painting_in_another_number_changes_nothing(
    dock, named, session, brush, pointer, qtbot, wait_settled
):
    steps = len(session.history.commands)
    brush.selected_label = 3
    pointer.drag(named[0], (5, 4), (5, 5))
    assert len(session.history.commands) == steps
    assert (brush.data[5:7, 4:6] == 1).all()


def test_dropped_brush_work_is_one_step(
    dock, named, session, brush, pointer, press, qtbot, wait_settled
):
    assert not dock.masks.forget.isEnabled()
    pointer.drag(named[0], (8, 8), (8, 12))
    wait_settled(dock)
    press(dock.masks.forget)
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == 11
    assert not dock.masks.forget.isEnabled()
    session.undo()
    wait_settled(dock)
    assert lesions(dock, named[0]).lesion_pixels == 16
    assert (dock.measuring.result(named[0]).wish.painted == LESION).sum() == 5


def test_painting_a_class_changes_lesions(dock, named, session, viewer, pointer, wait_settled):
    layer = named[1].labels
    viewer.layers.selection.active = layer
    layer.mode, layer.brush_size, layer.selected_label = "paint", 1, 3
    pointer.drag(named[1], (15, 15), (15, 18))
    wait_settled(dock)
    assert lesions(dock, named[1]).lesion_pixels == 16


def leaves(dock, scan):
    return len(dock.measuring.result(scan).severity.leaves)


def test_a_line_across_a_leaf_splits_it(
    dock, named, session, viewer, pointer, press, qtbot, wait_settled
):
    dock.tabs.setCurrentWidget(dock.leaves)
    before = viewer.layers.selection.active
    press(dock.leaves.split)
    assert dock.leaves.split.isChecked()
    names = {layer.name for layer in viewer.layers}
    assert f"{named[1].name} leaves" in names
    centre = viewer.scene.camera.center
    pointer.drag(named[1], (12, 2), (12, 15), (12, 29.4))
    wait_settled(dock)
    assert leaves(dock, named[1]) == 2
    assert dock.leaves.hint.text() == f"{named[1].name}: 2 leaves now."
    assert viewer.scene.camera.center == centre
    # the pen is down, and nothing is left of the line
    assert not dock.leaves.split.isChecked()
    assert {layer.name for layer in viewer.layers} == names - {"Split a leaf"}
    assert viewer.layers.selection.active is before
    data = viewer.layers[f"{named[1].name} leaves"].data
    assert {int(data[5, 15]), int(data[18, 15])} == {1, 2}
    session.undo()
    wait_settled(dock)
    assert leaves(dock, named[1]) == 1


def test_a_line_that_begins_on_the_scan_beside_splits_the_leaf_it_crosses(
    dock, named, session, pointer, press, wait_settled
):
    dock.tabs.setCurrentWidget(dock.leaves)
    press(dock.leaves.split)
    # the first scan lies left of the second one
    across = -(named[1].image.translate[-1] - named[0].image.translate[-1] - 31)
    pointer.drag(named[1], (12, across), (12, 15), (12, 29.4))
    wait_settled(dock)
    assert leaves(dock, named[1]) == 2
    assert not session.work.leaf_edits(named[0].key).cuts


def test_a_line_that_ends_in_a_leaf_is_told_and_leaves_no_step(
    dock, named, session, pointer, press, qtbot, wait_settled
):
    steps = len(session.history.commands)
    dock.tabs.setCurrentWidget(dock.leaves)
    press(dock.leaves.split)
    pointer.drag(named[1], (12, 2), (12, 15))
    qtbot.waitUntil(lambda: "parted no leaf" in dock.leaves.hint.text())
    wait_settled(dock)
    assert len(session.history.commands) == steps
    assert not session.work.leaf_edits(named[1].key).cuts


def test_a_line_between_leaves_joins_them(
    dock, named, session, pointer, press, qtbot, wait_settled
):
    dock.tabs.setCurrentWidget(dock.leaves)
    press(dock.leaves.join)
    pointer.drag(named[0], (12, 10), (12, 15), (12, 20))
    qtbot.waitUntil(lambda: leaves(dock, named[0]) == 1)
    steps = len(session.history.commands)
    press(dock.leaves.join)
    pointer.drag(named[0], (12, 10), (12, 20))
    qtbot.waitUntil(lambda: "end on another one" in dock.leaves.hint.text())
    assert len(session.history.commands) == steps
    press(dock.leaves.reset)
    qtbot.waitUntil(lambda: leaves(dock, named[0]) == 2)


def test_escape_puts_the_pen_down(dock, named, viewer, pointer, press, qtbot):
    dock.tabs.setCurrentWidget(dock.leaves)
    press(dock.leaves.split)
    qtbot.keyClick(pointer.canvas, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not dock.leaves.split.isChecked())
    assert "Split a leaf" not in viewer.layers


def test_smallest_leaf_holds_for_all_scans_in_one_step(dock, named, session, qtbot, wait_settled):
    dock.tabs.setCurrentWidget(dock.leaves)
    steps = len(session.history.commands)
    box = dock.leaves.least
    box.setFocus()
    box.selectAll()
    qtbot.keyClicks(box, "230")
    wait_settled(dock)
    assert [leaves(dock, scan) for scan in named] == [1, 1]
    assert len(session.history.commands) == steps + 1
    session.undo()
    wait_settled(dock)
    assert [leaves(dock, scan) for scan in named] == [2, 1]
    assert box.value() == 25


def test_a_scan_that_is_opened_again_finds_its_lesions(
    dock, named, session, viewer, brush, pointer, wait_settled, qtbot
):
    pointer.drag(named[0], (8, 8), (8, 12))
    wait_settled(dock)
    cube = named[0].cube
    viewer.layers.remove(named[0].image)
    qtbot.wait(50)
    assert brush in viewer.layers
    again = session.add_cube_layers(cube)
    wait_settled(dock)
    assert lesions(dock, again).lesion_pixels == 16
    assert [layer.name for layer in viewer.layers].count(brush.name) == 1
    viewer.layers.selection.active = brush
    brush.mode = "paint"
    pointer.drag(again, (14, 8), (14, 10))
    wait_settled(dock)
    assert lesions(dock, again).lesion_pixels == 19
