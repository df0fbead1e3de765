"""Work in a thread: the window stays alive, shows progress, and can cancel."""

import threading
import time

import numpy as np
import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtTest import QTest
from qtpy.QtWidgets import QApplication, QProgressDialog, QPushButton
from scipy.io import savemat

from napari_dgc.errors import UserError
from napari_dgc.gui import background
from napari_dgc.gui.background import wait_for
from napari_dgc.gui.session import get_session


@pytest.fixture
def watch(qtbot):
    """Counts turns of the event loop, and acts on the progress dialog when it is there."""
    turns, timers = [], []

    def start(act=None):
        def turn():
            turns.append(time.monotonic())
            dialog = next(
                (w for w in QApplication.topLevelWidgets() if isinstance(w, QProgressDialog)), None
            )
            if dialog is not None and dialog.isVisible() and act is not None:
                act(dialog)

        timer = QTimer()
        timer.timeout.connect(turn)
        timer.start(10)
        timers.append(timer)
        return turns

    yield start
    for timer in timers:
        timer.stop()


def test_the_result_and_the_error_of_the_thread_come_back(qtbot):
    here = threading.get_ident()
    assert wait_for(lambda token, progress: threading.get_ident(), "working") != here

    def fail(token, progress):
        raise UserError("no such leaf")

    with pytest.raises(UserError, match="no such leaf"):
        wait_for(fail, "working")


def test_the_window_lives_while_the_work_goes_on(watch):
    turns = watch()
    wait_for(lambda token, progress: time.sleep(0.3), "working")
    assert len(turns) > 5


def test_short_work_shows_no_dialog_and_long_work_its_progress(watch, monkeypatch):
    monkeypatch.setattr(background, "GRACE", 100)
    seen = []
    watch(lambda dialog: seen.append((dialog.labelText(), dialog.maximum(), dialog.value())))
    wait_for(lambda token, progress: None, "short")
    assert seen == []

    def work(token, progress):
        time.sleep(0.3)
        progress(0.5)
        time.sleep(0.3)
        return "done"

    assert wait_for(work, "Opening leaf.mat") == "done"
    assert {label for label, _, _ in seen} == {"Opening leaf.mat"}
    assert seen[0][1] == 0  # nobody knows yet
    assert seen[-1][2] == seen[-1][1] / 2


def test_cancel_returns_at_once_and_tells_the_thread(watch, monkeypatch):
    monkeypatch.setattr(background, "GRACE", 50)
    stopped = threading.Event()

    def cancel(dialog):
        QTest.mouseClick(dialog.findChild(QPushButton), Qt.MouseButton.LeftButton)

    def work(token, progress):
        while not token.cancelled:
            time.sleep(0.01)
        stopped.set()

    watch(cancel)
    with pytest.raises(InterruptedError):
        wait_for(work, "working")
    assert stopped.wait(5)


def test_without_a_window_the_work_is_done_right_here(monkeypatch):
    monkeypatch.setattr(background.QApplication, "instance", lambda: None)
    here = threading.get_ident()
    assert wait_for(lambda token, progress: threading.get_ident(), "working") == here


def test_large_packed_files_are_unpacked_while_the_window_lives(
    viewer, tmp_path, watch, monkeypatch
):
    from napari_dgc.cubes.matlab import inflate

    monkeypatch.setattr(inflate, "IN_MEMORY", 0)
    monkeypatch.setattr(background, "GRACE", 20)
    values = np.random.default_rng(0).random((60, 70, 80)).astype(np.float32)
    centres = np.linspace(400, 1000, 80)
    savemat(tmp_path / "leaf.mat", {"leaf": values, "wl": centres}, do_compression=True)
    turns = watch()
    viewer.open(tmp_path / "leaf.mat", plugin="napari-dgc")
    (scan,) = get_session(viewer).scans
    np.testing.assert_array_equal(np.asarray(scan.cube.data), values.transpose(2, 0, 1))
    assert turns
    assert max(file.stat().st_size for file in (tmp_path / "unpacked").iterdir()) > values.nbytes
