"""Checking the tags of a MATLAB v5 to v7 variable before scipy loads it.

scipy looks up the type of the samples without checking it: a damaged type
there ends the whole program. So the few bytes in front of the samples are
checked here, after the MAT-file format document of MathWorks.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_FILE_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
# Codes of the types that samples can have, and bytes per sample.
_SAMPLE_BYTES = {1: 1, 2: 1, 3: 2, 4: 2, 5: 4, 6: 4, 7: 4, 9: 8, 12: 8, 13: 8}
_HEAD_BYTES = 4096
_NUMERIC_CLASSES = range(6, 16)
_COMPLEX_FLAG = 0x0800


def samples_are_sound(path: Path, name: str) -> bool:
    """Tell whether the tags of a numeric variable are what they should be.

    Parameters
    ----------
    path
        A MATLAB v5 to v7 file.
    name
        A numeric variable in it.

    Returns
    -------
    bool
        False where it is not numeric, is complex, or the type or the number of
        its samples is impossible.
    """
    with path.open("rb") as file:
        file.seek(126)
        order = {b"IM": "<", b"MI": ">"}.get(file.read(2))
        if order is None:
            return False
        for head in _heads(file, order):
            try:
                found, sound = _check(head, order)
            except (struct.error, KeyError):
                continue  # not this variable, or not numeric
            if found == name:
                return sound
    return False


def _heads(file: BinaryIO, order: str) -> Iterator[bytes]:
    """Yield the first bytes of the contents of each variable."""
    position = _FILE_HEADER
    while True:
        file.seek(position)
        tag = file.read(8)
        if len(tag) < 8:
            return
        kind, length = struct.unpack(order + "II", tag)
        content = file.read(min(length, _HEAD_BYTES))
        if kind == _COMPRESSED:
            try:
                content = zlib.decompressobj().decompress(content, _HEAD_BYTES)
            except zlib.error:
                content = b""
            yield content[8:] if content[:4] == struct.pack(order + "I", _MATRIX) else b""
        elif kind == _MATRIX:
            yield content
        position += 8 + length


def _check(head: bytes, order: str) -> tuple[str, bool]:
    """Return the name of a variable and whether its samples can be what is said."""
    position, parts = 0, []
    for _ in range(3):  # flags, dimensions, name
        kind, length, start, position = _element(head, position, order)
        parts.append(head[start : start + length])
    name = parts[2].decode("latin-1")
    (flags,) = struct.unpack_from(order + "I", parts[0])
    if flags & 0xFF not in _NUMERIC_CLASSES or flags & _COMPLEX_FLAG:
        return name, False
    dimensions = struct.unpack(f"{order}{len(parts[1]) // 4}i", parts[1])
    kind, length, _, _ = _element(head, position, order)
    if kind not in _SAMPLE_BYTES or min(dimensions, default=-1) < 0:
        return name, False
    samples = 1
    for dimension in dimensions:
        samples *= dimension
    return name, length == samples * _SAMPLE_BYTES[kind]


def _element(head: bytes, position: int, order: str) -> tuple[int, int, int, int]:
    """Return type, length and start of an element, and the position of the next one."""
    (first,) = struct.unpack_from(order + "I", head, position)
    if first >> 16:  # a short element: type, length and content in eight bytes
        return first & 0xFFFF, first >> 16, position + 4, position + 8
    _, length = struct.unpack_from(order + "II", head, position)
    return first, length, position + 8, position + 8 + (length + 7) // 8 * 8
