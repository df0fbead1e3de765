"""Long scans that a camera wrote in pieces, opened as one.

Headwall's recorders begin a new file after some thousand frames: ``raw_0``, ``raw_2000`` and
so on by the number of the first frame, each with a header and a ``frameIndex_N.txt`` (see
`camera_references`).
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.choices import describe_shape
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.envi import open_envi
from napari_dgc.cubes.envi_files import scan_stem
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.cubes.windowed import Span, WindowedArray
from napari_dgc.errors import UserError

_PIECE = re.compile(r"raw_(\d{1,12})", re.IGNORECASE)


def joined_pieces(captures: dict[str, Path]) -> dict[str, list[Path]]:
    """Group captures by the scan that they are pieces of.

    Parameters
    ----------
    captures
        Header of each capture by its name in a folder.

    Returns
    -------
    dict
        Headers of each scan, in order, by its name. A scan in several pieces is called
        as they are without their numbers, one in a single piece by its own name.
    """
    groups: dict[tuple[Path, str], dict[str, Path]] = {}
    for name, header in captures.items():
        piece = _PIECE.fullmatch(scan_stem(header))
        groups.setdefault((header.parent, "" if piece else name), {})[name] = header
    scans: dict[str, list[Path]] = {}
    for group in groups.values():
        name = next(iter(group))
        if len(group) > 1:
            name = name[: name.rindex("_")]
        scans[name] = sorted(group.values(), key=_first_frame)
    return scans


def _first_frame(header: Path) -> int:
    piece = _PIECE.fullmatch(scan_stem(header))
    return int(piece.group(1)) if piece else 0


def open_pieces(folder: Path, name: str, headers: Sequence[Path]) -> HyperCube:
    """Open the pieces of a scan as one cube, one below the other.

    Parameters
    ----------
    folder
        The folder that was opened.
    name
        Of the scan in it.
    headers
        Of the pieces, from the first row on.

    Returns
    -------
    HyperCube
        Read by windows from the files of the pieces.

    Raises
    ------
    UserError
        The pieces differ in more than their rows, or one cannot be opened.
    """
    cubes = [open_envi(header) for header in headers]
    first = cubes[0]
    for header, cube in zip(headers, cubes, strict=True):
        difference = _difference(first, cube)
        if difference:
            raise UserError(
                f"{header} and {headers[0].name} cannot be pieces of one scan: {difference}; "
                f"open each by itself."
            )
    notes = [f"{len(cubes)} pieces ({_some(headers)}) are read as one scan."]
    rows = 0
    for header, cube in zip(headers, cubes, strict=True):
        frame = _first_frame(header)
        if frame != rows:
            notes.append(
                f"{header.name} begins with frame {frame}, but {rows} rows lie before it: a "
                f"piece may be missing, or incomplete."
            )
            break
        rows += cube.rows
    return replace(
        first,
        data=JoinedRows([cube.data for cube in cubes]),
        name=first.name.rpartition("_")[0],
        path=folder,
        variable=name,
        notes=(*notes, *dict.fromkeys(note for cube in cubes for note in cube.notes)),
    )


def _difference(one: HyperCube, other: HyperCube) -> str:
    """Say in what two cubes differ that should only differ in their rows, "" if in nothing."""
    shapes = [(cube.n_bands, cube.columns) for cube in (one, other)]
    if shapes[0] != shapes[1]:
        sizes = " and ".join(describe_shape(shape) for shape in shapes[::-1])
        return f"they have {sizes} bands × columns"
    if one.data.dtype != other.data.dtype:
        return f"they hold {other.data.dtype.name} and {one.data.dtype.name}"
    same = {
        "wavelengths": (one.wavelengths, other.wavelengths),
        "gains": (one.gains, other.gains),
        "offsets": (one.offsets, other.offsets),
    }
    for what, (ours, theirs) in same.items():
        if (ours is None) != (theirs is None) or (
            ours is not None and theirs is not None and not np.array_equal(ours, theirs)
        ):
            return f"their {what} differ"
    if one.exposure_ms != other.exposure_ms:
        return "their integration times differ"
    if (one.scale, one.no_data) != (other.scale, other.no_data):
        return "their scale factors or fill values differ"
    return ""


def _some(headers: Sequence[Path]) -> str:
    names = [scan_stem(header) for header in headers]
    return ", ".join(names) if len(names) < 4 else f"{names[0]}, {names[1]} to {names[-1]}"


class JoinedRows(WindowedArray):
    """Cubes (band, row, column) one below the other, each read where rows of it are wanted.

    Parameters
    ----------
    pieces
        Equal in all but their rows.
    """

    def __init__(self, pieces: Sequence[Any]) -> None:
        self._pieces = list(pieces)
        self._ends = np.cumsum([int(piece.shape[1]) for piece in pieces])

    @property
    def shape(self) -> tuple[int, ...]:
        """(bands, rows, columns)."""
        bands, _, columns = self._pieces[0].shape
        return int(bands), int(self._ends[-1]), int(columns)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""
        found: np.dtype[Any] = self._pieces[0].dtype
        return found

    @property
    def _plain(self) -> PlainCube:
        piece = self._pieces[0]
        assert isinstance(piece, PlainCube)
        return piece

    #: The system's cache helps.
    packed = False

    @property
    def storage_axes(self) -> tuple[int, ...]:
        """Axes from the slowest to the fastest, within a piece."""
        return self._plain.storage_axes

    @property
    def granule(self) -> tuple[int, ...]:
        """Samples along each axis that come from disk with a single one."""
        return self._plain.granule

    def _read(self, spans: Sequence[Span]) -> NDArray[Any]:
        bands, rows, columns = (
            range(length)[span] if isinstance(span, slice) else range(0)
            for span, length in zip(spans, self.shape, strict=True)
        )
        part = np.empty((len(bands), len(rows), len(columns)), self.dtype)
        start = done = 0
        for piece, end in zip(self._pieces, self._ends.tolist(), strict=True):
            wanted = (
                range(rows[done], min(end, rows.stop), rows.step) if done < len(rows) else rows[:0]
            )
            if count := len(wanted):
                first = wanted[0] - start
                inside = slice(first, first + (count - 1) * rows.step + 1, rows.step)
                part[:, done : done + count] = piece[spans[0], inside, spans[2]]
                done += count
            start = end
        return part
