"""Tables of measurements for paper: columns of those that ``measure`` writes, rounded."""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence

from napari_dgc.measure.scales import OrdinalScale
from napari_dgc.measure.tables import Cell, Table
from napari_dgc.report.blocks import Column, Grid

#: Columns of `measure.report` by their titles there, as paper has them.
_TITLES: dict[str, str] = {
    "scan": "Scan",
    "leaf": "Leaf",
    "lesion": "Lesion",
    "plant": "Plant",
    "treatment": "Treatment",
    "date": "Date",
    "leaves": "Leaves",
    "leaf_area_px": "Leaf area (px)",
    "leaf_area_mm2": "Leaf area (mm²)",
    "lesion_area_px": "Lesion area (px)",
    "lesion_area_mm2": "Lesion area (mm²)",
    "severity_percent": "Severity (%)",
    "lesion_count": "Lesions",
    "halo_percent": "Halo (% of leaf)",
    "lesion_median_px": "Median lesion (px)",
    "lesion_median_mm2": "Median lesion (mm²)",
    "lesion_largest_px": "Largest lesion (px)",
    "lesion_largest_mm2": "Largest lesion (mm²)",
    "area_px": "Area (px)",
    "area_mm2": "Area (mm²)",
    "centre_row": "Row",
    "centre_column": "Column",
    "dates": "Dates",
    "first_date": "First",
    "last_date": "Last",
    "plants": "Plants",
    "audpc_percent_days": "AUDPC (% days)",
    "standardised_audpc_percent": "per day (%)",
    "audpc_mean_percent_days": "AUDPC mean (% days)",
    "audpc_sd_percent_days": "SD",
    "standardised_audpc_mean_percent": "per day, mean (%)",
    "standardised_audpc_sd_percent": "SD",
    "notes": "Notes",
    "setting": "Setting",
    "value": "Value",
}
#: Longer words, in letters, are cut off.
_LONGEST = 200
_WORDS = ("scan", "plant", "treatment", "date", "first_date", "last_date", "notes")
SCANS = (
    *("scan", "plant", "treatment", "date", "leaves", "leaf_area_px", "leaf_area_mm2"),
    *("lesion_area_px", "lesion_area_mm2", "severity_percent", "grade", "lesion_count"),
    "halo_percent",
)
LEAVES = (
    *("leaf", "leaf_area_px", "leaf_area_mm2", "lesion_area_px", "lesion_area_mm2"),
    *("severity_percent", "grade", "lesion_count", "halo_percent"),
    *("lesion_median", "lesion_largest"),
)
LESIONS = ("lesion", "leaf", "area_px", "area_mm2", "centre_row", "centre_column")
PROGRESS = (
    *("treatment", "plant", "dates", "first_date", "last_date", "audpc_percent_days"),
    *("standardised_audpc_percent", "notes"),
)
TREATMENTS = (
    *("treatment", "plants", "audpc_mean_percent_days", "audpc_sd_percent_days"),
    *("standardised_audpc_mean_percent", "standardised_audpc_sd_percent"),
)


def grid(
    name: str,
    table: Table,
    titles: Sequence[str],
    scales: Sequence[OrdinalScale] = (),
    links: tuple[str, ...] = (),
) -> Grid:
    """Return columns of a table as a grid; those without any value are left out.

    Parameters
    ----------
    name
        What it is.
    table
        As `measure.report` makes them.
    titles
        Columns in order; ``grade`` stands for those of all scales, and a title without its
        unit for mm² where they are known, else for pixels.
    scales
        Of the table's grades.
    links
        For each row (see `Grid`).
    """
    unit = "mm2" if any(title.endswith("mm2") for title in table.columns) else "px"
    grades = [title for title in table.columns if title.startswith("grade_")]
    shown = {**_TITLES, **{title: scale.name for title, scale in zip(grades, scales, strict=True)}}
    columns, places = [], []
    for title in titles:
        for one in grades if title == "grade" else [title, f"{title}_{unit}"]:
            if one not in table.columns:
                continue
            place = table.columns.index(one)
            if all(row[place] is None or row[place] == "" for row in table.rows):
                continue
            places.append(place)
            heading = f"Grade {shown[one]}" if one in grades else shown[one]
            columns.append(Column(heading, numbers=one not in _WORDS))
    rows = tuple(
        tuple(written(row[place], table.columns[place]) for place in places) for row in table.rows
    )
    return Grid(name, tuple(columns), rows, links)


def written(cell: Cell, title: str = "") -> str:
    """Write a value for paper; what is not known is a dash.

    Parameters
    ----------
    cell
        The value.
    title
        Of its column in the table: percent have two digits, areas three at least.
    """
    if cell is None or cell == "":
        return "–"
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    if not isinstance(cell, float):
        text = str(cell)
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    if not math.isfinite(cell):
        return "–"
    if "percent" in title:
        return f"{cell:.2f}"
    if title.startswith("centre"):
        return f"{cell:.1f}"
    if cell == 0 or abs(cell) >= 100:
        return f"{cell:.1f}".removesuffix(".0")
    digits = max(1, 2 - math.floor(math.log10(abs(cell))))
    text = f"{cell:.{min(digits, 9)}f}"
    return text if title.endswith("mm2") else text.rstrip("0").rstrip(".")
