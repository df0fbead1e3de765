"""Chunks of Zarr arrays that unpack to gigabytes are refused before they do."""

import bz2
import functools
import gzip
import json
import lzma
import struct
import warnings
import zlib

import imagecodecs
import numpy as np
import pytest
import zarr
from zarr.codecs import BytesCodec, ShardingCodec

from napari_dgc.cubes.read import open_cube

from .test_many_and_packed import refusal

CUBE = np.random.default_rng(3).integers(1, 4000, (8, 64, 64), np.uint16)
HUGE = 600 << 20


def streamed(compressor):
    """Pack zeros without ever holding all of them."""
    block = bytes(1 << 20)
    parts = [compressor.compress(block) for _ in range(HUGE >> 20)]
    return b"".join([*parts, compressor.flush()])


def zstd_without_size():
    """Return a frame that does not tell its size: blocks that repeat one byte."""
    block = (1 << 17 << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    last = (1 << 3 | 1 << 1 | 1).to_bytes(3, "little") + b"\0"
    return b"\x28\xb5\x2f\xfd\x00\x58" + block * (HUGE >> 17) + last


def gzips():
    """Return many members behind one another, each of them harmless."""
    return gzip.compress(bytes(8 << 20)) * (HUGE >> 23)


BOMBS = {
    "gzip": lambda: streamed(zlib.compressobj(9, zlib.DEFLATED, 31)),
    "members": gzips,
    "zlib": lambda: streamed(zlib.compressobj()),
    "bz2": lambda: streamed(bz2.BZ2Compressor()),
    "lzma": lambda: streamed(lzma.LZMACompressor(preset=0)),
    "zstd": lambda: imagecodecs.zstd_encode(bytes(HUGE)),
    "zstd frames": zstd_without_size,
    "blosc": lambda: struct.pack("<BBBBIII", 2, 1, 0, 1, HUGE, 1 << 20, 64) + bytes(48),
    "lz4": lambda: struct.pack("<I", HUGE) + bytes(64),
}
BOMBS = {name: functools.cache(make) for name, make in BOMBS.items()}
KINDS = {"members": "gzip", "zstd frames": "zstd"}


@pytest.fixture
def no_warnings():
    """Let libraries warn about the odd files that tests write."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@pytest.fixture(params=BOMBS)
def bomb(request):
    """Name of a codec, and a chunk."""
    return KINDS.get(request.param, request.param), BOMBS[request.param]()


def version3(kind):
    """Return a codec in the words of version 3."""
    told = {
        "gzip": {"level": 5},
        "zstd": {"level": 1, "checksum": False},
        "blosc": {
            "typesize": 2,
            "cname": "lz4",
            "clevel": 5,
            "shuffle": "shuffle",
            "blocksize": 0,
        },
    }
    if kind in told:
        return {"name": kind, "configuration": told[kind]}
    return {"name": f"numcodecs.{kind}", "configuration": {}}


def write(path, codecs, chunk):
    """Write an array of one chunk of version 3."""
    path.mkdir()
    metadata = {
        "zarr_format": 3,
        "node_type": "array",
        "shape": CUBE.shape,
        "data_type": "uint16",
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": CUBE.shape}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "fill_value": 0,
        "codecs": codecs,
        "attributes": {},
    }
    (path / "zarr.json").write_text(json.dumps(metadata))
    (path / "c/0/0").mkdir(parents=True)
    (path / "c/0/0/0").write_bytes(chunk)


def sharding(inner, *packers):
    plain = {"name": "bytes", "configuration": {"endian": "little"}}
    return {
        "name": "sharding_indexed",
        "configuration": {
            "chunk_shape": inner,
            "codecs": [plain, *packers],
            "index_codecs": [plain],
            "index_location": "end",
        },
    }


BYTES = {"name": "bytes", "configuration": {"endian": "little"}}


@pytest.mark.usefixtures("no_warnings")
def test_chunks(tmp_path, bomb):
    kind, chunk = bomb
    write(tmp_path / "scan.zarr", [BYTES, version3(kind)], chunk)
    refusal(tmp_path / "scan.zarr")


@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize("inner", [[8, 64, 64], [8, 64, 32]])
def test_chunks_in_shards(tmp_path, bomb, inner):
    kind, chunk = bomb
    index = struct.pack("<QQ", 0, len(chunk)) * (64 // inner[2])
    write(tmp_path / "scan.zarr", [sharding(inner, version3(kind))], chunk + index)
    refusal(tmp_path / "scan.zarr")


@pytest.mark.usefixtures("no_warnings")
def test_packed_shards_and_chunks_packed_twice(tmp_path, bomb):
    kind, chunk = bomb
    write(tmp_path / "packed.zarr", [sharding([8, 64, 64]), version3(kind)], chunk)
    refusal(tmp_path / "packed.zarr")
    twice = [BYTES, version3(kind), version3("gzip")]
    write(tmp_path / "twice.zarr", twice, gzip.compress(chunk))
    refusal(tmp_path / "twice.zarr")


@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize("as_filter", [False, True])
def test_chunks_of_version_2(tmp_path, bomb, as_filter):
    kind, chunk = bomb
    path = tmp_path / "scan.zarr"
    path.mkdir()
    metadata = {
        "zarr_format": 2,
        "shape": CUBE.shape,
        "chunks": CUBE.shape,
        "dtype": "<u2",
        "compressor": None if as_filter else {"id": kind},
        "filters": [{"id": kind}] if as_filter else None,
        "fill_value": 0,
        "order": "C",
    }
    (path / ".zarray").write_text(json.dumps(metadata))
    (path / "0.0.0").write_bytes(chunk)
    refusal(path)


def test_shards_of_very_many_chunks(tmp_path):
    write(tmp_path / "scan.zarr", [sharding([1, 1, 1])], bytes(100))
    assert "cannot be read" in refusal(tmp_path / "scan.zarr")
    path = tmp_path / "many.zarr"
    write(path, [sharding([1, 1, 1])], bytes(100))
    metadata = json.loads((path / "zarr.json").read_text())
    metadata["shape"] = [100, 1000, 1000]
    metadata["chunk_grid"]["configuration"]["chunk_shape"] = [100, 1000, 1000]
    (path / "zarr.json").write_text(json.dumps(metadata))
    assert "a shard of more than" in refusal(path)


@pytest.mark.usefixtures("no_warnings")
@pytest.mark.parametrize("kind", ["gzip", "zlib", "bz2", "lzma", "zstd", "blosc", "lz4", "none"])
@pytest.mark.parametrize("sharded", [False, True])
def test_sound_arrays_open(tmp_path, kind, sharded):
    packers = [] if kind == "none" else [version3(kind)]
    codecs = [sharding([8, 32, 32], *packers)] if sharded else [BYTES, *packers]
    write(tmp_path / "scan.zarr", codecs, b"")
    zarr.open_array(tmp_path / "scan.zarr", mode="r+")[...] = CUBE
    cube = open_cube(tmp_path / "scan.zarr", layout="band-row-column")
    np.testing.assert_array_equal(cube.data[:], CUBE)
    np.testing.assert_array_equal(cube.data[2:5, 30:40, 5], CUBE[2:5, 30:40, 5])


def test_sound_shards_in_shards_open(tmp_path):
    codecs = ShardingCodec(
        chunk_shape=(8, 32, 32),
        codecs=[ShardingCodec(chunk_shape=(8, 16, 16), codecs=[BytesCodec()])],
    )
    array = zarr.create_array(
        tmp_path / "scan.zarr",
        shape=CUBE.shape,
        chunks=CUBE.shape,
        dtype="uint16",
        serializer=codecs,
        compressors=None,
    )
    array[...] = CUBE
    cube = open_cube(tmp_path / "scan.zarr", layout="band-row-column")
    np.testing.assert_array_equal(cube.data[:], CUBE)


def test_sound_frames_of_zstd_that_do_not_tell_their_size(tmp_path):
    raw = CUBE.tobytes()
    half = len(raw) // 2
    first = (half << 3).to_bytes(3, "little") + raw[:half]
    second = (half << 3 | 1).to_bytes(3, "little") + raw[half:]
    write(
        tmp_path / "scan.zarr",
        [BYTES, version3("zstd")],
        b"\x28\xb5\x2f\xfd\x00\x58" + first + second,
    )
    cube = open_cube(tmp_path / "scan.zarr", layout="band-row-column")
    np.testing.assert_array_equal(cube.data[:], CUBE)
