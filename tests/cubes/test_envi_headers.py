"""ENVI cubes: every dialect of header opens alike, hostile ones are refused."""

import numpy as np
import pytest

from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

BANDS, ROWS, COLUMNS = 5, 3, 4
SCENE = np.arange(BANDS * ROWS * COLUMNS).reshape(BANDS, ROWS, COLUMNS)
ORDERS = {"bsq": (0, 1, 2), "bil": (1, 0, 2), "bip": (1, 2, 0)}
CODES = {1: "u1", 2: "i2", 3: "i4", 4: "f4", 5: "f8", 12: "u2", 13: "u4", 14: "i8", 15: "u8"}


def write_envi(folder, *, data="scan.raw", header="scan.hdr", content=None, drop=(), **changes):
    fields = {
        "samples": COLUMNS,
        "lines": ROWS,
        "bands": BANDS,
        "header offset": 0,
        "file type": "ENVI Standard",
        "data type": 2,
        "interleave": "bsq",
        "byte order": 0,
    }
    fields.update({key.replace("_", " "): value for key, value in changes.items()})
    lines = [f"{key} = {value}" for key, value in fields.items() if key not in drop]
    path = folder / header
    path.write_text("\n".join(["ENVI", *lines]) + "\n", encoding="utf-8")
    if data is not None:
        samples = SCENE.astype("<i2").tobytes() if content is None else content
        (folder / data).write_bytes(samples)
    return path


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("interleave", ORDERS)
def test_all_types_orders_and_interleaves_give_the_same_scene(tmp_path, code, order, interleave):
    dtype = np.dtype("<>"[order] + CODES[code])
    stored = SCENE.transpose(ORDERS[interleave]).astype(dtype)
    path = write_envi(
        tmp_path,
        content=b"offset!" + stored.tobytes(),
        data_type=code,
        byte_order=order,
        interleave=interleave.upper(),
        header_offset=7,
    )
    cube = open_cube(path)
    assert cube.layout == interleave
    assert cube.data.dtype.newbyteorder("=") == dtype.newbyteorder("=")
    assert isinstance(cube.data, PlainCube)
    np.testing.assert_array_equal(cube.data, SCENE)
    np.testing.assert_array_equal(cube.read(slice(1, 3), slice(2, 3)), SCENE[:, 1:3, 2:3])


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ("scan.hdr", "scan"),
        ("scan.hdr", "scan.dat"),
        ("scan.hdr", "scan.img"),
        ("scan.hdr", "scan.BSQ"),
        ("scan.raw.hdr", "scan.raw"),
        ("scan.HDR", "scan.raw"),
        ("scan.v2.hdr", "scan.v2"),
    ],
)
def test_either_file_of_a_pair_opens(tmp_path, header, data):
    write_envi(tmp_path, header=header, data=data)
    for name in (header, data):
        assert can_open(tmp_path / name)
        cube = open_cube(tmp_path / name)
        np.testing.assert_array_equal(cube.data, SCENE)
        assert cube.name == ("scan.v2" if "v2" in name else "scan")


def test_the_data_file_of_the_right_size_is_taken(tmp_path):
    path = write_envi(tmp_path, data="scan.raw")
    (tmp_path / "scan.dat").write_bytes(b"notes on the scan")
    (tmp_path / "scan").write_bytes(b"more notes")
    np.testing.assert_array_equal(open_cube(path).data, SCENE)


def test_headers_are_read_as_people_write_them(tmp_path):
    path = tmp_path / "scan.hdr"
    write_envi(tmp_path)
    path.write_bytes(
        "\ufeffENVI\r\n; a comment = 1\r\nDescription = {two lines, with = signs\r\n"
        "samples = 99 }\r\n  SAMPLES=4\r\nLines  =  3\r\nbands = 5\r\nData  Type = 2\r\n"
        "Interleave = BSQ\r\nwavelength = {\r\n 400.0,\r\n; half way\r\n 500, 600\r\n"
        ",700.5\r\n,\t800}\r\nWavelength Units = Nanometers\r\nbbl = {1, 1,0, 1,\r\n1}\r\n"
        "data ignore value = 7\r\nReflectance Scale Factor = 10\r\n".encode()
    )
    cube = open_cube(path)
    assert cube.wavelengths is not None
    assert cube.wavelengths.tolist() == [400, 500, 600, 700.5, 800]
    assert cube.wavelength_unit == "nm"
    assert (cube.bad_bands, cube.no_data, cube.scale) == ((2,), 7, 10)
    assert np.isnan(cube.read(slice(1, 2), slice(3, 4))[0, 0, 0])
    notes = " ".join(cube.notes)
    assert "byte order; little endian is assumed" in notes
    assert "header offset; 0 is assumed" in notes


@pytest.mark.parametrize(
    ("fields", "unit", "factor"),
    [
        ({"wavelength_units": "Micrometers", "wavelength": "{.4,.5,.6,.7,.8}"}, "um", 1000),
        ({"wavelength": "{.4,.5,.6,.7,.8}"}, "um", 1000),
        ({"wavelength_units": "Unknown", "wavelength": "{400,500,600,700,800}"}, "nm", 1),
        ({"wavelength_units": "Wavenumber", "wavelength": "{900,1000,1100,1200,1300}"}, "cm-1", 0),
        (
            {
                "z_plot_titles": "{Wavenumbers (cm-1), Absorbance}",
                "wavelength": "{900,1000,1100,1200,1300}",
            },
            "cm-1",
            0,
        ),
    ],
)
def test_wavelengths_carry_their_unit(tmp_path, fields, unit, factor):
    cube = open_cube(write_envi(tmp_path, **fields))
    assert cube.wavelength_unit == unit
    assert cube.wavelengths is not None
    nm = cube.wavelengths * factor if factor else 1e7 / cube.wavelengths
    np.testing.assert_allclose(cube.wavelengths_nm, nm)


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"wavelength": "{400, 500}"}, "2 wavelengths for 5 bands"),
        ({"wavelength": "{a, b, c, d, e}"}, "not positive numbers"),
        ({"wavelength": "{nan, 1, 2, 3, 4}"}, "not positive numbers"),
        ({"wavelength": "{1, 2, 3, 4, 5}"}, "only number the bands"),
        ({"bbl": "{1, 0}"}, "bad band list does not fit"),
        ({"bbl": "{0,0,0,0,0}"}, "rejects every band"),
        ({"reflectance_scale_factor": "0"}, "scale factor"),
        ({"data_gain_values": "{2, 2}"}, "do not fit 5 bands"),
        ({"data_gain_values": "{2, 2, 0, 2, 2}"}, "0 for some bands"),
        ({"band_names": "{401.2 (403.1), 405.5, 410.0, 420.1, 431.4}"}, "band names"),
    ],
)
def test_what_does_not_fit_is_ignored_and_said(tmp_path, fields, note):
    cube = open_cube(write_envi(tmp_path, **fields))
    assert any(note in sentence for sentence in cube.notes)
    assert cube.wavelengths is None
    assert cube.bad_bands == ()
    assert cube.scale == 1


def test_a_longer_data_file_is_opened_and_said(tmp_path):
    path = write_envi(tmp_path, content=SCENE.astype("<i2").tobytes() + bytes(6))
    cube = open_cube(path)
    np.testing.assert_array_equal(cube.data, SCENE)
    assert any("6 bytes longer" in note for note in cube.notes)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"samples": -4}, "samples = -4"),
        ({"samples": 0}, "empty image"),
        ({"samples": "4.5"}, "not a whole number"),
        ({"samples": "{4\n\n4}"}, "“samples = 4 4”"),
        ({"samples": "٤"}, "not a whole number"),
        ({"lines": 10**15}, "too short"),
        ({"lines": "9" * 40}, "not a whole number"),
        ({"bands": 6}, "too short"),
        ({"header_offset": -1}, "header offset = -1"),
        ({"header_offset": 10**12}, "too short"),
        ({"data_type": 7}, "unknown data type 7"),
        ({"data_type": "float"}, "not a whole number"),
        ({"byte_order": 2}, "expected 0 or 1"),
        ({"interleave": "zip"}, "expected bsq, bil or bip"),
        ({"file_type": "ENVI Spectral Library"}, "spectral library"),
        ({"file_type": "ENVI Classification"}, "classification"),
        ({"file_type": "Hypercloud"}, "Hypercloud"),
        ({"file_type": "TIFF"}, "TIFF"),
        ({"file_compression": 1}, "compressed"),
        ({"major_frame_offsets": "{4, 4}"}, "major frame offsets"),
        ({"wavelength": "{400, 500"}, "ends inside the braces"),
        ({"drop": ("samples",)}, "lacks “samples”"),
        ({"drop": ("data type",)}, "lacks “data type”"),
        ({"drop": ("interleave",)}, "interleave"),
        ({"data": None}, "scan.raw"),
        ({"content": b"\0"}, "too short"),
    ],
)
def test_bad_headers_are_refused_in_one_sentence(tmp_path, fields, reason):
    path = write_envi(tmp_path, **fields)
    with pytest.raises(UserError, match=reason) as refused:
        open_cube(path)
    assert len(str(refused.value).splitlines()) == 1


def test_files_that_are_no_headers_are_refused(tmp_path):
    (tmp_path / "esri.hdr").write_text("BYTEORDER I\nNROWS 4\n")
    (tmp_path / "binary.hdr").write_bytes(bytes(range(256)))
    for name in ("esri.hdr", "binary.hdr"):
        assert not can_open(tmp_path / name)
        with pytest.raises(UserError, match="not an ENVI header"):
            open_cube(tmp_path / name)


def test_a_variable_cannot_be_chosen(tmp_path):
    with pytest.raises(UserError, match="no variable “cube”"):
        open_cube(write_envi(tmp_path), variable="cube")


@pytest.mark.parametrize(("code", "stored"), [(6, np.complex64), (9, np.complex128)])
@pytest.mark.parametrize(("interleave", "axes"), [("bsq", (0, 1, 2)), ("bil", (1, 0, 2))])
@pytest.mark.parametrize(("order", "sign"), [(0, "<"), (1, ">")])
def test_complex_samples_are_opened_by_their_magnitude(
    tmp_path, code, stored, interleave, axes, order, sign
):
    random = np.random.default_rng(0)
    values = (random.normal(size=(5, 4, 6)) + 1j * random.normal(size=(5, 4, 6))).astype(stored)
    (tmp_path / "radar.raw").write_bytes(
        values.transpose(axes).astype(np.dtype(stored).newbyteorder(sign)).tobytes()
    )
    (tmp_path / "radar.hdr").write_text(
        "ENVI\nsamples = 6\nlines = 4\nbands = 5\nheader offset = 0\n"
        f"data type = {code}\ninterleave = {interleave}\nbyte order = {order}\n"
    )
    cube = open_cube(tmp_path / "radar.hdr")
    assert cube.data.dtype.kind == "f"
    np.testing.assert_allclose(np.asarray(cube.data[:]), np.abs(values), rtol=1e-6)
    assert any("magnitude" in note for note in cube.notes)
