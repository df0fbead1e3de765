"""MATLAB v4 to v7 files are read where they lie, or unpacked to disk once."""

import os
import struct

import numpy as np
import pytest
import scipy.io

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes.matlab import inflate, plain
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError

TYPES = ["f8", "f4", "i1", "u1", "i2", "u2", "i4", "u4"]


@pytest.fixture
def small_memory(monkeypatch):
    """Everything that is compressed counts as large."""
    monkeypatch.setattr(inflate, "IN_MEMORY", 0)


@pytest.mark.parametrize("code", TYPES)
def test_every_type_in_either_byte_order_is_read_in_place(tmp_path, mat5, scene, code):
    values = (scene * 50).astype(code)
    mat5.write(tmp_path / "leaf.mat", mat5.array("leaf", values))
    cube = open_cube(tmp_path / "leaf.mat", layout="band-row-column")
    assert isinstance(cube.data, PlainCube)
    assert cube.data.dtype.newbyteorder("=") == np.dtype(code)
    np.testing.assert_array_equal(np.asarray(cube.data), values)
    np.testing.assert_array_equal(cube.read(slice(2, 9), slice(3, 4)), values[:, 2:9, 3:4])


@pytest.mark.parametrize("order", ["<", ">"])
def test_version_4_holds_matrices_only(tmp_path, scene, order):
    pixels = scene.transpose(1, 2, 0).reshape(17 * 23, 31, order="F")

    def matrix(name, values, kind):
        code = (0 if order == "<" else 1000) + 10 * kind
        head = struct.pack(f"{order}5i", code, *values.shape, 0, len(name) + 1)
        stored = values.astype(order + ("f8", "f4")[kind]).tobytes(order="F")
        return head + name.encode() + b"\0" + stored

    content = matrix("Y", pixels, 1)
    for name, value in (("rows", 17.0), ("cols", 23.0)):
        content += matrix(name, np.array([[value]]), 0)
    (tmp_path / "old.mat").write_bytes(content)
    cube = open_cube(tmp_path / "old.mat")
    assert cube.format == "MATLAB v4"
    assert isinstance(cube.data, PlainCube)
    np.testing.assert_array_equal(np.asarray(cube.data), scene)


def test_version_4_as_scipy_writes_it(tmp_path, scene):
    pixels = scene.transpose(1, 2, 0).reshape(17 * 23, 31, order="F")
    scipy.io.savemat(
        tmp_path / "old.mat", {"Y": pixels, "M": 17, "N": 23, "who": "leaf"}, format="4"
    )
    np.testing.assert_array_equal(np.asarray(open_cube(tmp_path / "old.mat").data), scene)
    with pytest.raises(UserError, match=r"who \(1×4 char\).* is not a cube"):
        open_cube(tmp_path / "old.mat", variable="who")


def test_large_compressed_variables_are_unpacked_once(
    tmp_path, mat5, scene, own_cache, small_memory
):
    path = tmp_path / "leaf.mat"
    mat5.write(path, mat5.compressed(mat5.array("leaf", scene)))
    shares = []
    cube = open_cube(path, progress=shares.append)
    assert isinstance(cube.data, PlainCube)
    assert shares and shares[-1] == 1.0 and shares == sorted(shares)
    np.testing.assert_array_equal(np.asarray(cube.data), scene)
    (entry,) = own_cache.iterdir()
    made = entry.stat().st_ino
    # The same content under another name, and at another time, is not unpacked again.
    path.rename(tmp_path / "renamed.mat")
    os.utime(tmp_path / "renamed.mat", (0, 0))
    shares.clear()
    again = open_cube(tmp_path / "renamed.mat", progress=shares.append)
    np.testing.assert_array_equal(np.asarray(again.data), scene)
    assert not shares
    assert [file.stat().st_ino for file in own_cache.iterdir()] == [made]


def test_other_content_under_the_same_name_is_unpacked_anew(
    tmp_path, little, scene, own_cache, small_memory
):
    path = tmp_path / "leaf.mat"
    for values in (scene, scene + 1):
        little.write(path, little.compressed(little.array("leaf", values)))
        np.testing.assert_array_equal(np.asarray(open_cube(path).data), values)
    assert len(list(own_cache.iterdir())) == 2


def test_unpacking_can_be_cancelled_and_leaves_nothing_behind(
    tmp_path, little, scene, own_cache, small_memory, monkeypatch
):
    monkeypatch.setattr(inflate, "_STEP", 4096)
    path = tmp_path / "leaf.mat"
    little.write(path, little.compressed(little.array("leaf", scene)))
    source = CancelSource()

    def stop(share):
        if share > 0.5:
            source.cancel()

    with pytest.raises(InterruptedError):
        open_cube(path, token=source.token, progress=stop)
    assert list(own_cache.iterdir()) == []
    np.testing.assert_array_equal(np.asarray(open_cube(path).data), scene)


def test_large_compressed_structs_are_looked_into_when_nothing_else_is_the_cube(
    tmp_path, little, scene, own_cache, monkeypatch
):
    monkeypatch.setattr(plain, "UNFOLDED", 0)
    centres = little.array("", np.linspace(400, 1000, 31)[None])
    packed = little.compressed(
        little.struct("scan", {"data": little.array("", scene), "wl": centres})
    )
    little.write(tmp_path / "struct.mat", packed)
    cube = open_cube(tmp_path / "struct.mat")
    assert cube.variable == "scan.data"
    assert cube.wavelength_unit == "nm"
    np.testing.assert_array_equal(np.asarray(cube.data), scene)
    assert len(list(own_cache.iterdir())) == 1
    # Beside a cube of its own the struct stays packed, unless it is asked for.
    for file in own_cache.iterdir():
        file.unlink()
    little.write(tmp_path / "both.mat", packed, little.array("leaf", scene * 2))
    assert open_cube(tmp_path / "both.mat").variable == "leaf"
    assert list(own_cache.iterdir()) == []
    asked = open_cube(tmp_path / "both.mat", variable="scan.data")
    np.testing.assert_array_equal(np.asarray(asked.data), scene)


def test_what_does_not_fit_the_limit_is_refused(tmp_path, little, scene, small_memory, monkeypatch):
    monkeypatch.setenv("NAPARI_DGC_CACHE_GB", "0.00001")
    little.write(tmp_path / "leaf.mat", little.compressed(little.array("leaf", scene)))
    with pytest.raises(UserError, match=r"NAPARI_DGC_CACHE_GB.*v7\.3"):
        open_cube(tmp_path / "leaf.mat")
