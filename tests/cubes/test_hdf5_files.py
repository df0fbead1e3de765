"""HDF5 files of any program: the cube is found in them, with what is said about it."""

import tracemalloc

import h5py
import numpy as np
import pytest

from napari_dgc.cubes import hdf5
from napari_dgc.cubes.choices import AmbiguousVariable
from napari_dgc.cubes.lazy import LazyCube
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

BANDS, ROWS, COLUMNS = 12, 9, 15
CUBE = np.random.default_rng(0).integers(1, 9000, (ROWS, COLUMNS, BANDS), np.int16)
CENTRES = np.linspace(400, 950, BANDS)
MOST_MEMORY = 200 << 20


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scan.h5"


def samples_of(cube):
    return np.asarray(cube.data).transpose(1, 2, 0)


def refusal(path, **options):
    """Open a cube that must be refused; return the sentence, having watched the memory."""
    tracemalloc.start()
    try:
        with pytest.raises(UserError) as refused:
            open_cube(path, **options)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    assert len(message) < 900
    assert path.name in message
    assert peak < MOST_MEMORY
    return message


def test_a_flight_line_comes_with_all_that_lies_around_it(path):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("SITE/Reflectance/Reflectance_Data", data=CUBE, chunks=True)
        data.attrs["Scale_Factor"] = [10000.0]
        data.attrs["Data_Ignore_Value"] = [-9999.0]
        spectral = file.create_group("SITE/Reflectance/Metadata/Spectral_Data")
        spectral["Wavelength"] = CENTRES
        spectral["Wavelength"].attrs["Units"] = "nanometers"
        spectral["FWHM"] = np.full(BANDS, 5.8)
        file["SITE/Reflectance/Metadata/Ancillary/Slope"] = np.zeros((ROWS, COLUMNS))
        file["SITE/Reflectance/Metadata/Map_Info"] = "UTM, 1.000"
    cube = open_cube(path)
    assert cube.variable == "SITE/Reflectance/Reflectance_Data"
    assert (cube.format, cube.layout, cube.scale) == ("HDF5", "row-column-band", 10000)
    assert cube.no_data == -9999
    np.testing.assert_array_equal(cube.wavelengths, CENTRES)
    assert cube.wavelength_unit == "nm"
    np.testing.assert_array_equal(cube.fwhm, np.full(BANDS, 5.8))
    assert isinstance(cube.data, LazyCube)
    np.testing.assert_array_equal(samples_of(cube), CUBE)


def test_netcdf_names_its_axes(tmp_path):
    path = tmp_path / "scan.nc"
    turned = CUBE.transpose(1, 2, 0)  # column, band, row
    with h5py.File(path, "w") as file:
        data = file.create_dataset("reflectance", data=turned)
        data.attrs["_FillValue"] = np.int16(-1)
        data.attrs["scale_factor"] = 0.5
        data.attrs["add_offset"] = 3.0
        lengths = {"x": np.arange(COLUMNS), "wavelength": CENTRES / 1e3, "y": np.arange(ROWS)}
        for axis, (name, values) in enumerate(lengths.items()):
            file[name] = values
            file[name].make_scale(name)
            data.dims[axis].attach_scale(file[name])
        file["wavelength"].attrs["units"] = "um"
    cube = open_cube(path)
    assert cube.format == "netCDF"
    assert cube.layout == "column-band-row"
    np.testing.assert_array_equal(samples_of(cube), CUBE)
    np.testing.assert_allclose(cube.wavelengths, CENTRES / 1e3)
    assert (cube.wavelength_unit, cube.no_data) == ("um", -1)
    read = cube.read(slice(2, 3), slice(4, 5))[:, 0, 0]
    np.testing.assert_allclose(read, CUBE[2, 4] * 0.5 + 3)


def test_lists_of_good_bands_and_units_in_names_count(path):
    with h5py.File(path, "w") as file:
        file["radiance"] = CUBE
        file["sensor_band_parameters/wavelengths"] = CENTRES
        file["sensor_band_parameters/good_wavelengths"] = [1] * 10 + [0] * 2
        file["sensor_band_parameters/fwhm"] = np.full(BANDS, 8.0)
    cube = open_cube(path)
    assert cube.bad_bands == (10, 11)
    np.testing.assert_array_equal(cube.fwhm, np.full(BANDS, 8.0))


def test_attributes_of_the_dataset_count(path):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("scan", data=CUBE.transpose(2, 0, 1))
        data.attrs["wavelength_um"] = CENTRES / 1e3
        data.attrs["band_names"] = [f"filter {n}" for n in range(BANDS)]
    cube = open_cube(path)
    assert (cube.layout, cube.wavelength_unit) == ("band-row-column", "um")
    assert cube.band_names[3] == "filter 3"
    np.testing.assert_array_equal(samples_of(cube), CUBE)


def test_nearer_wavelengths_count_more(path):
    with h5py.File(path, "w") as file:
        file["vnir/cube"] = CUBE
        file["vnir/wavelength"] = CENTRES
        file["swir/wavelength"] = CENTRES + 600
        file["swir/mask"] = np.ones((ROWS, COLUMNS), bool)
        file.attrs["wavelengths"] = CENTRES + 1
    np.testing.assert_array_equal(open_cube(path).wavelengths, CENTRES)


def test_which_dataset_is_asked_where_several_can_be_meant(path):
    with h5py.File(path, "w") as file:
        file["vnir/data"] = CUBE
        file["swir/data"] = CUBE[::2]
        file["swir/preview"] = np.zeros((90, 80, 3), np.uint8)
    with pytest.raises(AmbiguousVariable, match="--variable") as question:
        open_cube(path)
    names = [info.name for info in question.value.candidates]
    assert sorted(names) == ["swir/data", "vnir/data"]
    shapes = {info.name: info.shape for info in question.value.candidates}
    assert shapes["swir/data"] == (5, 15, 12)
    for name in ("swir/data", "/swir/data"):
        assert open_cube(path, variable=name, layout="row-column-band").rows == 5
    assert "several arrays called “data”" in refusal(path, variable="data")
    assert "holds no “nir/data”" in refusal(path, variable="nir/data")
    picture = open_cube(path, variable="preview", layout="row-column-band")
    assert (picture.n_bands, picture.rows) == (3, 90)


def test_the_dataset_called_cube_is_meant(path):
    with h5py.File(path, "w") as file:
        file["cube"], file["white"], file["wavelengths"] = CUBE, CUBE[:1], CENTRES
    cube = open_cube(path)
    assert cube.variable == "cube"
    assert any("“cube” is taken" in note for note in cube.notes)
    with pytest.raises(AmbiguousVariable):
        open_cube(path, ask=True)


def test_an_image_beside_the_cube_tells_its_axes(path):
    for order, layout in (((0, 1, 2), "row-column-band"), ((0, 2, 1), "row-band-column")):
        path.unlink(missing_ok=True)
        with h5py.File(path, "w") as file:
            file["swath/cube"] = CUBE.transpose(order)
            file["swath/latitude"] = np.zeros((ROWS, COLUMNS))
        cube = open_cube(path)
        assert cube.layout == layout
        np.testing.assert_array_equal(samples_of(cube), CUBE)


def test_axes_of_length_one_do_not_count(path):
    with h5py.File(path, "w") as file:
        file["scan"] = CUBE[None, :, :, None, :]
        file["wavelengths"] = CENTRES
    np.testing.assert_array_equal(samples_of(open_cube(path)), CUBE)


def test_the_file_stays_readable_while_another_program_has_it_open(path):
    with h5py.File(path, "w") as file:
        file["cube"], file["wavelengths"] = CUBE, CENTRES
    with h5py.File(path, "r"):
        np.testing.assert_array_equal(samples_of(open_cube(path)), CUBE)


def test_links_out_of_the_file_are_not_followed(tmp_path, path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["cube"] = CUBE
    with h5py.File(path, "w") as file:
        file["cube"] = h5py.ExternalLink("other.h5", "/cube")
        file["soft"] = h5py.SoftLink("/cube")
    assert "holds no cube" in refusal(path)
    assert "holds no “cube”" in refusal(path, variable="cube")
    with h5py.File(path, "w") as file:
        layout = h5py.VirtualLayout(CUBE.shape, CUBE.dtype)
        layout[...] = h5py.VirtualSource("other.h5", "cube", CUBE.shape)
        file.create_virtual_dataset("cube", layout)
    assert "another file" in refusal(path)
    (tmp_path / "raw.bin").write_bytes(CUBE.tobytes())
    with h5py.File(path, "w") as file:
        outside = [(str(tmp_path / "raw.bin"), 0, CUBE.nbytes)]
        file.create_dataset("cube", CUBE.shape, CUBE.dtype, external=outside)
    assert "another file" in refusal(path)


def test_names_in_no_known_alphabet_are_passed_over(path):
    with h5py.File(path, "w") as file:
        file["cube"], file["wavelengths"] = CUBE, CENTRES
        file["cube"].attrs["Scale_Factor"] = 100.0
        for place in (file["cube"].id, file.id):
            space = h5py.h5s.create(h5py.h5s.SCALAR)
            h5py.h5a.create(place, b"\xff\xfe", h5py.h5t.NATIVE_INT32, space)
        h5py.h5g.create(file.id, b"\xff\xfd")
    cube = open_cube(path)
    assert (cube.variable, cube.scale) == ("cube", 100)


def test_groups_that_hold_themselves_end(path):
    with h5py.File(path, "w") as file:
        file["a/b/cube"], file["wavelengths"] = CUBE, CENTRES
        file["a/b/again"] = file["a"]
        file["root"] = file["/"]
    assert open_cube(path).variable == "a/b/cube"


def test_only_the_outer_ones_of_very_many_objects_are_looked_at(path, monkeypatch):
    monkeypatch.setattr(hdf5, "_MOST_OBJECTS", 50)
    with h5py.File(path, "w") as file:
        file["cube"], file["wavelengths"] = CUBE, CENTRES
        for number in range(100):
            file[f"many/more/d{number}"] = CUBE
    assert open_cube(path).variable == "cube"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ({}, "holds no cube"),
        ({"labels": np.zeros((9, 15), np.uint8)}, "single image"),
        ({"spectrum": CENTRES}, "is not a cube"),
        ({"complex": CUBE.astype(np.complex64)}, "complex numbers"),
        ({"a": CENTRES, "b": np.zeros((9, 15))}, "holds no cube"),
        ({"text": "leaf"}, "not a cube of real numbers"),
        ({"four": np.zeros((3, 4, 5, 6))}, "three axes"),
        ({"empty": np.zeros((0, 4, 5))}, "is empty"),
    ],
)
def test_files_without_a_cube_say_what_they_hold(path, content, reason):
    with h5py.File(path, "w") as file:
        for name, values in content.items():
            file[name] = values
    assert reason in refusal(path)
    assert not can_open(path)


def test_compound_samples_are_no_cube(path):
    with h5py.File(path, "w") as file:
        file["cube"] = np.zeros((4, 5, 6), [("a", "f4"), ("b", "i2")])
        file["objects"] = h5py.Empty("f4")
    assert "not a cube" in refusal(path)


def test_sizes_without_samples_are_refused(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("cube", (10**6, 10**6, 300), "f4", chunks=(64, 64, 300))
    assert "was never filled" in refusal(path)
    with h5py.File(path, "w") as file:
        data = file.create_dataset("cube", (10**6, 10**6, 300), "f4", chunks=(8, 8, 300))
        data[:8, :8] = 1
    assert "the file has only" in refusal(path)


def test_chunks_that_unpack_to_gigabytes_are_refused(path):
    with h5py.File(path, "w") as file:
        shape = (1000, 1000, 900)
        data = file.create_dataset(
            "cube", shape, "f4", chunks=shape, compression="gzip", compression_opts=1
        )
        data.id.write_direct_chunk((0, 0, 0), b"x\x9c" + bytes(4_000_000))
    assert "cannot come from" in refusal(path)


@pytest.mark.parametrize("options", [{}, {"chunks": (3, 5, 4), "compression": "gzip"}])
@pytest.mark.parametrize("kept", [0.02, 0.3, 0.6, 0.95])
def test_truncated_files_are_refused(path, options, kept):
    with h5py.File(path, "w") as file:
        file.create_dataset("cube", data=CUBE, **options)
        file["wavelengths"] = CENTRES
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    refusal(path)


def test_damaged_chunks_are_told_when_they_are_read(path):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("cube", data=CUBE, chunks=(3, 5, 12), compression="gzip")
        file["wavelengths"] = CENTRES
        where = data.id.get_chunk_info(4)
    with path.open("r+b") as raw:
        raw.seek(where.byte_offset)
        raw.write(b"\xff" * 30)
    cube = open_cube(path)
    with pytest.raises(UserError, match=r"“cube” of .*scan\.h5 cannot be read"):
        np.asarray(cube.data)


def test_a_file_that_is_only_called_hdf5_is_refused(path):
    path.write_text("not at all")
    assert not can_open(path)
    assert "damaged or cannot be read" in refusal(path)
