"""The train dock: TensorBoard files, the training card, curves that go on."""

import sys

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QFileDialog, QMessageBox
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from napari_dgc.gui.session import TrainingState
from napari_dgc.gui.train_dock import TrainDock
from napari_dgc.gui.worker import get_trainer
from napari_dgc.monitoring import read_log
from napari_dgc.workspace.commands import NameClasses


@pytest.fixture(autouse=True)
def names_may_go(monkeypatch):
    discard = QMessageBox.StandardButton.Discard
    monkeypatch.setattr(QMessageBox, "question", lambda *arguments: discard)


@pytest.fixture
def dock(viewer, session, stripes, two_scans, qtbot, monkeypatch):
    monkeypatch.setattr(stripes, "pause", 0.01)
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock, name="DGC: train")
    viewer.window.show()
    dock.options.advanced.expand(animate=False)
    dock.options.epochs.setValue(2)
    dock.options.clusters.setValue(4)
    yield dock
    trainer = get_trainer(session)
    trainer.stop()
    qtbot.waitUntil(lambda: not trainer.running, timeout=5000)


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def tick(qtbot, box):
    qtbot.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))


def run(qtbot, session, button):
    click(qtbot, button)
    qtbot.waitUntil(lambda: session.state is TrainingState.DONE, timeout=10000)


def answer_folder(monkeypatch, folder):
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))


def save_card(qtbot, dock, monkeypatch, path):
    answer = (str(path), "HTML (*.html)")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: answer)
    click(qtbot, dock.progress.card)
    return path.read_text(encoding="utf-8")


def epochs_of(run_folder):
    found = EventAccumulator(str(run_folder))
    found.Reload()
    assert sorted(found.Tags()["images"]) == ["labels/healthy", "labels/sick"]
    return [event.step for event in found.Scalars("loss/total")]


def test_ticking_the_box_writes_tensorboard_files_of_each_run(
    dock, session, tmp_path, monkeypatch, qtbot
):
    answer_folder(monkeypatch, tmp_path / "runs")
    box = dock.options.event_files.box
    tick(qtbot, box)
    assert box.isChecked() and "runs" in dock.options.event_files.where.text()
    run(qtbot, session, dock.train)
    assert "tensorboard --logdir" in dock.message.text()
    assert epochs_of(tmp_path / "runs" / "napari") == [1, 2]
    dock.options.epochs.setValue(3)
    run(qtbot, session, dock.resume)
    assert epochs_of(tmp_path / "runs" / "napari") == [1, 2, 3]
    dock.options.epochs.setValue(1)
    run(qtbot, session, dock.train)
    assert epochs_of(tmp_path / "runs" / "napari-2") == [1]
    tick(qtbot, box)
    run(qtbot, session, dock.train)
    assert len(list((tmp_path / "runs").iterdir())) == 2


def test_a_new_dock_has_the_choice_of_the_one_before(dock, viewer, tmp_path, monkeypatch, qtbot):
    answer_folder(monkeypatch, tmp_path)
    tick(qtbot, dock.options.event_files.box)
    viewer.window.remove_dock_widget(dock)
    dock.close()
    dock.deleteLater()
    again = TrainDock(viewer)
    viewer.window.add_dock_widget(again, name="DGC: train")
    assert again.options.event_files.box.isChecked()


def test_without_a_folder_the_box_is_not_ticked(dock, monkeypatch, qtbot):
    answer_folder(monkeypatch, "")
    tick(qtbot, dock.options.event_files.box)
    assert not dock.options.event_files.box.isChecked()


def test_what_is_missing_is_told_when_the_box_is_ticked(dock, monkeypatch, told, qtbot):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    tick(qtbot, dock.options.event_files.box)
    assert not dock.options.event_files.box.isChecked()
    assert 'pip install "napari-dgc[tensorboard]"' in told["error"][0]


def test_the_card_is_written_after_training(dock, session, tmp_path, monkeypatch, qtbot):
    assert not dock.progress.card.isVisibleTo(dock)
    run(qtbot, session, dock.train)
    assert dock.progress.card.isVisibleTo(dock)
    session.do(NameClasses((2,), "lesion <b>"))
    page = save_card(qtbot, dock, monkeypatch, tmp_path / "card.html")
    assert str(tmp_path / "card.html") in dock.message.text()
    assert "Moving stripes; 4 clusters, 4 of them active; 2 epochs; 2 scans." in page
    assert "The stripes have arrived." in page
    assert "lesion &lt;b&gt;" in page
    assert page.count("data:image/png") == 4
    assert "wavelength (nm)" in page


def test_a_card_that_cannot_be_written_is_told(dock, session, tmp_path, monkeypatch, told, qtbot):
    run(qtbot, session, dock.train)
    (tmp_path / "file").write_text("mine")
    answer = (str(tmp_path / "file" / "card.html"), "")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: answer)
    click(qtbot, dock.progress.card)
    assert "cannot be written" in told["error"][0]


def test_curves_go_on_after_saving_and_loading(dock, session, tmp_path, monkeypatch, qtbot):
    run(qtbot, session, dock.train)
    answer_folder(monkeypatch, tmp_path)
    click(qtbot, dock.save)
    assert (tmp_path / "training.html").is_file()
    assert [one.epoch for one in read_log(tmp_path).epochs] == [1, 2]
    run(qtbot, session, dock.train)
    run(qtbot, session, dock.load)
    np.testing.assert_allclose(dock.plot.curve_data("total")[0], [1, 2])
    dock.options.epochs.setValue(4)
    run(qtbot, session, dock.resume)
    np.testing.assert_allclose(dock.plot.curve_data("total")[0], [1, 2, 3, 4])
    page = save_card(qtbot, dock, monkeypatch, tmp_path / "card.html")
    assert "4 epochs; 2 scans." in page and page.count("data:image/png") == 8
