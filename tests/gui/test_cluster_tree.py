"""The dock "Cluster tree" in a real napari window: drag, click, keys, scans below."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtWidgets import QApplication

from napari_dgc.gui.cluster_tree.branches import SWATCH_TOP
from napari_dgc.gui.session import TrainingState
from napari_dgc.partition import build_tree
from napari_dgc.workspace.commands import CutTree

LEFT = Qt.MouseButton.LeftButton
NONE = Qt.KeyboardModifier.NoModifier


@pytest.fixture
def dock(viewer, qtbot, activate):
    """The dock, opened as from the menu, beside nothing else."""
    viewer.window.show()
    viewer.window.resize(1366, 768)
    _, made = viewer.window.add_plugin_dock_widget("napari-dgc", "Cluster tree")
    qtbot.waitExposed(made)
    qtbot.waitUntil(lambda: made.plot.tree.vb.height() > 60)
    made.plot.setFocus()
    activate(made)
    return made


def pixel(dock, x, y, item=None):
    """Return where a point of the tree (or the matrix) is in the plot's viewport."""
    box = (dock.plot.tree if item is None else item).vb
    return dock.plot.mapFromScene(box.mapViewToScene(QPointF(x, y)))


def press_branch(qtbot, dock, node, modifier=NONE):
    """Click the upright part of a branch, just above its junction."""
    drawing = dock.plot.drawing
    parent = int(drawing.parents[node - 1])
    top = drawing.y[parent - 1] if parent else 1.05
    x, y = drawing.x[node - 1], (drawing.y[node - 1] + top) / 2
    # Qt takes two clicks soon after each other for a double click.
    qtbot.wait(QApplication.doubleClickInterval() + 20)
    qtbot.mouseClick(dock.plot.viewport(), LEFT, modifier, pixel(dock, x, y))


def drag_cut(qtbot, dock, *heights):
    """Drag the cut line from where it is over some heights with the mouse."""
    view = dock.plot.viewport()
    place = pixel(dock, 2.5, float(dock.plot.cut.value()))
    qtbot.mouseMove(view, place)
    qtbot.mousePress(view, LEFT, NONE, place)
    for height in heights:
        goal = pixel(dock, 2.5, height)
        for share in (0.5, 1):
            step = QPointF(place) + (QPointF(goal) - QPointF(place)) * share
            qtbot.mouseMove(view, step.toPoint())
            qtbot.wait(20)
        place = goal
    qtbot.mouseRelease(view, LEFT, NONE, place)


def clusters(dock):
    return sorted(dock.session.selection.clusters)


def test_it_opens_below_the_canvas_and_leaves_the_sides_tall(labelled, dock, viewer):
    window = viewer.window._qt_window
    frame = viewer.window._wrapped_dock_widgets["Cluster tree (napari-dgc)"]
    assert window.dockWidgetArea(frame) == Qt.DockWidgetArea.BottomDockWidgetArea
    corner = window.corner(Qt.Corner.BottomRightCorner)
    assert corner == Qt.DockWidgetArea.RightDockWidgetArea


def test_without_clusters_it_says_what_to_do_next(two_scans, dock):
    assert dock.empty.isVisible()
    assert "DGC: train" in dock.empty.text.text()


def test_label_maps_without_a_tree_say_what_is_missing(two_scans, dock, session):
    bars = np.tile(np.arange(1, 5, dtype=np.uint16), (24, 8))
    session.set_fine_labels(two_scans[0], bars)
    assert dock.empty.isVisible()
    assert "no tree" in dock.empty.title.text()
    assert "label maps are open" in dock.empty.text.text()
    assert dock.empty.button.isVisible()
    session.state = TrainingState.TRAINING
    assert "first epoch" in dock.empty.text.text()
    session.state = TrainingState.DONE
    session.start_partition(1)
    assert "two clusters or more" in dock.empty.text.text()


def test_dragging_the_line_regroups_live_in_one_step(labelled, dock, session, qtbot):
    session.start_partition(6, build_tree(session.model.summary, "distance"))
    drawing = dock.plot.drawing
    seen = []
    session.partition_changed.connect(lambda: seen.append(len(session.partition.classes)))
    drag_cut(qtbot, dock, *(drawing.cut_place(classes) for classes in (3, 2, 4)))
    assert len(session.partition.classes) == 4
    assert {2, 3} <= set(seen)
    assert len(session.history.commands) == 1
    # on all scans, and the line rests in the middle of its range
    assert {int(v) for v in labelled[0].labels.data.ravel()} - {0} <= {
        info.number for info in session.partition.classes
    }
    assert dock.plot.cut.value() == pytest.approx(drawing.cut_place(4))
    qtbot.keyClick(dock.plot, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(session.partition.classes) == 6
    assert dock.plot.cut.value() == pytest.approx(drawing.cut_place(6))


def test_a_click_on_a_branch_selects_its_classes_and_g_merges(labelled, dock, session, qtbot):
    tree = session.partition.tree
    node = next(n for n in range(7, 12) if len(tree.members(n)) == 2)
    press_branch(qtbot, dock, node)
    assert clusters(dock) == list(tree.members(node))
    assert dock.merge.isEnabled()
    qtbot.keyClick(dock.plot, Qt.Key.Key_G)
    assert tree.members(node) in {info.members for info in session.partition.classes}
    qtbot.keyClick(dock.plot, Qt.Key.Key_4)
    assert session.partition.class_of(tree.members(node)[0]).name == "lesion"


def test_ctrl_adds_a_click_beside_takes_all_away(labelled, dock, qtbot):
    press_branch(qtbot, dock, 1)
    assert clusters(dock) == [1]
    press_branch(qtbot, dock, 6, Qt.KeyboardModifier.ControlModifier)
    assert clusters(dock) == [1, 6]
    qtbot.wait(QApplication.doubleClickInterval() + 20)
    qtbot.mouseClick(dock.plot.viewport(), LEFT, NONE, pixel(dock, -0.5, 1.03))
    assert clusters(dock) == []


def test_tree_and_table_share_the_selection(labelled, dock, merge_dock, qtbot, click_rows):
    qtbot.waitUntil(lambda: dock.plot.tree.vb.height() > 40)
    click_rows(merge_dock, 2, 5)
    assert clusters(dock) == [2, 5]
    assert dock.plot.branches._selected == {2, 5}
    press_branch(qtbot, dock, 6)
    assert [info.number for info in merge_dock.table.selected_classes] == [6]


def test_a_cell_selects_its_class_and_tells_the_figures(labelled, dock, session, qtbot):
    # the sixth cluster is on the first scan only
    place = dock.plot.drawing.order.index(6)
    cell = pixel(dock, place, 0.5, dock.plot.matrix)
    qtbot.mouseClick(dock.plot.viewport(), LEFT, NONE, cell)
    assert clusters(dock) == [6]
    tip = dock.plot.tip_at(QPointF(cell))
    pixels = int((labelled[0].fine == 6).sum())
    assert f"Cluster 6 in healthy: {pixels} pixels" in tip
    assert "only in: healthy" in tip
    opacity = dock.plot.rows.image[:, place, 3]
    assert opacity[0] > 0
    assert opacity[1] == 0
    assert dock.plot.branches._marked == {6}


def test_a_scan_whose_bands_are_removed_keeps_its_row(labelled, dock, viewer):
    def told(row):
        return dock.plot.tip_at(QPointF(pixel(dock, 0, row + 0.5, dock.plot.matrix)))

    viewer.layers.remove(labelled[0].image)
    assert "in sick" in told(0)
    assert "in healthy" in told(1)
    viewer.layers.remove(labelled[0].labels)
    assert "in sick" in told(0)


def test_branches_tell_what_they_join(labelled, dock, session):
    drawing = dock.plot.drawing
    place = pixel(dock, float(drawing.x[drawing.root - 1]), 1.03)
    tip = dock.plot.tip_at(QPointF(place))
    assert "Clusters 1, 2, 3, 4, 5, 6" in tip
    assert "100 % of the costliest merge" in tip


def test_keys_alone_are_enough(labelled, dock, session, qtbot):
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
        qtbot.keyClick(dock.plot, key)
    drawing = dock.plot.drawing
    left = drawing.children(drawing.root)[0]
    assert clusters(dock) == sorted(drawing.tree.members(left))
    qtbot.keyClick(dock.plot, Qt.Key.Key_Right)
    right = drawing.children(drawing.root)[1]
    assert clusters(dock) == sorted(drawing.tree.members(right))
    for _ in range(3):
        qtbot.keyClick(dock.plot, Qt.Key.Key_PageUp)
    assert len(session.partition.classes) == 3
    qtbot.keyClick(dock.plot, Qt.Key.Key_PageDown)
    assert len(session.partition.classes) == 4


def test_another_linkage_is_one_step_and_shown_after_undo(labelled, dock, session, qtbot):
    before = session.partition.tree
    assert dock.linkage.currentData() == "angle-border"
    dock.linkage.setFocus()
    qtbot.keyClicks(dock.linkage, "within")
    qtbot.waitUntil(lambda: session.partition.tree is not before)
    assert session.partition.tree == build_tree(session.model.summary, "ward")
    assert len(session.partition.classes) == 6
    session.undo()
    assert dock.linkage.currentText() == "spectral angle and shared border"
    assert dock.plot.drawing.tree == before
    session.redo()
    assert dock.linkage.currentData() == "ward"
    assert "√" in dock.help.toolTip()


def test_classes_merged_by_hand_are_said_not_to_be_the_tree_s(labelled, dock, session):
    assert "by hand" not in dock.plot.cut.label.format
    session.selection.choose([1, 6])
    dock.merge.click()
    assert "by hand" in dock.plot.cut.label.format


def test_number_of_classes_never_covers_colours_of_clusters(labelled, dock, session, qtbot):
    label, box = dock.plot.cut.label, dock.plot.tree.vb
    for classes in (6, 5, 4, 3, 2):
        session.do(CutTree(classes))
        qtbot.wait(20)
        text = label.mapRectToScene(label.boundingRect())
        colours = box.mapViewToScene(QPointF(0, SWATCH_TOP)).y()
        assert text.height() > 5
        assert text.bottom() <= colours + 1
        assert text.top() >= box.sceneBoundingRect().top() - 1


def test_hidden_it_works_nothing_out(labelled, dock, session, viewer, monkeypatch):
    frame = viewer.window._wrapped_dock_widgets["Cluster tree (napari-dgc)"]
    frame.hide()
    asked = []
    monkeypatch.setattr(dock.plot, "set_classes", lambda *a: asked.append(a))
    session.selection.choose([1, 2])
    dock.edits.cut(3)
    assert asked == []
    frame.show()
    assert asked


def test_marks_beneath_the_slider_take_a_stable_number(labelled, merge_dock, session, qtbot):
    marks = merge_dock.slider.marks
    level = marks.levels[0]
    place = QPoint(marks.place_of(level.classes), 3)
    assert marks.tip_at(place).startswith(f"{level.classes} classes: stable")
    qtbot.mouseClick(marks, LEFT, NONE, place)
    assert len(session.partition.classes) == level.classes
    assert len(session.history.commands) == 1


def test_all_scans_are_in_sight_again_when_the_canvas_takes_its_new_size_late(
    labelled, viewer, dock, qtbot
):
    viewer.reset_view()
    fitted = viewer.camera.zoom
    viewer.camera.zoom = 100
    # as on the first sight of the dock, on a machine that is slow to lay out the window
    dock._fits_left = 1000
    dock._fit.start()
    viewer.window.resize(1000, 700)
    qtbot.waitUntil(lambda: viewer.camera.zoom < 1.5 * fitted, timeout=30_000)
