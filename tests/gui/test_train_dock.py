"""The train dock with real clicks and a stand-in method."""

import threading
import time

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_dgc.clustering import registry
from napari_dgc.clustering.devices import available_devices
from napari_dgc.errors import UserError
from napari_dgc.gui.session import TrainingState, get_session
from napari_dgc.gui.train_dock import TrainDock
from napari_dgc.gui.training_progress import time_left
from napari_dgc.gui.worker import get_trainer
from napari_dgc.workspace.commands import MergeClasses, NameClasses


@pytest.fixture(autouse=True)
def names_may_go(monkeypatch):
    """Nobody is there to answer; the test of the question answers itself."""
    discard = QMessageBox.StandardButton.Discard
    monkeypatch.setattr(QMessageBox, "question", lambda *arguments: discard)


@pytest.fixture
def dock(viewer, stripes, two_scans, qtbot):
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock, name="DGC: train")
    yield dock
    trainer = get_trainer(get_session(viewer))
    trainer.stop()
    qtbot.waitUntil(lambda: not trainer.running, timeout=5000)


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def wait_for(qtbot, session, state):
    qtbot.waitUntil(lambda: session.state is state, timeout=10000)


def test_train_shows_moving_labels_and_ends(dock, session, two_scans, qtbot):
    dock.options.epochs.setValue(4)
    dock.options.clusters.setValue(6)
    maps = []

    def remember():
        layer = two_scans[0].labels
        if layer is not None and not (maps and np.array_equal(maps[-1], layer.data)):
            maps.append(layer.data.copy())

    session.labels_changed.connect(remember)
    click(qtbot, dock.train)
    assert session.state is TrainingState.TRAINING
    assert dock.train.text() == "Stop"
    wait_for(qtbot, session, TrainingState.DONE)
    assert len(maps) >= 2
    assert session.partition.clusters == 6
    assert session.partition.tree is not None
    assert dock.train.text() == "Train anew"
    assert "4 epochs" in dock.progress.status.text() and "6 active" in dock.progress.status.text()
    assert "arrived" in dock.message.text()
    np.testing.assert_array_equal(
        two_scans[1].labels.data, session.model.predict(two_scans[1].cube)
    )
    epochs, values = dock.plot.curve_data("total")
    np.testing.assert_allclose(epochs, [1, 2, 3, 4])
    np.testing.assert_allclose(values, [1, 1 / 2, 1 / 3, 1 / 4])


def test_training_runs_in_another_thread_and_the_window_stays_alive(dock, session, stripes, qtbot):
    dock.options.epochs.setValue(3)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)
    assert threading.get_ident() not in stripes.made[-1].threads


def test_options_reach_the_method(dock, session, stripes, qtbot):
    dock.options.clusters.setValue(5)
    dock.options.epochs.setValue(1)
    dock.options.seed.setValue(42)
    dock.options.device.setCurrentIndex(dock.options.device.findData("cpu"))
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)
    assert stripes.made[-1].options == {"clusters": 5, "epochs": 1, "seed": 42, "device": "cpu"}


def test_devices_of_this_machine_are_listed(dock, qtbot):
    there = list(available_devices())
    qtbot.waitUntil(
        lambda: (
            [dock.options.device.itemData(i) for i in range(dock.options.device.count())] == there
        ),
        timeout=20000,
    )
    assert dock.options.method.currentText() == "Moving stripes"


def test_stop_keeps_the_result_and_resume_goes_on(dock, session, two_scans, stripes, qtbot):
    dock.options.epochs.setValue(500)
    click(qtbot, dock.train)
    qtbot.waitUntil(lambda: len(get_trainer(session).epochs) >= 2, timeout=10000)
    session.do(NameClasses((1,), "lesion"))
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.STOPPED)
    assert "kept" in dock.progress.status.text()
    kept = two_scans[0].fine.copy()
    model = session.model
    np.testing.assert_array_equal(kept, model.predict(two_scans[0].cube))
    assert dock.resume.isVisibleTo(dock)
    before = model.epoch
    dock.options.epochs.setValue(before + 2)
    click(qtbot, dock.resume)
    wait_for(qtbot, session, TrainingState.DONE)
    assert session.model is model and model.epoch == before + 2
    assert session.partition.class_of(1).name == "lesion"
    assert not np.array_equal(two_scans[0].fine, kept)
    assert len(stripes.made) == 1


def test_more_epochs_after_the_last_one_go_on_with_the_model(dock, session, stripes, qtbot):
    dock.options.epochs.setValue(2)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)
    assert not dock.resume.isEnabled()
    assert "raise Epochs" in dock.resume.toolTip()
    session.do(NameClasses((1,), "lesion"))
    model = session.model
    dock.options.epochs.setValue(5)
    assert "3 epochs more" in dock.resume.toolTip()
    click(qtbot, dock.resume)
    wait_for(qtbot, session, TrainingState.DONE)
    assert session.model is model and model.epoch == 5
    assert [event.epoch for event in dock.epochs] == [1, 2, 3, 4, 5]
    assert session.partition.class_of(1).name == "lesion"


def test_stopping_is_said_while_the_engine_finishes_its_step(dock, session, stripes, qtbot):
    stripes.pause = 1.0
    click(qtbot, dock.train)
    qtbot.waitUntil(lambda: session.model is not None, timeout=5000)
    click(qtbot, dock.train)
    assert dock.train.text() == "Stopping…"
    assert not dock.train.isEnabled()
    wait_for(qtbot, session, TrainingState.STOPPED)


def test_only_checked_scans_are_trained_on(dock, session, two_scans, qtbot):
    dock.scans.item(0).setCheckState(Qt.CheckState.Unchecked)
    dock.options.epochs.setValue(1)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)
    assert two_scans[0].labels is None
    assert two_scans[1].labels is not None
    dock.scans.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert not dock.train.isEnabled()


def test_training_other_scans_leaves_no_clusters_of_the_model_before(
    dock, session, two_scans, qtbot
):
    dock.options.epochs.setValue(1)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)
    layer, seen = two_scans[0].labels, two_scans[0].labels.data.copy()
    dock.scans.item(0).setCheckState(Qt.CheckState.Unchecked)
    session.state = TrainingState.IDLE
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)
    assert two_scans[0].fine is None and two_scans[0].labels is None
    assert "model before" in layer.name
    np.testing.assert_array_equal(layer.data, seen)
    assert two_scans[1].labels is not None


def test_names_are_discarded_only_when_the_user_says_so(dock, session, stripes, monkeypatch, qtbot):
    dock.options.epochs.setValue(1)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)
    session.do(NameClasses((2,), "lesion"))
    asked = []

    def answer(button):
        def question(parent, title, text, *buttons):
            asked.append(text)
            return button

        return question

    monkeypatch.setattr(QMessageBox, "question", answer(QMessageBox.StandardButton.Cancel))
    click(qtbot, dock.train)
    assert session.state is TrainingState.DONE
    assert session.partition.class_of(2).name == "lesion"
    assert "lesion" in asked[0]
    monkeypatch.setattr(QMessageBox, "question", answer(QMessageBox.StandardButton.Discard))
    click(qtbot, dock.train)
    assert session.state is TrainingState.TRAINING
    wait_for(qtbot, session, TrainingState.DONE)
    assert session.partition.class_of(2).name == ""


def test_list_follows_the_open_scans(dock, viewer, session, two_scans, make_cube):
    assert dock.scans.count() == 2
    session.add_cube_layers(make_cube("third"))
    assert dock.scans.count() == 3
    assert "third" in dock.scans.item(2).text() and "400–1000 nm" in dock.scans.item(2).text()
    for scan in list(session.scans):
        viewer.layers.remove(scan.image)
    assert dock.scans.checked() == []
    assert "No scan" in dock.scans.item(0).text()
    assert not dock.train.isEnabled()


def test_removing_a_scan_while_training_is_survived(dock, viewer, session, two_scans, qtbot):
    dock.options.epochs.setValue(500)
    click(qtbot, dock.train)
    qtbot.waitUntil(lambda: two_scans[1].labels is not None, timeout=10000)
    viewer.layers.remove(two_scans[0].image)
    viewer.layers.remove(two_scans[1].labels)
    qtbot.waitUntil(lambda: two_scans[1].labels is not None, timeout=10000)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.STOPPED)
    viewer.layers.clear()
    assert session.scans == []


def test_crash_of_the_engine_is_told_and_keeps_the_result(dock, session, two_scans, stripes, qtbot):
    stripes.fails_in = 3
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.FAILED)
    assert "tangled" in dock.message.text()
    assert two_scans[0].labels is not None
    assert dock.train.isEnabled() and dock.train.text() == "Train anew"
    stripes.fails_in = None
    dock.options.epochs.setValue(1)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)


def test_scans_that_cannot_be_trained_on_leave_the_model_in_place(
    dock, session, stripes, monkeypatch, qtbot
):
    dock.options.epochs.setValue(1)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)
    session.do(NameClasses((1,), "lesion"))
    model = session.model

    def refuse(*_, **__):
        raise UserError("The scans differ in their bands.")
        yield

    monkeypatch.setattr(stripes, "fit_iter", refuse)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.FAILED)
    assert session.model is model
    assert session.partition.class_of(1).name == "lesion"


def test_bad_input_is_told_in_one_sentence(dock, session, monkeypatch, qtbot):
    def refuse(name):
        raise UserError("There is no such device; choose cpu.")

    monkeypatch.setattr(registry, "get_method", refuse)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.FAILED)
    assert dock.message.text() == "There is no such device; choose cpu."
    assert dock.train.isEnabled()


def test_closing_the_dock_stops_training(dock, viewer, session, two_scans, stripes, qtbot):
    dock.options.epochs.setValue(500)
    click(qtbot, dock.train)
    qtbot.waitUntil(lambda: two_scans[1].labels is not None, timeout=10000)
    viewer.window.remove_dock_widget(dock)
    dock.close()
    dock.deleteLater()
    wait_for(qtbot, session, TrainingState.STOPPED)
    assert not get_trainer(session).running
    assert two_scans[0].fine is not None
    # a new dock goes on where the old one was
    again = TrainDock(viewer)
    viewer.window.add_dock_widget(again, name="DGC: train")
    assert again.resume.isVisibleTo(again)


def test_closing_the_window_stops_the_thread(make_napari_viewer, make_cube, stripes, qtbot):
    viewer = make_napari_viewer()
    session = get_session(viewer)
    session.add_cube_layers(make_cube())
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock)
    dock.options.epochs.setValue(10000)
    click(qtbot, dock.train)
    qtbot.waitUntil(lambda: session.scans[0].labels is not None, timeout=10000)
    model, trainer = session.model, get_trainer(session)
    viewer.close()
    qtbot.waitUntil(lambda: not trainer.running, timeout=5000)
    assert model.token.cancelled
    reached = model.epoch
    time.sleep(0.2)
    assert model.epoch == reached


def test_model_and_classes_are_saved_and_loaded(
    dock, viewer, session, two_scans, monkeypatch, tmp_path, qtbot
):
    dock.options.epochs.setValue(2)
    dock.options.clusters.setValue(4)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)
    session.do(MergeClasses((1, 2)))
    session.do(NameClasses((1,), "lesion"))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    click(qtbot, dock.save)
    expected = two_scans[0].labels.data.copy()
    session.start_partition(4)
    viewer.layers.remove(two_scans[0].labels)
    click(qtbot, dock.load)
    wait_for(qtbot, session, TrainingState.DONE)
    qtbot.waitUntil(lambda: two_scans[0].labels is not None, timeout=5000)
    assert session.partition.class_of(1).name == "lesion"
    np.testing.assert_array_equal(two_scans[0].labels.data, expected)


def test_loading_a_folder_without_a_model_says_so(dock, session, monkeypatch, tmp_path, qtbot):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    click(qtbot, dock.load)
    wait_for(qtbot, session, TrainingState.FAILED)
    assert "no model" in dock.message.text()


def test_a_new_scan_is_labelled_without_training(dock, session, two_scans, make_cube, qtbot):
    dock.options.epochs.setValue(1)
    click(qtbot, dock.train)
    wait_for(qtbot, session, TrainingState.DONE)
    third = session.add_cube_layers(make_cube("third"))
    session.state = TrainingState.IDLE
    click(qtbot, dock.apply)
    wait_for(qtbot, session, TrainingState.DONE)
    np.testing.assert_array_equal(third.fine, session.model.predict(third.cube))


def test_theme_is_followed(dock, viewer):
    viewer.theme = "light"
    light = dock.plot.backgroundBrush().color().lightness()
    viewer.theme = "dark"
    assert dock.plot.backgroundBrush().color().lightness() < light


def test_fits_beside_the_canvas_of_a_small_screen(dock):
    assert dock.minimumWidth() <= 340
    assert dock.widget().minimumSizeHint().width() <= 340
    assert dock.minimumSizeHint().height() < 400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "nearly done"), (12.4, "about 12 s left"), (130, "about 2 min left")],
)
def test_remaining_time_in_words(seconds, text):
    assert time_left(seconds) == text
