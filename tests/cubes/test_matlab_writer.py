import h5py
import numpy as np
import pytest
from scipy.io.matlab import matfile_version

from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.cubes.read import open_cube


@pytest.fixture
def cube():
    bands, rows, columns = np.meshgrid(np.arange(5), np.arange(40), np.arange(70), indexing="ij")
    return (10000 * bands + 100 * rows + columns).astype(np.float32)


def test_the_file_carries_the_marks_of_matlab(tmp_path, cube):
    path = tmp_path / "scene.mat"
    write_matlab(path, cube, np.linspace(400, 1000, 5))
    assert path.read_bytes()[:19] == b"MATLAB 7.3 MAT-file"
    assert path.read_bytes()[124:128] == b"\x00\x02IM"
    assert matfile_version(path) == (2, 0)
    with h5py.File(path) as file:
        assert file.userblock_size == 512
        assert file["cube"].attrs["MATLAB_class"] == b"single"
        assert file["wavelengths"].attrs["MATLAB_class"] == b"double"
        # MATLAB reverses the axes: rows x columns x bands there, 1 x bands for the wavelengths.
        assert file["cube"].shape == (5, 70, 40)
        assert file["wavelengths"].shape == (5, 1)
        assert file["cube"][3, 60, 20] == 10000 * 3 + 100 * 20 + 60


def test_the_cube_reads_back_the_right_way_round(tmp_path, cube):
    path = tmp_path / "scene.mat"
    write_matlab(path, cube, np.linspace(400, 1000, 5))
    opened = open_cube(path)
    assert opened.variable == "cube"
    assert np.array_equal(opened.read(slice(None), slice(None)), cube)
    assert opened.wavelengths is not None
    assert np.allclose(opened.wavelengths, np.linspace(400, 1000, 5))


def test_the_same_cube_gives_the_same_file_and_leaves_nothing_else(tmp_path, cube):
    for name in ("first.mat", "second.mat"):
        write_matlab(tmp_path / name, cube)
    assert (tmp_path / "first.mat").read_bytes() == (tmp_path / "second.mat").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.mat", "second.mat"]
