"""NumPy files are read where they lie, and nothing in them is ever run."""

import io
import pickle
import zipfile

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import numpy_files
from napari_dgc.cubes.choices import AmbiguousLayout, AmbiguousVariable
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

CUBE = np.arange(9 * 7 * 12, dtype=np.uint16).reshape(9, 7, 12)
CENTRES = np.linspace(400, 950, 12)


class Trap:
    """Fails the test when it is unpickled."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was run",)


def header(text, version=b"\x01\x00"):
    return b"\x93NUMPY" + version + len(text).to_bytes(2, "little") + text.encode()


def test_samples_stay_in_the_file(tmp_path):
    for name, array in (("c", CUBE), ("fortran", np.asfortranarray(CUBE)), ("big", CUBE)):
        path = tmp_path / f"{name}.npy"
        np.save(path, array.astype(">u2") if name == "big" else array)
        cube = open_cube(path, layout="row-column-band")
        assert isinstance(cube.data, PlainCube)
        np.testing.assert_array_equal(np.asarray(cube.data).transpose(1, 2, 0), CUBE)
        given = open_cube(path, wavelengths=CENTRES)
        assert given.layout == "row-column-band"
        np.testing.assert_array_equal(given.wavelengths, CENTRES)


def test_the_layout_is_asked_where_nothing_tells(tmp_path):
    noise = np.random.default_rng(0).random((20, 21, 22))
    np.save(tmp_path / "noise.npy", noise)
    with pytest.raises(AmbiguousLayout):
        open_cube(tmp_path / "noise.npy")


@pytest.mark.parametrize(
    ("array", "reason"),
    [
        (np.zeros((9, 7), np.uint8), "such as a label image"),
        (np.zeros((1, 9, 7, 1), np.uint8), "such as a label image"),
        (np.zeros(5), "three axes"),
        (np.zeros((2, 3, 4, 5)), "three axes"),
        (np.zeros((0, 3, 4)), "is empty"),
        (np.zeros((3, 4, 5), complex), "complex numbers"),
        (np.zeros((3, 4, 5), bool), "holds bool"),
        (np.zeros((3, 4, 5), "U3"), "not a cube of real numbers"),
        (np.zeros((3, 4, 5), [("a", "f4")]), "not a cube of real numbers"),
    ],
)
def test_other_arrays_are_refused(tmp_path, array, reason):
    path = tmp_path / "other.npy"
    np.save(path, array)
    assert not can_open(path)
    with pytest.raises(UserError, match=reason):
        open_cube(path)


def test_objects_are_never_unpickled(tmp_path):
    content = header("{'descr': '|O', 'fortran_order': False, 'shape': (3, 4, 5), }\n")
    (tmp_path / "trap.npy").write_bytes(content + pickle.dumps(Trap()))
    with pytest.raises(UserError, match="Python objects"):
        open_cube(tmp_path / "trap.npy")
    with zipfile.ZipFile(tmp_path / "trap.npz", "w") as file:
        file.writestr("cube.npy", content + pickle.dumps(Trap()))
    for variable in (None, "cube"):
        with pytest.raises(UserError, match="not a cube of real numbers"):
            open_cube(tmp_path / "trap.npz", variable=variable)


@pytest.mark.parametrize(
    "content",
    [
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00\x10\x00",
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (-3, 4, 5)}\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4, 5)}\n") + bytes(100),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (10**6,)*2}\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000, 300)}\n"),
        header("{'descr': '<f4', 'fortran_order': False, 'shape': (1e3, 4, 5)}\n"),
        header("{'descr': __import__('os'), 'fortran_order': False, 'shape': (3, 4, 5)}\n"),
        header("(" * 9000),
        b"not numpy at all",
    ],
)
def test_damaged_files_are_refused_in_one_sentence(tmp_path, content):
    path = tmp_path / "bad.npy"
    path.write_bytes(content)
    with pytest.raises(UserError) as refused:
        open_cube(path)
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    assert path.name in message


def test_npz_holds_wavelengths_and_labels_beside_the_cube(tmp_path):
    path = tmp_path / "scan.npz"
    labels = np.zeros((9, 7), np.uint8)
    for save, lazy in ((np.savez, True), (np.savez_compressed, False)):
        save(path, scan=CUBE, wl=CENTRES, labels=labels)
        cube = open_cube(path)
        assert (cube.variable, cube.layout) == ("scan", "row-column-band")
        assert isinstance(cube.data, PlainCube) == lazy
        np.testing.assert_array_equal(cube.wavelengths, CENTRES)
        np.testing.assert_array_equal(np.asarray(cube.data).transpose(1, 2, 0), CUBE)
    np.savez(path, one=CUBE, two=CUBE)
    with pytest.raises(AmbiguousVariable):
        open_cube(path)
    assert open_cube(path, variable="two", layout="row-column-band").variable == "two"


def test_damaged_npz_files_are_refused(tmp_path):
    path = tmp_path / "scan.npz"
    np.savez_compressed(path, cube=CUBE)
    whole = path.read_bytes()
    for content in (whole[: len(whole) // 2], b"PK\x03\x04", b"nothing"):
        path.write_bytes(content)
        with pytest.raises(UserError, match=r"scan\.npz is not a \.npz file or is damaged"):
            open_cube(path)
    array = io.BytesIO()
    np.save(array, np.zeros((9, 7), np.uint8))
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("labels.npy", array.getvalue())
        file.writestr("notes.txt", "nothing")
    with pytest.raises(UserError, match="label image"):
        open_cube(path)
    text = "{'descr': '<f4', 'fortran_order': False, 'shape': (100000, 100000, 300)}\n"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("cube.npy", header(text) + bytes(1000))
    with pytest.raises(UserError, match="the file has only"):
        open_cube(path)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NAPARI_DGC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(numpy_files, "IN_MEMORY", 0)
    return tmp_path / "cache"


@pytest.mark.parametrize("order", ["C", "F"])
def test_large_compressed_arrays_are_unpacked_once_to_disk(tmp_path, cache, order):
    cube = np.asarray(np.random.default_rng(2).random((6, 30, 20), np.float32), order=order)
    np.savez_compressed(tmp_path / "scan.npz", cube=cube)
    told = []
    opened = open_cube(tmp_path / "scan.npz", layout="band-row-column", progress=told.append)
    assert isinstance(opened.data, PlainCube)
    np.testing.assert_array_equal(opened.data[:], cube)
    assert told[-1] == 1
    (kept,) = cache.iterdir()
    (tmp_path / "scan.npz").rename(tmp_path / "renamed.npz")
    again = open_cube(tmp_path / "renamed.npz", layout="band-row-column", progress=told.append)
    np.testing.assert_array_equal(again.data[2, 5:9], cube[2, 5:9])
    assert list(cache.iterdir()) == [kept]


def test_unpacking_can_be_stopped_and_leaves_nothing(tmp_path, cache):
    np.savez_compressed(tmp_path / "scan.npz", cube=np.ones((6, 30, 20)))
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        open_cube(tmp_path / "scan.npz", layout="band-row-column", token=source.token)
    assert not cache.exists() or not list(cache.iterdir())


def test_damaged_compressed_arrays_are_refused_and_leave_nothing(tmp_path, cache):
    path = tmp_path / "scan.npz"
    np.savez_compressed(path, cube=np.random.default_rng(2).random((6, 30, 20)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 255
    path.write_bytes(content)
    with pytest.raises(UserError, match="is damaged") as refused:
        open_cube(path, layout="band-row-column")
    assert len(str(refused.value).splitlines()) == 1
    assert not cache.exists() or not list(cache.iterdir())
