"""The spectrum under the mouse is shown as it moves, and costs nothing when it is not wanted."""

import threading
import time

import numpy as np
import pytest
from qtpy.QtCore import QTimer

from napari_dgc.cubes import HyperCube
from napari_dgc.gui.docking import enclosing_dock
from napari_dgc.gui.spectrum import cursor as live

from .conftest import SHIFT


def shown(dock):
    """Values of the curve under the mouse as the plot draws it, or None."""
    line = dock.plot.drawn(dock.sources.cursor.curve)
    return None if line is None else np.asarray(line.getData()[1])


def shows(dock, expected):
    """Whether the plot draws just these values for the pixel under the mouse."""
    values = shown(dock)
    return values is not None and np.allclose(values, expected)


def active_timers(dock):
    return [timer for timer in dock.findChildren(QTimer) if timer.isActive()]


def test_curve_follows_the_mouse_over_both_scans(leaves, spectrum, mouse, qtbot):
    for scan, row, column in ((leaves[0], 3, 7), (leaves[1], 20, 31), (leaves[0], 0, 0)):
        mouse.move(scan, row, column)
        expected = scan.cube.data[:, row, column]
        qtbot.waitUntil(lambda e=expected: shows(spectrum, e), timeout=2000)
        assert spectrum.status.text().startswith(f"row {row}, column {column}: ")
        assert spectrum.status.text().endswith(scan.name)


def test_value_at_the_band_shown_is_told(leaves, spectrum, mouse, viewer, qtbot):
    mouse.move(leaves[0], 15, 0)
    qtbot.waitUntil(lambda: "row 15" in spectrum.status.text(), timeout=2000)
    viewer.dims.set_current_step(0, 4)
    assert spectrum.status.text() == "row 15, column 0: 1 at 1000 nm, healthy"


def test_pixel_size_and_place_of_the_layer_count(leaves, spectrum, mouse, viewer, qtbot):
    image = leaves[1].image
    image.scale, image.translate = (1, 0.5, 2), (0, -40, 5)
    viewer.reset_view()
    mouse.move(leaves[1], 22, 30)
    expected = leaves[1].cube.data[:, 22, 30]
    qtbot.waitUntil(lambda: shows(spectrum, expected), timeout=2000)
    assert "row 22, column 30" in spectrum.status.text()


def test_edges_of_pixels_are_where_the_canvas_draws_them(leaves, spectrum, mouse, qtbot):
    mouse.move(leaves[0], 2.45, 4.45)
    qtbot.waitUntil(lambda: "row 2, column 4" in spectrum.status.text(), timeout=2000)
    mouse.move(leaves[0], 2.55, 4.55)
    qtbot.waitUntil(lambda: "row 3, column 5" in spectrum.status.text(), timeout=2000)


def test_outside_of_every_scan_is_told(leaves, spectrum, mouse, qtbot):
    mouse.move(leaves[0], 3, 3)
    qtbot.waitUntil(lambda: "row 3" in spectrum.status.text(), timeout=2000)
    mouse.move(leaves[0], -1.2, 3)
    qtbot.waitUntil(lambda: spectrum.status.text() == "Outside of every scan.", timeout=2000)


def test_hidden_scans_are_not_read(leaves, spectrum, mouse, qtbot, reads):
    leaves[0].image.visible = leaves[0].composite.visible = False
    mouse.move(leaves[0], 3, 3)
    qtbot.waitUntil(lambda: spectrum.status.text() == "Outside of every scan.", timeout=2000)
    assert reads == []


def test_same_pixel_is_read_once(leaves, spectrum, mouse, qtbot, reads):
    for part in (0.0, 0.1, 0.2, 0.3, 0.2):
        mouse.move(leaves[0], 5 + part, 6)
        qtbot.wait(live.INTERVAL + 10)
    assert len(reads) == 1


def test_many_moves_are_few_readings(leaves, spectrum, mouse, qtbot, reads):
    began = time.monotonic()
    for step in range(60):
        mouse.move(leaves[0], step % 24, step % 32)
    passed = 1000 * (time.monotonic() - began)
    assert 2 <= len(reads) <= passed / live.INTERVAL + 2
    # The last place counts, however fast the mouse got there.
    expected = leaves[0].cube.data[:, 59 % 24, 59 % 32]
    qtbot.waitUntil(lambda: shows(spectrum, expected), timeout=2000)


def test_paused_dock_reads_nothing(leaves, spectrum, mouse, qtbot, reads):
    spectrum.tools.live.click()
    for row in range(10):
        mouse.move(leaves[0], row, row)
    qtbot.wait(3 * live.INTERVAL)
    assert reads == [] and active_timers(spectrum) == []
    assert spectrum.status.text() == "Paused: the mouse is not followed."
    spectrum.tools.live.click()
    mouse.move(leaves[0], 4, 4)
    qtbot.waitUntil(lambda: len(reads) == 1, timeout=2000)


def test_hidden_dock_costs_nothing(leaves, spectrum, mouse, viewer, qtbot, reads, settled):
    mouse.click(leaves[0], 4, 4, keys=SHIFT)
    settled(spectrum, 1)
    frame = enclosing_dock(spectrum)
    frame.hide()
    threads = threading.active_count()
    reads.clear()
    callbacks = viewer.mouse_move_callbacks, viewer.mouse_drag_callbacks
    assert not any("spectrum" in repr(one) for kind in callbacks for one in kind)
    for row in range(10):
        mouse.move(leaves[0], row, row)
    mouse.click(leaves[0], 9, 9, keys=SHIFT)
    pins = spectrum.sources.pins.layer
    pins.data = pins.data + 2
    viewer.dims.set_current_step(0, 1)
    qtbot.wait(3 * live.INTERVAL)
    assert reads == [] and active_timers(spectrum) == []
    assert threading.active_count() == threads
    assert len(pins.data) == 1
    # It catches up when it is shown.
    frame.show()
    (curve,) = settled(spectrum, 1)
    qtbot.waitUntil(lambda: (curve.row, curve.column) == (6, 6), timeout=2000)
    expected = leaves[0].cube.data[:, 6, 6]
    qtbot.waitUntil(lambda: np.allclose(curve.mean, expected), timeout=2000)


def test_dock_behind_another_tab_costs_nothing(leaves, spectrum, mouse, viewer, qtbot, reads):
    viewer.window.add_plugin_dock_widget("napari-dgc", "DGC: train")
    qtbot.waitUntil(lambda: spectrum.visibleRegion().isEmpty(), timeout=2000)
    for row in range(5):
        mouse.move(leaves[0], row, row)
    qtbot.wait(2 * live.INTERVAL)
    assert reads == []


def test_slow_file_does_not_hold_the_window_up(session, make_leaf, spectrum, mouse, viewer, qtbot):
    class Slow:
        """Array on a slow disk."""

        def __init__(self, values):
            self.values, self.asked = values, []
            self.shape, self.dtype, self.ndim = values.shape, values.dtype, values.ndim
            self.free = threading.Event()

        def __array__(self, dtype=None, copy=None):
            return self.values

        def __getitem__(self, key):
            if isinstance(key[1], slice) and key[1].step is None and len(key) == 3:
                self.asked.append((key[1].start, key[2].start))
                self.free.wait(5)
            return self.values[key]

    cube = make_leaf("slow")
    slow = Slow(cube.data)
    scan = session.add_cube_layers(cube)
    scan.cube = HyperCube(slow, "slow", cube.wavelengths, "nm")
    viewer.reset_view()
    for row in range(12):
        mouse.move(scan, row, 5)
        qtbot.wait(live.INTERVAL)
    # The window went on while the first pixel is still being read ...
    assert slow.asked == [(0, 5)]
    slow.free.set()
    # ... and of all the places since, only the last one is read.
    qtbot.waitUntil(lambda: "row 11, column 5" in spectrum.status.text(), timeout=2000)
    assert slow.asked == [(0, 5), (11, 5)]


def test_file_that_went_away_is_told(leaves, spectrum, mouse, qtbot, monkeypatch):
    def gone(*_):
        raise OSError("the disk was pulled out")

    monkeypatch.setattr(HyperCube, "read", gone)
    mouse.move(leaves[0], 3, 3)
    qtbot.waitUntil(lambda: "pulled out" in spectrum.status.text(), timeout=2000)
    assert shown(spectrum) is None


def test_closed_scan_leaves_no_curve(leaves, spectrum, mouse, viewer, qtbot):
    mouse.move(leaves[1], 3, 3)
    qtbot.waitUntil(lambda: shown(spectrum) is not None, timeout=2000)
    viewer.layers.remove(leaves[1].image)
    assert shown(spectrum) is None


def test_empty_dock_says_what_to_do(spectrum, session, make_leaf, qtbot):
    hint = spectrum.plot._hint
    assert "Open a scan first" in hint.toPlainText()
    assert not spectrum.tools.isEnabled() and not spectrum.options.isEnabled()
    session.add_cube_layers(make_leaf())
    assert "Move the mouse over a scan" in hint.toPlainText()
    assert spectrum.tools.isEnabled() and spectrum.options.isEnabled()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_colours_are_those_of_the_theme(leaves, spectrum, viewer, theme):
    from napari.utils.theme import get_theme
    from qtpy.QtGui import QColor

    viewer.theme = theme
    colours = get_theme(theme)
    background = spectrum.plot.backgroundBrush().color()
    assert background == QColor(colours.background.as_hex("long"))
    assert QColor(spectrum.plot.text) == QColor(colours.text.as_hex("long"))


def test_dock_fits_a_small_screen(leaves, spectrum, viewer, qtbot):
    spectrum.options.bad.click()
    qtbot.wait(50)
    window = viewer.window._qt_window
    assert window.width() <= 1366 and window.height() <= 768
    assert spectrum._content.width() <= spectrum.width()
    right = spectrum.options.export.mapTo(window, spectrum.options.export.rect().bottomRight())
    assert right.x() <= 1366
    bottom = spectrum.list.mapTo(window, spectrum.list.rect().bottomLeft())
    assert bottom.y() <= 768


def test_closed_dock_leaves_nothing_behind(leaves, spectrum, mouse, viewer, qtbot, reads, session):
    frame = viewer.window.dock_widgets
    assert any(widget is spectrum for widget in frame.values())
    viewer.window.remove_dock_widget(spectrum)
    spectrum.deleteLater()
    qtbot.wait(50)
    mouse.move(leaves[0], 3, 3)
    viewer.dims.set_current_step(0, 1)
    viewer.theme = "light"
    session.scans_changed.emit()
    viewer.layers.remove(leaves[0].image)
    assert reads == []


def test_bands_are_shown_where_wavelengths_are_unknown(session, make_leaf, spectrum, mouse, viewer):
    scan = session.add_cube_layers(make_leaf("plain", wavelengths=False))
    assert spectrum.options.kind == "band"
    assert spectrum.plot.axis.positions(scan.cube).tolist() == [1, 2, 3, 4, 5]
    session.set_wavelengths(scan, np.linspace(500, 900, 5), "nm")
    assert spectrum.options.kind == "wavelength"
    assert spectrum.plot.axis.positions(scan.cube)[0] == 500


def test_axis_can_be_band_numbers(leaves, spectrum, mouse, qtbot):
    mouse.move(leaves[0], 3, 3)
    qtbot.waitUntil(lambda: shown(spectrum) is not None, timeout=2000)
    line = spectrum.plot.drawn(spectrum.sources.cursor.curve)
    assert line.getData()[0].tolist() == [400, 550, 700, 850, 1000]
    spectrum.options.axis.setCurrentIndex(1)
    spectrum.options.axis.activated.emit(1)
    assert line.getData()[0].tolist() == [1, 2, 3, 4, 5]
    low, high = spectrum.plot.box.viewRange()[0]
    assert low < 1 and 5 < high < 6
