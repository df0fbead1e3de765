"""The merge dock in a real napari window: layers, keys, mouse, export, next to the canvas."""

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QLabel

from napari_dgc.annotations import read_class_table, read_labels
from napari_dgc.workspace.commands import MergeClasses


def press(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def maps(scans):
    return [np.array(scan.labels.data) for scan in scans]


def same(first, second):
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_merge_undo_redo_change_the_layers_of_all_scans(labelled, merge_dock, qtbot, click_rows):
    fine = maps(labelled)
    click_rows(merge_dock, 2, 5)
    assert merge_dock.buttons.merge.isEnabled()
    press(qtbot, merge_dock.buttons.merge)
    merged = maps(labelled)
    for before, after in zip(fine, merged, strict=True):
        np.testing.assert_array_equal(after, np.where(before == 5, 2, before))
    assert [info.members for info in merge_dock.table.selected_classes] == [(2, 5)]
    press(qtbot, merge_dock.buttons.undo)
    assert same(maps(labelled), fine)
    assert [info.members for info in merge_dock.table.selected_classes] == [(2,), (5,)]
    press(qtbot, merge_dock.buttons.redo)
    assert same(maps(labelled), merged)


def test_keys_merge_name_undo_and_redo(labelled, merge_dock, session, qtbot, click_rows):
    click_rows(merge_dock, 1, 2)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_G)
    assert session.partition.class_of(2).members == (1, 2)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_4)
    assert session.partition.class_of(1).name == "lesion"
    control = Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_Z, control)
    assert session.partition.class_of(1).name == ""
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_Z, control)
    assert len(session.partition.classes) == 6
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_Y, control)
    assert len(session.partition.classes) == 5
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_Z, control | Qt.KeyboardModifier.ShiftModifier)
    assert session.partition.class_of(1).name == "lesion"


def test_keys_typed_into_the_folder_are_text(labelled, merge_dock, session, qtbot, click_rows):
    click_rows(merge_dock, 1, 2)
    merge_dock.export.folder.setFocus()
    qtbot.keyClicks(merge_dock.export.folder, "g4")
    assert merge_dock.export.folder.text() == "g4"
    assert session.history.undo_title is None


def test_keys_leave_other_widgets_alone(labelled, merge_dock, session, viewer, qtbot, click_rows):
    click_rows(merge_dock, 1, 2)
    canvas = viewer.window._qt_viewer.canvas.native
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_G)
    assert len(session.partition.classes) == 6


def test_selected_class_stands_out_and_colours_come_back(
    labelled, merge_dock, viewer, qtbot, click_rows
):
    colormap = labelled[0].labels.colormap
    click_rows(merge_dock, 3)
    layer = labelled[0].labels
    assert layer.get_color(3)[3] == 1
    assert layer.get_color(2)[3] < 0.5
    press(qtbot, merge_dock.in_image.highlight)
    assert layer.colormap is colormap
    press(qtbot, merge_dock.in_image.highlight)
    assert layer.get_color(2)[3] < 0.5
    viewer.window.remove_dock_widget(merge_dock)
    qtbot.waitUntil(lambda: layer.colormap is colormap)


def click_canvas(viewer, qtbot, layer, row, column):
    """Click a pixel with the real mouse; returns after the events were handled."""
    canvas = viewer.window._qt_viewer.canvas
    y, x = layer.data_to_world((row, column))[-2:]
    transform = canvas.view.scene.transform
    where = transform.map([x, y])[:2]
    from qtpy.QtCore import QPoint

    qtbot.mouseClick(canvas.native, Qt.MouseButton.LeftButton, pos=QPoint(*map(round, where)))


def test_click_on_the_canvas_selects_and_a_digit_names(
    labelled, merge_dock, session, viewer, qtbot
):
    viewer.reset_view()
    qtbot.wait(50)
    click_canvas(viewer, qtbot, labelled[1].labels, 17, 3)
    assert [info.number for info in merge_dock.table.selected_classes] == [5]
    qtbot.keyClick(merge_dock.focusWidget(), Qt.Key.Key_4)
    assert session.partition.class_of(5).name == "lesion"


def test_export_writes_what_the_layers_show(
    labelled, merge_dock, session, qtbot, click_rows, tmp_path, monkeypatch
):
    click_rows(merge_dock, 2, 5)
    press(qtbot, merge_dock.buttons.merge)
    press(qtbot, merge_dock.names.buttons["lesion"])
    # a correction painted by hand must be in the file too
    labelled[0].labels.paint((3, 3), 2)
    folder = tmp_path / "maps"
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    press(qtbot, merge_dock.export.button)
    qtbot.waitUntil(lambda: not merge_dock.export.writing)
    for scan in labelled:
        for kind in ("tif", "png"):
            written = read_labels(folder / f"{scan.name}.{kind}")
            np.testing.assert_array_equal(written, scan.labels.data)
        assert read_class_table(folder / f"{scan.name}_classes.csv")[2] == "lesion"
        assert f"{scan.name}.tif" in merge_dock.export.message.text()
    assert str(folder) in merge_dock.export.message.text()


def test_selected_tab_fits_a_small_screen(merge_dock, labelled, viewer, qtbot):
    viewer.window.resize(1366, 768)
    qtbot.wait(50)
    assert merge_dock.minimumSizeHint().width() <= 360
    assert viewer.window._qt_window.width() <= 1366
    assert viewer.window._qt_window.height() <= 768


def test_dock_behind_another_tab_sleeps(labelled, merge_dock, session, viewer, qtbot):
    merge_dock.table.select_clusters([3])
    layer = labelled[0].labels
    assert layer.get_color(2)[3] < 0.5
    other = viewer.window.add_dock_widget(QLabel("another dock"), tabify=True)
    other.raise_()
    qtbot.waitUntil(lambda: layer.get_color(2)[3] == 1)
    session.do(MergeClasses((1, 2)))
    assert merge_dock.model.rowCount() == 6
    merge_dock._frame.raise_()
    qtbot.waitUntil(lambda: merge_dock.model.rowCount() == 5)
    assert layer.get_color(1)[3] < 0.5
