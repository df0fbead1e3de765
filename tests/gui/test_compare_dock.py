"""The dock "Compare" in a real napari window: tick, compare, look side by side, save."""

import csv

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFileDialog, QStyle, QStyleOptionViewItem

from napari_dgc.gui.layers import reference_options

LEFT = Qt.MouseButton.LeftButton
PLUGIN, TITLE = "napari-dgc", "Compare"


@pytest.fixture
def open_dock(viewer, qtbot, stripes):
    """Open the dock as from the menu, with options that need no time."""

    def open_it():
        stripes.pause = 0.01
        viewer.window.show()
        viewer.window.resize(1366, 768)
        _, made = viewer.window.add_plugin_dock_widget(PLUGIN, TITLE)
        qtbot.waitUntil(made.compare.isVisible)
        made.choices.epochs.setValue(1)
        made.choices.clusters.setValue(6)
        return made

    return open_it


@pytest.fixture
def click(qtbot):
    def click(button):
        # the words of a check box are as good as its box; what lies right of them is not
        where = QPoint(8, button.height() // 2)
        qtbot.mouseClick(button, LEFT, Qt.KeyboardModifier.NoModifier, where)

    return click


@pytest.fixture
def tick(qtbot):
    """Click the check box of a line of the list of contenders."""

    def tick(dock, *texts):
        view = dock.choices.contenders
        for text in texts:
            (item,) = [
                i for row in range(view.count()) if (i := view.item(row)).text().startswith(text)
            ]
            view.scrollToItem(item)
            option = QStyleOptionViewItem()
            view.initViewItemOption(option)
            option.rect = view.visualItemRect(item)
            option.features |= QStyleOptionViewItem.ViewItemFeature.HasCheckIndicator
            box = view.style().subElementRect(
                QStyle.SubElement.SE_ItemViewItemCheckIndicator, option, view
            )
            qtbot.mouseClick(view.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, box.center())

    return tick


def run(qtbot, click, dock):
    click(dock.compare)
    qtbot.waitUntil(lambda: not dock.work.running, timeout=10000)


def compared(viewer):
    return [layer for layer in viewer.layers if ": " in layer.name]


def cells(table):
    return [
        [table.item(row, column).text() for column in range(table.columnCount())]
        for row in range(table.rowCount())
    ]


def test_without_scans_it_says_what_to_do_next(open_dock):
    dock = open_dock()
    assert dock.choices.empty.isVisible()
    assert not dock.compare.isEnabled()
    assert "Open a scan" in dock.compare.toolTip()


def test_maps_come_as_layers_of_their_own_side_by_side(
    labelled, viewer, session, open_dock, qtbot, click
):
    fine = [scan.fine.copy() for scan in labelled]
    dock = open_dock()
    run(qtbot, click, dock)
    names = [f"{scan.name}: {method}" for method in ("kmeans", "dgc") for scan in labelled]
    assert [layer.name for layer in compared(viewer)] == names
    # the user's own classes are what they were
    for scan, before in zip(labelled, fine, strict=True):
        assert np.array_equal(scan.fine, before)
    assert len(session.history.commands) == 0
    assert cells(dock.results.matrix) == [["1.000", "1.000"]] * 2
    # the map of each method lies in a field of its own, over the picture of its scan
    grid, layers = viewer.canvas.grid, list(viewer.layers)
    fields = {}
    for layer in compared(viewer):
        place = layers.index(layer)
        where = grid.position(place, viewer.layers)
        assert grid.position(place - 1, viewer.layers) == where
        assert layers[place - 1].rgb
        assert np.allclose(layers[place - 1].translate, layer.translate)
        fields.setdefault(layer.name.split(": ")[1], set()).add(where)
    assert fields == {"dgc": {(0, 0)}, "kmeans": {(0, 1)}}
    assert not labelled[0].labels.visible
    # layers that are added meanwhile push no map into another field
    points = viewer.add_points(np.zeros((1, 2)))
    qtbot.waitUntil(lambda: viewer.layers[-1] is not points)
    place = viewer.layers.index("healthy: dgc")
    assert grid.position(place, viewer.layers) == (0, 0)


def test_switched_off_the_users_own_view_is_back(two_scans, viewer, open_dock, qtbot, click):
    viewer.canvas.grid.stride = 2
    viewer.canvas.grid.enabled = True
    viewer.scene.camera.zoom = 7.5
    two_scans[1].composite.visible = False
    dock = open_dock()
    zoom = viewer.scene.camera.zoom
    run(qtbot, click, dock)
    assert viewer.canvas.grid.stride == -4
    click(dock.results.toggle)
    grid = viewer.canvas.grid
    assert (grid.enabled, grid.stride, grid.shape, grid.spacing) == (True, 2, (-1, -1), 0)
    assert viewer.scene.camera.zoom == pytest.approx(zoom)
    assert two_scans[0].composite.visible
    assert not two_scans[1].composite.visible
    # the pictures beneath the maps are gone, the maps are not
    qtbot.waitUntil(lambda: len(viewer.layers) == 8)
    click(dock.results.toggle)
    qtbot.waitUntil(lambda: len(viewer.layers) == 12)
    assert dock.results.toggle.isChecked()


def test_removing_a_map_ends_it_as_does_naparis_own_button(
    two_scans, viewer, open_dock, qtbot, click
):
    dock = open_dock()
    run(qtbot, click, dock)
    viewer.layers.remove("sick: kmeans")
    qtbot.waitUntil(lambda: not viewer.canvas.grid.enabled)
    qtbot.waitUntil(lambda: len(viewer.layers) == 7)
    click(dock.results.toggle)
    # what is whole is still there to be looked at
    assert [layer.name for layer in compared(viewer) if layer.visible] == [
        "healthy: kmeans",
        "healthy: dgc",
    ]
    button = viewer.window._qt_viewer.viewerButtons.gridViewButton
    qtbot.mouseClick(button, LEFT)
    assert not viewer.canvas.grid.enabled
    assert not dock.results.toggle.isChecked()
    assert two_scans[0].composite.visible
    qtbot.waitUntil(lambda: len(viewer.layers) == 7)


def test_closing_the_dock_gives_the_view_back(two_scans, viewer, open_dock, qtbot, click):
    dock = open_dock()
    run(qtbot, click, dock)
    viewer.window.remove_dock_widget(dock)
    assert not viewer.canvas.grid.enabled
    assert two_scans[0].composite.visible
    qtbot.waitUntil(lambda: len(viewer.layers) == 8)


def test_label_layers_are_compared_by_their_names_and_scored(
    labelled, viewer, session, open_dock, qtbot, click, tick
):
    session.partition_changed.emit()
    for scan in labelled:
        truth = (scan.fine > 3) + 1
        options = reference_options({1: "leaf", 2: "lesion"})
        lies = {"scale": scan.image.scale[-2:], "translate": scan.image.translate[-2:]}
        viewer.add_labels(truth, name=f"{scan.name} truth", **options, **lies)
    dock = open_dock()
    tick(dock, "layers “truth”", "layers “clusters”", "dgc,", "kmeans")
    assert [entry.name for entry in dock.choices.contenders.checked()][:2] == ["clusters", "truth"]
    dock.choices.truth.setCurrentIndex(dock.choices.truth.findText("truth"))
    run(qtbot, click, dock)
    layer = viewer.layers["healthy: truth"]
    named = dict(zip(layer.features["index"], layer.features["class"], strict=True))
    assert named == {0: "no data", 1: "leaf", 2: "lesion"}
    # matched colours: the lesion is shown as the cluster that it covers most of
    own = labelled[0].labels
    colours = [own.get_color(number) for number in (4, 5)]
    assert any(np.allclose(layer.get_color(2), colour) for colour in colours)
    scores = cells(dock.results.scores)
    assert scores[1] == ["1.000"] * 4
    assert 0 < float(scores[0][0]) < 1


def test_one_scan_or_one_contender_alone_is_too_little(two_scans, open_dock, tick):
    dock = open_dock()
    tick(dock, "kmeans")
    assert not dock.compare.isEnabled()
    assert "two or more" in dock.compare.toolTip()


def test_layers_with_other_names_by_now_are_not_compared_under_the_old_ones(
    labelled, open_dock, click, tick
):
    dock = open_dock()
    tick(dock, "layers “clusters”", "kmeans")
    labelled[0].labels.name = "something else"
    click(dock.compare)
    assert not dock.work.running
    assert "two or more" in dock.compare.toolTip()
    assert not dock.compare.isEnabled()


def test_a_folder_without_a_model_is_left_out_and_said(
    two_scans, open_dock, qtbot, click, tmp_path, monkeypatch
):
    folder = tmp_path / "holiday pictures"
    folder.mkdir()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
    dock = open_dock()
    click(dock.choices.add_model)
    run(qtbot, click, dock)
    assert "holiday pictures is left out: There is no model" in dock.message.text()
    assert dock.results.matrix.rowCount() == 2


def test_stop_keeps_nothing_half_done(two_scans, viewer, open_dock, stripes, qtbot, click):
    dock = open_dock()
    stripes.pause = 5
    click(dock.compare)
    qtbot.waitUntil(lambda: bool(stripes.made))
    assert dock.compare.text() == "Stop"
    click(dock.compare)
    qtbot.waitUntil(lambda: not dock.work.running, timeout=10000)
    assert dock.message.text() == "Stopped before a scan was compared."
    assert dock.compare.text() == "Compare"
    qtbot.waitUntil(lambda: len(viewer.layers) == 4)


def test_the_next_comparison_takes_the_place_of_the_one_before(
    two_scans, viewer, open_dock, qtbot, click, tick
):
    dock = open_dock()
    run(qtbot, click, dock)
    tick(dock, "kmeans", "gmm")
    run(qtbot, click, dock)
    assert {layer.name.split(": ")[1] for layer in compared(viewer)} == {"dgc", "gmm"}
    assert viewer.canvas.grid.enabled


def test_the_matrix_can_be_saved(two_scans, open_dock, qtbot, click, tmp_path, monkeypatch):
    path = tmp_path / "agreement.csv"
    chosen = (str(path), "CSV (*.csv)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: chosen)
    dock = open_dock()
    run(qtbot, click, dock)
    click(dock.results.save)
    qtbot.waitUntil(lambda: "Written" in dock.message.text())
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["of"] for row in rows] == ["dgc", "kmeans"] * 2
    assert [float(row["kmeans"]) for row in rows] == [1] * 4
    with (tmp_path / "agreement_scans.csv").open(newline="") as file:
        assert [row["scan"] for row in csv.DictReader(file)] == ["all scans", "healthy", "sick"]
