"""Long names of scans are cut in the middle, and told whole; all scans can be chosen."""

import pytest
from qtpy.QtCore import Qt

from napari_dgc.cubes import HyperCube

LONG = "2024-05-17_greenhouse_3_camellia_sinensis_cultivar_yabukita_after_infection_tray_12_leaf_"


@pytest.fixture
def long_names(session, make_cube):
    return [session.add_cube_layers(make_cube(f"{LONG}{number}")) for number in (1, 2)]


def open_dock(viewer, qtbot, title):
    viewer.window.show()
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", title)
    qtbot.waitExposed(dock)
    return dock


def combo_of(dock):
    return dock.scans if hasattr(dock, "scans") else dock.sources.scan


@pytest.mark.parametrize("title", ["Calibrate to reflectance", "Composites and indices"])
def test_both_ends_of_a_long_name_are_seen_and_the_tooltip_has_it_whole(
    viewer, qtbot, long_names, title
):
    combo = combo_of(open_dock(viewer, qtbot, title))
    combo.setCurrentIndex(combo.count() - 1)
    shown = combo.shown_text()
    assert shown.startswith("2024") and "…" in shown and not shown.endswith("…")
    assert combo.fontMetrics().horizontalAdvance(shown) < combo.width()
    assert combo.toolTip().startswith(f"{LONG}2")
    row = combo.findText(f"{LONG}1", Qt.MatchFlag.MatchStartsWith)
    assert combo.itemData(row, Qt.ItemDataRole.ToolTipRole).startswith(f"{LONG}1")


def test_the_list_of_scans_cuts_names_in_the_middle_too(viewer, qtbot, long_names):
    dock = open_dock(viewer, qtbot, "DGC: train")
    assert dock.scans.textElideMode() == Qt.TextElideMode.ElideMiddle
    assert dock.scans.item(0).toolTip().startswith(f"{LONG}1\n")


def test_a_short_name_is_not_cut(viewer, qtbot, two_scans):
    combo = combo_of(open_dock(viewer, qtbot, "Calibrate to reflectance"))
    assert combo.shown_text() == "healthy"


def test_counts_that_were_calibrated_can_still_be_coloured(viewer, qtbot, session, make_cube):
    counts, other = (
        session.add_cube_layers(make_cube(name, (25, 24, 32))) for name in ("counts", "other")
    )
    dock = open_dock(viewer, qtbot, "Composites and indices")
    cube = counts.cube
    made = session.add_cube_layers(
        HyperCube(cube.data, "reflectance", cube.wavelengths, cube.wavelength_unit)
    )
    session.supersede(counts)
    names = [dock.scans.itemText(row).split()[0] for row in range(dock.scans.count())]
    assert names == ["All", "other", "reflectance", "counts"]
    assert dock.scans.chosen() == [other, made]  # "all" means one of each
    row = dock.scans.findText("counts", Qt.MatchFlag.MatchStartsWith)
    dock.scans.setCurrentIndex(row)
    dock.scans.activated.emit(row)
    assert dock.scans.chosen() == [counts]
    preset = dock.colours.preset
    preset.setCurrentIndex(preset.findData("infrared"))
    preset.activated.emit(preset.currentIndex())
    qtbot.waitUntil(lambda: counts.composite.name == "counts colour-infrared", timeout=10000)
    viewer.layers.remove(other.image)
    viewer.layers.remove(made.image)
    assert dock.scans.chosen() == [counts]  # the only one that is left
