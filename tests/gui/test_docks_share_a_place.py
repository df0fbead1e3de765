"""The two docks lie over each other, with tabs, as each needs the height of the window."""

import pytest
from qtpy.QtWidgets import QMainWindow

PLUGIN = "napari-dgc"
TITLES = ["DGC: train", "Merge clusters"]


@pytest.mark.parametrize("titles", [TITLES, TITLES[::-1]])
def test_second_dock_opens_as_a_tab_in_front(viewer, qtbot, titles):
    viewer.window.show()
    first, _ = viewer.window.add_plugin_dock_widget(PLUGIN, titles[0])
    qtbot.wait(20)
    second, widget = viewer.window.add_plugin_dock_widget(PLUGIN, titles[1])
    window = first.parentWidget()
    assert isinstance(window, QMainWindow)
    qtbot.waitUntil(lambda: second in window.tabifiedDockWidgets(first), timeout=2000)
    qtbot.waitUntil(lambda: not widget.visibleRegion().isEmpty(), timeout=2000)


def test_dock_that_floats_stays_where_it_is(viewer, qtbot):
    viewer.window.show()
    first, _ = viewer.window.add_plugin_dock_widget(PLUGIN, TITLES[0])
    first.setFloating(True)
    second, _ = viewer.window.add_plugin_dock_widget(PLUGIN, TITLES[1])
    qtbot.wait(50)
    assert first.parentWidget().tabifiedDockWidgets(second) == []
    assert first.isFloating()
