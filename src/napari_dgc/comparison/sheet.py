"""Contact sheets: every scan beside the maps of all contenders, in matched colours."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelClass
from napari_dgc.errors import readable
from napari_dgc.files import write_atomically

#: Longest side of a picture, gaps and a line of text, in pixels.
_SIDE, _GAP, _LINE = 240, 10, 22
#: Scans on one sheet; more go on further ones.
_ROWS = 12
_PAPER, _INK = (24, 26, 30), (235, 235, 235)
_LIGHT_PAPER, _DARK_INK = (255, 255, 255), (20, 20, 20)
STEM = "contact_sheet"


@dataclass(frozen=True, eq=False)
class SheetRow:
    """A scan and its pictures, (row, column, 3) each, made small already.

    `captions`, one for each picture, stand above them in place of the name.
    """

    name: str
    pictures: Sequence[NDArray[np.uint8]]
    captions: Sequence[str] = ()


def small(picture: NDArray[Any]) -> NDArray[Any]:
    """Make a picture or a map of labels as large as it is on a sheet, pixels kept as they are."""
    rows, columns = picture.shape[:2]
    factor = _SIDE / max(rows, columns)
    height, width = max(1, round(rows * factor)), max(1, round(columns * factor))
    down = np.minimum((np.arange(height) + 0.5) / factor, rows - 1).astype(np.intp)
    across = np.minimum((np.arange(width) + 0.5) / factor, columns - 1).astype(np.intp)
    made: NDArray[Any] = picture[down[:, None], across]
    return made


def sheet_paths(folder: Path, scans: int) -> list[Path]:
    """Return the files that `write_sheets` writes for a number of scans."""
    count = math.ceil(scans / _ROWS)
    ends = ("" if number == 1 else f"_{number}" for number in range(1, count + 1))
    return [folder / f"{STEM}{end}.png" for end in ends]


def write_sheets(
    folder: Path,
    columns: Sequence[str],
    rows: Iterable[SheetRow],
    legend: Sequence[LabelClass],
    legend_title: str,
) -> list[Path]:
    """Write the sheets, `_ROWS` scans on each; returns the files.

    Parameters
    ----------
    folder
        Files ``contact_sheet.png``, ``contact_sheet_2.png``, ... of it are replaced.
    columns
        What stands above the pictures.
    rows
        One after the other; those of one sheet are held together.
    legend
        Classes with their colours.
    legend_title
        What stands before them.
    """
    written: list[Path] = []
    left: Iterator[SheetRow] = iter(rows)
    while some := list(islice(left, _ROWS)):
        path = sheet_paths(folder, _ROWS * (len(written) + 1))[-1]
        sheet = draw_sheet(columns, some, legend, legend_title)
        write_atomically(path, lambda temporary, made=sheet: made.save(temporary, format="PNG"))  # type: ignore[misc]
        written.append(path)
    return written


def draw_sheet(
    columns: Sequence[str],
    rows: Sequence[SheetRow],
    legend: Sequence[LabelClass],
    title: str,
    *,
    light: bool = False,
) -> Any:
    """Return a sheet as a picture of Pillow.

    Parameters
    ----------
    columns, rows, legend, title
        As of `write_sheets`.
    light
        Dark letters on white, for paper.
    """
    from PIL import Image, ImageDraw

    paper, ink = (_LIGHT_PAPER, _DARK_INK) if light else (_PAPER, _INK)
    font = _font()
    heights = [max(picture.shape[0] for picture in row.pictures) for row in rows]
    width = _GAP + len(columns) * (_SIDE + _GAP)
    measure = ImageDraw.Draw(Image.new("RGB", (1, 1)))
    entries = _legend_places(legend, title, width, lambda text: measure.textlength(text, font=font))
    bottom = _LINE * (entries[-1][2] + 1) + _GAP if entries else 0
    height = _GAP + _LINE + sum(heights) + len(rows) * (_LINE + _GAP) + bottom
    sheet = Image.new("RGB", (width, height), paper)
    draw = ImageDraw.Draw(sheet)

    def fitted(text: str) -> str:
        plain = readable(text)
        while len(plain) > 2 and draw.textlength(plain, font=font) > _SIDE:
            plain = plain.removesuffix("…")[:-1] + "…"
        return plain

    for place, text in enumerate(columns):
        draw.text((_GAP + place * (_SIDE + _GAP), _GAP), fitted(text), fill=ink, font=font)
    top = _GAP + _LINE
    for row, tall in zip(rows, heights, strict=True):
        for place, text in enumerate(row.captions or (row.name,)):
            draw.text((_GAP + place * (_SIDE + _GAP), top), fitted(text), fill=ink, font=font)
        top += _LINE
        for place, picture in enumerate(row.pictures):
            pasted = Image.fromarray(np.ascontiguousarray(picture))
            sheet.paste(pasted, (_GAP + place * (_SIDE + _GAP), top))
        top += tall + _GAP
    for text, colour, line, start in entries:
        at = top + line * _LINE
        if colour:
            draw.rectangle((start, at + 2, start + 14, at + 16), fill=colour)
            start += 20
        draw.text((start, at), text, fill=ink, font=font)
    return sheet


def _legend_places(
    legend: Sequence[LabelClass], title: str, width: int, length: Any
) -> list[tuple[str, str, int, int]]:
    """Return text, colour, line and left edge of each entry."""
    if not legend:
        return []
    found = [(readable(title), "", 0, _GAP)]
    line, left = 0, _GAP + int(length(title)) + 16
    for info in legend:
        text = readable(info.name or str(info.number))
        needed = 20 + int(length(text)) + 16
        if left + needed > width and left > _GAP:
            line, left = line + 1, _GAP
        found.append((text, info.shown_colour, line, left))
        left += needed
    return found


def _font() -> Any:
    from PIL import ImageFont

    try:
        return ImageFont.load_default(size=15)
    except TypeError:  # Pillow before 10.1 has one size only
        return ImageFont.load_default()
