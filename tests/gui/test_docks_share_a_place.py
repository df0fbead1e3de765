"""The two docks lie over each other, with tabs, as each needs the height of the window."""

import pytest
from napari.plugins import menu_item_template
from npe2 import PluginManager
from qtpy.QtWidgets import QMainWindow, QTabBar

from napari_dgc.gui.train_dock import TrainDock

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


def test_button_finds_the_train_dock_that_was_opened_from_the_menu(viewer, session, make_cube):
    session.add_cube_layers(make_cube())
    viewer.window.show()
    train = TrainDock(viewer)
    frame = viewer.window.add_dock_widget(train, name="a title of the menu's")
    _, merge = viewer.window.add_plugin_dock_widget(PLUGIN, TITLES[1])
    merge.empty.button.click()
    found = frame.parentWidget().findChildren(TrainDock)
    assert found == [train]


def test_menu_finds_the_dock_that_the_button_opened(viewer, session, make_cube):
    session.add_cube_layers(make_cube())
    viewer.window.show()
    _, merge = viewer.window.add_plugin_dock_widget(PLUGIN, TITLES[1])
    merge.empty.button.click()
    manifest = PluginManager.instance().get_manifest(PLUGIN)
    titles = [
        menu_item_template.format(manifest.display_name, widget.display_name)
        for widget in manifest.contributions.widgets
    ]
    assert titles[0] in viewer.window.dock_widgets


def test_dock_that_floats_stays_where_it_is(viewer, qtbot):
    viewer.window.show()
    first, _ = viewer.window.add_plugin_dock_widget(PLUGIN, TITLES[0])
    first.setFloating(True)
    second, _ = viewer.window.add_plugin_dock_widget(PLUGIN, TITLES[1])
    qtbot.wait(50)
    assert first.parentWidget().tabifiedDockWidgets(second) == []
    assert first.isFloating()


def test_words_on_tabs_have_room(viewer, qtbot):
    viewer.window.show()
    viewer.window.resize(1366, 768)
    titles = [*TITLES, "Spectrum", "Composites and indices", "Calibrate to reflectance"]
    for title in titles:
        frame, _ = viewer.window.add_plugin_dock_widget(PLUGIN, title)
        qtbot.wait(50)
    words = {"Train", "Merge", "Spectrum", "Composites", "Calibrate"}
    window = frame.parentWidget()
    bars = [bar for bar in window.findChildren(QTabBar) if bar.count() == len(titles)]
    (bar,) = bars
    assert {bar.tabText(tab) for tab in range(bar.count())} == words
    for tab in range(bar.count()):
        needed = bar.fontMetrics().horizontalAdvance(bar.tabText(tab))
        assert bar.tabRect(tab).width() >= needed
    assert bar.tabRect(bar.count() - 1).right() <= bar.width()
