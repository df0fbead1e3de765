"""What lies where in a MATLAB v5 to v7 variable, found without reading its samples.

After the MAT-file format document of MathWorks. Every length is checked against what holds
it, so that a damaged file is noticed here and not while samples are read.
"""

import itertools
import math
import struct
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from napari_dgc.errors import readable

MATRIX, COMPRESSED = 14, 15
_INT8, _UINT8, _INT32, _UINT32 = 1, 2, 5, 6
_SAMPLES = dict(
    zip(
        (1, 2, 3, 4, 5, 6, 7, 9, 12, 13),
        ("i1", "u1", "i2", "u2", "i4", "u4", "f4", "f8", "i8", "u8"),
        strict=True,
    )
)
_CODINGS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
_ENDIAN = {"<": "-le", ">": "-be"}
_CELL, _STRUCT, _OBJECT, _CHAR, _OPAQUE = 1, 2, 3, 4, 17
_CONTAINERS = {_CELL: "cell", _STRUCT: "struct", _OBJECT: "object"}
_OTHERS = {5: "sparse", 16: "function handle"}
_WHOLE = (f"{sign}{bits}" for bits in (8, 16, 32, 64) for sign in ("int", "uint"))
_NUMBERS = dict(enumerate(("float64", "float32", *_WHOLE), start=6))
_LOGICAL_FLAG, _COMPLEX_FLAG = 0x0200, 0x0800
# Far above what scans are saved with.
_MOST_AXES, _LONGEST_NAME, _LONGEST_TEXT, _DEEPEST = 32, 1024, 4096, 12
#: Most entries of a cell or struct array that are looked into.
MOST_ENTRIES = 256
#: Most elements of a variable that are listed.
MOST_ELEMENTS = 20_000


class Damaged(Exception):
    """What a file says of itself cannot be true; the text tells what."""


class Source(Protocol):
    """Bytes that elements lie in."""

    def read(self, position: int, count: int) -> bytes:
        """Return `count` bytes, or fewer where they end."""


@dataclass(frozen=True)
class Element:
    """One array of a file.

    Parameters
    ----------
    name
        As MATLAB would write it: ``scan.data``, ``axisscale{2,1}``, ``run(3).data``.
    shape
        Size in MATLAB.
    kind
        Its class: a numpy name for real numbers, else MATLAB's word.
    dtype
        Type of the samples as stored (MATLAB stores whole numbers in short types), None
        where there are no real numbers.
    offset, length
        Bytes before the samples or characters, and bytes of them.
    coding
        How characters are coded.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    dtype: np.dtype[Any] | None = None
    offset: int = 0
    length: int = 0
    coding: str | None = None

    @property
    def holds_others(self) -> bool:
        """Whether this is a struct, an object or a cell array."""
        return self.kind in _CONTAINERS.values()

    def text(self, source: Source) -> str | None:
        """Return the characters of a char array in one line, or None where it is none."""
        if self.coding is None:
            return None
        content = source.read(self.offset, min(self.length, _LONGEST_TEXT))
        return content.decode(self.coding, "replace")


def walk(
    source: Source, position: int, end: int, order: str, *, inside: bool = True
) -> list[Element]:
    """List a variable and what it holds.

    Parameters
    ----------
    source
        Where it lies.
    position, end
        Its contents, behind the tag.
    order
        ``"<"`` or ``">"``.
    inside
        Whether to look into structs and cells; else only the beginning of the
        variable is read.

    Returns
    -------
    list of Element
        The variable first; at most `MOST_ELEMENTS`.

    Raises
    ------
    Damaged
        A type, a length or a size is impossible.
    """
    walker = _Walker(source, order, inside)
    return list(itertools.islice(walker.matrix(position, end, None, 0), MOST_ELEMENTS))


class _Walker:
    """Goes through arrays one after the other.

    Some programs write the lengths of structs and cells too small, which MATLAB does not
    mind: an array ends where the last thing in it ends. `end` is that of the variable.
    """

    def __init__(self, source: Source, order: str, inside: bool) -> None:
        self._source, self._order, self._inside = source, order, inside

    def matrix(
        self, position: int, end: int, name: str | None, depth: int
    ) -> Generator[Element, None, int]:
        """Yield an array and what it holds; return where that ends, as far as it is known."""
        kind, start, length, position = self._tag(position, end)
        if kind != _UINT32 or length != 8:
            raise Damaged("a variable begins without flags")
        (flags,) = self._numbers(start, "I", 1)
        what = flags & 0xFF
        if what == _OPAQUE:  # objects that MATLAB keeps elsewhere in the file
            found, position = self._name(position, end)
            _, position = self._name(position, end)  # how the object is kept
            class_name, position = self._name(position, end)
            yield Element(found if name is None else name, (1, 1), f"{class_name} object")
            return position
        kind, start, length, position = self._tag(position, end)
        if kind != _INT32 or length % 4 or not 8 <= length <= 4 * _MOST_AXES:
            raise Damaged("a variable has no size")
        shape = self._numbers(start, "i", length // 4)
        if min(shape) < 0:
            raise Damaged("the size of a variable is negative")
        found, position = self._name(position, end)
        name = found if name is None else name
        if what in _NUMBERS:
            element, position = self._samples(position, end, name, shape, flags)
            yield element
        elif what == _CHAR:
            element, position = self._characters(position, end, name, shape)
            yield element
        elif what in _CONTAINERS:
            yield Element(name, shape, _CONTAINERS[what])
            if self._inside and depth < _DEEPEST:
                position = yield from self._held(position, end, name, shape, what, depth)
        elif what in _OTHERS:
            yield Element(name, shape, _OTHERS[what])
        else:
            raise Damaged(f"a variable is of the unknown class {what}")
        return position

    def _samples(
        self, position: int, end: int, name: str, shape: tuple[int, ...], flags: int
    ) -> tuple[Element, int]:
        kind, start, length, position = self._tag(position, end)
        if kind not in _SAMPLES:
            raise Damaged(f"“{name}” has samples of the unknown type {kind}")
        dtype = np.dtype(self._order + _SAMPLES[kind])
        if length != math.prod(shape) * dtype.itemsize:
            size = "×".join(str(count) for count in shape)
            raise Damaged(f"“{name}” is said to be {size}, but has {length} bytes")
        if flags & _COMPLEX_FLAG:
            return Element(name, shape, "complex"), position
        what = "logical" if flags & _LOGICAL_FLAG else _NUMBERS[flags & 0xFF]
        return Element(name, shape, what, dtype, start, length), position

    def _characters(
        self, position: int, end: int, name: str, shape: tuple[int, ...]
    ) -> tuple[Element, int]:
        kind, start, length, position = self._tag(position, end)
        if kind not in _CODINGS:
            raise Damaged(f"“{name}” has characters of the unknown type {kind}")
        coding = _CODINGS[kind]
        if coding in ("utf-16", "utf-32"):
            coding += _ENDIAN[self._order]
        return Element(name, shape, "char", None, start, length, coding), position

    def _held(
        self, position: int, end: int, name: str, shape: tuple[int, ...], what: int, depth: int
    ) -> Generator[Element, None, int]:
        """Yield what a struct, an object or a cell array holds; return where it ends."""
        fields = [""]
        if what == _OBJECT:
            _, position = self._name(position, end)  # of its class
        if what != _CELL:
            fields, position = self._fields(position, end)
        entries = math.prod(shape)
        if entries * len(fields) * 8 > end - position:
            raise Damaged(f"“{name}” is too short for what it should hold")
        if entries > MOST_ENTRIES:
            return position
        for index in range(entries):
            where = subscript(index, shape)
            entry = f"{name}{{{where}}}" if what == _CELL else f"{name}({where})"
            if what != _CELL and entries == 1:
                entry = name
            for field in fields:
                kind, start, length, position = self._tag(position, end)
                if kind != MATRIX:
                    raise Damaged(f"“{name}” holds something that is no variable")
                if length:  # MATLAB leaves empty arrays out
                    inner = f"{entry}.{field}" if field else entry
                    ended = yield from self.matrix(start, end, inner, depth + 1)
                    position = max(position, ended)
        return position

    def _fields(self, position: int, end: int) -> tuple[list[str], int]:
        kind, start, length, position = self._tag(position, end)
        if kind != _INT32 or length != 4:
            raise Damaged("a struct does not tell the length of its names")
        (longest,) = self._numbers(start, "i", 1)
        kind, start, length, position = self._tag(position, end)
        if kind != _INT8 or not 1 <= longest <= _LONGEST_NAME or length % longest:
            raise Damaged("the names of a struct cannot be read")
        if length > longest * MOST_ELEMENTS:
            raise Damaged("a struct has too many fields")
        names = self._bytes(start, length)
        parts = (names[first : first + longest] for first in range(0, length, longest))
        return [readable(part.split(b"\0")[0].decode("latin-1")) or "?" for part in parts], position

    def _name(self, position: int, end: int) -> tuple[str, int]:
        kind, start, length, position = self._tag(position, end)
        if kind not in (_INT8, _UINT8, 16) or length > _LONGEST_NAME:
            raise Damaged("a variable has no name")
        return readable(self._bytes(start, length).decode("latin-1")), position

    def _tag(self, position: int, end: int) -> tuple[int, int, int, int]:
        """Return type, start and length of a part, and the position of the next one."""
        if position + 8 > end:
            raise Damaged("a variable ends too soon")
        first, length = self._numbers(position, "I", 2)
        if first >> 16:  # type, length and content within eight bytes
            kind, length, start, following = first & 0xFFFF, first >> 16, position + 4, position + 8
            if length > 4:
                raise Damaged("a short part of a variable is too long")
        else:
            kind, start = first, position + 8
            following = start + (length + 7) // 8 * 8
        if start + length > end:
            raise Damaged("a part of a variable is longer than the variable")
        return kind, start, length, following

    def _numbers(self, position: int, code: str, count: int) -> tuple[int, ...]:
        layout = f"{self._order}{count}{code}"
        return struct.unpack(layout, self._bytes(position, struct.calcsize(layout)))

    def _bytes(self, position: int, count: int) -> bytes:
        content = self._source.read(position, count)
        if len(content) < count:
            raise Damaged("the file is cut off")
        return content


def subscript(index: int, shape: tuple[int, ...]) -> str:
    """Write the place of an entry as MATLAB does: ``3`` in a vector, ``2,1`` in a matrix."""
    if sum(length > 1 for length in shape) <= 1:
        return str(index + 1)
    place = np.unravel_index(index, shape, order="F")
    return ",".join(str(int(part) + 1) for part in place)
