"""Where the docks go in napari's window."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

#: Object names of the widgets that share one place.
TRAIN = "dgc_train_dock"
MERGE = "dgc_merge_dock"
SPECTRUM = "dgc_spectrum_dock"
COMPOSITES = "dgc_composites_dock"
CALIBRATION = "dgc_calibration_dock"
#: What stands on their tabs, which have room for one word each.
_TABS = {
    TRAIN: "Train",
    MERGE: "Merge",
    SPECTRUM: "Spectrum",
    COMPOSITES: "Composites",
    CALIBRATION: "Calibrate",
}


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


def share_place(frame: QDockWidget) -> None:
    """Lay a dock that was just opened over another one of this plugin.

    All are tall: napari would put one below the other, with room for hardly
    one row. A place that the user has chosen since is left alone.
    """
    for name, word in _TABS.items():
        if frame.findChild(QWidget, name) is not None:
            frame.setWindowTitle(word)
    window = frame.parentWidget()
    # A dock that opens after this one comes over it by itself.
    if window is None or not any(_holds_another(dock, frame) for dock in _docks(window)):
        return
    # napari is still about to put the dock into its window
    timer = QTimer(frame)
    timer.setSingleShot(True)
    timer.timeout.connect(lambda: _share_place(frame))
    timer.start(0)


def _share_place(frame: QDockWidget) -> None:
    window = frame.parentWidget()
    if not isinstance(window, QMainWindow) or not frame.isVisible() or frame.isFloating():
        return
    area = window.dockWidgetArea(frame)
    beside = window.tabifiedDockWidgets(frame)
    for dock in _docks(window):
        if (
            _holds_another(dock, frame)
            # those behind another tab are hidden, and come with it
            and dock.isVisible()
            and not dock.isFloating()
            and window.dockWidgetArea(dock) == area
            and dock not in beside
        ):
            window.tabifyDockWidget(dock, frame)
            frame.raise_()
            return


def _docks(window: QWidget) -> list[QDockWidget]:
    return list(window.findChildren(QDockWidget))


def _holds_another(dock: QDockWidget, frame: QDockWidget) -> bool:
    if dock is frame:
        return False
    return any(dock.findChild(QWidget, name) is not None for name in _TABS)
