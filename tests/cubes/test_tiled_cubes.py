"""Cubes in files of tiles are the cubes they were made from."""

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes.lazy import LazyCube
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.cubes.reading_cost import reading_boxes, reading_cost
from napari_dgc.cubes.tiled import TiledCube, write_tiles
from napari_dgc.errors import UserError

CUBE = np.random.default_rng(3).integers(-500, 500, (9, 150, 131)).astype(np.int16)


@pytest.fixture(scope="module")
def tiled(tmp_path_factory):
    path = tmp_path_factory.mktemp("tiles") / "scan.tiles"
    write_tiles(CUBE, path)
    return TiledCube(path)


spans = st.builds(
    slice,
    st.none() | st.integers(-160, 160),
    st.none() | st.integers(-160, 160),
    st.sampled_from([None, 1, 2, 3, 70, -1, -5]),
)


@settings(max_examples=150, deadline=None)
@given(key=st.tuples(spans | st.integers(-9, 8), spans | st.integers(-131, 130), spans))
def test_every_window_is_that_of_the_cube(tiled, key):
    np.testing.assert_array_equal(tiled[key], CUBE[key])


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0)])
def test_tiles_of_files_in_any_order_are_the_same(tmp_path, tiled, order):
    path = tmp_path / "scan.raw"
    path.write_bytes(CUBE.transpose(order).astype(">i2").tobytes())
    stored = [CUBE.shape[axis] for axis in order]
    source = PlainCube(path, np.dtype(">i2"), 0, stored, np.argsort(order).tolist())
    write_tiles(source, tmp_path / "scan.tiles")
    copied = TiledCube(tmp_path / "scan.tiles")
    np.testing.assert_array_equal(copied[:], CUBE)
    assert copied.dtype == np.int16


def test_every_sample_is_read_once_and_chunks_are_not_cut(tmp_path):
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        stored = file.create_dataset("cube", data=CUBE, chunks=(2, 50, 131), compression="gzip")
        cube = LazyCube(stored, (0, 1, 2), "scan")
        seen = np.zeros(CUBE.shape, int)
        for box in reading_boxes(cube, 30_000):
            seen[box] += 1
            assert box[0].start % 2 == 0 and box[1].start % 50 == 0
        assert (seen == 1).all()


def test_cost_tells_windows_that_read_more_than_they_need(tmp_path):
    path = tmp_path / "scan.raw"
    path.write_bytes(bytes(4 * 300 * 80 * 1024))
    planes = PlainCube(path, np.dtype("<f4"), 0, (300, 80, 1024))
    pixels = PlainCube(path, np.dtype("<f4"), 0, (80, 1024, 300), (2, 0, 1))
    patch, plane = (300, 64, 64), (1, 80, 1024)
    assert reading_cost(planes, patch) == pytest.approx(16)
    assert reading_cost(planes, plane) == pytest.approx(1)
    assert reading_cost(pixels, patch) < 1.1
    assert reading_cost(pixels, plane) > 250
    assert reading_cost(np.zeros((300, 80, 1024)), patch) == 1


def test_stopping_leaves_nothing_behind(tmp_path):
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        write_tiles(CUBE, tmp_path / "scan.tiles", token=source.token)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("damage", ["cut", "kind", "shape"])
def test_damaged_tiles_are_refused(tmp_path, damage):
    path = tmp_path / "scan.tiles"
    write_tiles(CUBE, path)
    content = path.read_bytes()
    changed = {
        "cut": content[:-1],
        "kind": content.replace(b"tiles 1", b"tiles 9"),
        "shape": content.replace(b"[9, 150, 131]", b"[9, 950, 131]"),
    }[damage]
    path.write_bytes(changed)
    with pytest.raises(UserError, match=r"scan\.tiles"):
        TiledCube(path)
