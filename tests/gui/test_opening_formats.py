"""Cubes of every format become layers in napari; pictures and labels are left to its readers."""

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from npe2 import PluginManager
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_dgc.gui.open import get_reader, read
from napari_dgc.gui.session import get_session

BANDS, ROWS, COLUMNS = 7, 20, 30
CUBE = np.random.default_rng(1).random((BANDS, ROWS, COLUMNS)).astype(np.float32)
CENTRES = np.linspace(400, 1000, BANDS)


def write_tiff(path):
    labels = [f"{centre} nm" for centre in CENTRES]
    tifffile.imwrite(path, CUBE, imagej=True, metadata={"axes": "CYX", "Labels": labels})


def write_hdf5(path):
    with h5py.File(path, "w") as file:
        file["scan/reflectance"] = CUBE.transpose(1, 2, 0)
        file["scan/wavelengths"] = CENTRES


def write_npz(path):
    np.savez(path, cube=CUBE, wavelengths=CENTRES)


def write_zarr(path):
    array = zarr.create_array(path, shape=CUBE.shape, dtype="float32", chunks=(7, 8, 8))
    array[...] = CUBE
    array.attrs["wavelengths"] = CENTRES.tolist()


WRITERS = {"a.tif": write_tiff, "a.h5": write_hdf5, "a.npz": write_npz, "a.zarr": write_zarr}


@pytest.mark.parametrize("name", WRITERS)
def test_a_cube_opens_with_its_wavelengths_and_the_right_way_round(viewer, tmp_path, name):
    path = tmp_path / name
    WRITERS[name](path)
    assert get_reader(str(path)) is read
    viewer.open(path, plugin="napari-dgc")
    bands, composite = viewer.layers
    assert bands.name == "a"
    assert composite.rgb
    np.testing.assert_array_equal(np.asarray(bands.data[3]), CUBE[3])
    assert tuple(bands.axis_labels) == ("wavelength", "y", "x")
    (scan,) = get_session(viewer).scans
    np.testing.assert_allclose(scan.cube.wavelengths_nm, CENTRES)


@pytest.mark.parametrize(
    "name",
    ["a.tif", "a.TIFF", "a.btf", "a.h5", "a.hdf5", "a.he5", "a.nc", "a.npy", "a.npz", "a.zarr"],
)
def test_napari_offers_the_reader_for(name):
    PluginManager.instance().discover()
    found = PluginManager.instance().iter_compatible_readers([f"/somewhere/{name}"])
    assert "napari-dgc" in {reader.plugin_name for reader in found}


def test_pictures_labels_and_other_folders_are_left_to_others(tmp_path):
    PluginManager.instance().discover()
    labels = (CUBE[0] * 4).astype(np.uint8)
    tifffile.imwrite(tmp_path / "labels.tif", labels)
    tifffile.imwrite(tmp_path / "photo.tif", np.zeros((20, 30, 3), np.uint8), photometric="rgb")
    tifffile.imwrite(tmp_path / "stack.tif", np.zeros((3, 20, 30), np.uint16))
    np.save(tmp_path / "labels.npy", labels)
    np.save(tmp_path / "list.npy", CENTRES)
    zarr.create_array(tmp_path / "labels.zarr", data=labels)
    (tmp_path / "pictures").mkdir()
    for path in (*tmp_path.iterdir(), tmp_path):
        assert get_reader(str(path)) is None, path.name


def test_which_dataset_is_the_cube_is_asked(viewer, tmp_path, qtbot):
    path = tmp_path / "leaf.h5"
    with h5py.File(path, "w") as file:
        for side in ("back", "front"):
            data = file.create_dataset(f"{side}/reflectance", data=CUBE.transpose(1, 2, 0))
            data.attrs["wavelengths"] = CENTRES
    asked = []

    def answer():
        dialog = QApplication.activeModalWidget()
        if dialog is None:
            QTimer.singleShot(50, answer)
            return
        asked.append(dialog.windowTitle())
        dialog.accept()

    QTimer.singleShot(50, answer)
    viewer.open(path, plugin="napari-dgc")
    assert asked == ["Which variable is the cube?"]
    (scan,) = get_session(viewer).scans
    assert scan.cube.variable == "back/reflectance"
