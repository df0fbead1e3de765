"""Writing the tables of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_dgc.clustering.storage import MODEL_FILE
from napari_dgc.comparison import NewModel, SavedModel
from napari_dgc.comparison.present import to_tables
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lesions.asking import ask_file
from napari_dgc.gui.lesions.reporting import folder_of
from napari_dgc.gui.provenance import cubes_of, record_cubes
from napari_dgc.measure.tables import planned_files, write_tables
from napari_dgc.provenance import sidecar_of

if TYPE_CHECKING:
    from pathlib import Path

    from qtpy.QtWidgets import QWidget

    from napari_dgc.cancel import CancelToken
    from napari_dgc.comparison import Comparison, Contender
    from napari_dgc.gui.scan import Scan

_FILTERS = {"CSV (*.csv)": ".csv", "Excel (*.xlsx)": ".xlsx"}


@dataclass(frozen=True, eq=False)
class Asked:
    """What was compared: scans, contenders, and the name of the truth, "" without."""

    scans: Sequence[Scan] = ()
    contenders: Sequence[Contender] = ()
    truth: str = ""


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

    def ask(self, comparison: Comparison, asked: Asked) -> None:
        """Ask where, and write, with how it was made beside it."""
        compared = {scan.name for scan in comparison.scans}
        scans = [scan for scan in asked.scans if scan.name in compared]
        tables = to_tables(comparison)
        names = [table.name for table in tables]
        planned = partial(planned_files, names=names)
        path = ask_file(
            *(self._parent, "Save table", "comparison", _FILTERS, planned), folder_of(scans)
        )
        if path is None:
            return
        folders = [one.folder for one in asked.contenders if isinstance(one, SavedModel)]
        record = record_cubes(
            "compare",
            cubes_of(scans),
            {"contenders": [_told(one) for one in asked.contenders], "truth": asked.truth},
            inputs=[folder / MODEL_FILE for folder in folders],
        )

        def write(token: CancelToken) -> list[Path]:
            files = write_tables(path, tables)
            record(sidecar_of(path), files, token)
            return files

        self._jobs.request("tables", write)

    def _on_done(self, _key: object, result: object) -> None:
        if isinstance(result, Exception):
            self.said.emit(str(result))
        elif isinstance(result, list):
            names = ", ".join(path.name for path in result)
            self.said.emit(f"Written to {result[0].parent}: {names}")


def _told(contender: Contender) -> dict[str, Any]:
    told: dict[str, Any] = {"name": contender.name}
    if isinstance(contender, NewModel):
        told |= {
            name: getattr(contender, name) for name in ("method", "clusters", "epochs", "seed")
        }
    elif isinstance(contender, SavedModel):
        told["folder"] = str(contender.folder)
    return told
