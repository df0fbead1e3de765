"""Plain samples are read from where they lie."""

import numpy as np
import pytest

from napari_dgc.cubes import plain_file
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.errors import UserError

CUBE = np.arange(7 * 30 * 20, dtype=">i2").reshape(7, 30, 20)
ORDERS = {"bsq": (0, 1, 2), "bil": (1, 0, 2), "bip": (1, 2, 0)}


def written(folder, interleave):
    order = ORDERS[interleave]
    path = folder / f"scan.{interleave}"
    path.write_bytes(b"header" + CUBE.transpose(order).tobytes())
    stored = [CUBE.shape[axis] for axis in order]
    return path, PlainCube(path, CUBE.dtype, 6, stored, np.argsort(order).tolist())


@pytest.mark.parametrize("interleave", ORDERS)
@pytest.mark.parametrize("sparse", [0, 32])
@pytest.mark.parametrize(
    "key",
    [
        np.s_[:],
        np.s_[3],
        np.s_[:, 4, 5],
        np.s_[1:6:2, 20:3:-4, ::7],
        np.s_[[5, 0], 2:4, :],
        np.s_[:, 5:5, :],
    ],
)
def test_every_window_is_read_as_numpy_would(tmp_path, monkeypatch, interleave, sparse, key):
    monkeypatch.setattr(plain_file, "_SPARSE", sparse)  # with 0 everything is mapped
    monkeypatch.setattr(plain_file, "HELD", 3000)
    _, cube = written(tmp_path, interleave)
    np.testing.assert_array_equal(cube[key], CUBE[key])
    np.testing.assert_array_equal(
        cube.transpose(1, 2, 0)[4:6, 3], np.asarray(CUBE.transpose(1, 2, 0)[4:6, 3])
    )


def test_file_that_became_shorter_is_refused_instead_of_ending_the_program(tmp_path):
    path, cube = written(tmp_path, "bil")
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(UserError, match=r"scan\.bil is too short: 8406 bytes"):
        cube[0]


def test_what_was_read_does_not_follow_the_file(tmp_path):
    path, cube = written(tmp_path, "bsq")
    band = cube[2]
    with path.open("rb+") as file:
        file.write(b"\0" * 8406)
    np.testing.assert_array_equal(band, CUBE[2])
