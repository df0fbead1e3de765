"""A scan from disk to exported classes, with real clicks and the real method."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_dgc.annotations import read_labels
from napari_dgc.gui.docking import enclosing_dock
from napari_dgc.gui.merge_dock import MergeDock
from napari_dgc.gui.session import TrainingState, get_session
from napari_dgc.gui.train_dock import TrainDock
from napari_dgc.gui.worker import get_trainer
from napari_dgc.samples import maize_kernels


@pytest.fixture
def viewer(make_napari_viewer):
    return make_napari_viewer(show=True)


@pytest.fixture
def docks(viewer, qtbot):
    train, merge = TrainDock(viewer), MergeDock(viewer)
    viewer.window.add_dock_widget(train, name="DGC: train")
    viewer.window.add_dock_widget(merge, name="Merge clusters")
    yield train, merge
    trainer = get_trainer(get_session(viewer))
    trainer.stop()
    qtbot.waitUntil(lambda: not trainer.running, timeout=60000)


def test_from_a_file_to_exported_classes(docks, viewer, qtbot, tmp_path):
    train, merge = docks
    session = get_session(viewer)
    viewer.open(maize_kernels(), plugin="napari-dgc")
    (scan,) = session.scans
    maps = []

    def remember():
        if scan.labels is not None and not any(np.array_equal(scan.labels.data, m) for m in maps):
            maps.append(scan.labels.data.copy())

    session.labels_changed.connect(remember)
    enclosing_dock(train).raise_()
    train.options.epochs.setValue(100)
    train.options.clusters.setValue(6)
    qtbot.mouseClick(train.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(maps) >= 2 or not session.state.running, timeout=120000)
    qtbot.mouseClick(train.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not session.state.running, timeout=60000)
    assert session.state is TrainingState.STOPPED
    assert len(maps) >= 2
    np.testing.assert_array_equal(scan.fine, session.model.predict(scan.cube))

    enclosing_dock(merge).raise_()
    qtbot.waitUntil(lambda: not merge.visibleRegion().isEmpty())
    before = scan.labels.data.copy()
    first, second = (int(number) for number in np.unique(before[before > 0])[:2])
    merge.table.select_clusters([first, second])
    qtbot.mouseClick(merge.buttons.merge, Qt.MouseButton.LeftButton)
    merged = scan.labels.data.copy()
    assert (merged[before == second] == first).all()
    qtbot.mouseClick(merge.buttons.undo, Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(scan.labels.data, before)
    qtbot.mouseClick(merge.buttons.redo, Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(scan.labels.data, merged)

    merge.export.folder.setText(str(tmp_path))
    qtbot.mouseClick(merge.export.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not merge.export.writing)
    written = read_labels(tmp_path / f"{scan.name}.tif")
    np.testing.assert_array_equal(written, scan.labels.data)
