"""Work in a thread that the caller waits for, while the window stays alive and can cancel."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from qtpy.QtCore import QEventLoop, QObject, Qt, QThread, QTimer, Signal
from qtpy.QtWidgets import QApplication, QProgressDialog

from napari_dgc.cancel import CancelSource, CancelToken, never_cancelled
from napari_dgc.gui.messages import busy, window_of_viewer

T = TypeVar("T")
#: Gets a token that stops it, and what to call with the share that is done.
Work = Callable[[CancelToken, Callable[[float], None]], T]

#: Work shorter than that shows the waiting cursor and no dialog, in milliseconds.
GRACE = 500
_STEP = 50
_STEPS = 1000


class _Bell(QObject):
    """Tells the window that a thread has ended."""

    rung = Signal()


class _Run(Generic[T]):
    """One piece of work in its thread."""

    def __init__(self, work: Work[T]) -> None:
        self.bell = _Bell()
        self.source = CancelSource()
        self.share = 0.0
        self.ended = False
        self._work = work
        self._result: Any = None
        self._error: BaseException | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="napari-dgc opening", daemon=True).start()

    def result(self) -> T:
        """Return what came of it, or raise what it raised."""
        if self._error is not None:
            raise self._error
        return self._result

    def _run(self) -> None:
        try:
            self._result = self._work(self.source.token, self._tell)
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error
        self.ended = True
        self.bell.rung.emit()

    def _tell(self, share: float) -> None:
        self.share = share


def wait_for(work: Work[T], what: str) -> T:
    """Do something in a thread and return its result.

    Meanwhile the window is drawn but takes no input; after half a second a dialog with the
    progress and a Cancel button is there. Without a window, or in another thread than that
    of the window, the work is done right here.

    Parameters
    ----------
    work
        Gets a token that stops it and a function to call with the share that is done.
    what
        What the dialog says, such as "Opening leaf.mat".

    Raises
    ------
    InterruptedError
        The user cancelled; the thread is told so and its result dropped.
    """
    app = QApplication.instance()
    if app is None or QThread.currentThread() != app.thread():
        return work(never_cancelled(), lambda share: None)
    run = _Run(work)
    loop = QEventLoop()
    run.bell.rung.connect(loop.quit)
    grace = QTimer()
    grace.setSingleShot(True)
    grace.timeout.connect(loop.quit)
    run.start()
    with busy():
        grace.start(GRACE)
        loop.exec(QEventLoop.ProcessEventsFlag.ExcludeUserInputEvents)
        grace.stop()
    if not run.ended:
        _wait_with_dialog(run, loop, what)
    if not run.ended:
        run.source.cancel()
        raise InterruptedError
    return run.result()


def _wait_with_dialog(run: _Run[Any], loop: QEventLoop, what: str) -> None:
    """Wait until the work is done or the user cancels."""
    dialog = QProgressDialog(what, "Cancel", 0, 0, window_of_viewer())
    dialog.setWindowTitle("napari-dgc")
    dialog.setWindowModality(Qt.WindowModality.ApplicationModal)
    dialog.setMinimumDuration(0)
    dialog.setMinimumWidth(360)
    dialog.setAutoClose(False)
    dialog.setAutoReset(False)
    dialog.canceled.connect(loop.quit)

    def show_share() -> None:
        if run.share > 0:  # until then nobody knows how long it takes
            dialog.setMaximum(_STEPS)
            dialog.setValue(round(_STEPS * run.share))

    timer = QTimer()
    timer.timeout.connect(show_share)
    timer.start(_STEP)
    dialog.show()
    loop.exec()
    timer.stop()
    dialog.close()
    dialog.deleteLater()
