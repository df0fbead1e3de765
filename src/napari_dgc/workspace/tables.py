"""Tables of what was measured on scans as a user's work has them."""

from __future__ import annotations

from collections.abc import Sequence

from napari_dgc.measure.leaves import LEAST_LEAF
from napari_dgc.measure.report import (
    leaf_table,
    lesion_table,
    progress_tables,
    scan_table,
    settings_lines,
)
from napari_dgc.measure.scales import OrdinalScale
from napari_dgc.measure.tables import Cell, Table, origin_table
from napari_dgc.workspace.measured import MeasuredScan
from napari_dgc.workspace.state import Workspace

#: Names of the tables, the first is that of the file that was asked for.
TABLES = ("scans", "leaves", "lesions", "progress", "treatments", "settings")


def result_tables(
    found: Sequence[MeasuredScan],
    work: Workspace,
    scale: OrdinalScale | None = None,
    *,
    dated: bool = True,
) -> list[Table]:
    """Make the tables of what was measured.

    Parameters
    ----------
    found
        The scans, in the order of the rows.
    work
        How it was measured.
    scale
        Adds its grades, where one is given.
    dated
        Say when, as the last table does; without, the same scans give the same tables.
    """
    scans = [one.severity for one in found]
    details = {one.severity.scan: one.details for one in found}
    scales = () if scale is None else (scale,)
    return [
        scan_table(scans, details, scales),
        leaf_table(scans, details, scales),
        lesion_table(scans),
        *progress_tables(scans, details),
        origin_table(_origin(found, work, scale), dated=dated),
    ]


def _origin(
    found: Sequence[MeasuredScan], work: Workspace, scale: OrdinalScale | None
) -> list[tuple[str, Cell]]:
    """Say how the figures were made, and what was done by hand."""
    least = {one.edits.least_area for one in found} or {LEAST_LEAF}
    lines: list[tuple[str, Cell]] = [
        *settings_lines(work.masks, max(least)),
        ("severity", "lesion area in percent of leaf area (doi:10.1186/s42483-020-00049-8)"),
        ("AUDPC", "trapezoids (doi:10.1094/Phyto-67-1051)"),
    ]
    if scale is not None:
        bounds = ", ".join(f"{bound:g}" for bound in scale.bounds)
        grades = ", ".join(scale.grades)
        lines.append((f"scale {scale.name}", f"grades {grades}; bounds {bounds} %"))
    for one in found:
        counts = {
            "pixels corrected by brush": one.corrected,
            "splits of leaves": len(one.edits.cuts),
            "joins of leaves": len(one.edits.joins),
            "least area of a leaf (px)": one.edits.least_area if len(least) > 1 else 0,
        }
        scan = one.severity.scan
        lines += [(f"{what}, {scan}", count) for what, count in counts.items() if count]
    return lines
