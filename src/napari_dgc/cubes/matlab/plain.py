"""MATLAB v4 to v7 files: what they hold is listed first and stays where it is until read.

scipy reads the same files, but always whole variables into memory, tells nothing of what
is in a struct before it has read all of it, and a damaged type of samples ends the program.
The tests compare with it.
"""

import struct
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.choices import Request, VariableInfo
from napari_dgc.cubes.layout import Turnable
from napari_dgc.cubes.matlab.elements import (
    COMPRESSED,
    MATRIX,
    MOST_ELEMENTS,
    Damaged,
    Element,
    walk,
)
from napari_dgc.cubes.matlab.inflate import Bytes, FileBytes, head, inflate
from napari_dgc.cubes.matlab.version4 import list_matrices
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.cubes.readings import Reading
from napari_dgc.cubes.views import plain_view
from napari_dgc.errors import UserError

_HEADER = 128
_HEAD_BYTES = 4096
_LONGEST_VECTOR = 1 << 23
#: Compressed structs that take more than this together are looked into only where nothing
#: else is the cube.
UNFOLDED = 64 << 20


@dataclass(frozen=True)
class _Packed:
    """A compressed variable."""

    position: int
    length: int
    size: int


@dataclass
class _Stored:
    """An element and where its bytes are."""

    element: Element
    source: Bytes | FileBytes | _Packed


class PlainMatFile:
    """A MATLAB v4 to v7 file.

    Parameters
    ----------
    path
        The file.
    request
        Is told when much has to be unpacked, and may cancel.

    Raises
    ------
    UserError
        Not such a file, or damaged.
    """

    def __init__(self, path: Path, request: Request) -> None:
        self._path, self._request = path, request
        self.notes: list[str] = []
        self._stored: dict[str, _Stored] = {}
        self._folded: list[_Packed] = []
        self._unfolded = 0
        self._file = FileBytes(path)
        try:
            self._list()
        except (Damaged, struct.error) as error:
            raise self._damaged(error) from error

    @property
    def variables(self) -> list[VariableInfo]:
        """All arrays, those within structs and cells among them."""
        return [
            VariableInfo(name, stored.element.shape, stored.element.kind)
            for name, stored in self._stored.items()
        ]

    def unfold(self) -> bool:
        """Look into large compressed structs too; tell whether there were any."""
        folded, self._folded = self._folded, []
        try:
            for packed in folded:
                self._list_packed(packed, to_disk=True)
        except Damaged as error:
            raise self._damaged(error) from error
        return bool(folded)

    def load(self, reading: Reading, layout: str) -> Turnable:
        """Return three axes of an array, left where they are."""
        found = self._stored[reading.variable.name]
        dtype = found.element.dtype
        assert dtype is not None  # readings are of real numbers
        where = f"The variable “{reading.name}” of {self._path}"
        view = partial(self._view, found, dtype)
        return plain_view(view, reading, layout, where, first_fastest=True)

    def _view(
        self,
        found: _Stored,
        dtype: np.dtype[Any],
        first: int,
        lengths: tuple[int, int, int],
        axes: tuple[int, int, int],
    ) -> Turnable:
        start = found.element.offset + first * dtype.itemsize
        source = self._unpacked(found)
        if isinstance(source, FileBytes):
            return PlainCube(source.path, dtype, start, lengths, axes)
        return np.ndarray(lengths, dtype, source.content, start).transpose(axes)

    def vector(self, name: str) -> NDArray[np.float64] | None:
        """Return the numbers of an array in MATLAB's order, None where it is none or large."""
        found = self._stored[name]
        element = found.element
        if element.dtype is None or element.length > _LONGEST_VECTOR:
            return None
        try:
            content = self._unpacked(found).read(element.offset, element.length)
        except UserError:
            return None
        if len(content) < element.length:
            return None
        return np.frombuffer(content, element.dtype).astype(np.float64)

    def text(self, name: str) -> str | None:
        """Return the characters of a char array, or None where it is none."""
        found = self._stored[name]
        try:
            return (
                None if found.element.coding is None else found.element.text(self._unpacked(found))
            )
        except UserError:
            return None

    def _unpacked(self, found: _Stored) -> Bytes | FileBytes:
        if isinstance(found.source, _Packed):
            packed = found.source
            try:
                source = self._inflate(packed)
            except Damaged as error:
                raise self._damaged(error) from error
            found.source = source
            return source
        return found.source

    def _list(self) -> None:
        start = self._file.read(0, _HEADER)
        if 0 in start[:4]:
            self.format = "MATLAB v4"
            for element in list_matrices(self._file, self._file.size):
                self._add([element], self._file)
            return
        order = {b"IM": "<", b"MI": ">"}.get(start[126:128])
        if order is None:
            raise Damaged("it begins neither as MATLAB v4 nor as v5 does")
        if start[125 if order == "<" else 124] == 2:
            raise Damaged("its HDF5 contents cannot be found")
        self.format = "MATLAB v5/v7"
        self._order = order
        position = _HEADER
        variables = 0
        while position < self._file.size:
            variables += 1
            if variables > MOST_ELEMENTS:
                raise Damaged(f"it holds more than {MOST_ELEMENTS} variables")
            kind, length = struct.unpack(order + "II", self._file.read(position, 8))
            start_of_contents, position = position + 8, position + 8 + length
            if position > self._file.size:
                raise Damaged("the file is cut off")
            if kind == MATRIX:
                if length:
                    self._walk(self._file, start_of_contents, position)
            elif kind == COMPRESSED:
                self._list_compressed(start_of_contents, length)
            else:
                raise Damaged(f"the variable at byte {start_of_contents} has no known type")

    def _list_compressed(self, position: int, length: int) -> None:
        first = Bytes(head(self._file, position, length, _HEAD_BYTES))
        try:
            kind, size = struct.unpack(self._order + "II", first.read(0, 8))
        except struct.error as error:
            raise Damaged("compressed samples cannot be unpacked") from error
        if kind != MATRIX:
            raise Damaged("something else than a variable is compressed")
        packed = _Packed(position, length, 8 + size)
        (variable,) = walk(first, 8, packed.size, self._order, inside=False)[:1]
        if not variable.holds_others:
            self._add([variable], packed)
        elif self._unfolded + packed.size > UNFOLDED:
            self._add([variable], packed)
            self._folded.append(packed)
        else:
            self._unfolded += packed.size
            self._list_packed(packed)

    def _list_packed(self, packed: _Packed, *, to_disk: bool = False) -> None:
        source = self._inflate(packed, to_disk=to_disk)
        self._walk(source, 8, packed.size)

    def _walk(self, source: Bytes | FileBytes, position: int, end: int) -> None:
        # What lies too deep or is too much to list is no scan; the variables themselves count.
        inside = len(self._stored) < MOST_ELEMENTS
        self._add(walk(source, position, end, self._order, inside=inside), source)

    def _inflate(self, packed: _Packed, *, to_disk: bool = False) -> Bytes | FileBytes:
        where = (packed.position, packed.length, packed.size)
        return inflate(self._file, *where, self._request, to_disk=to_disk)

    def _add(self, elements: list[Element], source: Bytes | FileBytes | _Packed) -> None:
        for element in elements:
            if element.name:  # what has none is MATLAB's own
                self._stored[element.name] = _Stored(element, source)

    def _damaged(self, error: Exception) -> UserError:
        return UserError(f"{self._path} is not a MATLAB file or is damaged ({error}).")
