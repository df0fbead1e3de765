"""Steps are added, changed and reordered by hand, and scans are trained on with them."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.clustering.storage import load_model
from napari_dgc.gui.session import TrainingState, get_session
from napari_dgc.gui.train_dock import TrainDock
from napari_dgc.gui.worker import get_trainer
from napari_dgc.preprocessing import STEPS, parse_steps


@pytest.fixture(autouse=True)
def names_may_go(monkeypatch):
    discard = QMessageBox.StandardButton.Discard
    monkeypatch.setattr(QMessageBox, "question", lambda *arguments: discard)


@pytest.fixture
def dock(viewer, stripes, two_scans, qtbot):
    viewer.window.show()
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock, name="DGC: train")
    qtbot.waitExposed(dock)
    yield dock
    trainer = get_trainer(get_session(viewer))
    trainer.stop()
    qtbot.waitUntil(lambda: not trainer.running, timeout=5000)


@pytest.fixture
def section(dock):
    assert not dock.preprocessing.isExpanded()
    dock.preprocessing.expand()
    return dock.preprocessing


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def add(section, name):
    (action,) = [a for a in section.menu.actions() if a.text() == STEPS[name].title]
    action.trigger()


def rows(section):
    return [section.list.item(row).text() for row in range(section.list.count())]


def test_nothing_is_done_to_scans_at_first(section):
    assert section.pipeline() is None
    assert section.text() == "Preprocessing: none"
    assert section.hint.isVisible()


def test_every_step_is_in_the_menu_and_explains_itself(section):
    actions = section.menu.actions()
    assert [action.text() for action in actions] == [step.title for step in STEPS.values()]
    assert all(action.toolTip().endswith(".") for action in actions)
    for name in STEPS:
        add(section, name)
        form = section._forms[section.list.currentRow()]
        assert form.isVisible()
        for editor in form.editors.values():
            assert editor.toolTip()
    assert len(section.pipeline().steps) == len(STEPS)


def test_steps_are_added_moved_and_removed(section, qtbot):
    for name in ("savgol", "snv", "standardise"):
        add(section, name)
    assert str(section.pipeline()) == "savgol,snv,standardise"
    assert section.text() == "Preprocessing: 3 steps"
    section.list.setCurrentRow(0)
    assert not section.up.isEnabled()
    click(qtbot, section.down)
    assert str(section.pipeline()) == "snv,savgol,standardise"
    assert section.list.currentRow() == 1
    click(qtbot, section.up)
    assert str(section.pipeline()) == "savgol,snv,standardise"
    click(qtbot, section.remove)
    assert str(section.pipeline()) == "snv,standardise"
    add(section, "absorbance")
    assert str(section.pipeline()) == "snv,absorbance,standardise"


def test_parameters_are_those_of_the_form(section, qtbot):
    add(section, "savgol")
    editors = section._forms[0].editors
    editors["window"].setValue(15)
    editors["derivative"].setValue(1)
    assert "window 15, derivative 1" in rows(section)[0]
    add(section, "bands")
    keep = section._forms[1].editors["keep"]
    keep.setFocus()
    qtbot.keyClicks(keep, "450-700, 720-900 nm")
    add(section, "destripe")
    section._forms[2].editors["kind"].setCurrentText("gain")
    expected = "savgol:window=15:derivative=1,bands:keep=450-700+720-900,destripe:kind=gain"
    assert str(section.pipeline()) == expected


def test_what_makes_no_sense_is_said_and_not_trained_with(dock, section, session, qtbot):
    add(section, "savgol")
    section._forms[0].editors["window"].setValue(12)
    assert "choose an odd number" in section.problem.text()
    assert section.problem.isVisible()
    click(qtbot, dock.train)
    assert session.state is TrainingState.IDLE
    assert "odd number" in dock.message.text()
    section._forms[0].editors["window"].setValue(13)
    assert not section.problem.isVisible()


def test_training_goes_through_the_steps(dock, section, session, two_scans, tmp_path, qtbot):
    add(section, "standardise")
    add(section, "bin-pixels")
    dock.options.epochs.setValue(1)
    click(qtbot, dock.train)
    assert not section.isEnabled()
    qtbot.waitUntil(lambda: session.state is TrainingState.DONE, timeout=10000)
    assert isinstance(session.model, Preprocessed)
    assert session.model.preprocessing == "standardise,bin-pixels"
    for scan in two_scans:
        assert scan.fine.shape == (24, 32)
        np.testing.assert_array_equal(scan.fine[::2, ::2], scan.fine[1::2, 1::2])
    assert session.model.summary.spectra.shape[1] == 5
    seen = session.model.summary.spectra
    assert 0 <= np.nanmin(seen) < np.nanmax(seen) <= 1  # of the scans, not standardised


def test_the_steps_of_a_loaded_model_are_shown(
    dock, section, session, monkeypatch, tmp_path, qtbot
):
    add(section, "snv")
    dock.options.epochs.setValue(1)
    click(qtbot, dock.train)
    qtbot.waitUntil(lambda: session.state is TrainingState.DONE, timeout=10000)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path / "model"))
    click(qtbot, dock.save)
    assert load_model(tmp_path / "model").preprocessing == "snv"
    section.set_steps(parse_steps("savgol,mnf"))
    click(qtbot, dock.load)
    qtbot.waitUntil(lambda: session.state is TrainingState.DONE, timeout=10000)
    assert rows(section) == [f"1  {STEPS['snv'].title}"]
