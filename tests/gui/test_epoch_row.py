"""Looking back at kept epochs, and going on from one of them."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_dgc.gui.projects.record import get_record
from napari_dgc.gui.session import TrainingState
from napari_dgc.gui.worker import get_trainer
from napari_dgc.project import EpochHistory
from napari_dgc.project.epochs import EpochFigures
from napari_dgc.workspace.commands import MergeClasses, NameClasses


@pytest.fixture
def dock(viewer, stripes, two_scans, qtbot):
    stripes.pause = 0.0
    viewer.window.show()
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "DGC: train")
    qtbot.waitExposed(dock)
    return dock


@pytest.fixture
def trained(dock, session, qtbot):
    dock.options.epochs.setValue(5)
    dock.options.clusters.setValue(6)
    click(qtbot, dock.train)
    done(session, qtbot)
    return dock.epoch_row


def click(qtbot, widget):
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def done(session, qtbot):
    qtbot.waitUntil(lambda: session.state is TrainingState.DONE, timeout=10_000)


def layer_of(viewer, scan, epoch):
    name = f"{scan.name} clusters, epoch {epoch}"
    return next((layer for layer in viewer.layers if layer.name == name), None)


def maps_of(session, epoch, scan):
    return get_record(session).epochs.at(epoch).label_map(scan.key, (24, 32))


def test_nothing_is_there_before_a_training(dock):
    assert not dock.epoch_row.isVisibleTo(dock)


def test_the_slider_shows_earlier_maps_and_changes_nothing(
    trained, session, two_scans, viewer, qtbot
):
    session.do(MergeClasses((1, 2)))
    scan = two_scans[0]
    now, steps = np.array(scan.labels.data), session.history.titles
    assert trained.isVisible() and trained.shown.text() == "Epoch 5"
    active = viewer.layers.selection.active
    for place, epoch in ((1, 2), (0, 1), (3, 4)):
        trained.slider.setValue(place)
        qtbot.waitUntil(lambda e=epoch: layer_of(viewer, scan, e) is not None, timeout=5000)
        shown = layer_of(viewer, scan, epoch).data
        expected = session.partition.apply(maps_of(session, epoch, scan))
        np.testing.assert_array_equal(shown, expected)
        assert trained.shown.text() == f"Epoch {epoch}"
    assert not scan.labels.visible and not layer_of(viewer, scan, 4).editable
    assert viewer.layers.selection.active is active
    session.undo()  # colours follow
    np.testing.assert_array_equal(layer_of(viewer, scan, 4).data, maps_of(session, 4, scan))
    session.redo()
    click(qtbot, trained.now)
    assert scan.labels.visible and layer_of(viewer, scan, 4) is None
    np.testing.assert_array_equal(scan.labels.data, now)
    assert session.history.titles == steps and trained.slider.value() == 4


def test_going_on_from_an_earlier_epoch_keeps_classes(trained, dock, session, two_scans, qtbot):
    session.do(NameClasses((1,), "lesion"))
    trained.slider.setValue(1)
    dock.options.epochs.setValue(2)
    assert not trained.go_on.isEnabled() and "Raise Epochs" in trained.go_on.toolTip()
    dock.options.epochs.setValue(4)
    assert trained.go_on.text() == "Continue from epoch 2"
    click(qtbot, trained.go_on)
    assert [one.epoch for one in get_trainer(session).epochs][:2] == [1, 2]
    done(session, qtbot)
    assert session.model.epoch == 4
    assert [kept.epoch for kept in get_record(session).epochs.kept] == [1, 2, 3, 4]
    assert get_record(session).training.epochs == 4
    assert len(dock.plot.curve_data("total")[0]) == 4
    assert session.partition.class_of(1).name == "lesion"
    np.testing.assert_array_equal(two_scans[0].predicted, session.model.predict(two_scans[0].cube))


def test_going_back_takes_model_and_maps(trained, session, two_scans, viewer, qtbot):
    expected = maps_of(session, 3, two_scans[1])
    trained.slider.setValue(2)
    click(qtbot, trained.take)
    done(session, qtbot)
    assert session.model.epoch == 3 and trained.shown.text() == "Epoch 3"
    np.testing.assert_array_equal(two_scans[1].predicted, expected)
    # and forth again
    trained.slider.setValue(4)
    click(qtbot, trained.take)
    done(session, qtbot)
    assert session.model.epoch == 5


def test_the_recommended_epoch_is_marked_with_its_reason(trained, session, viewer, qtbot):
    record = get_record(session)
    assert not trained.recommended.isVisible()
    doubts = (0.5, 0.2, 0.3, 0.4, 0.45)
    figures = tuple(EpochFigures(n, 6, {"doubt": d}) for n, d in enumerate(doubts, start=1))
    record.set(EpochHistory(record.epochs.kept, figures), record.training)
    assert trained.recommended.text() == "★ 2" and not trained.reason.isVisible()
    assert "least doubt (0.200)" in trained.recommended.toolTip()
    click(qtbot, trained.recommended)
    assert trained.slider.value() == 1 and "Epoch 2 is recommended" in trained.reason.text()
    assert trained.reason.isVisible()


def test_training_ends_the_look_back(trained, dock, session, two_scans, viewer, qtbot):
    trained.slider.setValue(0)
    qtbot.waitUntil(lambda: layer_of(viewer, two_scans[0], 1) is not None, timeout=5000)
    dock.options.epochs.setValue(7)
    click(qtbot, dock.resume)
    assert layer_of(viewer, two_scans[0], 1) is None and two_scans[0].labels.visible
    done(session, qtbot)
    assert trained.shown.text() == "Epoch 7"


def test_a_scan_that_is_closed_meanwhile_is_no_harm(trained, session, two_scans, viewer, qtbot):
    trained.slider.setValue(0)
    scan = two_scans[0]
    qtbot.waitUntil(lambda: layer_of(viewer, scan, 1) is not None, timeout=5000)
    viewer.layers.remove(scan.labels)
    assert layer_of(viewer, scan, 1) is None and two_scans[1].labels.visible
    viewer.layers.remove(scan.image)
    trained.slider.setValue(1)
    assert not trained.go_on.isEnabled() and "Open the scans" in trained.go_on.toolTip()
