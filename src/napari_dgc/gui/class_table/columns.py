"""Columns of the table of classes, which of them are shown, and how numbers look in them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from napari_dgc.gui import export_panel

_SETTING = "classes/columns"


class Column(IntEnum):
    """Columns of the table; on screen they stand in the order of `ORDER`."""

    COLOUR = 0
    NAME = 1
    CLUSTERS = 2
    PIXELS = 3
    SHARE = 4
    LEAF = 5
    AREA = 6
    SPECTRUM = 7
    VISIBLE = 8


@dataclass(frozen=True)
class Heading:
    """What stands above a column, in the menu of columns, and in its tooltip."""

    text: str
    title: str
    tip: str


HEADINGS: dict[Column, Heading] = {
    Column.COLOUR: Heading(
        "", "Colour", "Colour in the image and in the plot; double-click to change it"
    ),
    Column.NAME: Heading(
        "Class", "Name", "Name; double-click (or F2) to type another one, Enter to keep it"
    ),
    Column.CLUSTERS: Heading("Clusters", "Clusters", "Number of fine clusters in the class"),
    Column.PIXELS: Heading("Pixels", "Pixels", "Pixels in all open scans"),
    Column.SHARE: Heading(
        "Area", "Share of all pixels", "Share of the labelled pixels in all open scans"
    ),
    Column.LEAF: Heading(
        "Leaf",
        "Share of the leaf",
        "Share of the leaf: of all pixels whose name counts as leaf, in all open scans",
    ),
    Column.AREA: Heading(
        "mm²", "Area in mm²", "Area in mm²; needs the pixel size of every labelled scan"
    ),
    Column.SPECTRUM: Heading("", "Spectrum", "Mean spectrum; all rows have the same scale"),
    Column.VISIBLE: Heading(
        "", "Visible", "Click to hide the class in the image or to show it (V)"
    ),
}
#: From left to right.
ORDER = (
    Column.VISIBLE,
    Column.COLOUR,
    Column.NAME,
    Column.SPECTRUM,
    Column.CLUSTERS,
    Column.PIXELS,
    Column.SHARE,
    Column.LEAF,
    Column.AREA,
)
#: Never hidden.
_ALWAYS = frozenset({Column.VISIBLE, Column.COLOUR, Column.NAME})
#: What the narrow dock has room for.
_USUAL = _ALWAYS | {Column.SPECTRUM, Column.PIXELS, Column.SHARE, Column.LEAF}
#: Columns that the user may hide.
OPTIONAL = tuple(column for column in ORDER if column not in _ALWAYS)


def chosen_columns() -> frozenset[Column]:
    """Return the columns that the user has chosen to see, or the usual ones."""
    held = export_panel.settings().value(_SETTING, None)
    if held is None:
        return _USUAL
    names = str(held).split()
    return _ALWAYS | {column for column in OPTIONAL if column.name.lower() in names}


def remember_columns(columns: frozenset[Column]) -> None:
    """Keep which columns are shown for the next time."""
    names = [column.name.lower() for column in OPTIONAL if column in columns]
    export_panel.settings().setValue(_SETTING, " ".join(names))


def grouped(number: int) -> str:
    """Write a count with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u2009")


def percent(part: int, whole: int) -> str:
    """Write a share, or a dash where there is nothing to share."""
    return f"{100 * part / whole:.1f} %" if whole else "–"


def area(mm2: float | None) -> str:
    """Write an area with three figures, or a dash where it is not known."""
    if mm2 is None:
        return "–"
    return grouped(round(mm2)) if mm2 >= 100 else f"{mm2:.3g}"
