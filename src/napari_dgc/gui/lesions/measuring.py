"""Leaves, lesions and severity of every scan, kept up to date in the background."""

from __future__ import annotations

import weakref
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Signal

from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.leaves import LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.scan_areas import ScanAreas, ScanObjects, scan_areas
from napari_dgc.measure.severity import ScanSeverity, measure_objects
from napari_dgc.partition.partition import HALO
from napari_dgc.workspace import CorrectedMap, Workspace

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session


@dataclass(frozen=True, eq=False)
class Wish:
    """What the figures of a scan depend on.

    Parameters
    ----------
    fine
        (row, column) fine clusters.
    names
        Name of each fine cluster that has one with a meaning.
    leaf_names
        Names that are leaf.
    settings, edits
        How lesions and leaves are made.
    painted
        (row, column) corrections of the lesions by hand.
    pixel_size_mm
        Side of a pixel, or None.
    scan
        What the scan is called now.
    """

    fine: NDArray[np.uint16]
    names: Mapping[int, str]
    leaf_names: frozenset[str]
    settings: MaskSettings
    edits: LeafEdits
    painted: NDArray[np.uint16]
    pixel_size_mm: float | None
    scan: str

    def same_areas(self, other: Wish) -> bool:
        """Tell whether leaves and lesions are made of the same."""
        return self.fine is other.fine and (
            (self.names, self.leaf_names, self.settings, self.edits)
            == (other.names, other.leaf_names, other.settings, other.edits)
        )

    def same(self, other: Wish) -> bool:
        """Tell whether all is the same."""
        return (
            self.same_areas(other)
            and self.painted is other.painted
            and (self.pixel_size_mm, self.scan) == (other.pixel_size_mm, other.scan)
        )


@dataclass(frozen=True, eq=False)
class Measured:
    """What was found on a scan, and for which wish."""

    wish: Wish
    areas: ScanAreas
    objects: ScanObjects
    severity: ScanSeverity


def measure(wish: Wish, before: Measured | None, token: CancelToken) -> Measured:
    """Do what has changed since `before`.

    Raises
    ------
    InterruptedError
        When `token` was cancelled.
    """
    if before is not None and wish.same_areas(before.wish):
        areas = before.areas
    else:
        areas = scan_areas(wish.fine, wish.names, wish.settings, wish.edits, wish.leaf_names)
    if token.cancelled:
        raise InterruptedError
    if before is not None and areas is before.areas and wish.painted is before.wish.painted:
        objects = before.objects
    else:
        objects = areas.objects(wish.painted)
    severity = measure_objects(
        objects.leaves,
        objects.lesions,
        objects.leaf,
        objects.halo,
        pixel_size_mm=wish.pixel_size_mm,
        scan=wish.scan,
        diseased=objects.diseased,
    )
    return Measured(wish, areas, objects, severity)


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
        settings = work.masks
        leaf = work.template.leaf
        meant = {name.casefold() for name in (*leaf, *settings.names, HALO)}
        names = {
            member: info.name.casefold()
            for info in work.partition.classes
            if info.name.casefold() in meant
            for member in info.members
        }
        return Wish(
            scan.fine,
            names,
            leaf,
            settings,
            work.leaf_edits(scan.key),
            self._painted_map(scan, work),
            details_of(work, scan).pixel_size_mm,
            scan.name,
        )

    def _painted_map(self, scan: Scan, work: Workspace) -> NDArray[np.uint16]:
        assert scan.fine is not None
        held = self._painted.get(scan)
        if held is None or held.base.shape != scan.fine.shape:
            held = self._painted[scan] = CorrectedMap(np.zeros(scan.fine.shape, np.uint16))
        held.move(work.painted_lesions(scan.key))
        return held.values


def is_named(work: Workspace) -> bool:
    """Tell whether classes are named so that severity can be read.

    Which of the diseased ones make lesions is another question; none of them is an answer.
    """
    diseased = {*work.masks.names, *work.template.diseased}
    healthy = {name for name in work.template.leaf if name not in diseased} - {HALO}
    return bool(work.partition.named(diseased) and work.partition.named(healthy))


def details_of(work: Workspace | None, scan: Scan) -> ScanDetails:
    """Return what is known about a scan, its pixel size from the file where nobody gave one."""
    known = ScanDetails(scan.key) if work is None else work.details_of(scan.key)
    if known.pixel_size_mm is not None:
        return known
    return replace(known, pixel_size_mm=scan.cube.pixel_size_mm)


def get_measuring(session: Session) -> Measuring:
    """Return what measures the scans of a session, made on first use."""
    service = session.services.get("measuring")
    if not isinstance(service, Measuring):
        service = session.services["measuring"] = Measuring(session)
    return service
