"""Writing a report of the open scans, in the background."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Signal

from napari_dgc.cancel import CancelSource
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lesions.asking import ask_file
from napari_dgc.gui.lesions.measuring import details_of
from napari_dgc.gui.provenance import record_of
from napari_dgc.provenance import sidecar_of
from napari_dgc.workspace import CorrectedMap
from napari_dgc.workspace.label_images import class_image

if TYPE_CHECKING:
    from pathlib import Path

    from qtpy.QtWidgets import QWidget

    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.provenance import Record
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session
    from napari_dgc.measure.scales import OrdinalScale
    from napari_dgc.measure.tables import Cell
    from napari_dgc.report import ReportScan, ReportSetup
    from napari_dgc.workspace import Workspace

_FILTERS = {"PDF (*.pdf)": ".pdf", "HTML (*.html)": ".html"}
#: Steps of the user that a report lists.
_MOST_STEPS = 200


class Reporting(QObject):
    """Asks for a file and writes the report.

    Parameters
    ----------
    session
        Its labelled scans are reported as they are now.
    parent
        Widget over which questions are asked.
    """

    #: What came of it, in a sentence.
    said = Signal(str)
    #: A report is being written now, or no more.
    running_changed = Signal(bool)
    #: Share that is done.
    progressed = Signal(float)

    def __init__(self, session: Session, parent: QWidget) -> None:
        super().__init__(parent)
        self._session = session
        self._parent = parent
        self._source: CancelSource | None = None
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self._stop_all: list[CancelSource] = []
        self.destroyed.connect(partial(_cancel_all, self._stop_all, self._jobs))

    @property
    def running(self) -> bool:
        """Whether a report is being written."""
        return self._source is not None

    def ask(self, scale: OrdinalScale | None) -> None:
        """Ask where, and write."""
        work, scans = self._session.work, self._session.labelled
        if work is None or not scans or self.running:
            return
        path = ask_file(
            *(self._parent, "Save report", "report", _FILTERS, lambda file: [file]),
            folder=folder_of(scans),
        )
        if path is None:
            return
        setup = _setup(self._session, work, scans, scale)
        pages = [
            partial(_page, work, scan.key, scan.name, scan.fine, _rest(work, scan))
            for scan in scans
            if scan.fine is not None
        ]
        source = self._source = CancelSource()
        self._stop_all[:] = [source]
        self.said.emit(f"Writing {path} …")
        self.running_changed.emit(True)
        record = record_of(self._session, "report")
        self._jobs.request(
            "report", lambda _: self._write(path, pages, setup, record, source.token)
        )

    def stop(self) -> None:
        """Ask the work to stop; an earlier report of that name stays."""
        if self._source is not None:
            self.said.emit("Stopping …")
            self._source.cancel()

    def _write(
        self,
        path: Path,
        pages: Sequence[Callable[[], ReportScan]],
        setup: ReportSetup,
        record: Record,
        token: CancelToken,
    ) -> Path | None:
        """Write, in another thread; returns the file, or None when stopped."""
        from napari_dgc.report import ReportProgress, write_report

        try:
            for event in write_report(path, [page() for page in pages], setup, token):
                if isinstance(event, ReportProgress):
                    with contextlib.suppress(RuntimeError):  # Qt has deleted this meanwhile
                        self.progressed.emit(event.fraction)
        except InterruptedError:
            return None
        with contextlib.suppress(InterruptedError):  # the report itself is complete
            record(sidecar_of(path), [path], token)
        return path

    def _on_done(self, _key: object, result: object) -> None:
        self._source = None
        self.running_changed.emit(False)
        if isinstance(result, Exception):
            self.said.emit(f"The report was not written: {result}")
        elif result is None:
            self.said.emit("Stopped; nothing was written.")
        else:
            self.said.emit(f"Written: {result}")


def folder_of(scans: Sequence[Scan]) -> Path | None:
    """Return the folder of the first scan that is a file, or None."""
    paths = (scan.cube.path for scan in scans)
    return next((path.absolute().parent for path in paths if path is not None), None)


def _cancel_all(sources: list[CancelSource], jobs: LatestJobs, *_: object) -> None:
    """Stop when Qt has deleted the dock; touches nothing of it."""
    for source in sources:
        source.cancel()
    jobs.drop_all()


def _rest(work: Workspace, scan: Scan) -> dict[str, Any]:
    return {"scan": scan.cube, "pixel_size_mm": details_of(work, scan).pixel_size_mm}


def _page(
    work: Workspace, key: str, name: str, fine: NDArray[np.uint16], rest: dict[str, Any]
) -> ReportScan:
    from napari_dgc.report import ReportScan

    painted = CorrectedMap(np.zeros(fine.shape, np.uint16))
    painted.move(work.painted_lesions(key))
    read = partial(class_image, work, name, fine, **rest)
    return ReportScan(name, read, work.leaf_edits(key), painted.values)


def _setup(
    session: Session, work: Workspace, scans: Sequence[Scan], scale: OrdinalScale | None
) -> ReportSetup:
    from napari_dgc.report import ReportSetup

    return ReportSetup(
        date=datetime.date.today(),
        settings=work.masks,
        least_leaf=max(work.leaf_edits(scan.key).least_area for scan in scans),
        scales=() if scale is None else (scale,),
        details={scan.name: replace(details_of(work, scan), scan=scan.name) for scan in scans},
        origin=tuple(_origin(session, scans)),
    )


def _origin(session: Session, scans: Sequence[Scan]) -> Iterator[tuple[str, Cell]]:
    """Say what was opened, which model found the clusters, and what the user did since."""
    for scan in scans:
        yield "scan", str(scan.cube.path or scan.name)
    model, history = session.model, session.history
    if model is not None:
        yield "clusters", f"{model.method}, {model.n_clusters} clusters, {model.epoch} epochs"
    steps = () if history is None else history.titles
    told = [(title, len(list(same))) for title, same in groupby(steps)]
    if len(told) > _MOST_STEPS:
        yield "earlier steps", len(told) - _MOST_STEPS
    for title, times in told[-_MOST_STEPS:]:
        yield "step", title if times == 1 else f"{title} ({times} times)"
