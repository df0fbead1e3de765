"""Where the docks go in napari's window."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QDockWidget, QMainWindow, QWidget

#: Object names of the widgets that share one place.
TRAIN = "dgc_train_dock"
MERGE = "dgc_merge_dock"
SPECTRUM = "dgc_spectrum_dock"
COMPOSITES = "dgc_composites_dock"
CALIBRATION = "dgc_calibration_dock"
TREE = "dgc_tree_dock"
LESIONS = "dgc_lesions_dock"
COMPARE = "dgc_compare_dock"
EVALUATION = "dgc_evaluation_dock"
BATCH = "dgc_batch_dock"
#: What stands on their tabs, which have room for one word each.
_TABS = {
    TRAIN: "Train",
    MERGE: "Merge",
    SPECTRUM: "Spectrum",
    COMPOSITES: "Composites",
    CALIBRATION: "Calibrate",
    TREE: "Tree",
    LESIONS: "Lesions",
    COMPARE: "Compare",
    EVALUATION: "Evaluate",
    BATCH: "Batch",
}


def open_dock(viewer: Any, widget: QWidget, title: str, *, tabify: bool = False) -> QDockWidget:
    """Add a dock under the title that napari's Plugins menu gives it.

    By that title the menu finds it again and opens no second one, as it would
    after `add_plugin_dock_widget`, which takes another.
    """
    name = _full_name(title)
    dock: QDockWidget = viewer.window.add_dock_widget(widget, name=name, tabify=tabify)
    return dock


def _full_name(title: str) -> str:
    return f"{title} (napari-dgc)"


def place_first_at(title: str, area: str) -> None:
    """Let a dock that is about to open do so on another side than the right one.

    Later it opens where it was last, as napari remembers.
    """
    from napari.settings import get_settings

    get_settings().application.plugin_widget_positions.setdefault(_full_name(title), area)


def lie_flat(frame: QDockWidget, height: int) -> None:
    """Give a dock that was just opened below the canvas a height.

    Docks on both sides keep the height of the window, as they are tall.
    """
    window = frame.parentWidget()
    area = Qt.DockWidgetArea
    if not isinstance(window, QMainWindow) or window.dockWidgetArea(frame) not in (
        area.BottomDockWidgetArea,
        area.TopDockWidgetArea,
    ):
        return
    window.setCorner(Qt.Corner.BottomLeftCorner, area.LeftDockWidgetArea)
    window.setCorner(Qt.Corner.BottomRightCorner, area.RightDockWidgetArea)
    # napari is still about to put the dock into its window
    timer = QTimer(frame)
    timer.setSingleShot(True)
    timer.timeout.connect(lambda: _set_height(frame, height))
    timer.start(0)


def _set_height(frame: QDockWidget, height: int) -> None:
    window = frame.parentWidget()
    if isinstance(window, QMainWindow):
        window.resizeDocks([frame], [height], Qt.Orientation.Vertical)


def enclosing_dock(widget: QWidget) -> QDockWidget | None:
    """Return the dock that a widget lies in, or None."""
    parent = widget.parentWidget()
    while parent is not None and not isinstance(parent, QDockWidget):
        parent = parent.parentWidget()
    return parent


def settle(
    widget: QWidget, shown: Callable[[bool], None], held: QDockWidget | None
) -> QDockWidget | None:
    """Let the dock of a widget share its place, the first time it is seen.

    Parameters
    ----------
    widget
        What is about to be shown.
    shown
        Called with whether the dock is in sight when that changes: Qt does not hide a dock
        that lies behind another tab, it only says so.
    held
        What an earlier call returned; then nothing is done.

    Returns
    -------
    QDockWidget or None
        The dock, None while there is none.
    """
    if held is not None:
        return held
    frame = enclosing_dock(widget)
    if frame is not None:
        share_place(frame)
        frame.visibilityChanged.connect(shown)
    return frame


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
