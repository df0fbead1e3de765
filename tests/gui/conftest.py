"""Fixtures for the docks: a viewer with scans, and a method that moves slowly."""

import gc
import os
import threading

os.environ.setdefault("NAPARI_ASYNC", "0")

import numpy as np
import pytest
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_dgc.clustering import registry
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    Notice,
    Progress,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.cubes import HyperCube
from napari_dgc.gui.session import get_session
from napari_dgc.partition import ClusterSummary


class MovingStripes(Clusterer):
    """Stand-in method: stripes that move by one pixel per epoch."""

    method = "stripes"
    title = "Moving stripes"
    #: Time one epoch takes, and what goes wrong in which epoch.
    pause = 0.05
    fails_in: int | None = None
    made: list["MovingStripes"] = []  # noqa: RUF012

    def __init__(self, *, clusters=16, epochs=10, seed=0, device="auto"):
        self.options = {"clusters": clusters, "epochs": epochs, "seed": seed, "device": device}
        self.seed, self.device = seed, device
        self._epoch = 0
        self._summary = None
        self.token = None
        self.threads = set()
        self.made.append(self)

    @property
    def n_clusters(self):
        return self.options["clusters"]

    @property
    def epochs(self):
        return self.options["epochs"]

    @epochs.setter
    def epochs(self, epochs):
        self.options["epochs"] = epochs

    @property
    def epoch(self):
        return self._epoch

    @property
    def summary(self):
        return self._summary

    def _labels(self, cube):
        rows, columns = np.indices((cube.rows, cube.columns))
        return ((rows + columns + self._epoch) // 3 % self.n_clusters + 1).astype(np.uint16)

    def fit_iter(self, cubes, *, token=None, resume=False, previews=True):
        self.token = token
        self.threads.add(threading.get_ident())
        if not resume:
            self._epoch = 0
        epochs = self.options["epochs"]
        yield TrainingStarted(self.method, "cpu", len(cubes), self._epoch, epochs, self.n_clusters)
        while self._epoch < epochs:
            for step in range(5):
                if token is not None and token.cancelled:
                    yield TrainingFinished(self._epoch, stopped=True)
                    return
                threading.Event().wait(self.pause / 5)
                yield Progress(f"epoch {self._epoch + 1}", (step + 1) / 5)
            if self.fails_in == self._epoch + 1:
                raise RuntimeError("the stripes got tangled")
            self._epoch += 1
            for scan, cube in enumerate(cubes):
                yield LabelsReady(scan, self._epoch, self._labels(cube))
            self._summary = self._summarise(cubes)
            losses = {"total": 1 / self._epoch, "balance": 0.5 / self._epoch}
            yield EpochFinished(self._epoch, epochs, self.n_clusters, losses)
        yield Notice("The stripes have arrived.")
        yield TrainingFinished(self._epoch, stopped=False)

    def _summarise(self, cubes):
        clusters, bands = self.n_clusters, cubes[0].n_bands
        maps = [self._labels(cube) for cube in cubes]
        pixels = np.stack([np.bincount(m.ravel(), minlength=clusters + 1)[1:] for m in maps])
        features = np.arange(clusters, dtype=float)[:, None]
        square = np.zeros((clusters, clusters), np.int64)
        spectra = np.tile(features / clusters, (1, bands))
        return ClusterSummary(pixels, spectra, features, square, np.zeros(clusters, np.int64))

    def predict(self, cube, *, token=None):
        return self._labels(cube)

    def contents(self):
        return {**self.options, "epoch": self._epoch}, {"nothing": np.zeros(1, np.float32)}

    @classmethod
    def restore(cls, metadata, tensors):
        epoch = metadata.pop("epoch")
        model = cls(**metadata)
        model._epoch = epoch
        return model


@pytest.fixture
def stripes(monkeypatch):
    """Every method in the registry is the stand-in."""
    monkeypatch.setattr(registry, "get_method", lambda name: MovingStripes)
    monkeypatch.setattr(MovingStripes, "pause", 0.05)
    monkeypatch.setattr(MovingStripes, "fails_in", None)
    MovingStripes.made.clear()
    return MovingStripes


@pytest.fixture
def make_cube():
    """Factory of small cubes with wavelengths."""

    def make(name="leaf", shape=(5, 24, 32), wavelengths=True):
        values = np.random.default_rng(len(name)).random(shape).astype(np.float32)
        if not wavelengths:
            return HyperCube(values, name)
        return HyperCube(values, name, np.linspace(400, 1000, shape[0]), "nm")

    return make


@pytest.fixture(autouse=True, scope="module")
def little_to_collect():
    """Leave what is there by now out of garbage collection, which napari forces very often."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer()


@pytest.fixture
def session(viewer):
    return get_session(viewer)


@pytest.fixture
def two_scans(session, make_cube):
    """Two open scans."""
    return [session.add_cube_layers(make_cube(name)) for name in ("healthy", "sick")]


CLUSTERS = 6


class Summarised:
    """Stand-in for a trained model, of which the merge dock asks summary and confidence."""

    epoch = 1

    def __init__(self, summary):
        self.summary = summary
        self.n_clusters = summary.n_clusters
        #: Tables of classes that confidence was asked for, one per scan.
        self.asked = []

    def predict_confidence(self, cube, *, groups=None, token=None):
        """The fewer classes, the surer."""
        self.asked.append(tuple(int(number) for number in groups))
        return np.full((cube.rows, cube.columns), 1 / len(set(groups[1:])), np.float32)


@pytest.fixture
def labelled(session, two_scans):
    """Two scans with six clusters in bars, a merge tree and a summary."""
    from napari_dgc.partition import build_tree
    from napari_dgc.partition.summary import count_adjacency, count_border

    rows, columns = np.indices((24, 32))
    maps = [columns // 6 + 1, np.minimum(rows // 4 + 1, 5)]
    maps = [labels.astype(np.uint16) for labels in maps]
    maps[0][0, 0] = 0
    pixels = np.stack([np.bincount(m.ravel(), minlength=CLUSTERS + 1)[1:] for m in maps])
    levels = np.array([0.05, 0.1, 0.4, 0.5, 0.55, 0.9])
    summary = ClusterSummary(
        pixels,
        np.tile(levels[:, None], (1, 5)),
        levels[:, None],
        sum(count_adjacency(m, CLUSTERS) for m in maps),
        sum(count_border(m, CLUSTERS) for m in maps),
    )
    session.start_partition(CLUSTERS, build_tree(summary))
    for scan, labels in zip(two_scans, maps, strict=True):
        session.set_fine_labels(scan, labels)
    session.model = Summarised(summary)
    return two_scans


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """What the docks remember is remembered for this test only."""
    from qtpy.QtCore import QSettings

    from napari_dgc.gui import export_panel, remembered

    store = QSettings(str(tmp_path / "settings.ini"), QSettings.Format.IniFormat)
    monkeypatch.setattr(export_panel, "settings", lambda: store)
    monkeypatch.setattr(remembered, "memory_file", lambda: tmp_path / "settings" / "opened.json")
    monkeypatch.setenv("NAPARI_DGC_CACHE", str(tmp_path / "unpacked"))


@pytest.fixture
def activate(qtbot):
    """Make the window of a widget the active one: keys go to no other.

    Asked for again and again: a window that is not mapped yet, or another one that closes
    late, may get the better of it on a busy machine.
    """

    def activate(widget):
        def active():
            widget.window().activateWindow()
            return widget.isActiveWindow()

        qtbot.waitUntil(active, timeout=60_000)

    return activate


@pytest.fixture
def merge_dock(viewer, qtbot, activate):
    """The merge dock, shown in a real window, as the user opens it."""
    viewer.window.show()
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "Merge clusters")
    qtbot.waitExposed(dock)
    dock.table.setFocus()
    activate(dock)
    return dock


@pytest.fixture
def click_rows(qtbot):
    """Click the rows of classes in the merge dock's table, the further ones with Ctrl."""
    from qtpy.QtCore import Qt

    def click(dock, *clusters):
        for position, cluster in enumerate(clusters):
            (row,) = dock.model.rows_touching([cluster])
            index = dock.table.model().mapFromSource(dock.model.index(row, 4))
            dock.table.scrollTo(index)
            modifier = Qt.KeyboardModifier.ControlModifier if position else Qt.KeyboardModifier(0)
            where = dock.table.visualRect(index).center()
            qtbot.mouseClick(dock.table.viewport(), Qt.MouseButton.LeftButton, modifier, where)

    return click


@pytest.fixture
def no_dialog_stays_open(qtbot):
    """A question that a test does not expect is cancelled instead of waiting for ever."""

    def cancel():
        dialog = QApplication.activeModalWidget()
        if dialog is not None:
            dialog.reject()

    timer = QTimer()
    timer.timeout.connect(cancel)
    timer.start(15000)
    yield
    timer.stop()


@pytest.fixture
def told(monkeypatch):
    """Sentences shown as errors and as information."""
    found = {"error": [], "info": []}
    monkeypatch.setattr("napari_dgc.gui.messages.show_error", found["error"].append)
    monkeypatch.setattr("napari_dgc.gui.messages.show_info", found["info"].append)
    return found


@pytest.fixture
def canvas(labelled, viewer, qtbot):
    """The canvas, with the first scan's classes ready to be painted."""
    viewer.window._qt_viewer.show()
    viewer.reset_view()
    qtbot.wait(50)
    layer = labelled[0].labels
    viewer.layers.selection.active = layer
    layer.mode = "paint"
    layer.brush_size = 1
    layer.selected_label = 3
    return viewer.window._qt_viewer.canvas.native


@pytest.fixture
def drag(viewer, qtbot):
    """Press the mouse on a pixel of a layer, move it over others, and let go."""
    from qtpy.QtCore import QPoint, Qt

    canvas = viewer.window._qt_viewer.canvas

    def place(layer, row, column):
        world = layer.data_to_world((row, column))
        position = canvas.view.scene.node_transform(canvas.view).map([world[-1], world[-2], 0, 1])
        return QPoint(*(round(float(value)) for value in position[:2] / position[3]))

    def drag(layer, points):
        places = [place(layer, *point) for point in points]
        qtbot.mouseMove(canvas.native, places[0])
        qtbot.mousePress(canvas.native, Qt.MouseButton.LeftButton, pos=places[0])
        for where in places[1:]:
            qtbot.mouseMove(canvas.native, where)
            qtbot.wait(20)
        qtbot.mouseRelease(canvas.native, Qt.MouseButton.LeftButton, pos=places[-1])

    return drag
