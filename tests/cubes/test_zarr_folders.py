"""Zarr folders: versions 2 and 3, OME-Zarr; nothing outside of the folder is read or run."""

import json
import os
import tracemalloc

import numcodecs
import numpy as np
import pytest
import zarr

from napari_dgc.cubes.choices import AmbiguousVariable
from napari_dgc.cubes.lazy import LazyCube
from napari_dgc.cubes.packed_sizes import HEAD, declared_size
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

BANDS, ROWS, COLUMNS = 12, 9, 15
CUBE = np.random.default_rng(0).integers(1, 9000, (BANDS, ROWS, COLUMNS), np.uint16)
CENTRES = np.linspace(400, 950, BANDS)
MOST_MEMORY = 200 << 20


@pytest.fixture
def path(tmp_path):
    return tmp_path / "scan.zarr"


@pytest.fixture(params=[2, 3], ids=["version 2", "version 3"])
def version(request):
    return request.param


def write(path, values=CUBE, version=3, **options):
    array = zarr.create_array(
        path,
        shape=values.shape,
        dtype=values.dtype,
        zarr_format=version,
        overwrite=True,
        **{"chunks": (4, 3, 5), "attributes": {"wavelengths": CENTRES.tolist()}} | options,
    )
    array[...] = values
    return array


def edit(path, **changes):
    """Change the metadata of an array; None takes an entry away."""
    file = next(path / name for name in ("zarr.json", ".zarray") if (path / name).exists())
    metadata = json.loads(file.read_text()) | changes
    gone = {key for key, value in changes.items() if value is None}
    file.write_text(json.dumps({k: v for k, v in metadata.items() if k not in gone}))


def refusal(path, **options):
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


def test_an_array_is_read_chunk_by_chunk(path, version):
    write(path, version=version)
    assert can_open(path)
    cube = open_cube(path)
    assert (cube.format, cube.layout) == ("Zarr", "band-row-column")
    assert isinstance(cube.data, LazyCube)
    assert cube.data.granule == (4, 3, 5)
    np.testing.assert_array_equal(cube.wavelengths, CENTRES)
    np.testing.assert_array_equal(np.asarray(cube.data), CUBE)


def test_axes_and_coordinates_are_named_as_xarray_does(path, version):
    group = zarr.open_group(path, mode="w", zarr_format=version)
    options = [{"attributes": {"_ARRAY_DIMENSIONS": names}} for names in (["wl", "y", "x"], ["wl"])]
    if version == 3:
        options = [{"dimension_names": ("wl", "y", "x")}, {"dimension_names": ("wl",)}]
    stored = group.create_array(
        "reflectance", shape=CUBE.shape, dtype="uint16", fill_value=65535, **options[0]
    )
    stored[...] = CUBE
    stored.attrs.update({"scale_factor": 0.0001, "add_offset": -0.1})
    centres = group.create_array("wl", shape=(BANDS,), dtype="float64", **options[1])
    centres[...] = CENTRES / 1e3
    centres.attrs["units"] = "micrometers"
    cube = open_cube(path)
    assert (cube.variable, cube.layout) == ("reflectance", "band-row-column")
    assert (cube.wavelength_unit, cube.no_data) == ("um", 65535)
    np.testing.assert_allclose(cube.wavelengths, CENTRES / 1e3)
    read = cube.read(slice(2, 3), slice(4, 5))[:, 0, 0]
    np.testing.assert_allclose(read, CUBE[:, 2, 4] * 1e-4 - 0.1, rtol=1e-5)


def ome(path, axes, version=3, array=CUBE, **more):
    group = zarr.open_group(path, mode="w", zarr_format=version)
    for level in range(3):
        copy = array[..., :: 2**level, :: 2**level]
        group.create_array(f"s{level}", shape=copy.shape, dtype=copy.dtype)[...] = copy
    labels = group.create_group("labels/leaf")
    labels.create_array("0", shape=(1, ROWS, COLUMNS), dtype="uint8")[...] = 1
    image = {"datasets": [{"path": f"s{level}"} for level in range(3)]}
    told = {"multiscales": [image | ({"axes": axes} if axes else {})], **more}
    group.attrs.update({"ome": told} if version == 3 else told)


@pytest.mark.parametrize(
    ("axes", "order"),
    [
        ([{"name": name} for name in "cyx"], (0, 1, 2)),
        (
            [
                {"name": "wavelength", "type": "channel"},
                {"name": "y", "type": "space"},
                {"name": "x", "type": "space"},
            ],
            (0, 1, 2),
        ),
        ([{"name": name} for name in "tczyx"], None),
        (list("tczyx"), None),
        (None, None),
    ],
)
def test_the_channels_of_ome_zarr_are_bands(path, version, axes, order):
    ome(path, axes, version, CUBE if order else CUBE[None, :, None])
    cube = open_cube(path)
    assert cube.format == "OME-Zarr"
    assert cube.variable == "s0"
    np.testing.assert_array_equal(np.asarray(cube.data), CUBE)


def test_labels_of_channels_tell_wavelengths(path, version):
    channels = [{"label": f"{centre} nm", "color": "FFFFFF"} for centre in CENTRES]
    ome(path, list("cyx"), version, omero={"channels": channels})
    cube = open_cube(path)
    np.testing.assert_allclose(cube.wavelengths, CENTRES)
    assert cube.wavelength_unit == "nm"


def test_a_stack_of_time_points_is_offered_by_the_names_of_its_axes(path):
    ome(path, list("tcyx"), array=np.stack([CUBE, 2 * CUBE]))
    with pytest.raises(AmbiguousVariable) as question:
        open_cube(path)
    names = [info.name for info in question.value.candidates]
    assert names == ["s0(1,:,:,:)", "s0(2,:,:,:)"]
    cube = open_cube(path, variable=names[1])
    assert cube.layout == "band-row-column"
    np.testing.assert_array_equal(np.asarray(cube.data), 2 * CUBE)


def test_which_array_is_asked_where_several_can_be_meant(path, version):
    group = zarr.open_group(path, mode="w", zarr_format=version)
    for name in ("vnir/data", "swir/data"):
        group.create_array(name, shape=CUBE.shape, dtype="uint16")[...] = CUBE
    with pytest.raises(AmbiguousVariable) as question:
        open_cube(path)
    assert [info.name for info in question.value.candidates] == ["swir/data", "vnir/data"]
    cube = open_cube(path, variable="vnir/data", layout="band-row-column")
    np.testing.assert_array_equal(np.asarray(cube.data), CUBE)


@pytest.mark.parametrize("values", [np.zeros((9, 15), np.uint8), np.zeros((3, 4, 5), bool)])
def test_other_arrays_are_refused(path, version, values):
    write(path, values, version, chunks=values.shape, attributes={})
    assert not can_open(path)
    assert "not a cube" in refusal(path)


def test_folders_without_a_cube_are_refused(path, version):
    path.mkdir()
    assert not can_open(path)
    assert "is a folder without a cube" in refusal(path)
    zarr.open_group(path, mode="w", zarr_format=version)
    assert not can_open(path)
    assert "holds no cube" in refusal(path)


def test_nothing_outside_of_the_folder_is_read(tmp_path, path):
    write(tmp_path / "other.zarr", version=2)
    write(path, version=2)
    (path / "0.0.0").unlink()
    (path / "0.0.0").symlink_to(tmp_path / "other.zarr" / "0.0.0")
    assert "outside the folder" in refusal(path)
    (path / ".zarray").unlink()
    (path / ".zarray").symlink_to(tmp_path / "other.zarr" / ".zarray")
    assert "outside the folder" in refusal(path)
    group = zarr.open_group(path, mode="w")
    group.attrs["ome"] = {
        "multiscales": [{"axes": ["c", "y", "x"], "datasets": [{"path": "../other.zarr"}]}]
    }
    os.symlink(tmp_path / "other.zarr", path / "linked")
    assert "holds no cube" in refusal(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"filters": [{"id": "pickle", "protocol": 4}]},
        {"compressor": {"id": "pickle"}},
        {"dtype": "|O", "filters": [{"id": "json2"}]},
    ],
)
def test_nothing_is_unpickled(path, changes):
    write(path, version=2)
    edit(path, **changes)
    assert "not opened" in refusal(path)


def test_unknown_packing_within_shards_is_refused(path):
    write(path, shards=(12, 9, 15))
    metadata = json.loads((path / "zarr.json").read_text())
    metadata["codecs"][0]["configuration"]["codecs"].append({"name": "numcodecs.pickle"})
    (path / "zarr.json").write_text(json.dumps(metadata))
    assert "packed with “pickle”" in refusal(path)


@pytest.mark.parametrize("length", [10**6, 10**12])
def test_absurd_sizes_are_refused(path, version, length):
    write(path, version=version)
    edit(path, shape=[BANDS, length, length])
    assert "the file has only" in refusal(path)


def test_absurd_chunks_are_refused(path):
    write(path, version=2)
    edit(path, shape=[BANDS, 2500, 2500], chunks=[BANDS, 2500, 2500])
    assert "a block of 150 MB cannot come from" in refusal(path)


def test_empty_chunks_are_refused(path):
    write(path, version=2)
    edit(path, chunks=[0, 0, 0])
    assert refusal(path).endswith("is damaged: its chunks are empty.")


def test_chunk_files_of_absurd_size_are_refused(path):
    write(path, version=2)
    with (path / "0.0.0").open("r+b") as file:
        file.truncate(8 << 30)  # takes no room on disk
    assert "larger than what it can hold" in refusal(path)


@pytest.mark.parametrize(
    ("codec", "head"),
    [
        ({"id": "blosc", "cname": "lz4"}, b"\x02\x01\x21\x02" + b"\xf0" * 8),
        ({"id": "lz4"}, b"\xf0\xff\xff\x7f"),
        ({"id": "zstd"}, b"\x28\xb5\x2f\xfd\xe0" + b"\xf0\xff\xff\x7f\0\0\0\0"),
    ],
)
def test_chunks_that_say_to_unpack_to_gigabytes_are_refused(path, codec, head):
    write(path, version=2, compressors=numcodecs.get_codec(codec))
    chunk = path / "0.0.0"
    chunk.write_bytes(head + chunk.read_bytes()[len(head) :])
    assert "says to unpack to more than a chunk" in refusal(path)


@pytest.mark.parametrize("size", [1, 200, 255, 256, 5000, 65_791, 65_792, 1_000_000])
def test_chunks_say_what_they_unpack_to(size):
    samples = bytes(np.random.default_rng(0).integers(0, 9, size, np.uint8))
    for name in ("blosc", "lz4", "zstd"):
        packed = numcodecs.get_codec({"id": name}).encode(samples)
        assert declared_size(name, bytes(packed)[:HEAD]) == size
    assert declared_size("gzip", b"\x1f\x8b" + bytes(30)) is None
    assert declared_size("zstd", b"") is None


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"node_type": "array"}', b"\xff" * 50, b"[" * 100_000]
)
def test_damaged_metadata_is_refused(path, content):
    write(path)
    (path / "zarr.json").write_bytes(content)
    refusal(path)


@pytest.mark.parametrize(
    "changes",
    [
        {"shape": [-1, 9, 15]},
        {"shape": "large"},
        {"chunks": [0, 3, 5]},
        {"dtype": "<f99"},
        {"fill_value": "nothing"},
        {"zarr_format": 77},
        {"filters": 3},
        {"shape": None},
    ],
)
def test_metadata_that_makes_no_sense_is_refused(path, changes):
    write(path, version=2)
    edit(path, **changes)
    refusal(path)


def test_damaged_chunks_are_told_when_they_are_read(path, version):
    write(path, version=version)
    (path / ("c/1/1/1" if version == 3 else "1.1.1")).write_bytes(b"\xff" * 20)
    cube = open_cube(path)
    with pytest.raises(UserError, match=r"scan\.zarr cannot be read"):
        np.asarray(cube.data)


def test_chunks_that_are_not_there_hold_the_fill_value(path, version):
    write(path, version=version, fill_value=7)
    (path / ("c/1/1/1" if version == 3 else "1.1.1")).unlink()
    cube = open_cube(path)
    assert cube.no_data == 7
    assert np.isnan(cube.read(slice(3, 6), slice(5, 10))[4:8]).all()
