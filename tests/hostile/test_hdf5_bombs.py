"""HDF5 files whose chunks or attributes ask for gigabytes."""

import struct
import zlib

import h5py
import numpy as np
import pytest
from numcodecs.checksum32 import JenkinsLookup3

from napari_dgc.cubes.read import open_cube

from .cases import MOST_MEMORY, watched
from .test_many_and_packed import refusal

CUBE = np.random.default_rng(3).integers(1, 4000, (8, 64, 64), np.uint16)
HUGE = 600 << 20
SUFFIXES = [".h5", ".mat"]


def deflated(size=HUGE):
    packer, block = zlib.compressobj(), bytes(1 << 20)
    return b"".join([*(packer.compress(block) for _ in range(size >> 20)), packer.flush()])


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("options", [{}, {"shuffle": True}, {"fletcher32": True}])
def test_chunks_that_unpack_to_much_more_than_a_chunk(tmp_path, suffix, options):
    path = tmp_path / f"scan{suffix}"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("cube", CUBE.shape, "u2", chunks=CUBE.shape, compression="gzip")
        data.id.write_direct_chunk((0, 0, 0), deflated())
    assert "a chunk is" in refusal(path)


def test_chunks_in_the_middle_are_refused_where_they_are_read(tmp_path):
    path, large = tmp_path / "scan.h5", np.tile(CUBE, (1, 4, 4))
    with h5py.File(path, "w") as file:
        chunks = {"chunks": (2, 256, 256), "compression": "gzip"}
        data = file.create_dataset("cube", data=large, **chunks)
        data.id.write_direct_chunk((4, 0, 0), deflated(500 << 20))
    cube = open_cube(path, layout="band-row-column")
    np.testing.assert_array_equal(cube.data[:4], large[:4])
    np.testing.assert_array_equal(cube.data[7, 3:9, ::5], large[7, 3:9, ::5])

    def read():
        with pytest.raises(Exception, match="a chunk is damaged or unpacks to too much"):
            cube.data[3:6, :5, :5]
        return ""

    outcome = watched(read)
    assert outcome.problem == ""
    assert outcome.memory < 60 << 20


def test_chunks_longer_than_a_chunk_can_be(tmp_path):
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w") as file:
        data = file.create_dataset("cube", CUBE.shape, "u2", chunks=CUBE.shape, compression="gzip")
        data.id.write_direct_chunk((0, 0, 0), bytes(1 << 20))
    assert "larger than what it can hold" in refusal(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_lists_of_wavelengths_that_unpack_to_gigabytes(tmp_path, suffix):
    path = tmp_path / f"scan{suffix}"
    with h5py.File(path, "w") as file:
        file["cube"] = CUBE
        waves = file.create_dataset("wavelength", (8,), "f8", chunks=(8,), compression="gzip")
        waves.id.write_direct_chunk((0,), deflated())
    opened = []

    def do():
        opened.append(open_cube(path, layout="band-row-column"))
        return ""

    outcome = watched(do)
    assert outcome.problem == ""
    assert outcome.memory < MOST_MEMORY
    assert opened[0].wavelengths is None


@pytest.mark.parametrize("compression", ["gzip", "lzf"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_sound_chunks_open_however_well_they_are_packed(tmp_path, compression, shuffle):
    cube = np.zeros((40, 512, 512), np.float32)
    cube[:, 3, 5] = np.arange(40)
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file.create_dataset(
            "cube", data=cube, chunks=(20, 512, 256), compression=compression, shuffle=shuffle
        )
    opened = open_cube(tmp_path / "scan.h5", layout="band-row-column")
    np.testing.assert_array_equal(opened.data[:, :8, 2:7], cube[:, :8, 2:7])
    np.testing.assert_array_equal(opened.data[::-7, 3], cube[::-7, 3])


def checksum(block):
    return bytes(JenkinsLookup3().encode(block[:18] + bytes(4) + block[22:])[-4:])


def checksummed(content):
    """Return where the blocks of attributes begin, and how long they are."""
    return [
        (start, size)
        for start in range(len(content))
        if content.startswith(b"FHDB", start)
        for size in (512, 1024, 2048, 4096)
        if start + size <= len(content)
        and checksum(content[start : start + size]) == content[start + 18 : start + 22]
    ]


def many_attributes(path, count=40):
    """Write a cube with so many attributes that they are kept apart from it."""
    with h5py.File(path, "w", libver="latest") as file:
        data = file.create_dataset("cube", data=CUBE)
        for number in range(count):
            data.attrs[f"remark {number}"] = f"text {number}"
        data.attrs["wavelength"] = np.linspace(400, 900, 8)
        data.attrs["wavelength_units"] = "nm"
        file["bands"] = np.arange(8.0)
        file["bands"].make_scale("band")
        data.dims[0].attach_scale(file["bands"])
    return path


@pytest.mark.parametrize("count", [7, 40, 400])
def test_many_attributes_are_read(tmp_path, count):
    cube = open_cube(many_attributes(tmp_path / "scan.h5", count))
    assert cube.data.shape == CUBE.shape
    assert cube.wavelength_unit == "nm"
    np.testing.assert_allclose(cube.wavelengths, np.linspace(400, 900, 8))


@pytest.mark.parametrize("length", [1 << 20, 1 << 31, (1 << 32) - 1])
def test_texts_of_gigabytes_among_many_attributes(tmp_path, length):
    path = many_attributes(tmp_path / "scan.h5")
    content = bytearray(path.read_bytes())
    heaps = {at for at in range(len(content)) if content.startswith(b"GCOL", at)}
    blocks = checksummed(bytes(content))
    places = 0
    for position in (at for start, size in blocks for at in range(start, start + size - 16)):
        size, address, number = struct.unpack_from("<IQI", content, position)
        if address in heaps and 0 < size < 20 and 0 < number < 100:
            struct.pack_into("<I", content, position, length)
            places += 1
    assert places > 30
    for start, size in blocks:  # HDF5 compares the checksum before it reads on
        content[start + 18 : start + 22] = checksum(bytes(content[start : start + size]))
    path.write_bytes(content)
    opened = []

    def do():
        opened.append(open_cube(path, layout="band-row-column"))
        return ""

    outcome = watched(do)
    assert outcome.problem == ""
    assert outcome.memory < MOST_MEMORY
    assert opened[0].wavelength_unit is None or opened[0].wavelengths is not None


def test_packed_lists_of_names_are_refused(tmp_path):
    path = tmp_path / "scan.h5"
    with h5py.File(path, "w", libver="latest") as file:
        inner = file.create_group("scans")
        for number in range(20):
            inner[f"cube {number}"] = CUBE
    content = bytearray(path.read_bytes())
    heap = content.index(b"FRHP")
    struct.pack_into("<H", content, heap + 7, 20)
    path.write_bytes(content)
    assert "damaged" in refusal(path)
