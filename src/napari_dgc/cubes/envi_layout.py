"""How samples lie in the data file of an ENVI header."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_dgc.cubes.envi_header import Header, header_count, shown
from napari_dgc.errors import UserError
from napari_dgc.words import counted

DATA_TYPES = {
    1: "u1",
    2: "i2",
    3: "i4",
    4: "f4",
    5: "f8",
    12: "u2",
    13: "u4",
    14: "i8",
    15: "u8",
}
COMPLEX_TYPES = {6: "c8", 9: "c16"}
#: How bands, rows and columns follow each other in the file, the last one fastest.
INTERLEAVES = {"bsq": (0, 1, 2), "bil": (1, 0, 2), "bip": (1, 2, 0)}


@dataclass(frozen=True)
class SampleLayout:
    """How samples lie in a data file.

    Parameters
    ----------
    shape
        (bands, rows, columns).
    dtype
        Type of one sample with its byte order.
    offset
        Bytes before the first sample.
    interleave
        ``"bsq"``, ``"bil"`` or ``"bip"``.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    offset: int
    interleave: str

    @property
    def stored_shape(self) -> tuple[int, ...]:
        """Length of each axis as it lies in the file, the last one fastest."""
        return tuple(self.shape[axis] for axis in INTERLEAVES[self.interleave])

    @property
    def axes(self) -> tuple[int, ...]:
        """Return for band, row and column the axis in the file."""
        return tuple(INTERLEAVES[self.interleave].index(axis) for axis in range(3))

    @property
    def needed_bytes(self) -> int:
        """Return how long the data file has to be at least."""
        bands, rows, columns = self.shape
        return self.offset + bands * rows * columns * self.dtype.itemsize


def sample_layout(header: Header, path: Path, notes: list[str]) -> SampleLayout:
    """Return the layout that a header describes.

    Parameters
    ----------
    header
        As `read_header` returns it.
    path
        The header's file, for messages.
    notes
        Gets a sentence for everything that is assumed.

    Raises
    ------
    UserError
        Something is missing or makes no sense; compressed samples.
    """
    _refuse_what_is_not_plain(header, path)
    dtype, offset = _sample_type(header, path, notes)
    rows, columns, bands = (
        header_count(header, key, path) for key in ("lines", "samples", "bands")
    )
    if min(rows, columns, bands) < 1:
        raise UserError(
            f"The ENVI header {path} describes an empty image: {rows} lines, "
            f"{columns} samples, {counted(bands, 'band')}; correct it."
        )
    interleave = header.get("interleave", "").lower()
    if interleave not in INTERLEAVES:
        raise UserError(
            f"The ENVI header {path} gives “interleave = {shown(interleave)}”; "
            "expected bsq, bil or bip."
        )
    return SampleLayout((bands, rows, columns), dtype, offset, interleave)


def _refuse_what_is_not_plain(header: Header, path: Path) -> None:
    if header.get("file compression", "0") not in ("0", ""):
        raise UserError(f"{path} describes compressed data, which is not supported; save it plain.")
    for key in ("major frame offsets", "minor frame offsets"):
        if any(header.get(key, "").strip("{} ").replace(",", " ").replace("0", " ").split()):
            raise UserError(
                f"{path} describes frames with “{key}”, which is not supported; save it plain."
            )


def _sample_type(header: Header, path: Path, notes: list[str]) -> tuple[np.dtype[Any], int]:
    code = header_count(header, "data type", path)
    types = DATA_TYPES | COMPLEX_TYPES
    if code not in types:
        known = ", ".join(map(str, sorted(types)))
        raise UserError(
            f"The ENVI header {path} gives the unknown data type {code}; correct it: "
            f"known are {known}."
        )
    order = header_count(header, "byte order", path, default=0)
    if order not in (0, 1):
        raise UserError(f"The ENVI header {path} gives “byte order = {order}”; expected 0 or 1.")
    dtype = np.dtype(("<" if order == 0 else ">") + types[code])
    if "byte order" not in header and dtype.itemsize > 1:
        notes.append("The header does not state the byte order; little endian is assumed.")
    if "header offset" not in header:
        notes.append("The header does not state a header offset; 0 is assumed.")
    return dtype, header_count(header, "header offset", path, default=0)
