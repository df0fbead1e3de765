"""Where the docks go in napari's window."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

#: Object names of the widgets that share one place.
TRAIN = "dgc_train_dock"
MERGE = "dgc_merge_dock"


def open_dock(viewer: Any, widget: QWidget, title: str, *, tabify: bool = False) -> QDockWidget:
    """Add a dock under the title that napari's Plugins menu gives it.

    By that title the menu finds it again and opens no second one, as it would
    after `add_plugin_dock_widget`, which takes another.
    """
    name = f"{title} (napari-dgc)"
    dock: QDockWidget = viewer.window.add_dock_widget(widget, name=name, tabify=tabify)
    return dock


def enclosing_dock(widget: QWidget) -> QDockWidget | None:
    """Return the dock that a widget lies in, or None."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parentWidget()
    return parent


def share_place(frame: QDockWidget, other: str) -> None:
    """Lay a dock that was just opened over the one that holds the widget named `other`.

    Both are tall: napari would put one below the other, with room for hardly
    one row. A place that the user has chosen since is left alone.
    """
    window = frame.parentWidget()
    # A dock that opens after this one comes over it by itself.
    if window is None or window.findChild(QWidget, other) is None:
        return
    # napari is still about to put the dock into its window
    timer = QTimer(frame)
    timer.setSingleShot(True)
    timer.timeout.connect(lambda: _share_place(frame, other))
    timer.start(0)


def _share_place(frame: QDockWidget, other: str) -> None:
    window = frame.parentWidget()
    if not isinstance(window, QMainWindow) or not frame.isVisible() or frame.isFloating():
        return
    area = window.dockWidgetArea(frame)
    for dock in window.findChildren(QDockWidget):
        if (
            dock is not frame
            and dock.findChild(QWidget, other) is not None
            and dock.isVisible()
            and not dock.isFloating()
            and window.dockWidgetArea(dock) == area
            and dock not in window.tabifiedDockWidgets(frame)
        ):
            window.tabifyDockWidget(dock, frame)
            frame.raise_()
            return
