"""A dock that never got a place in a window goes without trouble when Python collects both."""

import pytest
from qtpy.QtCore import Qt

from napari_dgc.gui.session import TrainingState
from napari_dgc.gui.train_dock import TrainDock
from napari_dgc.gui.worker import get_trainer


@pytest.fixture
def dock(viewer, session, stripes, two_scans, qtbot):
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock, name="DGC: train")
    viewer.window.show()
    yield dock
    trainer = get_trainer(session)
    trainer.stop()
    qtbot.waitUntil(lambda: not trainer.running, timeout=5000)


def test_a_second_dock_has_no_place(dock, viewer, qtbot):
    again = TrainDock(viewer)
    qtbot.addWidget(again)
    assert again.train.text() == "Train"


@pytest.mark.parametrize("number", range(2))
def test_the_next_window_trains_as_ever(dock, session, qtbot, number):
    dock.options.epochs.setValue(2)
    qtbot.mouseClick(dock.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.state is TrainingState.DONE, timeout=10000)
    assert len(dock.epochs) == 2
