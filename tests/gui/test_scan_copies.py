"""Scans in slow chunks are unpacked while they can be looked at."""

import threading

import h5py
import numpy as np
import pytest
from napari.settings import get_plugin_settings

from napari_dgc.cubes.cache_folder import CacheFolder
from napari_dgc.cubes.tiled import TiledCube
from napari_dgc.gui import scan_copies
from napari_dgc.gui.scan_list import ScanList
from napari_dgc.gui.session import get_session
from napari_dgc.gui.train_dock import TrainDock

CUBE = np.random.default_rng(0).random((5, 300, 310)).astype(np.float32)


@pytest.fixture
def planes(tmp_path, monkeypatch):
    path = tmp_path / "leaf.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("cube", data=CUBE, chunks=(1, 300, 310), compression="gzip")
        data.attrs["axes"] = "band row column"
        file["wavelengths"] = np.linspace(450, 800, 5)
    monkeypatch.setattr("napari_dgc.cubes.scan_cache.SMALLEST", 0)
    monkeypatch.setenv("NAPARI_DGC_CACHE", str(tmp_path / "cache"))
    return path


def rows_of(dock):
    scans = dock.findChild(ScanList)
    return [scans.item(row).text() for row in range(scans.count())]


def test_list_tells_how_far_and_the_picture_stays_the_same(viewer, qtbot, planes, monkeypatch):
    go_on, tiles_of = threading.Event(), scan_copies.tiles_of

    def held_up(cube, *, token, progress):
        progress(0.4)
        assert go_on.wait(20)
        return tiles_of(cube, token=token, progress=progress)

    monkeypatch.setattr(scan_copies, "tiles_of", held_up)
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock)
    viewer.open(planes, plugin="napari-dgc")
    (scan,) = get_session(viewer).scans
    qtbot.waitUntil(lambda: "unpacking 40 %" in rows_of(dock)[0])
    np.testing.assert_array_equal(np.asarray(scan.image.data[3]), CUBE[3])
    go_on.set()
    qtbot.waitUntil(lambda: "unpacking" not in rows_of(dock)[0], timeout=20_000)
    assert isinstance(scan.cube.data.data, TiledCube)
    np.testing.assert_array_equal(np.asarray(scan.image.data[3]), CUBE[3])


def test_closing_a_scan_stops_its_copy(viewer, qtbot, planes, monkeypatch, tmp_path):
    stopped = threading.Event()

    def until_stopped(cube, *, token, progress):
        while not token.cancelled:
            threading.Event().wait(0.01)
        stopped.set()
        raise InterruptedError

    monkeypatch.setattr(scan_copies, "tiles_of", until_stopped)
    viewer.open(planes, plugin="napari-dgc")
    viewer.layers.clear()
    qtbot.waitUntil(stopped.is_set)
    assert not (tmp_path / "cache").exists()


def test_without_room_the_scan_stays_open_and_that_is_said(viewer, qtbot, planes, monkeypatch):
    said = []
    monkeypatch.setattr(scan_copies.messages, "show_info", said.append)
    monkeypatch.setenv("NAPARI_DGC_CACHE_GB", "0")
    viewer.open(planes, plugin="napari-dgc")
    qtbot.waitUntil(lambda: any("read from its file, slowly" in text for text in said))
    (scan,) = get_session(viewer).scans
    np.testing.assert_array_equal(np.asarray(scan.image.data[2]), CUBE[2])


def test_room_for_copies_is_a_preference(viewer, planes):
    scans = get_plugin_settings("napari-dgc").scans
    before = scans.cache_gigabytes
    try:
        get_session(viewer)
        scans.cache_gigabytes = 3
        assert CacheFolder().limit == 3 * 10**9
    finally:
        scans.cache_gigabytes = before
    assert CacheFolder().limit == before * 10**9
