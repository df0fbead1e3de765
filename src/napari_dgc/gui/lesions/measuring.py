"""Leaves, lesions and severity of every scan, kept up to date in the background."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Signal

from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.measure.details import ScanDetails
from napari_dgc.workspace import CorrectedMap, Workspace
from napari_dgc.workspace.measured import (
    Measured,
    Wish,
    is_named,
    known_details,
    measure,
    wish_for,
)

if TYPE_CHECKING:
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

__all__ = ["Measured", "Measuring", "details_of", "get_measuring", "is_named"]


class Measuring(QObject):
    """Measures the scans of a session anew when something about them has changed.

    A scan is measured to the end before a newer state of it, so that figures follow a
    brush that is on its way all the time.
    """

    #: A scan has other figures, or none any more.
    measured = Signal(object)
    #: A sentence about what could not be measured.
    failed = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = weakref.ref(session)
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self._results: weakref.WeakKeyDictionary[Scan, Measured] = weakref.WeakKeyDictionary()
        self._painted: weakref.WeakKeyDictionary[Scan, CorrectedMap] = weakref.WeakKeyDictionary()
        self._running: weakref.WeakSet[Scan] = weakref.WeakSet()
        # Who wants figures; without anybody nothing is measured.
        self._readers: set[str] = set()
        for signal in (session.partition_changed, session.labels_changed, session.scans_changed):
            connect_while_alive(self, signal, self.update)
        self.destroyed.connect(self._jobs.drop_all)

    def want(self, reader: str, wanted: bool) -> None:
        """Say that somebody wants figures, or no more."""
        (self._readers.add if wanted else self._readers.discard)(reader)
        self.update()

    def result(self, scan: Scan) -> Measured | None:
        """Return what was found on a scan last, or None."""
        return self._results.get(scan)

    def current(self, scan: Scan) -> bool:
        """Tell whether the result of a scan is that of its state now."""
        held, wish = self._results.get(scan), self._wish(scan)
        return held is not None and wish is not None and wish.same(held.wish)

    def results(self) -> list[tuple[Scan, Measured]]:
        """Return scans that were measured, in their order."""
        session = self._session()
        scans = [] if session is None else session.labelled
        return [(scan, self._results[scan]) for scan in scans if scan in self._results]

    @property
    def busy(self) -> bool:
        """Whether a scan is being measured."""
        return len(self._running) > 0

    def update(self) -> None:
        """Measure what is not up to date."""
        session = self._session()
        if session is None or not self._readers:
            return
        for scan in session.labelled:
            wish, held = self._wish(scan), self._results.get(scan)
            if wish is None:
                if held is not None:
                    del self._results[scan]
                    self.measured.emit(scan)
            elif scan not in self._running and (held is None or not wish.same(held.wish)):
                self._start(scan, wish, held)

    def _start(self, scan: Scan, wish: Wish, held: Measured | None) -> None:
        self._running.add(scan)
        self._jobs.request(scan, lambda token: measure(wish, held, token))

    def _on_done(self, scan: Scan, result: object) -> None:
        self._running.discard(scan)
        if isinstance(result, Measured):
            self._results[scan] = result
            self.measured.emit(scan)
            self.update()
        else:
            name = scan.name
            self.failed.emit(f"The lesions of {name} could not be measured ({result}).")

    def _wish(self, scan: Scan) -> Wish | None:
        session = self._session()
        work = None if session is None else session.work
        if work is None or scan.fine is None or not is_named(work):
            return None
        painted = self._painted_map(scan, work)
        size = details_of(work, scan).pixel_size_mm
        return wish_for(work, scan.key, scan.name, scan.fine, painted, size)

    def _painted_map(self, scan: Scan, work: Workspace) -> NDArray[np.uint16]:
        assert scan.fine is not None
        held = self._painted.get(scan)
        if held is None or held.base.shape != scan.fine.shape:
            held = self._painted[scan] = CorrectedMap(np.zeros(scan.fine.shape, np.uint16))
        held.move(work.painted_lesions(scan.key))
        return held.values


def details_of(work: Workspace | None, scan: Scan) -> ScanDetails:
    """Return what is known about a scan, its pixel size from the file where nobody gave one."""
    return known_details(work, scan.key, scan.cube)


def get_measuring(session: Session) -> Measuring:
    """Return what measures the scans of a session, made on first use."""
    service = session.services.get("measuring")
    if not isinstance(service, Measuring):
        service = session.services["measuring"] = Measuring(session)
    return service
