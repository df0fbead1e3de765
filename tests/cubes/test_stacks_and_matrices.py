"""Stacks of cubes and flattened cubes in HDF5, NumPy and Zarr files."""

import h5py
import numpy as np
import pytest
import zarr

from napari_dgc.cubes.choices import AmbiguousVariable
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError


def _hdf5(path, arrays):
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            file[name] = values


def _hdf5_packed(path, arrays):
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            packed = {"compression": "gzip"} if np.ndim(values) > 1 else {}
            file.create_dataset(name, data=values, **packed)


def _zarr(path, arrays):
    group = zarr.open_group(path, mode="w", zarr_format=3)
    for name, values in arrays.items():
        values = np.asarray(values)
        chunks = tuple(max(1, length // 2) for length in values.shape)
        made = group.create_array(name, shape=values.shape, dtype=values.dtype, chunks=chunks)
        made[...] = values


def _npz(path, arrays):
    np.savez(path, **arrays)


def _npz_packed(path, arrays):
    np.savez_compressed(path, **arrays)


def _npz_fortran(path, arrays):
    np.savez(path, **{name: np.asfortranarray(values) for name, values in arrays.items()})


WRITERS = {
    "HDF5": (".h5", _hdf5),
    "packed HDF5": (".h5", _hdf5_packed),
    "Zarr": (".zarr", _zarr),
    "npz": (".npz", _npz),
    "packed npz": (".npz", _npz_packed),
    "npz, first axis fastest": (".npz", _npz_fortran),
}


@pytest.fixture(params=WRITERS)
def write(request, tmp_path):
    """Write named arrays to a new file of one kind; return its path."""
    suffix, writer = WRITERS[request.param]

    def write(name, **arrays):
        writer(tmp_path / f"{name}{suffix}", arrays)
        return tmp_path / f"{name}{suffix}"

    return write


@pytest.fixture
def days(scene):
    """Three scans of one leaf, each (row, column, band)."""
    return [scene.transpose(1, 2, 0) * (day + 1) for day in range(3)]


@pytest.fixture
def pixels(scene):
    """The pixels of the scene row by row, (pixel, band)."""
    return np.ascontiguousarray(scene.transpose(1, 2, 0).reshape(17 * 23, 31))


def test_each_cube_of_a_stack_is_offered_and_opens(write, days):
    for path, pattern in (
        (write("last", scans=np.stack(days, axis=3)), "scans(:,:,:,{})"),
        (write("first", scans=np.stack(days)), "scans({},:,:,:)"),
    ):
        assert can_open(path)
        with pytest.raises(AmbiguousVariable, match="--variable") as asked:
            open_cube(path)
        names = [info.name for info in asked.value.candidates]
        assert names == [pattern.format(day) for day in (1, 2, 3)]
        assert asked.value.candidates[0].shape == (17, 23, 31)
        for place, values in zip(names, days, strict=True):
            cube = open_cube(path, variable=place)
            assert (cube.variable, cube.layout) == (place, "row-column-band")
            whole = values.transpose(2, 0, 1)
            np.testing.assert_array_equal(np.asarray(cube.data), whole)
            np.testing.assert_array_equal(cube.data[3:20:4, 2:9, ::-5], whole[3:20:4, 2:9, ::-5])


def test_wavelengths_tell_which_axis_counts_the_cubes(write):
    noise = np.random.default_rng(0).random((12, 10, 9, 14))
    path = write("times", data=noise, wavelengths=np.linspace(400, 700, 14))
    with pytest.raises(AmbiguousVariable) as asked:
        open_cube(path)
    assert [info.name for info in asked.value.candidates][:2] == ["data(1,:,:,:)", "data(2,:,:,:)"]
    cube = open_cube(path, variable="data(4,:,:,:)")
    np.testing.assert_array_equal(np.asarray(cube.data), noise[3].transpose(2, 0, 1))
    assert cube.wavelength_unit == "nm"


def test_what_cannot_be_named_is_told(write, days):
    path = write("scans", scans=np.stack(days))
    with pytest.raises(UserError, match=r"four axes.*'scans\(1,:,:,:\)'"):
        open_cube(path, variable="scans")
    for wrong in ("scans(4,:,:,:)", "scans(0,:,:,:)", "scans(1,1,:,:)", "days(1,:,:,:)"):
        with pytest.raises(UserError, match=r"holds no .* it holds “scans”"):
            open_cube(path, variable=wrong)


def test_flattened_cubes_open_after_what_lies_beside_them(write, scene, pixels):
    for name, beside in (
        ("numbers", {"rows": 17, "cols": 23}),
        ("size", {"image_size": np.array([17, 23])}),
        ("mask", {"mask": np.ones((17, 23), np.uint8)}),
    ):
        for matrix, turned in ((pixels, False), (np.ascontiguousarray(pixels.T), True)):
            cube = open_cube(write(f"{name}{turned}", data=matrix, **beside), layout="row-by-row")
            np.testing.assert_array_equal(np.asarray(cube.data), scene)
            np.testing.assert_array_equal(cube.data[5, 3:9, ::-3], scene[5, 3:9, ::-3])


def test_the_size_can_be_given(write, scene, pixels):
    path = write("pixels", data=pixels)
    with pytest.raises(AmbiguousVariable, match="--rows-columns ROWS COLUMNS") as asked:
        open_cube(path)
    assert [(info.name, info.shape) for info in asked.value.candidates] == [("data", (391, 31))]
    for variable in (None, "data"):
        cube = open_cube(path, variable=variable, image=(17, 23), layout="row-by-row")
        np.testing.assert_array_equal(np.asarray(cube.data), scene)
    with pytest.raises(UserError, match=r"17×24 = 408 pixels.*check --rows-columns"):
        open_cube(path, image=(17, 24))
    with pytest.raises(UserError, match=r"which are 408 pixels, neither 391 nor 31"):
        open_cube(path, variable="data", image=(17, 24))
    with pytest.raises(UserError, match="--rows-columns"):
        open_cube(path, variable="data")


def test_npy_files_are_stacks_and_matrices_too(tmp_path, scene, days, pixels):
    for order in (np.ascontiguousarray, np.asfortranarray):
        np.save(tmp_path / "stack.npy", order(np.stack(days, axis=3)))
        assert can_open(tmp_path / "stack.npy")
        with pytest.raises(AmbiguousVariable) as asked:
            open_cube(tmp_path / "stack.npy")
        assert [info.name for info in asked.value.candidates][1] == "(:,:,:,2)"
        cube = open_cube(tmp_path / "stack.npy", variable="(:,:,:,2)")
        np.testing.assert_array_equal(np.asarray(cube.data), days[1].transpose(2, 0, 1))
        np.save(tmp_path / "pixels.npy", order(pixels))
        assert can_open(tmp_path / "pixels.npy")
        with pytest.raises(AmbiguousVariable, match="--rows-columns"):
            open_cube(tmp_path / "pixels.npy")
        cube = open_cube(tmp_path / "pixels.npy", image=(17, 23), layout="row-by-row")
        np.testing.assert_array_equal(np.asarray(cube.data), scene)
    with pytest.raises(UserError, match="leave --variable out"):
        open_cube(tmp_path / "pixels.npy", variable="leaf")


def test_the_order_of_pixels_is_found_by_the_picture(tmp_path):
    row, column = np.mgrid[:40, :70] / 10
    spectra = np.linspace(1, 2, 12) * (np.sin(row * 2) + np.cos(column * 3) + 3)[:, :, None]
    for order, layout in (("C", "row-by-row"), ("F", "column-by-column")):
        np.save(tmp_path / "pixels.npy", spectra.reshape(-1, 12, order=order))
        cube = open_cube(tmp_path / "pixels.npy", image=(40, 70))
        assert cube.layout == layout
        np.testing.assert_array_equal(np.asarray(cube.data), spectra.transpose(2, 0, 1))


def test_attributes_tell_the_size(tmp_path, scene, pixels):
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file["run/data"] = pixels
        file["run/data"].attrs["rows"], file["run"].attrs["height"] = 17, 17
        file["run/data"].attrs["cols"] = 23
    cube = open_cube(tmp_path / "scan.h5", layout="row-by-row")
    np.testing.assert_array_equal(np.asarray(cube.data), scene)


def test_the_size_is_refused_where_rows_and_columns_are_known(write, scene):
    path = write("scan", data=scene)
    with pytest.raises(UserError, match=r"17 rows × 23 columns; --rows-columns is for matrices"):
        open_cube(path, image=(17, 31))


def test_two_datasets_are_asked_about_though_one_has_wavelengths(write, scene):
    path = write("two", leaf=scene, panel=scene[:, :9], wavelengths=np.linspace(400, 700, 31))
    with pytest.raises(AmbiguousVariable, match="--variable NAME") as asked:
        open_cube(path)
    assert {info.name for info in asked.value.candidates} == {"leaf", "panel"}


def test_an_attribute_with_wavelengths_chooses_no_dataset(tmp_path, scene):
    with h5py.File(tmp_path / "two.h5", "w") as file:
        file["leaf"], file["dark"] = scene, scene
        file["leaf"].attrs["wavelength"] = np.linspace(400, 700, 31)
    with pytest.raises(AmbiguousVariable, match="--variable NAME"):
        open_cube(tmp_path / "two.h5")
