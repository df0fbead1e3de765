"""Writing the tables of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_dgc.comparison.present import to_tables
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lesions.asking import ask_file
from napari_dgc.gui.lesions.reporting import folder_of
from napari_dgc.measure.tables import planned_files, write_tables

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_dgc.comparison import Comparison
    from napari_dgc.gui.scan import Scan

_FILTERS = {"CSV (*.csv)": ".csv", "Excel (*.xlsx)": ".xlsx"}


class TableSaving(QObject):
    """Asks for a file and writes in the background.

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

    def ask(self, comparison: Comparison, scans: Sequence[Scan]) -> None:
        """Ask where, and write."""
        tables = to_tables(comparison)
        names = [table.name for table in tables]
        planned = partial(planned_files, names=names)
        path = ask_file(
            *(self._parent, "Save table", "comparison", _FILTERS, planned), folder_of(scans)
        )
        if path is not None:
            self._jobs.request("tables", lambda _token: write_tables(path, tables))

    def _on_done(self, _key: object, result: object) -> None:
        if isinstance(result, Exception):
            self.said.emit(str(result))
        elif isinstance(result, list):
            names = ", ".join(path.name for path in result)
            self.said.emit(f"Written to {result[0].parent}: {names}")
