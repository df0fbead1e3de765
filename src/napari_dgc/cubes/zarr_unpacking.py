"""Chunks of Zarr arrays unpack to as many bytes as a chunk has, never to more.

The codecs of zarr unpack whatever a file says: a few hundred kilobytes can become gigabytes
before anybody looks at them. So each codec that unpacks, also those within shards and behind
one another, is put behind one that knows how much may come out.
"""

import asyncio
import bz2
import dataclasses
import lzma
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import zarr
from numcodecs.abc import Codec as Codec2  # type: ignore[import-untyped]
from zarr.abc.codec import BytesBytesCodec, Codec
from zarr.codecs import ShardingCodec
from zarr.core.array_spec import ArraySpec
from zarr.core.buffer import Buffer
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata

from napari_dgc.cubes.packed_sizes import HEAD, declared_size

#: Bytes that a chunk may have beyond its samples.
MARGIN = 1 << 16
#: Chunks in one shard; its index has 16 bytes for each and is read whole.
MOST_IN_SHARD = 1 << 20
_LZMA_MEMORY = 100 << 20


def most_unpacked(samples: int) -> int:
    """Return the bytes that may come out of a codec where a chunk has so many bytes of samples.

    What comes out may be packed once more, and packing what cannot be packed adds a little.
    """
    return 2 * samples + MARGIN


def with_limits(array: "zarr.Array[Any]") -> "zarr.Array[Any]":
    """Return an array whose chunks raise a ValueError where they unpack to more than a chunk.

    Parameters
    ----------
    array
        Opened from a store.

    Raises
    ------
    ValueError
        A shard is to hold more than `MOST_IN_SHARD` chunks.
    """
    metadata = array.metadata
    limited: ArrayV2Metadata | ArrayV3Metadata
    if isinstance(metadata, ArrayV2Metadata):
        size = (
            int(np.prod(metadata.chunks, dtype=object)) * metadata.dtype.to_native_dtype().itemsize
        )
        limited = dataclasses.replace(
            metadata,
            compressor=_limited2(metadata.compressor, size),
            filters=tuple(_limited2(codec, size) for codec in metadata.filters or ()) or None,
        )
    else:
        limited = dataclasses.replace(metadata, codecs=_limited3(metadata.codecs, array.shards))
    return zarr.Array(zarr.AsyncArray(limited, array.store_path))


def _limited2(codec: Any, size: int) -> Any:
    name = "" if codec is None else str(codec.codec_id)
    if name not in _PACKERS:
        return codec
    # Filters may turn samples into longer ones before they are packed.
    return _Limited2(codec, name, most_unpacked(8 * size))


def _limited3(codecs: Iterable[Codec], whole: tuple[int, ...] | None) -> tuple[Codec, ...]:
    """Put limits on codecs; `whole` is the shape of what they pack, where it is a shard."""
    limited: list[Codec] = []
    for codec in codecs:
        name = str(codec.to_dict().get("name", "")).removeprefix("numcodecs.")
        if isinstance(codec, ShardingCodec):
            inner = codec.chunk_shape
            if whole is not None and np.prod(whole, dtype=object) > MOST_IN_SHARD * int(
                np.prod(inner, dtype=object)
            ):
                raise ValueError(f"a shard of more than {MOST_IN_SHARD} chunks")
            codec = ShardingCodec(
                chunk_shape=inner,
                codecs=_limited3(codec.codecs, inner),
                index_codecs=codec.index_codecs,
                index_location=codec.index_location,
            )
        elif name in _PACKERS and isinstance(codec, BytesBytesCodec):
            codec = _Limited3(codec, name)
        limited.append(codec)
    return tuple(limited)


class _Limited2(Codec2):  # type: ignore[misc]
    """A codec of Zarr 2 of which no more than `most` bytes come."""

    codec_id = "limited"

    def __init__(self, codec: Any, name: str, most: int) -> None:
        self.codec, self.name, self.most = codec, name, most

    def encode(self, buf: Any) -> Any:
        return self.codec.encode(buf)

    def decode(self, buf: Any, out: Any = None) -> Any:
        packed = _bytes_of(buf)
        unpack = _stream(self.name, self.codec.get_config(), packed)
        if unpack is not None:
            return unpack(packed, self.most)
        _check_declared(self.name, packed, self.most)
        return self.codec.decode(buf)

    def get_config(self) -> dict[str, Any]:
        return dict(self.codec.get_config())


@dataclass(frozen=True)
class _Limited3(BytesBytesCodec):
    """A codec of Zarr 3 of which no more comes than a chunk has."""

    codec: BytesBytesCodec
    name: str
    is_fixed_size = False

    def to_dict(self) -> dict[str, Any]:
        return self.codec.to_dict()

    def evolve_from_array_spec(self, array_spec: ArraySpec) -> "_Limited3":
        return _Limited3(self.codec.evolve_from_array_spec(array_spec), self.name)

    def validate(self, **told: Any) -> None:
        self.codec.validate(**told)

    def resolve_metadata(self, chunk_spec: ArraySpec) -> ArraySpec:
        return self.codec.resolve_metadata(chunk_spec)

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: ArraySpec) -> int:
        return self.codec.compute_encoded_size(input_byte_length, chunk_spec)

    async def _decode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer:
        itemsize = chunk_spec.dtype.to_native_dtype().itemsize
        most = most_unpacked(int(np.prod(chunk_spec.shape, dtype=object)) * itemsize)
        packed = _bytes_of(chunk_bytes.as_numpy_array())
        settings = self.to_dict().get("configuration")
        unpack = _stream(self.name, dict(settings) if isinstance(settings, dict) else {}, packed)
        if unpack is not None:
            content = await asyncio.to_thread(unpack, packed, most)
            return chunk_spec.prototype.buffer.from_bytes(content)
        _check_declared(self.name, packed, most)
        (found,) = await self.codec.decode([(chunk_bytes, chunk_spec)])
        assert found is not None
        return found

    async def _encode_single(self, chunk_bytes: Buffer, chunk_spec: ArraySpec) -> Buffer | None:
        raise NotImplementedError("arrays are only read")


_PACKERS = frozenset({"blosc", "lz4", "zstd", "gzip", "zlib", "bz2", "lzma"})


def _bytes_of(buffer: Any) -> bytes:
    return np.ascontiguousarray(buffer).tobytes()


def _check_declared(name: str, packed: bytes, most: int) -> None:
    said = declared_size(name, packed[:HEAD])
    if said is not None and said > most:
        raise ValueError("a chunk says to unpack to more than a chunk has")


def _too_much() -> ValueError:
    return ValueError("a chunk unpacks to more than a chunk has")


def _stream(
    name: str, settings: dict[str, Any], packed: bytes
) -> Callable[[bytes, int], bytes] | None:
    """Return what unpacks a chunk that does not say how much comes of it, else None."""
    if name == "zstd" and declared_size(name, packed[:HEAD]) is None:
        return _zstd
    start: dict[str, Callable[[], Any]] = {
        "gzip": lambda: zlib.decompressobj(31),
        "zlib": zlib.decompressobj,
        "bz2": bz2.BZ2Decompressor,
        "lzma": lambda: _lzma(settings),
    }
    if name not in start:
        return None
    return lambda packed, most: _streamed(start[name], packed, most)


def _streamed(start: Callable[[], Any], packed: bytes, most: int) -> bytes:
    """Unpack one stream, or several behind one another."""
    parts: list[bytes] = []
    left: Any = packed
    while True:
        unpacker = start()
        part = unpacker.decompress(left, most + 1)
        most -= len(part)
        if most < 0:
            raise _too_much()
        parts.append(part)
        if not unpacker.eof:
            raise ValueError("a chunk ends too early")
        left = unpacker.unused_data
        if not left.strip(b"\0"):
            return b"".join(parts)


def _lzma(settings: dict[str, Any]) -> lzma.LZMADecompressor:
    form = settings.get("format", lzma.FORMAT_XZ)
    if form == lzma.FORMAT_RAW:
        return lzma.LZMADecompressor(form, filters=settings.get("filters"))
    return lzma.LZMADecompressor(form, memlimit=_LZMA_MEMORY)


def _zstd(packed: bytes, most: int) -> bytes:
    import imagecodecs  # takes long to import

    return bytes(imagecodecs.zstd_decode(packed, out=bytearray(most)))
