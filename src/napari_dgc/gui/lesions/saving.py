"""Writing what was measured as tables."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lesions.asking import ask_file
from napari_dgc.gui.lesions.measuring import Measured, details_of
from napari_dgc.gui.lesions.reporting import folder_of
from napari_dgc.measure.tables import Table, planned_files, write_tables
from napari_dgc.provenance import sidecar_of
from napari_dgc.workspace.measured import MeasuredScan
from napari_dgc.workspace.tables import TABLES, result_tables

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from qtpy.QtWidgets import QWidget

    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.provenance import Record
    from napari_dgc.gui.scan import Scan
    from napari_dgc.measure.scales import OrdinalScale
    from napari_dgc.workspace import Workspace

_FILTERS = {"Excel (*.xlsx)": ".xlsx", "CSV (*.csv)": ".csv"}


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
        record: Record,
    ) -> None:
        """Ask where, and write, with how it was made beside it."""
        path = ask_file(
            *(self._parent, "Save table", "severity", _FILTERS),
            partial(planned_files, names=TABLES),
            folder_of([scan for scan, _ in results]),
        )
        if path is None:
            return
        tables = self.tables(results, work, scale)
        self.said.emit(f"Writing {path} …")

        def write(token: CancelToken) -> list[Path]:
            files = write_tables(path, tables)
            record(sidecar_of(path), files, token)
            return files

        self._jobs.request("tables", write)

    def tables(
        self,
        results: Sequence[tuple[Scan, Measured]],
        work: Workspace,
        scale: OrdinalScale | None,
    ) -> list[Table]:
        """Make the tables of what was measured."""
        found = [MeasuredScan.of(measured, details_of(work, scan)) for scan, measured in results]
        return result_tables(found, work, scale)

    def _on_done(self, _key: object, result: object) -> None:
        if isinstance(result, Exception):
            self.said.emit(str(result))
        elif isinstance(result, list):
            names = ", ".join(path.name for path in result)
            self.said.emit(f"Written to {result[0].parent}: {names}")
