"""Unpacking compressed variables of MATLAB v7 files, into memory or into the cache folder."""

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from napari_dgc.cubes.cache_folder import CacheFolder
from napari_dgc.cubes.choices import Request
from napari_dgc.cubes.matlab.elements import Damaged

#: Larger variables are unpacked to disk.
IN_MEMORY = 32 << 20
_STEP = 1 << 20
# zlib cannot shrink data more than about 1032 times; measured samples do not shrink that much.
_GREATEST_COMPRESSION, _GREATEST_OF_SAMPLES = 1100, 250


class Bytes:
    """Unpacked bytes in memory."""

    def __init__(self, content: bytes) -> None:
        self.content = content

    def read(self, position: int, count: int) -> bytes:
        """Return `count` bytes, or fewer where they end."""
        return self.content[position : position + count]


class FileBytes:
    """Bytes of a file, open as long as this lives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO = path.open("rb")
        self.size = self.file.seek(0, 2)

    def read(self, position: int, count: int) -> bytes:
        """Return `count` bytes, or fewer where they end."""
        self.file.seek(position)
        return self.file.read(count)


def head(source: FileBytes, position: int, length: int, count: int) -> bytes:
    """Return the first bytes of what is compressed between `position` and `position + length`.

    Fewer than `count` come where it ends or is damaged.
    """
    packed = source.read(position, min(length, count + 1024))
    try:
        return zlib.decompressobj().decompress(packed, count)
    except zlib.error:
        return b""


def inflate(
    source: FileBytes,
    position: int,
    length: int,
    size: int,
    request: Request,
    *,
    to_disk: bool = False,
) -> Bytes | FileBytes:
    """Unpack what is compressed between `position` and `position + length`.

    Parameters
    ----------
    source
        The MATLAB file.
    position, length
        Where the compressed bytes are.
    size
        Bytes that they are said to unpack to.
    request
        Is told of the progress, and may cancel.
    to_disk
        Whether what is small goes to disk, too.

    Returns
    -------
    Bytes or FileBytes
        In memory, or in a file of the cache folder named by the compressed content.

    Raises
    ------
    Damaged
        The bytes do not unpack to `size` bytes.
    InterruptedError
        The user cancelled.
    """
    most = _GREATEST_COMPRESSION if size <= IN_MEMORY else _GREATEST_OF_SAMPLES
    if size > most * length:
        raise Damaged(f"{length} bytes cannot be {size} bytes of packed samples")
    if size <= IN_MEMORY and not to_disk:
        return Bytes(b"".join(_unpacked(source, position, length, size)))

    def write(path: Path) -> None:
        done = 0
        with path.open("wb") as file:
            for part in _unpacked(source, position, length, size):
                if request.token.cancelled:
                    raise InterruptedError
                file.write(part)
                done += len(part)
                request.progress(done / size)

    key = _key(source, position, length, request)
    return FileBytes(CacheFolder().entry(key, size, write))


def _unpacked(source: FileBytes, position: int, length: int, size: int) -> Iterator[bytes]:
    """Yield exactly `size` bytes in parts of at most `_STEP`."""
    unpacker = zlib.decompressobj()
    end, done, left = position + length, 0, b""
    try:
        while done < size:
            if not left:
                left = source.read(position, min(_STEP, end - position))
                position += len(left)
            part = unpacker.decompress(left, min(_STEP, size - done))
            nothing_more = not part and not left
            left = unpacker.unconsumed_tail
            done += len(part)
            if part:
                yield part
            if done < size and (unpacker.eof or nothing_more):
                raise Damaged("compressed samples end too soon")
        while not unpacker.eof:  # the checksum
            if not left:
                left = source.read(position, min(_STEP, end - position))
                position += len(left)
            if not left or unpacker.decompress(left, 1):
                raise Damaged("compressed samples do not end where they should")
            left = unpacker.unconsumed_tail
    except zlib.error as error:
        raise Damaged("compressed samples cannot be unpacked") from error


def _key(source: FileBytes, position: int, length: int, request: Request) -> str:
    """Return the name of the unpacked file: a hash of the compressed bytes."""
    digest = hashlib.blake2b(digest_size=20)
    for start in range(0, length, _STEP):
        if request.token.cancelled:
            raise InterruptedError
        digest.update(source.read(position + start, min(_STEP, length - start)))
    return f"matlab-{digest.hexdigest()}"
