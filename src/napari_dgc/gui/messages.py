"""Telling the user something, with or without a window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def show_error(sentence: str) -> None:
    """Show a sentence as an error notification, without a traceback."""
    from napari.utils.notifications import show_error as show

    show(sentence)


def show_info(sentence: str) -> None:
    """Show a sentence as a notification."""
    from napari.utils.notifications import show_info as show

    show(sentence)


def window_of_viewer() -> Any:
    """Return the main window as a parent for dialogs, or None."""
    from qtpy.QtWidgets import QApplication, QMainWindow

    active = QApplication.activeWindow()
    if active is not None:
        return active
    # A file was dropped from another program, which is in front.
    windows = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMainWindow)]
    return next((window for window in windows if window.isVisible()), None)


def has_window() -> bool:
    """Whether a dialog could be shown."""
    from qtpy.QtWidgets import QApplication

    return QApplication.instance() is not None


@contextmanager
def busy() -> Iterator[None]:
    """Show the waiting cursor while something is read on the GUI thread."""
    from qtpy.QtCore import Qt
    from qtpy.QtWidgets import QApplication

    if not has_window():
        yield
        return
    QApplication.setOverrideCursor(Qt.CursorShape.WaitCursor)
    try:
        yield
    finally:
        QApplication.restoreOverrideCursor()
