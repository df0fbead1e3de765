"""The lesions dock over two scans with known leaves and lesions."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_dgc.workspace.commands import NameClasses

#: Fine clusters of the maps below.
BACKGROUND, TISSUE, LESION, HALO = 1, 2, 3, 4


def two_leaves():
    """(24, 32) two leaves; three lesions of 4, 6 and 1 pixels, one of them with a halo."""
    labels = np.full((24, 32), BACKGROUND, np.uint16)
    labels[3:21, 2:14] = TISSUE
    labels[3:21, 17:30] = TISSUE
    labels[5:7, 4:6] = LESION
    labels[9:13, 19:24] = HALO
    labels[10:12, 20:23] = LESION
    labels[17, 26] = LESION
    return labels


def one_leaf():
    """(24, 32) one leaf with one lesion of 12 pixels."""
    labels = np.full((24, 32), BACKGROUND, np.uint16)
    labels[2:22, 4:28] = TISSUE
    labels[8:11, 10:14] = LESION
    return labels


@pytest.fixture
def measured_scans(session, two_scans):
    """Two scans with label maps, not named yet."""
    session.start_partition(4)
    for scan, labels in zip(two_scans, (two_leaves(), one_leaf()), strict=True):
        session.set_fine_labels(scan, labels)
    return two_scans


@pytest.fixture
def named(session, measured_scans):
    """The same, with names."""
    name(session)
    return measured_scans


def name(session):
    """Give the classes their names."""
    for number, title in ((1, "background"), (2, "healthy tissue"), (3, "lesion"), (4, "halo")):
        session.do(NameClasses((number,), title))


@pytest.fixture
def open_dock(viewer, qtbot, activate):
    """Open the dock as the user does, in a real window."""

    def open_it():
        viewer.window.show()
        _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "Lesions and severity")
        qtbot.waitExposed(dock)
        dock.setFocus()
        activate(dock)
        return dock

    return open_it


@pytest.fixture
def dock(named, open_dock, qtbot):
    """The dock once both scans are measured."""
    opened = open_dock()
    qtbot.waitUntil(lambda: settled(opened))
    return opened


def settled(dock):
    """Whether all that was asked for is measured."""
    session = dock.session
    return not dock.measuring.busy and all(dock.measuring.current(s) for s in session.labelled)


@pytest.fixture
def pointer(viewer, qtbot):
    """The mouse on the canvas, in pixels of a scan."""

    class Pointer:
        left = Qt.MouseButton.LeftButton

        def __init__(self):
            viewer.window._qt_viewer.show()
            viewer.reset_view()
            qtbot.wait(50)
            self.canvas = viewer.window._qt_viewer.canvas.native

        def where(self, scan, row, column):
            canvas = viewer.window._qt_viewer.canvas
            world = scan.image.data_to_world((0, row, column))
            found = canvas.view.scene.node_transform(canvas.view).map([world[-1], world[-2], 0, 1])
            return QPoint(*(round(float(value)) for value in found[:2] / found[3]))

        def drag(self, scan, *points):
            places = [self.where(scan, *point) for point in points]
            qtbot.mouseMove(self.canvas, places[0])
            qtbot.mousePress(self.canvas, self.left, pos=places[0])
            for place in places[1:]:
                qtbot.mouseMove(self.canvas, place)
                qtbot.wait(20)
            qtbot.mouseRelease(self.canvas, self.left, pos=places[-1])
            qtbot.wait(20)

    return Pointer()


@pytest.fixture
def press(qtbot):
    """Click a button or a box."""

    def press_it(widget):
        where = QPoint(10, widget.height() // 2)
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=where)

    return press_it


@pytest.fixture
def wait_settled(qtbot):
    """Wait until all is measured."""
    return lambda dock: qtbot.waitUntil(lambda: settled(dock))
