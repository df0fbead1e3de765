"""The line in the plot and napari's band slider are one thing."""

import numpy as np
import pytest
from qtpy.QtCore import QPointF, Qt


def drag_line(qtbot, dock, x):
    """Drag the line to a position on the horizontal axis, with the mouse."""
    from qtpy.QtCore import QEvent
    from qtpy.QtGui import QMouseEvent
    from qtpy.QtWidgets import QApplication

    plot, box = dock.plot, dock.plot.box
    middle = sum(box.viewRange()[1]) / 2
    viewport = plot.viewport()

    def point(position):
        return QPointF(plot.mapFromScene(box.mapViewToScene(QPointF(position, middle))))

    def send(kind, position, held):
        none, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
        there = point(position)
        cause = none if kind == QEvent.Type.MouseMove else left
        event = QMouseEvent(
            kind, there, viewport.mapToGlobal(there), cause, left if held else none,
            Qt.KeyboardModifier.NoModifier,
        )  # fmt: skip
        QApplication.sendEvent(viewport, event)
        qtbot.wait(10)

    start = float(dock.line.value())
    send(QEvent.Type.MouseMove, start, False)
    send(QEvent.Type.MouseButtonPress, start, True)
    for part in (0.2, 0.5, 0.8, 1.0):
        send(QEvent.Type.MouseMove, start + part * (x - start), True)
    send(QEvent.Type.MouseButtonRelease, x, False)


def label(dock):
    return dock.line.label.toPlainText()


def test_line_follows_the_slider(leaves, spectrum, viewer):
    for band, nanometres in ((0, 400), (3, 850), (4, 1000)):
        viewer.dims.set_current_step(0, band)
        assert spectrum.line.isVisible()
        assert spectrum.line.value() == nanometres
        assert label(spectrum) == f"{nanometres} nm"


def test_slider_follows_the_line(leaves, spectrum, viewer, qtbot, mouse):
    viewer.dims.set_current_step(0, 1)
    drag_line(qtbot, spectrum, 880.0)
    # It comes to rest at the nearest band.
    assert viewer.dims.current_step[0] == 3
    assert spectrum.line.value() == 850 and label(spectrum) == "850 nm"
    assert viewer.canvas.overlays.text.text == "850 nm"


def test_line_over_band_numbers(leaves, spectrum, viewer, qtbot, mouse):
    spectrum.options.axis.setCurrentIndex(1)
    spectrum.options.axis.activated.emit(1)
    viewer.dims.set_current_step(0, 1)
    assert spectrum.line.value() == 2 and label(spectrum) == "550 nm"
    drag_line(qtbot, spectrum, 4.9)
    assert viewer.dims.current_step[0] == 4


def test_line_counts_in_bands_where_wavelengths_are_unknown(
    session, make_leaf, spectrum, viewer, qtbot, mouse
):
    session.add_cube_layers(make_leaf("plain", wavelengths=False))
    viewer.dims.set_current_step(0, 2)
    assert spectrum.line.value() == 3 and label(spectrum) == "band 3"


def test_line_belongs_to_the_scan_under_the_mouse(
    session, make_leaf, spectrum, mouse, viewer, qtbot
):
    coarse, fine = (session.add_cube_layers(make_leaf(f"scan{n}", n)) for n in (5, 7))
    viewer.reset_view()
    viewer.dims.set_current_step(0, 2)
    mouse.move(coarse, 3, 3)
    qtbot.waitUntil(lambda: label(spectrum) == "700 nm", timeout=2000)
    mouse.move(fine, 3, 3)
    qtbot.waitUntil(lambda: label(spectrum) == "600 nm", timeout=2000)
    viewer.dims.set_current_step(0, 6)
    assert label(spectrum) == "1000 nm"
    mouse.move(coarse, 3, 3)
    # The first scan has no seventh band.
    qtbot.waitUntil(lambda: not spectrum.line.isVisible(), timeout=2000)


def test_no_line_when_the_bands_are_an_axis_of_the_canvas(leaves, spectrum, viewer):
    viewer.dims.order = (2, 1, 0)
    assert not spectrum.line.isVisible()
    viewer.dims.order = (0, 1, 2)
    assert spectrum.line.isVisible()


def test_line_on_falling_wavelengths(session, make_leaf, spectrum, viewer, qtbot, mouse):
    from dataclasses import replace

    cube = make_leaf("falling")
    scan = session.add_cube_layers(replace(cube, wavelengths=cube.wavelengths[::-1].copy()))
    viewer.dims.set_current_step(0, 0)
    assert spectrum.line.value() == 1000
    drag_line(qtbot, spectrum, 560.0)
    assert viewer.dims.current_step[0] == 3
    mouse.move(scan, 9, 9)
    curve = spectrum.sources.cursor.curve
    qtbot.waitUntil(lambda: spectrum.plot.drawn(curve) is not None, timeout=2000)
    x, y = spectrum.plot.drawn(curve).getData()
    assert np.all(np.diff(x) > 0)
    np.testing.assert_allclose(y, scan.cube.data[::-1, 9, 9])


@pytest.mark.parametrize("scale", [(1, 1, 1), (2.5, 1, 1)])
def test_scaled_band_axis(leaves, spectrum, viewer, qtbot, mouse, scale):
    for scan in leaves:
        scan.image.scale = scale
    viewer.dims.set_point(0, 3 * scale[0])
    assert label(spectrum) == "850 nm"
    drag_line(qtbot, spectrum, 560.0)
    assert label(spectrum) == "550 nm"
    assert viewer.dims.point[0] == pytest.approx(scale[0])
