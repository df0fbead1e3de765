"""ENVI classifications: label images with names and colours of the classes."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.envi import open_samples
from napari_dgc.cubes.envi_files import find_header, scan_name
from napari_dgc.cubes.envi_header import (
    Header,
    header_names,
    header_number,
    header_numbers,
    read_header,
)
from napari_dgc.cubes.envi_layout import sample_layout
from napari_dgc.errors import UserError

#: A label image is held in memory as a whole.
MOST_PIXELS = 2**30
_HIGHEST = int(np.iinfo(np.uint16).max)


@dataclass(frozen=True, eq=False)
class Classification:
    """A label image as ENVI stores it.

    Parameters
    ----------
    labels
        (row, column), the class numbers as stored. ENVI calls class 0
        "Unclassified" as a rule.
    name
        Stem of the file.
    names
        Name of each class number that the header names.
    colours
        ``#rrggbb`` of each class number that the header gives a colour.
    notes
        What was decided while reading, one sentence each.
    """

    labels: NDArray[np.unsignedinteger[Any]]
    name: str
    names: dict[int, str] = field(default_factory=dict)
    colours: dict[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def is_classification(path: Path) -> bool:
    """Tell whether a path is an ENVI classification, by its header."""
    try:
        header_path = find_header(path)
        if header_path is None:
            return False
        return _is_classification(read_header(header_path))
    except (UserError, OSError):
        return False


def read_classification(path: Path) -> Classification:
    """Read an ENVI classification by its header or its data file.

    Parameters
    ----------
    path
        Either file of the pair.

    Raises
    ------
    UserError
        Not a classification, or damaged.

    Notes
    -----
    The header's ``class names`` and ``class lookup`` (red, green, blue) begin
    with class 0. ENVI's own documentation has an example whose lists differ in
    length; what is there is used.
    """
    try:
        header_path = find_header(path)
        if header_path is None:
            raise UserError(f"{path} has no ENVI header (.hdr) beside it.")
        header = read_header(header_path)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not _is_classification(header):
        raise UserError(f"{path} is not an ENVI classification.")
    notes: list[str] = []
    layout = sample_layout(header, header_path, notes)
    bands, rows, columns = layout.shape
    if bands != 1:
        raise UserError(f"{path} has {bands} bands; an ENVI classification has one.")
    samples = open_samples(path, header_path, layout, notes)
    if rows * columns > MOST_PIXELS:
        raise UserError(f"{path} is too large for a label image: {rows}×{columns} pixels.")
    try:
        labels = _as_labels(np.asarray(samples[0]), header_number(header, "data ignore value"))
    except ValueError:
        raise UserError(f"{path} holds values that are no class numbers (0 to 65535).") from None
    names = dict(enumerate(header_names(header, "class names")[: _HIGHEST + 1]))
    highest = int(labels.max())
    if names and highest >= len(names):
        notes.append(f"Classes {len(names)} to {highest} have no name.")
    return Classification(labels, scan_name(header_path), names, _colours(header), tuple(notes))


def _is_classification(header: Header) -> bool:
    return "classification" in header.get("file type", "").lower()


def _as_labels(stored: NDArray[Any], ignored: float | None) -> NDArray[np.unsignedinteger[Any]]:
    if ignored is not None:
        stored = np.where(stored == ignored, stored.dtype.type(0), stored)
    low, high = stored.min(), stored.max()
    # Comparisons with NaN are false.
    if not (low >= 0 and high <= _HIGHEST):
        raise ValueError("no class numbers")
    labels: NDArray[np.unsignedinteger[Any]] = stored.astype(np.uint8 if high <= 255 else np.uint16)
    if stored.dtype.kind == "f" and not np.array_equal(labels, stored):
        raise ValueError("no whole numbers")
    return labels


def _colours(header: Header) -> dict[int, str]:
    values = header_numbers(header, "class lookup")
    if values is None or not np.isfinite(values).all():
        return {}
    whole = np.clip(values[: 3 * (_HIGHEST + 1)], 0, 255).astype(int)
    triples = whole[: len(whole) // 3 * 3].reshape(-1, 3)
    return {
        number: f"#{red:02x}{green:02x}{blue:02x}"
        for number, (red, green, blue) in enumerate(triples)
    }
