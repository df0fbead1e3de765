"""Tables of results as CSV files or one Excel workbook."""

from __future__ import annotations

import csv
import datetime
import io
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from napari_dgc.errors import UserError, readable
from napari_dgc.files import write_bytes, write_text

#: What a cell holds; None and NaN leave it empty.
Cell = str | int | float | datetime.date | None
#: Name of the table that says how the others were made.
ORIGIN = "settings"
#: Most rows of a sheet, with the titles, and characters of a cell and of a sheet's name.
_SHEET_ROWS = 1_048_576
_CELL_CHARACTERS = 32_767
_SHEET_NAME = 31


@dataclass(frozen=True)
class Table:
    """Rows under titles.

    Parameters
    ----------
    name
        In a word, for the sheet or the file's name.
    columns
        Titles, with units.
    rows
        As many cells each as there are titles.
    """

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row needs as many cells as there are columns")


def origin_table(settings: Iterable[tuple[str, Cell]], *, dated: bool = True) -> Table:
    """Say how tables were made: version of the program, time if `dated`, settings in order."""
    from napari_dgc import __version__

    rows: list[tuple[Cell, ...]] = [("program", f"napari-dgc {__version__}")]
    if dated:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        rows.append(("written", now))
    return Table(ORIGIN, ("setting", "value"), (*rows, *settings))


def planned_files(path: Path, names: Sequence[str]) -> list[Path]:
    """Return the files that `write_tables` would write.

    Raises
    ------
    UserError
        When the file's name ends in neither ``.csv`` nor ``.xlsx``.
    """
    suffix = path.suffix.casefold()
    if suffix == ".xlsx":
        return [path]
    if suffix != ".csv":
        raise UserError(f"{path} is no table; give a name that ends in .csv or .xlsx.")
    return [path, *(path.with_name(f"{path.stem}_{name}{path.suffix}") for name in names[1:])]


def write_tables(path: Path, tables: Sequence[Table]) -> list[Path]:
    """Write tables, each file completely or not at all.

    Parameters
    ----------
    path
        ``.xlsx``: one workbook with a sheet for each table. ``.csv``: the first table;
        the others go beside it, to ``STEM_NAME.csv``. Files of these names are replaced.
    tables
        At least one, of different names.

    Returns
    -------
    list of Path
        The files written.

    Raises
    ------
    UserError
        When a file cannot be written or a table is too long for a sheet.
    """
    files = planned_files(path, [table.name for table in tables])
    try:
        if path.suffix.casefold() == ".xlsx":
            write_bytes(path, _workbook(path, tables))
        else:
            for file, table in zip(files, tables, strict=True):
                write_text(file, table_text(table))
    except OSError as error:
        raise UserError(
            f"{error.filename or path} cannot be written: {error.strerror or error}; close it "
            "elsewhere, or choose another place."
        ) from error
    return files


def table_text(table: Table) -> str:
    """Return a table as CSV text.

    Text that a spreadsheet would take for a formula begins with an apostrophe, which
    makes it text there.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows([_csv_cell(cell) for cell in row] for row in table.rows)
    return text.getvalue()


def _csv_cell(cell: Cell) -> str:
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if isinstance(cell, str):
        plain = readable(cell)
        return f"'{plain}" if _like_formula(plain) else plain
    return "" if cell is None or not math.isfinite(cell) else f"{cell:.10g}"


def _like_formula(text: str) -> bool:
    """Tell whether a spreadsheet would calculate; treatments such as -N or +P are text."""
    start = text.lstrip()[:1]
    return start in ("=", "@") or (start in ("+", "-") and any(c in text for c in "(|!"))


def _workbook(path: Path, tables: Sequence[Table]) -> bytes:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    for table in tables:
        if len(table.rows) >= _SHEET_ROWS:
            raise UserError(
                f"The table of {table.name} has {len(table.rows)} rows, too many for a sheet of "
                f"{path}; write .csv."
            )
        sheet = book.create_sheet(table.name[:_SHEET_NAME])
        sheet.freeze_panes = "A2"
        for place, title in enumerate(table.columns):
            letter = _letters(place)
            sheet.column_dimensions[letter].width = min(max(len(title) + 2, 10), 40)
        titles = [WriteOnlyCell(sheet, value=title) for title in table.columns]
        for cell in titles:
            cell.font = Font(bold=True)
        sheet.append(titles)
        for row in table.rows:
            sheet.append([_excel_cell(sheet, value) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _letters(place: int) -> str:
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(place + 1))


def _excel_cell(sheet: object, value: Cell) -> object:
    from openpyxl.cell import WriteOnlyCell

    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, value=readable(value)[:_CELL_CHARACTERS])
        # Otherwise what begins with "=" would be a formula.
        cell.data_type = "s"
        return cell
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
