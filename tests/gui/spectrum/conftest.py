"""A shown spectrum dock, a mouse over the canvas, and a count of what is read."""

import sys

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication

from napari_dgc.cubes import HyperCube
from napari_dgc.gui.spectrum.place import to_world

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def make_leaf():
    """Factory of cubes whose pixel (row, column) has reflectance (row + column / 100) / 30."""

    def make(name="leaf", bands=5, wavelengths=True, **options):
        rows, columns = np.indices((24, 32))
        slope = np.linspace(1, 2, bands)[:, None, None]
        values = ((rows + columns / 100) / 30 * slope).astype(np.float32)
        centres = np.linspace(400, 1000, bands) if wavelengths else None
        return HyperCube(values, name, centres, "nm" if wavelengths else None, **options)

    return make


@pytest.fixture
def leaves(session, make_leaf):
    """Two open scans, side by side."""
    return [session.add_cube_layers(make_leaf(name)) for name in ("healthy", "sick")]


@pytest.fixture
def spectrum(viewer, qtbot):
    """The spectrum dock in a real window, as the user opens it."""
    viewer.window.show()
    viewer.window.resize(1366, 768)
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "Spectrum")
    qtbot.waitExposed(dock)
    return dock


@pytest.fixture
def reads(monkeypatch):
    """Windows that were read of cubes, one entry per reading, but for their pictures."""
    found = []
    original = HyperCube.read

    def read(self, rows, columns, bands=slice(None)):
        # Composites share limits with scans that are opened later, whenever that is.
        if not _paints(sys._getframe(1)):
            found.append((self.name, rows, columns))
        return original(self, rows, columns, bands)

    monkeypatch.setattr(HyperCube, "read", read)
    return found


def _paints(frame):
    """Tell whether a frame was called, however far away, to paint a composite."""
    while frame is not None:
        if "composites" in frame.f_globals["__name__"]:
            return True
        frame = frame.f_back
    return False


class Mouse:
    """Moves and clicks over the canvas, at pixels of scans."""

    def __init__(self, viewer, qtbot):
        self.viewer, self.qtbot = viewer, qtbot
        self.canvas = viewer.window._qt_viewer.canvas.native

    def point(self, scan, row, column):
        """Where a pixel of a scan is on the canvas."""
        y, x = to_world(scan, row, column)
        camera = self.viewer.scene.camera
        centre_y, centre_x = camera.center[-2:]
        return QPointF(
            (x - centre_x) * camera.zoom + self.canvas.width() / 2,
            (y - centre_y) * camera.zoom + self.canvas.height() / 2,
        )

    def move(self, scan, row, column, *, held=False, keys=NONE):
        self._send(QEvent.Type.MouseMove, self.point(scan, row, column), held, keys)

    def press(self, scan, row, column, *, keys=NONE):
        self.move(scan, row, column, keys=keys)
        self._send(QEvent.Type.MouseButtonPress, self.point(scan, row, column), True, keys)

    def release(self, scan, row, column, *, keys=NONE):
        self._send(QEvent.Type.MouseButtonRelease, self.point(scan, row, column), False, keys)

    def click(self, scan, row, column, *, keys=NONE):
        self.press(scan, row, column, keys=keys)
        self.release(scan, row, column, keys=keys)

    def double_click(self, scan, row, column):
        self.click(scan, row, column)
        point = self.point(scan, row, column)
        self._send(QEvent.Type.MouseButtonDblClick, point, True, NONE)
        self.release(scan, row, column)

    def drag(self, scan, start, end, *, keys=NONE):
        self.press(scan, *start, keys=keys)
        for part in (0.3, 0.6, 1.0):
            there = [a + part * (b - a) for a, b in zip(start, end, strict=True)]
            self.move(scan, *there, held=True, keys=keys)
        self.release(scan, *end, keys=keys)

    def _send(self, kind, point, held, keys):
        left, no = Qt.MouseButton.LeftButton, Qt.MouseButton.NoButton
        cause = no if kind == QEvent.Type.MouseMove else left
        there = self.canvas.mapToGlobal(point)
        QApplication.sendEvent(
            self.canvas, QMouseEvent(kind, point, there, cause, left if held else no, keys)
        )
        # napari takes moves of the mouse up every 5 ms
        self.qtbot.wait(12)


@pytest.fixture
def mouse(viewer, spectrum, qtbot, session):
    """Moves and clicks over the canvas; call after the scans are open."""
    qtbot.wait(30)
    if session.scans:
        viewer.reset_view()
    qtbot.wait(30)
    return Mouse(viewer, qtbot)


@pytest.fixture
def settled(qtbot):
    """Wait until every curve that lies on a scan has its spectrum."""

    def settle(dock, count=None):
        def done():
            curves = dock.sources.curves
            assert count is None or len(curves) == count
            assert all(curve.mean is not None or curve.problem for curve in curves)

        qtbot.waitUntil(done, timeout=4000)
        return dock.sources.curves

    return settle
