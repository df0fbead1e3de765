"""Whether texts and lists of any length in an HDF5 file can be read without harm.

HDF5 keeps such values apart from the attribute or dataset, in a "global heap", and believes
what the file says of them: a single wrong byte makes the library search for ever, or take
4 GB of memory, before it notices. So the few bytes in question are looked at first. After the
HDF5 File Format Specification, version 3.0, sections III.E, IV.A.1 and IV.A.2.m
(https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html).
"""

import struct
from collections.abc import Iterator
from typing import BinaryIO

import h5py

from napari_dgc.cubes.hdf5_dense import (
    NOWHERE,
    dense_attributes,
    heap_is_packed,
    heap_of_message,
)

#: Larger heaps hold no names, units or band centres.
_MOST_OF_HEAP = 16 << 20
_MOST_BLOCKS = 64
_DATATYPE, _ATTRIBUTE, _CONTINUATION = 0x03, 0x0C, 0x10
_LINKS_ELSEWHERE, _ATTRIBUTES_ELSEWHERE = 0x02, 0x15
#: Length, address of the heap, number in the heap: how a value lies in its attribute.
_PLACE = struct.Struct("<IQI")


def names_are_plain(item: h5py.Group | h5py.Dataset) -> bool:
    """Tell whether the names in a group and of attributes can be listed without harm.

    Parameters
    ----------
    item
        A group or dataset of a file on disk. Lists of names that are packed, which may unpack
        to any size, count as unsound: no program is known to write them.
    """
    with _File(item) as file:
        return file.names_are_plain()


def attribute_is_sound(item: h5py.Group | h5py.Dataset, name: str) -> bool:
    """Tell whether an attribute can be read without harm.

    Parameters
    ----------
    item
        A group or dataset of a file on disk.
    name
        Of an attribute that it has. Those that hold neither numbers nor texts nor lists of
        references count as unsound.
    """
    kind = item.attrs.get_id(name).get_type()
    if not _varies(kind):
        return _is_plain(kind)
    with _File(item) as file:
        found = file.attribute(name.encode())
        return found is not None and file.all_sound(*found)


def values_are_sound(dataset: h5py.Dataset) -> bool:
    """Tell whether the values of a dataset can be read without harm.

    Parameters
    ----------
    dataset
        Of a file on disk. Packed texts of any length count as unsound, as does all that
        is neither numbers nor texts.
    """
    kind = dataset.id.get_type()
    if not _varies(kind):
        return _is_plain(kind)
    offset, length = dataset.id.get_offset(), dataset.size * _PLACE.size
    if dataset.chunks and not dataset.id.get_create_plist().get_nfilters():
        if dataset.id.get_num_chunks() != 1:
            return False
        offset = dataset.id.get_chunk_info(0).byte_offset
    if offset is None:
        return False
    with _File(dataset) as file:
        return file.all_sound(file.datatype(), file.read(int(offset), length))


def _is_plain(kind: h5py.h5t.TypeID) -> bool:
    """Tell whether values of a type are numbers or texts of fixed length."""
    if isinstance(kind, h5py.h5t.TypeStringID):
        return not kind.is_variable_str()
    return kind.get_class() in (h5py.h5t.INTEGER, h5py.h5t.FLOAT, h5py.h5t.ENUM)


def _varies(kind: h5py.h5t.TypeID) -> bool:
    """Tell whether values of a type are texts or lists of any length."""
    if isinstance(kind, h5py.h5t.TypeStringID):
        return bool(kind.is_variable_str())
    return bool(kind.get_class() == h5py.h5t.VLEN)


def _size_of_part(datatype: bytes) -> int:
    """Return the bytes that each unit of length takes, 0 where a type makes no sense.

    The library takes a type as it is, and ends the program where it does not know it.
    """
    kind, order, letters, _, size, inner, inner_size = struct.unpack_from("<4BI4sI", datatype)
    if kind & 15 != 9 or size != _PLACE.size:
        return 0
    if order & 15 == 1 and order >> 4 < 3 and letters < 2 and inner_size == 1:
        return 1
    # Lists of references to objects join a cube with its axes.
    return 8 if (order, letters) == (0, 0) and inner[0] & 15 == 7 and inner_size == 8 else 0


class _File:
    """The bytes of the file that an item lies in."""

    def __init__(self, item: h5py.Group | h5py.Dataset) -> None:
        self._path = item.file.filename
        self.start = int(item.file.userblock_size)
        self._header = self.start + int(h5py.h5o.get_info(item.id).addr)
        self._sound: dict[int, dict[int, int]] = {}

    def __enter__(self) -> "_File":
        self._file: BinaryIO = open(self._path, "rb")
        self._size = self._file.seek(0, 2)
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, position: int, count: int) -> bytes:
        """Return bytes of the file, fewer where it ends."""
        if position > self._size or count > _MOST_OF_HEAP:
            return b""
        self._file.seek(position)
        return self._file.read(count)

    def attribute(self, name: bytes) -> tuple[bytes, bytes] | None:
        """Return type and values of an attribute as stored, None where it is damaged."""
        try:
            for content in self._attributes():
                version, _, *sizes = struct.unpack_from("<BBHHH", content)
                position = 9 if version == 3 else 8
                parts = []
                for size in sizes:
                    parts.append(content[position : position + size])
                    position += -(-size // 8) * 8 if version == 1 else size
                if parts[0].rstrip(b"\0") == name:
                    return parts[1], content[position:]
        except struct.error:
            return None
        return None

    def _attributes(self) -> Iterator[bytes]:
        """Yield the message of each attribute, wherever it lies."""
        for kind, content in self._messages():
            if kind == _ATTRIBUTE:
                yield content
            elif kind == _ATTRIBUTES_ELSEWHERE:
                yield from dense_attributes(self._read_inside, content)

    def _read_inside(self, position: int, count: int) -> bytes:
        return self.read(self.start + position, count)

    def names_are_plain(self) -> bool:
        """Tell whether no list of names is packed."""
        try:
            for kind, content in self._messages():
                if kind in (_ATTRIBUTES_ELSEWHERE, _LINKS_ELSEWHERE):
                    heap = heap_of_message(content, links=kind == _LINKS_ELSEWHERE)
                    if heap != NOWHERE and heap_is_packed(self._read_inside, heap):
                        return False
        except struct.error:
            return False
        return True

    def datatype(self) -> bytes:
        """Return the type of a dataset as stored."""
        try:
            return next((content for kind, content in self._messages() if kind == _DATATYPE), b"")
        except struct.error:
            return b""

    def _messages(self) -> Iterator[tuple[int, bytes]]:
        """Yield type and content of each message in the header of the item."""
        address = self._header
        begin = self.read(address, 64)
        recent = begin[:4] == b"OHDR"
        ordered = False
        if recent:
            flags = begin[5]
            ordered = bool(flags & 4)
            width = 1 << (flags & 3)
            position = 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
            length = int.from_bytes(begin[position : position + width], "little")
            waiting = [(address + position + width, length)]
        else:
            waiting = [(address + 16, struct.unpack_from("<I", begin, 8)[0])]
        form = struct.Struct("<BHB" + "H" * ordered if recent else "<HHB3x")
        for _ in range(_MOST_BLOCKS):
            if not waiting:
                return
            block = self.read(*waiting.pop(0))
            position = 0
            while position + form.size <= len(block):
                kind, size = form.unpack_from(block, position)[:2]
                content = block[position + form.size : position + form.size + size]
                position += form.size + size
                if kind == _CONTINUATION:
                    place, length = struct.unpack_from("<QQ", content)
                    # The newer kind has a mark before its messages and a checksum behind.
                    waiting.append((self.start + place + 4 * recent, length - 8 * recent))
                else:
                    yield kind, content

    def all_sound(self, datatype: bytes, places: bytes) -> bool:
        """Tell whether all values are where they are said to be, and as long."""
        part = _size_of_part(datatype) if len(datatype) >= 16 else 0
        for length, address, number in _PLACE.iter_unpack(
            places[: len(places) // _PLACE.size * _PLACE.size]
        ):
            if length and self._heap(self.start + address).get(number, -1) < length * part:
                return False
        return bool(places and part)

    def _heap(self, address: int) -> dict[int, int]:
        """Return the bytes of each value in a heap; none where it is damaged."""
        if address not in self._sound:
            self._sound[address] = {}
            mark, size = struct.unpack("<8sQ", self.read(address, 16).ljust(16, b"\0"))
            heap = self.read(address, size)
            if mark == b"GCOL\1\0\0\0" and len(heap) == size:
                self._sound[address] = _sizes(heap)
        return self._sound[address]


def _sizes(heap: bytes) -> dict[int, int]:
    found: dict[int, int] = {}
    position = 16
    while position + 16 <= len(heap):
        number, _, size = struct.unpack_from("<HH4xQ", heap, position)
        taken = 16 + -(-size // 8) * 8 if number else size  # 0 is the space that is left
        if taken < 16 or position + taken > len(heap):
            return {}
        if number:
            found[number] = size
        position += taken
    return found
