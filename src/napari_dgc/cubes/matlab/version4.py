"""What lies where in a MATLAB v4 file, which holds matrices and nothing else."""

import struct

import numpy as np

from napari_dgc.cubes.matlab.elements import MOST_ELEMENTS, Damaged, Element, Source

_HEADER = 20
_TYPES = ("f8", "f4", "i4", "i2", "u2", "u1")
_CLASSES = ("float64", "float32", "int32", "int16", "uint16", "uint8")
_FULL, _TEXT, _SPARSE = 0, 1, 2
_LONGEST_NAME = 1024


def list_matrices(source: Source, size: int) -> list[Element]:
    """List the matrices of a file.

    Parameters
    ----------
    source
        The file.
    size
        Its length in bytes.

    Returns
    -------
    list of Element
        In their order.

    Raises
    ------
    Damaged
        Not such a file, or cut off.
    """
    found: list[Element] = []
    position = 0
    while position < size and len(found) < MOST_ELEMENTS:
        element, position = _matrix(source, position, size)
        found.append(element)
    return found


def _matrix(source: Source, position: int, size: int) -> tuple[Element, int]:
    header = source.read(position, _HEADER)
    if len(header) < _HEADER:
        raise Damaged("the file is cut off")
    order = "<" if 0 <= struct.unpack("<i", header[:4])[0] <= 5000 else ">"
    (code, rows, columns, imaginary, longest) = struct.unpack(f"{order}5i", header)
    machine, zero, kind, what = code // 1000, code // 100 % 10, code // 10 % 10, code % 10
    if machine != (0 if order == "<" else 1) or zero or kind >= len(_TYPES) or what > _SPARSE:
        raise Damaged("it begins neither as MATLAB v4 nor as v5 does")
    if min(rows, columns) < 0 or imaginary not in (0, 1) or not 1 <= longest <= _LONGEST_NAME:
        raise Damaged("the size or the name of a matrix is impossible")
    name = source.read(position + _HEADER, longest).split(b"\0")[0].decode("latin-1")
    if not name.isprintable() or not name:
        raise Damaged("a matrix has no name")
    dtype = np.dtype(order + _TYPES[kind])
    start = position + _HEADER + longest
    length = rows * columns * dtype.itemsize
    end = start + length * (1 + imaginary)
    if end > size:
        raise Damaged(f"“{name}” is longer than the file")
    if what == _FULL and not imaginary:
        return Element(name, (rows, columns), _CLASSES[kind], dtype, start, length), end
    word = {_TEXT: "char", _SPARSE: "sparse"}.get(what, "complex")
    return Element(name, (rows, columns), word), end
