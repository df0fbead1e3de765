"""What is known about scans besides their pixels: plant, treatment, date, size of a pixel."""

from __future__ import annotations

import csv
import datetime
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from napari_dgc.errors import UserError
from napari_dgc.measure.plain_values import Fields

#: Columns of a table of details; only the first is needed.
DETAIL_COLUMNS = ("scan", "plant", "treatment", "date", "pixel_size_mm")
#: Most bytes that are read: a table of ten thousand scans has a twentieth.
_LONGEST = 20_000_000


@dataclass(frozen=True)
class ScanDetails:
    """What is known about one scan.

    Parameters
    ----------
    scan
        Its name.
    plant
        Which plant it shows; empty where that is not known.
    treatment
        What was done to the plant; empty where that is not known.
    date
        Day of the scan, or None.
    pixel_size_mm
        Side of a pixel, or None.
    """

    scan: str
    plant: str = ""
    treatment: str = ""
    date: datetime.date | None = None
    pixel_size_mm: float | None = None

    def __post_init__(self) -> None:
        size = self.pixel_size_mm
        if size is not None and not (0 < size < math.inf):
            raise ValueError(f"{size} is not the side of a pixel in mm")

    def to_json(self) -> dict[str, object]:
        """Describe the details with plain values (see `from_json`)."""
        return {
            "scan": self.scan,
            "plant": self.plant,
            "treatment": self.treatment,
            "date": None if self.date is None else self.date.isoformat(),
            "pixel_size_mm": self.pixel_size_mm,
        }

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Rebuild details from `to_json`; raises UserError when they are not."""
        fields = Fields(content, "details of the scan")
        date, size = fields.take("date"), fields.take("pixel_size_mm")
        try:
            return cls(
                fields.text("scan"),
                fields.text("plant"),
                fields.text("treatment"),
                None if date is None else datetime.date.fromisoformat(fields.text("date")),
                None if size is None else fields.checked_numbers([size], "pixel_size_mm")[0],
            )
        except ValueError as error:
            fields.damaged(str(error))


def read_details(path: Path) -> dict[str, ScanDetails]:
    """Read a table of details, CSV with the columns `DETAIL_COLUMNS`.

    Columns may be separated by commas, semicolons or tabs, in any order; only ``scan``
    must be there. Empty cells are not known.

    Returns
    -------
    dict
        By name of the scan.

    Raises
    ------
    UserError
        When the file is not such a table; the sentence names the line.
    """
    lines = read_table(path, needed=("scan",), what="table of scan details")
    found: dict[str, ScanDetails] = {}
    for number, cells in lines:
        where = f"Line {number} of {path}"
        scan = cells["scan"]
        if not scan:
            raise UserError(f"{where} names no scan; give it, or remove the line.")
        if scan in found:
            raise UserError(f"{where} names the scan {scan} again; keep one line for it.")
        found[scan] = ScanDetails(
            scan,
            cells.get("plant", ""),
            cells.get("treatment", ""),
            _date(cells.get("date", ""), where),
            _size(cells.get("pixel_size_mm", ""), where),
        )
    return found


def read_table(
    path: Path, *, needed: tuple[str, ...], what: str
) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV file with a line of titles.

    Parameters
    ----------
    path
        UTF-8, separated by commas, semicolons or tabs.
    needed
        Titles that must be there, in small letters.
    what
        What it should be, for messages.

    Returns
    -------
    list
        For every line that is not empty its number in the file, and its cells by title,
        in small letters, without spaces around.

    Raises
    ------
    UserError
        When the file cannot be read or lacks a column.
    """
    require_file(path, what)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            text = file.read()
        if "\0" in text:
            raise UserError(f"{path} is not text; give a CSV file.")
        first = text.split("\n", 1)[0]
        separator = max(",;\t", key=first.count)
        reader = csv.reader(text.splitlines(keepends=True), delimiter=separator, strict=True)
        titles = [title.strip().casefold() for title in next(reader, [])]
        missing = [title for title in needed if title not in titles]
        if missing:
            raise UserError(
                f"{path} is not a {what}: the column {missing[0]} is missing; "
                f"it needs {', '.join(needed)} in its first line."
            )
        twice = [title for title in titles if title and titles.count(title) > 1]
        if twice:
            raise UserError(f"{path} has two columns {twice[0]}; keep one.")
        lines = []
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(titles):
                raise UserError(
                    f"Line {reader.line_num} of {path} has {len(row)} cells, and the first line "
                    f"{len(titles)}; put text that holds {separator!r} in quotes."
                )
            cells = dict.fromkeys(titles, "")
            cells.update((title, cell.strip()) for title, cell in zip(titles, row, strict=False))
            lines.append((reader.line_num, cells))
        return lines
    except UnicodeError:
        raise UserError(f"{path} is not text in UTF-8; save it as CSV UTF-8.") from None
    except csv.Error as error:
        raise UserError(f"{path} is not a {what} ({error}); give a CSV file.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


def require_file(path: Path, what: str) -> None:
    """Refuse what is no file, such as a pipe that would be waited for, or is far too long.

    Raises
    ------
    UserError
        When there is no such file.
    """
    if not path.is_file():
        raise UserError(f"There is no file {path}; give a {what}.")
    if path.stat().st_size > _LONGEST:
        raise UserError(f"{path} is too long for a {what}; give another file.")


def _date(text: str, where: str) -> datetime.date | None:
    if not text:
        return None
    try:
        # A time of day may follow, as cameras write it.
        return datetime.datetime.fromisoformat(text).date()
    except ValueError:
        raise UserError(
            f"{where} has the date {text!r}; write year, month and day as in 2026-05-31."
        ) from None


def _size(text: str, where: str) -> float | None:
    if not text:
        return None
    try:
        size = float(text)
    except ValueError:
        size = math.nan
    if not 0 < size < math.inf:
        raise UserError(
            f"{where} has the pixel size {text!r}; give the side of a pixel in mm, as in 0.25."
        )
    return size
