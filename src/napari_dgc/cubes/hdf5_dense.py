"""Attributes that HDF5 keeps apart from their object, because there are many or large ones.

They lie in a "fractal heap" and are listed in a "version 2 B-tree"; netCDF files keep them
so from nine attributes on. After the HDF5 File Format Specification, version 3.0, sections
III.A.2, III.G and IV.A.2.v (https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html).
What no program writes for attributes (packed heaps, several levels of blocks, lists of more
than two levels) is taken for damage.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

#: Returns bytes of the file, fewer where it ends: position from the start of HDF5, count.
Reader = Callable[[int, int], bytes]

NOWHERE = (1 << 64) - 1
_NAMES, _RECORD = 8, 17
_MOST_ROWS = 64


def heap_of_message(content: bytes, *, links: bool) -> int:
    """Return the address of the heap that an Attribute Info or Link Info message tells.

    Parameters
    ----------
    content
        Of the message.
    links
        Whether it is of links; their number is longer.
    """
    return _places(content, links=links)[0]


def heap_is_packed(read: Reader, address: int) -> bool:
    """Tell whether a heap is packed, so that reading it may unpack to any size, or damaged."""
    head = read(address, 10)
    return head[:4] != b"FRHP" or head[7:9] != b"\0\0"


def dense_attributes(read: Reader, content: bytes) -> Iterator[bytes]:
    """Yield the attribute messages that an Attribute Info message leads to.

    Parameters
    ----------
    read
        Reads the file.
    content
        Of the message.

    Raises
    ------
    struct.error
        Damaged.
    """
    heap_address, tree_address = _places(content, links=False)
    if heap_address == NOWHERE:
        return
    heap = _Heap.at(read, heap_address)
    for identity, flags in _records(read, tree_address):
        if flags & 2:  # a message that several objects share lies in another heap
            raise struct.error("shared")
        yield heap.message(read, identity)


def _places(content: bytes, *, links: bool) -> tuple[int, int]:
    flags = content[1] if len(content) > 1 else 0
    heap, tree = struct.unpack_from("<QQ", content, 2 + (8 if links else 2) * (flags & 1))
    return int(heap), int(tree)


def _records(read: Reader, address: int) -> Iterator[tuple[bytes, int]]:
    """Yield number in the heap and flags of each attribute."""
    mark, kind, node, record, depth, root, count = struct.unpack_from(
        "<4sxBIHH2xQH", read(address, 38)
    )
    if mark != b"BTHD" or kind != _NAMES or record != _RECORD or depth > 1 or node > 1 << 16:
        raise struct.error("list of attributes")
    if depth == 0:
        yield from _of_node(read(root, node), b"BTLF", count)
        return
    inner = read(root, node)
    yield from _of_node(inner, b"BTIN", count)
    width = ((node - 10) // _RECORD).bit_length() + 7 >> 3
    position = 6 + count * _RECORD
    for _ in range(count + 1):
        (leaf,) = struct.unpack_from("<Q", inner, position)
        held = int.from_bytes(inner[position + 8 : position + 8 + width], "little")
        position += 8 + width
        yield from _of_node(read(leaf, node), b"BTLF", held)


def _of_node(node: bytes, mark: bytes, count: int) -> Iterator[tuple[bytes, int]]:
    if node[:4] != mark:
        raise struct.error("list of attributes")
    for number in range(count):
        identity, flags = struct.unpack_from("<8sB", node, 6 + number * _RECORD)
        yield identity, flags


@dataclass(frozen=True)
class _Heap:
    """Where the blocks of a heap begin in it and in the file, and how its numbers are written."""

    blocks: tuple[tuple[int, int, int], ...]
    offset_bytes: int

    @classmethod
    def at(cls, read: Reader, address: int) -> "_Heap":
        head = read(address, 142)
        if heap_is_packed(read, address):
            raise struct.error("heap")
        width, start, largest, bits, _, root, rows = struct.unpack_from("<HQQHHQH", head, 110)
        offset_bytes = bits + 7 >> 3
        if rows == 0:
            return cls(((0, start, root),), offset_bytes)
        if not 0 < start <= largest or rows > _MOST_ROWS or not 0 < width <= 64:
            raise struct.error("heap")
        block = read(root, 13 + offset_bytes + 8 * width * rows)
        if block[:4] != b"FHIB":
            raise struct.error("heap")
        blocks, begins, position = [], 0, 13 + offset_bytes
        for row in range(rows):
            size = start << max(0, row - 1)
            if size > largest:
                break  # blocks of blocks
            for _ in range(width):
                (place,) = struct.unpack_from("<Q", block, position)
                if place != NOWHERE:
                    blocks.append((begins, size, place))
                begins, position = begins + size, position + 8
        return cls(tuple(blocks), offset_bytes)

    def message(self, read: Reader, identity: bytes) -> bytes:
        """Return an attribute message by its number."""
        if identity[0] >> 4:  # not one of those within the blocks
            raise struct.error("heap")
        offset = int.from_bytes(identity[1 : 1 + self.offset_bytes], "little")
        length = int.from_bytes(identity[1 + self.offset_bytes :], "little")
        for begins, size, place in self.blocks:
            if begins <= offset and offset + length <= begins + size:
                found = read(place + offset - begins, length)
                if len(found) == length:
                    return found
        raise struct.error("heap")
