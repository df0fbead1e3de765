"""What cameras and programs write into ENVI headers is understood, or said to be ignored."""

import numpy as np
import pytest

from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

BANDS, ROWS, COLUMNS = 5, 3, 4
SCENE = np.arange(BANDS * ROWS * COLUMNS).reshape(BANDS, ROWS, COLUMNS)


def write(folder, *lines, samples=SCENE, name="scan.hdr", encoding="utf-8", **fields):
    """Write a pair of files; `lines` go into the header as they are, `fields` as key = value."""
    plain = {
        "samples": COLUMNS,
        "lines": ROWS,
        "bands": BANDS,
        "header offset": 0,
        "data type": 2,
        "interleave": "bsq",
        "byte order": 0,
    }
    plain |= {key.replace("_", " "): value for key, value in fields.items()}
    text = ["ENVI", *(f"{key} = {value}" for key, value in plain.items()), *lines]
    path = folder / name
    path.write_bytes(("\n".join(text) + "\n").encode(encoding))
    (folder / "scan.raw").write_bytes(samples.astype("<i2").tobytes())
    return path


@pytest.mark.parametrize(
    ("stated", "unit", "factor"),
    [
        ("nm", "nm", 1),
        ("Nanometers", "nm", 1),
        ("nanometres", "nm", 1),
        ("um", "um", 1),
        ("µm", "um", 1),
        ("μm", "um", 1),
        ("MICROMETERS", "um", 1),
        ("Micrometres", "um", 1),
        ("microns", "um", 1),
        ("Wavenumber", "cm-1", 1),
        ("wave number (cm-1)", "cm-1", 1),
        ("cm^-1", "cm-1", 1),
        ("cm⁻¹", "cm-1", 1),
        ("1/cm", "cm-1", 1),
        ("Angstroms", "nm", 0.1),
        ("Ångström", "nm", 0.1),
        ("Millimeters", "um", 1000),
        ("mm", "um", 1000),
        ("Centimeters", "um", 10000),
        ("Meters", "um", 1e6),
    ],
)
def test_units_of_wavelengths(tmp_path, stated, unit, factor):
    path = write(
        tmp_path, wavelength="{4, 5, 6.5, 7, 8}", wavelength_units=stated, fwhm="{2,2,2,2,2}"
    )
    cube = open_cube(path)
    assert cube.wavelength_unit == unit
    np.testing.assert_allclose(cube.wavelengths, np.array([4, 5, 6.5, 7, 8]) * factor)
    np.testing.assert_allclose(cube.fwhm, np.full(5, 2 * factor))
    assert cube.notes == ()


@pytest.mark.parametrize("stated", ["GHz", "MHz", "Index"])
def test_frequencies_and_numbers_of_bands_are_no_wavelengths(tmp_path, stated):
    path = write(tmp_path, wavelength="{400, 500, 650, 700, 800}", wavelength_units=stated)
    cube = open_cube(path)
    assert cube.wavelengths is None
    assert any("ignored" in note for note in cube.notes)


@pytest.mark.parametrize(
    ("names", "centres", "unit", "said"),
    [
        ("550.3, 560.1, 570, 580.2, 590.9", [550.3, 560.1, 570, 580.2, 590.9], "nm", "read as nm"),
        (
            "B 12 (550.3 nm), B 13 (560.1 nm), B 14 (570 nm), B 15 (580.2 nm), B 16 (590.9 nm)",
            [550.3, 560.1, 570, 580.2, 590.9],
            "nm",
            "550.3 to 590.9 nm",
        ),
        (
            "550.3 Nanometers, 560.1 Nanometers, 570.2 Nanometers, 580 Nanometers, 590 Nanometers",
            [550.3, 560.1, 570.2, 580, 590],
            "nm",
            "band names",
        ),
        ("0.55um, 0.56um, 0.57um, 0.58um, 0.59um", [0.55, 0.56, 0.57, 0.58, 0.59], "um", "um"),
        (
            "1200 cm-1, 1100 cm-1, 1000 cm-1, 900 cm-1, 800 cm-1",
            [1200, 1100, 1000, 900, 800],
            "cm-1",
            "cm-1",
        ),
        (
            "(B 1:x) (426.8), (B 2:x) (436.9), (B 3:x) (447.1), (B 4:x) (457.3), (B 5:x) (467.5)",
            [426.8, 436.9, 447.1, 457.3, 467.5],
            "nm",
            "read as nm",
        ),
        ("400 nm, 401 nm, 402 nm, 403 nm, 404 nm", [400, 401, 402, 403, 404], "nm", "nm"),
        ("R550nm, R560nm, R570nm, R580nm, R590nm", [550, 560, 570, 580, 590], "nm", "nm"),
        (
            "B1_550.5 nm, B2_560.5 nm, B3_570.5 nm, B4_580.5 nm, B5_590.5 nm",
            [550.5, 560.5, 570.5, 580.5, 590.5],
            "nm",
            "nm",
        ),
    ],
)
def test_wavelengths_in_band_names(tmp_path, names, centres, unit, said):
    cube = open_cube(write(tmp_path, band_names=f"{{{names}}}"))
    assert cube.wavelengths is not None
    np.testing.assert_allclose(cube.wavelengths, centres)
    assert cube.wavelength_unit == unit
    assert any("band names" in note and said in note for note in cube.notes)
    assert cube.band_names == tuple(name.strip() for name in names.split(","))


@pytest.mark.parametrize(
    "names",
    [
        "Band 1, Band 2, Band 3, Band 4, Band 5",
        "Band 401, Band 402, Band 403, Band 404, Band 405",
        "R550, R560, R570, R580, R590",
        "10, 20, 30, 40, 50",
        "Path length (m), Azimuth (0 to 360), Zenith (0 to 90), Slope, Time",
        "550.1 (551.2), 560.1 (561.2), 570.1 (571.2), 580.1 (581.2), 590.1 (591.2)",
        "2013317 a, 2013317 b, 2013317 c, 2013317 d, 2013317 e",
    ],
)
def test_other_numbers_in_band_names_are_no_wavelengths(tmp_path, names):
    assert open_cube(write(tmp_path, band_names=f"{{{names}}}")).wavelengths is None


def test_stated_wavelengths_go_before_those_in_names(tmp_path):
    path = write(
        tmp_path,
        band_names="{1.5, 1.6, 1.7, 1.8, 1.9}",
        wavelength="{400, 410, 420, 430, 440}",
        wavelength_units="nm",
    )
    assert open_cube(path).wavelengths.tolist() == [400, 410, 420, 430, 440]


def test_names_widths_and_default_bands(tmp_path):
    path = write(
        tmp_path,
        "band names = {blue,\n green ,  deep\tred,edge, NIR}",
        wavelength="{400, 500, 600, 700, 800}",
        fwhm="{ 3.5,3.5 , 4,4, 4.25}",
        default_bands="{5, 3,1}",
    )
    cube = open_cube(path)
    assert cube.band_names == ("blue", "green", "deep red", "edge", "NIR")
    assert cube.fwhm.tolist() == [3.5, 3.5, 4, 4, 4.25]
    assert cube.default_bands == (4, 2, 0)


@pytest.mark.parametrize(
    ("fields", "note"),
    [
        ({"default_bands": "{2, 1, 0}"}, "default bands"),
        ({"default_bands": "{1, 2, 6}"}, "default bands"),
        ({"default_bands": "{1, 2}"}, "default bands"),
        ({"band_names": "{a, b}"}, "names 2 of 5 bands"),
        ({"fwhm": "{3, 3}", "wavelength": "{400,500,600,700,800}"}, "fwhm"),
        ({"fwhm": "{3,3,nan,3,3}", "wavelength": "{400,500,600,700,800}"}, "fwhm"),
        ({"data_ignore_value": "none"}, "ignore value"),
        ({"data_ignore_value": "{-1, -2, -3, -4, -5}"}, "ignore value"),
        ({"data_offset_values": "{1, inf, 1, 1, 1}"}, "data offset values"),
    ],
)
def test_what_does_not_fit_the_bands_is_said(tmp_path, fields, note):
    cube = open_cube(write(tmp_path, **fields))
    assert any(note in sentence and "ignored" in sentence for sentence in cube.notes)
    assert (cube.default_bands, cube.band_names, cube.fwhm, cube.offsets) == (None,) * 4
    assert cube.no_data is None


def test_one_default_band_is_no_colour(tmp_path):
    cube = open_cube(write(tmp_path, default_bands="{3}"))
    assert (cube.default_bands, cube.notes) == (None, ())


def test_an_ignore_value_may_be_given_for_every_band(tmp_path):
    assert open_cube(write(tmp_path, data_ignore_value="{7, 7, 7, 7, 7}")).no_data == 7
    assert open_cube(write(tmp_path, data_ignore_value="nan")).no_data is None


@pytest.mark.parametrize(
    ("fields", "values", "said"),
    [
        (
            {"data_gain_values": "{2, 3, 4, 5, 6}", "data_offset_values": "{1, 1, 1, 1, -1}"},
            lambda x: x * np.array([2, 3, 4, 5, 6]) + [1, 1, 1, 1, -1],
            "are applied",
        ),
        ({"data_gain_values": "{1, 1, 1, 1, 1}"}, lambda x: x, ""),
        (
            {
                "data_gain_values": "{2, 3, 4, 5, 6}",
                "data_reflectance_gain_values": "{.1, .2, .3, .4, .5}",
            },
            lambda x: x * np.array([0.1, 0.2, 0.3, 0.4, 0.5]),
            "“data gain values” are not applied",
        ),
        (
            {"data_gain_values": "{2, 3, 4, 5, 6}", "reflectance_scale_factor": "10000"},
            lambda x: x / 10000,
            "“data gain values” are not applied",
        ),
    ],
)
def test_gains_are_applied_when_samples_are_read(tmp_path, fields, values, said):
    cube = open_cube(write(tmp_path, **fields))
    np.testing.assert_array_equal(cube.data, SCENE)
    window = cube.read(slice(None), slice(None))
    np.testing.assert_allclose(
        window.transpose(1, 2, 0), values(SCENE.transpose(1, 2, 0)), rtol=1e-6
    )
    assert said in " ".join(cube.notes)


@pytest.mark.parametrize(
    ("lines", "exposure"),
    [
        (["tint = 12.5"], 12.5),
        (["shutter = 8"], 8),
        (["shutter = 8", "shutter units = ms"], 8),
        (["shutter = 8", "shutter units = microseconds"], None),
        (["tint1 = 28", "tint2 = 8"], None),
        (["description = {\n Frameperiod = 456249\n Integration time = 8500\n Binning = 1 }"], 8.5),
        (["description = {\n Integration time = 8500 }"], None),
        (["tint = 0"], None),
    ],
)
def test_integration_time_as_cameras_write_it(tmp_path, lines, exposure):
    assert open_cube(write(tmp_path, *lines)).exposure_ms == exposure


@pytest.mark.parametrize(
    ("lines", "size"),
    [
        (["pixel size = {0.000025000, 0.000025000}"], 0.025),
        (["pixel size = {0.25, 0.25, units=Millimeters}"], 0.25),
        (["map info = {UTM, 1, 1, 395784.1, 3778085.4, 2, 2, 11, North,WGS-84}"], 2000),
        (["map info = {UTM, 1, 1, 5, 5, 30, 30, 33, North, WGS-84, units=Meters}"], 30000),
        (["map info = {Geographic Lat/Lon, 1, 1, -180, 90, 0.9, 0.9,WGS-84}"], None),
        (["map info = {Arbitrary, 1, 1, 0, 0, 1, 1, 0, North}"], None),
        (["map info = {Arbitrary, 1, 1, 0, 0, 0.5, 0.5, 0, North, units=mm}"], 0.5),
        (["pixel size = {0.001, 0.002}"], None),
        (["pixel size = {1, 1, units=Furlongs}"], None),
        (["pixel size = {}"], None),
        (["pixel size = {nan, nan}"], None),
        (["map info = {UTM}"], None),
        ([], None),
    ],
)
def test_pixel_size_as_headers_tell_it(tmp_path, lines, size):
    assert open_cube(write(tmp_path, *lines)).pixel_size_mm == size


def test_dark_lines_at_the_end_of_a_scan_are_said(tmp_path):
    notes = open_cube(write(tmp_path, "autodarkstartline = 2")).notes
    assert any("From line 2 on the shutter was closed" in note for note in notes)
    assert open_cube(write(tmp_path, "autodarkstartline = 3")).notes == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_text_in_every_common_form(tmp_path, encoding, newline):
    path = write(
        tmp_path,
        "description = {Blätter}",
        "wavelength units = µm",
        "wavelength = {1.1,",
        "1.2,1.3 , 1.4",
        ",1.5}",
        "sensor = FX10; S/N 7",
    )
    text = path.read_text(encoding="utf-8").replace("\n", newline)
    path.write_bytes(text.encode(encoding))
    cube = open_cube(path)
    assert (cube.wavelength_unit, cube.wavelengths.tolist()) == ("um", [1.1, 1.2, 1.3, 1.4, 1.5])


def test_braces_may_open_on_the_next_line_and_remarks_may_follow_numbers(tmp_path):
    path = write(
        tmp_path,
        "wavelength =",
        "",
        "{400, 500,",
        "; a remark }",
        "600, 700, 800 }",
        lines="3 ; rows",
    )
    assert open_cube(path).wavelengths.tolist() == [400, 500, 600, 700, 800]
    assert open_cube(path).rows == 3


@pytest.mark.parametrize(
    ("header", "data"),
    [
        ("scan.hdr", "scan.RAW"),
        ("SCAN.HDR", "scan.img"),
        ("Scan.Hdr", "scan.Dat"),
        ("scan.raw.HDR", "scan.raw"),
        ("scan.BIL.hdr", "scan.bil"),
        ("scan.hdr", "scan.hyspex"),
        ("scan.hdr", "scan.corrected"),
        ("day 3 (5).hdr", "day 3 (5).raw"),
        ("scan.hdr", "scan"),
    ],
)
def test_pairs_are_found_whatever_their_case_and_suffix(tmp_path, header, data):
    written = write(tmp_path)
    (tmp_path / "scan.raw").rename(tmp_path / data)
    written.rename(tmp_path / header)
    for name in (header, data):
        assert can_open(tmp_path / name), name
        np.testing.assert_array_equal(open_cube(tmp_path / name).data, SCENE)


def test_other_files_beside_a_header_are_not_its_data(tmp_path):
    header = write(tmp_path)
    (tmp_path / "scan.png").write_bytes(b"\x89PNG")
    (tmp_path / "scan.txt").write_text("notes")
    assert not can_open(tmp_path / "scan.png")
    assert not can_open(tmp_path / "scan.txt")
    np.testing.assert_array_equal(open_cube(header).data, SCENE)


@pytest.mark.parametrize(
    ("key", "first", "second"),
    [
        ("bands", "5", "4"),
        ("Interleave", "bsq", "bil"),
        ("wavelength", "{1,2,3,4,5.5}", "{2,3,4,5,6.5}"),
        ("data  type", "2", "12"),
    ],
)
def test_contradictions_are_refused(tmp_path, key, first, second):
    path = write(tmp_path, f"{key} = {first}", f"{key.upper()} = {second}")
    with pytest.raises(UserError, match="twice and differently"):
        open_cube(path)


def test_what_is_said_twice_alike_or_decides_nothing_is_no_contradiction(tmp_path):
    path = write(tmp_path, "bands = 5", "sensor type = FX10", "sensor type = FX17")
    np.testing.assert_array_equal(open_cube(path).data, SCENE)
