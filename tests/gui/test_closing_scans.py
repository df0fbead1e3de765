"""Removing layers, and opening scans again: pictures go, work stays, docks say what is next."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.cubes.read import open_cube
from napari_dgc.gui.session import get_session
from napari_dgc.workspace.commands import NameClasses


def names(viewer):
    return [layer.name for layer in viewer.layers]


def remove_as_user(viewer, qtbot, *layers):
    """Select layers and press the button with the bin."""
    viewer.layers.selection = set(layers)
    button = viewer.window._qt_viewer.layerButtons.deleteButton
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.wait(20)


@pytest.fixture
def window(viewer):
    viewer.window.show()
    return viewer


def test_pictures_go_with_the_bands_and_the_label_map_stays(
    window, qtbot, session, labelled, make_cube, told
):
    healthy, sick = labelled
    for role in ("index", "confidence"):
        window.add_image(
            np.zeros((24, 32)),
            name=f"{role} healthy",
            metadata={"napari_dgc_cube": healthy.cube, "napari_dgc_role": role},
        )
    remove_as_user(window, qtbot, healthy.image)
    kept = ["healthy clusters", "sick", "sick clusters", "sick false colour"]
    qtbot.waitUntil(lambda: sorted(names(window)) == kept)
    assert session.scans == [sick]
    (sentence,) = told["info"]
    assert sentence.startswith("healthy: bands and pictures are removed. Its label map stays")


def test_a_label_map_without_its_bands_is_merged_painted_and_undone(
    window, qtbot, session, labelled, merge_dock, click_rows, told
):
    healthy, _ = labelled
    layer = healthy.labels
    before = np.asarray(layer.data).copy()
    total = sum(merge_dock._counts.total(6))
    remove_as_user(window, qtbot, healthy.image)
    assert sum(merge_dock._counts.total(6)) == total
    click_rows(merge_dock, 1, 2)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_G)
    np.testing.assert_array_equal(layer.data, np.where(before == 2, 1, before))
    layer.selected_label = 4
    layer.paint((3, 3), 4)
    assert healthy.fine[3, 3] == 4
    session.undo()
    session.undo()
    np.testing.assert_array_equal(layer.data, before)
    session.do(NameClasses((1,), "lesion"))
    assert "healthy" in [name for name, _ in merge_dock._counts.update(session.labelled, 6)]


def test_all_layers_of_a_scan_can_be_removed_at_once(window, qtbot, session, labelled, told):
    healthy, sick = labelled
    remove_as_user(window, qtbot, healthy.composite, healthy.image, healthy.labels)
    assert sorted(names(window)) == ["sick", "sick clusters", "sick false colour"]
    assert session.labelled == [sick]
    window.layers.clear()
    qtbot.wait(20)
    assert session.scans == [] and session.labelled == []
    assert told["info"] == []


def test_a_scan_opened_again_gets_its_label_map_back(window, qtbot, make_cube, tmp_path, told):
    write_envi(make_cube("leaf"), tmp_path / "leaf.hdr")
    session = get_session(window)
    scan = session.add_cube_layers(open_cube(tmp_path / "leaf.hdr"))
    session.start_partition(3)
    fine = np.random.default_rng(0).integers(1, 4, (24, 32)).astype(np.uint16)
    session.set_fine_labels(scan, fine)
    layer = scan.labels
    layer.paint((2, 2), 3 if fine[2, 2] != 3 else 1)
    painted = np.asarray(layer.data).copy()
    remove_as_user(window, qtbot, scan.image)
    assert names(window) == ["leaf clusters"]
    window.open(tmp_path / "leaf.hdr", plugin="napari-dgc")
    (again,) = session.scans
    assert again.labels is layer and session.labelled == [again]
    np.testing.assert_array_equal(layer.data, painted)
    session.undo()
    np.testing.assert_array_equal(layer.data, fine)
    np.testing.assert_allclose(layer.extent.world, again.image.extent.world[:, -2:])


def test_a_new_scan_does_not_cover_a_label_map_that_stayed(
    window, qtbot, session, labelled, make_cube, told
):
    healthy, sick = labelled
    remove_as_user(window, qtbot, healthy.image)
    new = session.add_cube_layers(make_cube("new"))
    corners = [layer.extent.world[0] for layer in (healthy.labels, sick.labels)]
    place = new.image.extent.world[0, -2:]
    assert all(np.abs(corner - place).max() > 20 for corner in corners)


def test_docks_say_what_is_next_when_everything_is_removed(
    window, qtbot, session, stripes, two_scans, told
):
    def dock(title):
        return window.window.add_plugin_dock_widget("napari-dgc", title)[1]

    train, composites = dock("DGC: train"), dock("Composites and indices")
    calibrate, merge = dock("Calibrate to reflectance"), dock("Merge clusters")
    train.options.epochs.setValue(2)
    train.train.click()
    qtbot.waitUntil(lambda: train.progress.status.text().startswith("Done"), timeout=20000)
    session.do(NameClasses((1,), "lesion"))
    window.layers.select_all()
    remove_as_user(window, qtbot, *window.layers)
    assert names(window) == []
    assert "No scan is open yet" in train.scans.item(0).text()
    assert train.progress.status.text().startswith("The trained model is kept")
    assert train.message.text() == "" and not train.progress.bar.isVisible()
    assert train.save.isEnabled()
    assert merge._stack.currentIndex() == 0
    assert "(lesion) are kept" in merge.empty.text.text()
    assert "Open a scan first" in composites.empty.text() and not composites.tabs.isVisible()
    assert "Open a scan" in calibrate.message.text()
    session.add_cube_layers(two_scans[0].cube)
    assert "press Label scans" in train.progress.status.text()
    train.apply.click()
    qtbot.waitUntil(lambda: train.progress.status.text() == "Scans labelled.", timeout=20000)
    assert session.partition.class_of(1).name == "lesion"  # nothing was lost


def test_scans_without_clusters_leave_nothing_to_keep(window, qtbot, session, two_scans, told):
    _, merge = window.window.add_plugin_dock_widget("napari-dgc", "Merge clusters")
    remove_as_user(window, qtbot, two_scans[0].image, two_scans[1].image)
    assert names(window) == [] and told["info"] == []
    assert "Open a scan first" in merge.empty.text.text()
