"""Writing what was measured as tables."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lesions.asking import ask_file
from napari_dgc.gui.lesions.measuring import Measured, details_of
from napari_dgc.gui.lesions.reporting import folder_of
from napari_dgc.measure.leaves import LEAST_LEAF
from napari_dgc.measure.report import (
    leaf_table,
    lesion_table,
    progress_tables,
    scan_table,
    settings_lines,
)
from napari_dgc.measure.scan_areas import AUTOMATIC
from napari_dgc.measure.tables import Table, origin_table, planned_files, write_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qtpy.QtWidgets import QWidget

    from napari_dgc.gui.scan import Scan
    from napari_dgc.measure.details import ScanDetails
    from napari_dgc.measure.scales import OrdinalScale
    from napari_dgc.measure.tables import Cell
    from napari_dgc.workspace import Workspace

_FILTERS = {"Excel (*.xlsx)": ".xlsx", "CSV (*.csv)": ".csv"}
#: Tables that are written, the first into the file that was asked for.
TABLES = ("scans", "leaves", "lesions", "progress", "treatments", "settings")


class Saving(QObject):
    """Asks for a file and writes tables in the background.

    Parameters
    ----------
    parent
        Widget over which questions are asked.
    """

    #: What came of it, in a sentence.
    said = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._parent = parent
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)

    def ask(
        self,
        results: Sequence[tuple[Scan, Measured]],
        work: Workspace,
        scale: OrdinalScale | None,
    ) -> None:
        """Ask where, and write."""
        path = ask_file(
            *(self._parent, "Save table", "severity", _FILTERS),
            partial(planned_files, names=TABLES),
            folder_of([scan for scan, _ in results]),
        )
        if path is None:
            return
        tables = self.tables(results, work, scale)
        self.said.emit(f"Writing {path} …")
        self._jobs.request("tables", lambda _token: write_tables(path, tables))

    def tables(
        self,
        results: Sequence[tuple[Scan, Measured]],
        work: Workspace,
        scale: OrdinalScale | None,
    ) -> list[Table]:
        """Make the tables of what was measured."""
        scans = [measured.severity for _, measured in results]
        details = named_details(results, work)
        scales = () if scale is None else (scale,)
        return [
            scan_table(scans, details, scales),
            leaf_table(scans, details, scales),
            lesion_table(scans),
            *progress_tables(scans, details),
            origin_table(_origin(results, work, scale)),
        ]

    def _on_done(self, _key: object, result: object) -> None:
        if isinstance(result, Exception):
            self.said.emit(str(result))
        elif isinstance(result, list):
            names = ", ".join(path.name for path in result)
            self.said.emit(f"Written to {result[0].parent}: {names}")


def named_details(
    results: Sequence[tuple[Scan, Measured]], work: Workspace
) -> dict[str, ScanDetails]:
    """Return what is known about scans, by the names that tables show."""
    return {
        measured.severity.scan: replace(details_of(work, scan), scan=measured.severity.scan)
        for scan, measured in results
    }


def _origin(
    results: Sequence[tuple[Scan, Measured]], work: Workspace, scale: OrdinalScale | None
) -> list[tuple[str, Cell]]:
    """Say how the figures were made, and what was done by hand."""
    least = {measured.wish.edits.least_area for _, measured in results} or {LEAST_LEAF}
    lines: list[tuple[str, Cell]] = [
        *settings_lines(work.masks, max(least)),
        ("severity", "lesion area in percent of leaf area (doi:10.1186/s42483-020-00049-8)"),
        ("AUDPC", "trapezoids (doi:10.1094/Phyto-67-1051)"),
    ]
    if scale is not None:
        bounds = ", ".join(f"{bound:g}" for bound in scale.bounds)
        grades = ", ".join(scale.grades)
        lines.append((f"scale {scale.name}", f"grades {grades}; bounds {bounds} %"))
    for _, measured in results:
        wish = measured.wish
        counts = {
            "pixels corrected by brush": int((wish.painted != AUTOMATIC).sum()),
            "splits of leaves": len(wish.edits.cuts),
            "joins of leaves": len(wish.edits.joins),
            "least area of a leaf (px)": wish.edits.least_area if len(least) > 1 else 0,
        }
        lines += [(f"{what}, {wish.scan}", count) for what, count in counts.items() if count]
    return lines
