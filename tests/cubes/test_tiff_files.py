"""TIFF files of many programs: what is a cube in them, and what they say of its bands."""

import struct
import tracemalloc

import numpy as np
import pytest
import tifffile

from napari_dgc.cubes import tiff_segments
from napari_dgc.cubes.choices import AmbiguousVariable
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

BANDS, ROWS, COLUMNS = 6, 20, 33
CUBE = np.random.default_rng(0).integers(1, 4000, (BANDS, ROWS, COLUMNS), np.uint16)
CENTRES = [450.5, 500, 550.25, 600, 650, 702]
MOST_MEMORY = 200 << 20


def write(path, samples=CUBE, **options):
    options = {"photometric": "minisblack", "metadata": None} | options
    if "planarconfig" not in options and options["metadata"] is None:
        options["planarconfig"] = "separate"
    tifffile.imwrite(path, samples, **options)
    return path


def gdal(items, nodata=None):
    """Return the tags that GDAL writes, from (attributes, value)."""
    lines = "".join(f"  <Item {attributes}>{value}</Item>\n" for attributes, value in items)
    tags = [(42112, "s", 0, f"<GDALMetadata>\n{lines}</GDALMetadata>", True)]
    if nodata is not None:
        tags.append((42113, "s", 0, nodata, True))
    return {"extratags": tags}


def per_band(name, values, extra=""):
    return [(f'name="{name}" sample="{band}"{extra}', value) for band, value in enumerate(values)]


def refusal(path):
    """Open a cube that must be refused; return the sentence, having watched the memory."""
    tracemalloc.start()
    try:
        with pytest.raises(UserError) as refused:
            open_cube(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    assert len(message) < 600
    assert path.name in message
    assert peak < MOST_MEMORY
    return message


def test_gdal_says_much_of_every_band(tmp_path):
    items = [
        *per_band("wavelength", CENTRES),
        *per_band("wavelength_units", ["Nanometers"] * BANDS),
        *per_band("fwhm", [7.5] * BANDS),
        *per_band("bbl", [1, 0, 1, 1, 1, 0]),
        *per_band("SCALE", ["0.0001"] * BANDS, ' role="scale"'),
        *per_band("OFFSET", range(BANDS), ' role="offset"'),
        *per_band("DESCRIPTION", [f"band {n}" for n in range(BANDS)], ' role="description"'),
    ]
    cube = open_cube(write(tmp_path / "scan.tif", **gdal(items, "7")))
    np.testing.assert_allclose(cube.wavelengths, CENTRES)
    assert cube.wavelength_unit == "nm"
    np.testing.assert_allclose(cube.fwhm, 7.5)
    assert cube.bad_bands == (1, 5)
    assert cube.band_names[3] == "band 3"
    assert cube.no_data == 7
    expected = CUBE * np.float32(1e-4) + np.arange(BANDS)[:, None, None]
    expected[CUBE == 7] = np.nan
    np.testing.assert_allclose(cube.read(slice(None), slice(None)), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("items", "unit", "factor"),
    [
        (
            per_band("CENTRAL_WAVELENGTH_UM", np.array(CENTRES) / 1e3, ' domain="IMAGERY"'),
            "um",
            1e-3,
        ),
        ([('name="wavelength" domain="ENVI"', str(CENTRES).strip("[]").join("{}"))], "nm", 1),
        (
            [
                ('name="wavelength"', str(CENTRES).strip("[]").join("{}")),
                ('name="wavelength_units"', "Nanometers"),
            ],
            "nm",
            1,
        ),
        (per_band("d", [f"{c} nm" for c in CENTRES], ' role="description"'), "nm", 1),
        ([(f'name="Band_{n + 1}"', f"{c} Nanometers") for n, c in enumerate(CENTRES)], "nm", 1),
    ],
)
def test_wavelengths_stand_in_many_places(tmp_path, items, unit, factor):
    cube = open_cube(write(tmp_path / "scan.tif", **gdal(items)))
    np.testing.assert_allclose(cube.wavelengths, np.array(CENTRES) * factor)
    assert cube.wavelength_unit == unit
    assert sum("avelengths" in note for note in cube.notes) == 1


def test_imagej_labels_ome_channels_and_tifffile_tell_wavelengths(tmp_path):
    labels = [f"{centre} nm" for centre in CENTRES]
    tifffile.imwrite(
        tmp_path / "imagej.tif", CUBE, imagej=True, metadata={"axes": "CYX", "Labels": labels}
    )
    tifffile.imwrite(
        tmp_path / "info.tif",
        CUBE,
        imagej=True,
        metadata={"axes": "ZYX", "Info": f"camera = X\nwavelength = {CENTRES}\n"},
    )
    channels = {"EmissionWavelength": CENTRES, "EmissionWavelengthUnit": ["nm"] * BANDS}
    tifffile.imwrite(tmp_path / "ome.ome.tif", CUBE, metadata={"axes": "CYX", "Channel": channels})
    tifffile.imwrite(tmp_path / "shaped.tif", CUBE, metadata={"wavelengths": CENTRES})
    with tifffile.TiffWriter(tmp_path / "pages.tif") as file:
        for band, label in zip(CUBE, labels, strict=True):
            file.write(band, photometric="minisblack", metadata=None, description=label)
    for name in ("imagej.tif", "info.tif", "ome.ome.tif", "shaped.tif", "pages.tif"):
        cube = open_cube(tmp_path / name)
        np.testing.assert_allclose(cube.wavelengths, CENTRES, err_msg=name)
        assert cube.wavelength_unit == "nm", name
        np.testing.assert_array_equal(np.asarray(cube.data), CUBE, err_msg=name)


def test_an_envi_header_beside_the_file_tells_wavelengths(tmp_path):
    path = write(tmp_path / "scan.tif")
    (tmp_path / "scan.hdr").write_text(
        f"ENVI\nfile type = TIFF\nwavelength units = Nanometers\n"
        f"wavelength = {{{str(CENTRES)[1:-1]}}}\n"
        "band names = {a, b, c, d, e, f}\n"
    )
    cube = open_cube(path)
    np.testing.assert_allclose(cube.wavelengths, CENTRES)
    assert cube.band_names == tuple("abcdef")
    (tmp_path / "scan.hdr").write_text("ENVI\nwavelength = {400, 500")
    assert open_cube(path).wavelengths is None
    (tmp_path / "scan.hdr").write_text("ENVI\nwavelength = {400, 500}\n")
    assert open_cube(path).wavelengths is None


def test_wavelengths_tell_that_pages_are_rows(tmp_path):
    rows_first = np.ascontiguousarray(CUBE.transpose(1, 2, 0))
    tifffile.imwrite(tmp_path / "scan.tif", rows_first, metadata={"wavelengths": CENTRES})
    cube = open_cube(tmp_path / "scan.tif")
    assert cube.layout == "row-column-band"
    np.testing.assert_array_equal(np.asarray(cube.data), CUBE)
    tifffile.imwrite(tmp_path / "plain.tif", rows_first)
    given = open_cube(tmp_path / "plain.tif", wavelengths=np.array(CENTRES))
    np.testing.assert_array_equal(np.asarray(given.data), CUBE)
    asked = open_cube(tmp_path / "plain.tif", layout="row-column-band")
    np.testing.assert_array_equal(np.asarray(asked.data), CUBE)


def test_a_layout_that_the_file_tells_is_not_overruled(tmp_path):
    pixels = np.ascontiguousarray(CUBE.transpose(1, 2, 0))
    path = write(tmp_path / "scan.tif", pixels, planarconfig="contig")
    cube = open_cube(path, layout="band-row-column")
    assert cube.layout == "row-column-band"
    assert any("not needed" in note for note in cube.notes)
    np.testing.assert_array_equal(np.asarray(cube.data), CUBE)


def test_plain_samples_stay_in_the_file_and_packed_ones_are_unpacked_once(tmp_path, monkeypatch):
    plain = open_cube(write(tmp_path / "plain.tif"))
    assert isinstance(plain.data, PlainCube)
    path = write(tmp_path / "lzw.tif", compression="lzw", rowsperstrip=4)
    packed = open_cube(path)
    unpacked = []
    unpack = tiff_segments.TiffSegments._unpack
    monkeypatch.setattr(
        tiff_segments.TiffSegments,
        "_unpack",
        lambda self, *where: unpacked.append(where) or unpack(self, *where),
    )
    np.testing.assert_array_equal(packed.data[:, 9, 5], CUBE[:, 9, 5])
    assert sorted(unpacked) == [(band, 2) for band in range(BANDS)]
    np.testing.assert_array_equal(packed.data[:, 10, 30], CUBE[:, 10, 30])
    assert len(unpacked) == BANDS
    assert packed.data.granule == (1, 4, COLUMNS)


def test_unpacked_strips_are_let_go_of(tmp_path, monkeypatch):
    monkeypatch.setattr(tiff_segments, "_KEPT", 1000)
    cube = open_cube(write(tmp_path / "scan.tif", compression="zlib", rowsperstrip=4))
    np.testing.assert_array_equal(np.asarray(cube.data), CUBE)
    held = cube.data._stored._kept
    assert sum(segment.nbytes for segment in held.values()) <= 1000


def test_strips_that_the_file_leaves_out_hold_no_data(tmp_path):
    path = write(tmp_path / "scan.tif", compression="zlib", rowsperstrip=10, **gdal([], "9"))
    with tifffile.TiffFile(path, mode="r+") as file:
        page = file.pages[0]
        page.tags["StripByteCounts"].overwrite([0, *page.databytecounts[1:]])
        page.tags["StripOffsets"].overwrite([0, *page.dataoffsets[1:]])
    cube = open_cube(path)
    assert np.isnan(cube.read(slice(0, 10), slice(None))[0]).all()
    np.testing.assert_array_equal(cube.data[0, 10:], CUBE[0, 10:])


def test_pictures_and_label_images_are_no_cubes(tmp_path):
    labels = write(tmp_path / "labels.tif", CUBE[0] % 5, planarconfig=None)
    assert "label image" in refusal(labels)
    colours = np.zeros((20, 30, 3), np.uint8)
    assert "colour picture (RGB" in refusal(
        write(tmp_path / "rgb.tif", colours, photometric="rgb", planarconfig="contig")
    )
    alpha = np.zeros((20, 30, 4), np.uint8)
    assert "colour picture" in refusal(
        write(
            tmp_path / "rgba.tif",
            alpha,
            photometric="rgb",
            planarconfig="contig",
            extrasamples=["unassalpha"],
        )
    )
    film = np.zeros((7, 20, 30, 3), np.uint8)
    assert "colour picture" in refusal(
        write(tmp_path / "film.tif", film, photometric="rgb", planarconfig="contig")
    )
    assert "too few bands" in refusal(write(tmp_path / "two.tif", CUBE[:2]))
    stack = np.zeros((3, 4, 20, 30), np.uint16)
    tifffile.imwrite(tmp_path / "stack.tif", stack, imagej=True, metadata={"axes": "ZCYX"})
    assert "save one cube per file" in refusal(tmp_path / "stack.tif")
    assert "complex" in refusal(write(tmp_path / "complex.tif", CUBE.astype(np.complex64)))
    assert not any(can_open(path) for path in tmp_path.glob("*.tif"))


def test_three_bands_are_left_to_napari_but_open_when_asked_for(tmp_path):
    path = write(tmp_path / "three.tif", CUBE[:3])
    assert not can_open(path)
    assert open_cube(path).n_bands == 3


def test_red_green_blue_and_infrared_are_four_bands(tmp_path):
    pixels = np.ascontiguousarray(CUBE[:4].transpose(1, 2, 0))
    path = write(
        tmp_path / "rgbn.tif",
        pixels,
        photometric="rgb",
        planarconfig="contig",
        extrasamples=["unspecified"],
    )
    assert can_open(path)
    np.testing.assert_array_equal(np.asarray(open_cube(path).data), CUBE[:4])


def test_one_of_several_images_is_chosen_by_name(tmp_path):
    path = tmp_path / "two.tif"
    with tifffile.TiffWriter(path) as file:
        file.write(CUBE, photometric="minisblack", planarconfig="separate", metadata=None)
        file.write(CUBE[:, ::2, ::3], photometric="minisblack", planarconfig="separate")
    with pytest.raises(AmbiguousVariable) as question:
        open_cube(path)
    names = [info.name for info in question.value.candidates]
    assert [info.shape for info in question.value.candidates] == [(6, 20, 33), (6, 10, 11)]
    second = open_cube(path, variable=names[1])
    assert second.variable == names[1]
    np.testing.assert_array_equal(np.asarray(second.data), CUBE[:, ::2, ::3])
    with pytest.raises(UserError, match="holds no image “third”"):
        open_cube(path, variable="third")


def test_smaller_copies_in_the_file_are_passed_over(tmp_path):
    path = tmp_path / "cog.tif"
    with tifffile.TiffWriter(path) as file:
        options = {"photometric": "minisblack", "planarconfig": "separate", "metadata": None}
        file.write(CUBE, tile=(16, 16), **options)
        file.write(CUBE[:, ::2, ::2], tile=(16, 16), subfiletype=1, **options)
    np.testing.assert_array_equal(np.asarray(open_cube(path).data), CUBE)


def test_a_value_for_no_data_that_cannot_occur_is_ignored(tmp_path):
    cube = open_cube(write(tmp_path / "scan.tif", **gdal([], "-9999")))
    assert cube.no_data is None
    assert any("cannot occur in uint16" in note for note in cube.notes)
    floats = write(tmp_path / "floats.tif", CUBE.astype(np.float32), **gdal([], "nan"))
    assert open_cube(floats).no_data is None


@pytest.mark.parametrize("text", ["<GDALMetadata><Item", "<!DOCTYPE x [<!ENTITY a 'b'>]><x/>", ""])
def test_damaged_metadata_costs_only_what_it_tells(tmp_path, text):
    path = write(tmp_path / "scan.tif", extratags=[(42112, "s", 0, text, True)])
    cube = open_cube(path)
    assert cube.wavelengths is None
    np.testing.assert_array_equal(np.asarray(cube.data), CUBE)


def overwrite(path, **tags):
    with tifffile.TiffFile(path, mode="r+") as file:
        for name, value in tags.items():
            file.pages[0].tags[name].overwrite(value)


@pytest.mark.parametrize("options", [{}, {"compression": "lzw"}, {"tile": (16, 16)}])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.97])
def test_truncated_files_are_refused(tmp_path, options, kept):
    path = write(tmp_path / "scan.tif", **options)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    refusal(path)


@pytest.mark.parametrize("options", [{}, {"compression": "zlib"}, {"compression": "lzw"}])
@pytest.mark.parametrize(
    "tags",
    [
        {"ImageWidth": 1_000_000, "ImageLength": 1_000_000},
        {"ImageWidth": 2_000_000_000, "RowsPerStrip": 2_000_000_000},
        {"ImageLength": 4_000_000_000},
        {"StripOffsets": [4_000_000_000] * BANDS},
        {"StripByteCounts": [60_000] * BANDS},
        {"BitsPerSample": [77] * BANDS},
        {"Compression": 12345},
        {"ImageWidth": 0},
    ],
)
def test_files_that_lie_are_refused(tmp_path, options, tags):
    path = write(tmp_path / "scan.tif", **options)
    overwrite(path, **tags)
    refusal(path)


def test_strips_that_are_said_to_be_larger_than_the_file_are_not_read(tmp_path):
    pixels = np.ascontiguousarray(CUBE.transpose(1, 2, 0))
    path = write(tmp_path / "scan.tif", pixels, planarconfig="contig", compression="lzw")
    overwrite(path, StripByteCounts=1_000_000_000)
    assert "ends before its samples do" in refusal(path)


def test_damaged_samples_are_told_when_they_are_read(tmp_path):
    path = write(tmp_path / "scan.tif", compression="zlib", rowsperstrip=5)
    with tifffile.TiffFile(path) as file:
        middle = file.pages[0].dataoffsets[9]
    with path.open("r+b") as raw:
        raw.seek(middle)
        raw.write(b"\xff" * 20)
    cube = open_cube(path)
    with pytest.raises(UserError, match=r"scan\.tif cannot be read"):
        np.asarray(cube.data)


def test_directories_that_lead_in_a_circle_are_refused(tmp_path):
    path = tmp_path / "circle.tif"
    entries = [(256, 4, 1, 9), (257, 4, 1, 9), (273, 4, 1, 8), (279, 4, 1, 81)]
    directory = struct.pack("<H", len(entries))
    directory += b"".join(struct.pack("<HHII", *entry) for entry in entries)
    path.write_bytes(b"II*\0" + struct.pack("<I", 8) + directory + struct.pack("<I", 8))
    refusal(path)


def test_other_files_that_an_ome_file_names_are_not_opened(tmp_path):
    for name, samples in (("first.ome.tif", CUBE), ("second.ome.tif", CUBE + 1)):
        tifffile.imwrite(tmp_path / name, samples, metadata={"axes": "CYX"})
    with tifffile.TiffFile(tmp_path / "first.ome.tif") as file:
        xml = file.ome_metadata
    planes = "".join(
        f'<TiffData IFD="{n}" FirstC="{n}" PlaneCount="1">'
        '<UUID FileName="second.ome.tif">urn:uuid:0</UUID></TiffData>'
        for n in range(BANDS)
    )
    start, end = xml.index("<TiffData"), xml.index("</Pixels>")
    overwrite(tmp_path / "first.ome.tif", ImageDescription=xml[:start] + planes + xml[end:])
    try:
        opened = np.asarray(open_cube(tmp_path / "first.ome.tif").data)
    except UserError as error:
        assert "other files" in str(error)
    else:
        np.testing.assert_array_equal(opened, CUBE)


def test_pages_that_may_be_rows_are_told(tmp_path):
    noise = np.random.default_rng(0).random((12, 10, 14)).astype(np.float32)
    tifffile.imwrite(tmp_path / "noise.tif", noise)
    cube = open_cube(tmp_path / "noise.tif")
    assert cube.data.shape == (12, 10, 14)
    assert "if they are rows, choose the layout row-column-band" in cube.notes[0]
    cube = open_cube(tmp_path / "noise.tif", layout="row-column-band")
    np.testing.assert_array_equal(np.asarray(cube.data), noise.transpose(2, 0, 1))
