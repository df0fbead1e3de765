"""Corrections painted with napari's own brush: steps of the one undo, on canvas and dock."""

import numpy as np
from qtpy.QtCore import Qt

from napari_dgc.workspace.commands import MergeClasses, NameClasses

CONTROL = Qt.KeyboardModifier.ControlModifier


def test_a_drag_of_the_brush_is_one_step_and_ctrl_z_on_the_canvas_takes_it_back(
    labelled, session, qtbot, canvas, drag
):
    scan = labelled[0]
    before = np.array(scan.labels.data)
    drag(scan.labels, [(4, 2), (4, 8), (9, 8)])
    assert (scan.fine[4, 2:9] == 3).all()
    assert (scan.fine[4:10, 8] == 3).all()
    assert len(session.history.commands) == 1
    assert "brush" in session.history.undo_title
    painted = np.array(scan.labels.data)
    qtbot.keyClick(canvas, Qt.Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(scan.labels.data, before)
    np.testing.assert_array_equal(scan.fine, scan.predicted)
    qtbot.keyClick(canvas, Qt.Key.Key_Y, CONTROL)
    np.testing.assert_array_equal(scan.labels.data, painted)


def test_two_drags_are_two_steps(labelled, session, qtbot, canvas, drag):
    layer = labelled[0].labels
    drag(layer, [(4, 2), (4, 5)])
    drag(layer, [(8, 2), (8, 5)])
    assert len(session.history.commands) == 2
    session.undo()
    assert (labelled[0].fine[4, 2:6] == 3).all()
    assert not (labelled[0].fine[8, 2:6] == 3).all()


def test_fill_and_brush_are_two_steps(labelled, session, qtbot, canvas, drag):
    layer = labelled[0].labels
    before = np.array(layer.data)
    layer.mode = "fill"
    drag(layer, [(4, 2)])
    filled = np.array(layer.data)
    assert (filled != before).any()
    layer.mode = "paint"
    layer.selected_label = 1
    drag(layer, [(4, 2), (4, 4)])
    assert len(session.history.commands) == 2
    session.undo()
    np.testing.assert_array_equal(layer.data, filled)
    session.undo()
    np.testing.assert_array_equal(layer.data, before)


def test_ctrl_z_on_the_canvas_takes_merges_back_too(labelled, session, qtbot, canvas, drag):
    scan = labelled[0]
    before = np.array(scan.labels.data)
    drag(scan.labels, [(4, 2), (4, 6)])
    painted = np.array(scan.labels.data)
    session.do(MergeClasses((2, 3)))
    session.do(NameClasses((2,), "lesion"))
    qtbot.keyClick(canvas, Qt.Key.Key_Z, CONTROL)
    assert session.partition.class_of(2).name == ""
    qtbot.keyClick(canvas, Qt.Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(scan.labels.data, painted)
    qtbot.keyClick(canvas, Qt.Key.Key_Z, CONTROL)
    np.testing.assert_array_equal(scan.labels.data, before)


def test_pixels_written_by_a_script_become_a_step_before_the_next(labelled, session):
    scan = labelled[0]
    scan.labels.data[2, 2:5] = 4
    session.do(MergeClasses((2, 3)))
    assert len(session.history.commands) == 2
    assert (scan.fine[2, 2:5] == 4).all()
    session.undo()
    session.undo()
    np.testing.assert_array_equal(scan.fine, scan.predicted)
    assert (scan.labels.data[2, 2:5] == scan.predicted[2, 2:5]).all()


def test_a_number_that_is_no_class_paints_nothing_and_says_so(
    labelled, session, qtbot, canvas, drag, told
):
    scan = labelled[0]
    session.do(MergeClasses((2, 3)))
    before = np.array(scan.labels.data)
    for number in (3, 40):
        scan.labels.selected_label = number
        drag(scan.labels, [(4, 2), (4, 6)])
        qtbot.waitUntil(lambda: np.array_equal(scan.labels.data, before))
        assert len(session.history.commands) == 1
    assert any("Label 40 is no class" in sentence for sentence in told["info"])
    np.testing.assert_array_equal(scan.fine, scan.predicted)


def test_ctrl_z_on_the_canvas_works_whatever_layer_is_selected(
    labelled, session, viewer, qtbot, canvas
):
    session.do(MergeClasses((2, 3)))
    viewer.layers.selection.active = labelled[0].image
    qtbot.keyClick(canvas, Qt.Key.Key_Z, CONTROL)
    assert len(session.partition.classes) == 6
    viewer.layers.selection.clear()
    qtbot.keyClick(canvas, Qt.Key.Key_Y, CONTROL)
    assert len(session.partition.classes) == 5


def test_strokes_in_a_layer_of_the_user_are_undone_there_alone(labelled, session, viewer, qtbot):
    session.do(MergeClasses((2, 3)))
    own = viewer.add_labels(np.zeros((20, 20), np.uint8), name="own")
    own.paint((5, 5), 1)
    viewer.window._qt_viewer.show()
    qtbot.keyClick(viewer.window._qt_viewer.canvas.native, Qt.Key.Key_Z, CONTROL)
    assert not np.asarray(own.data).any()
    assert len(session.partition.classes) == 5
