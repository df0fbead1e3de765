"""Where the curves of the dock come from, kept in step with the viewer while it is in sight."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal

from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.spectrum.cursor import CursorSpectrum
from napari_dgc.gui.spectrum.label_means import LabelMeans
from napari_dgc.gui.spectrum.pins import Pins
from napari_dgc.gui.spectrum.regions import Regions

if TYPE_CHECKING:
    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.gui.spectrum.curve import Curve


class Sources(QObject):
    """Cursor, pins, regions and labels of one viewer.

    Parameters
    ----------
    session
        The open scans.
    """

    #: Curves came, went, or look otherwise.
    listed = Signal()
    #: A curve other than the cursor's got its spectrum.
    read = Signal(object)
    #: Scans came, went, or know other things about themselves.
    scans_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        # Whole regions take long: single pixels do not wait for them.
        self._pixel_jobs, self._region_jobs = LatestJobs(self), LatestJobs(self)
        self._awake = False
        self._followed: list[Scan] = []
        self.cursor = CursorSpectrum(session, self._pixel_jobs, self)
        self.labels = LabelMeans(session, self._region_jobs, self)
        self.pins = Pins(session, self._pixel_jobs, self._colours, self)
        self.regions = Regions(session, self._region_jobs, self._colours, self)
        for source in (self.pins, self.regions, self.labels):
            source.listed.connect(self.listed)
            source.read.connect(self.read)
        self._connections: list[tuple[Any, Callable[..., None]]] = [
            (session.scans_changed, self._on_scans),
            (session.training_changed, self._on_training),
        ]
        viewer = session.viewer
        if viewer is not None:
            self._connections.append((viewer.layers.events.removed, self._on_removed))
            self._connections.append((viewer.layers.events.inserted, self._on_inserted))
        for signal, slot in self._connections:
            signal.connect(slot)

    @property
    def curves(self) -> list[Curve]:
        """All but the cursor's."""
        return [*self.pins.curves, *self.regions.curves, *self.labels.curves]

    def rename(self, curve: Curve, name: str) -> None:
        """Name a pin or a region."""
        for source in (self.pins, self.regions):
            source.rename(curve, name)

    def remove(self, curve: Curve) -> None:
        """Delete a curve, with its mark on the image."""
        for source in (self.pins, self.regions, self.labels):
            if curve in source.curves:
                source.remove(curve)

    def wake(self, awake: bool) -> None:
        """Read only while awake; what changed in sleep is caught up with."""
        self._awake = awake
        for source in (self.pins, self.regions, self.labels):
            source.wake(awake)
        if awake:
            self._on_scans()

    def let_go(self) -> None:
        """Leave nothing behind that would call into a deleted dock."""
        for signal, slot in self._connections:
            signal.disconnect(slot)
        for scan in self._followed:
            self._unfollow(scan)
        for marks in (self.pins, self.regions):
            marks.let_go()
        self.cursor.let_go()
        self.labels.let_go()
        for jobs in (self._pixel_jobs, self._region_jobs):
            jobs.drop_all()

    def _colours(self) -> set[str]:
        return {curve.colour for curve in self.curves}

    def _on_scans(self) -> None:
        if not self._awake:
            return
        for scan in self._followed:
            if scan not in self._session.scans:
                self._unfollow(scan)
        for scan in self._session.scans:
            if scan not in self._followed:
                for event in (scan.image.events.translate, scan.image.events.scale):
                    event.connect(self._on_moved)
        self._followed = list(self._session.scans)
        self.cursor.forget()
        for source in (self.pins, self.regions, self.labels):
            source.on_scans()
        self.scans_changed.emit()

    def _unfollow(self, scan: Scan) -> None:
        for event in (scan.image.events.translate, scan.image.events.scale):
            event.disconnect(self._on_moved)

    def _on_moved(self, event: Any = None) -> None:
        for marks in (self.pins, self.regions):
            marks.follow_scans()

    def _on_inserted(self, event: Any) -> None:
        if self._awake and event.value not in (self.pins.layer, self.regions.layer):
            # Not at once: more layers of the same scan are coming.
            QTimer.singleShot(0, self._raise_marks)

    def _raise_marks(self) -> None:
        for marks in (self.regions, self.pins):
            marks.raise_layer()

    def _on_removed(self, event: Any) -> None:
        for source in (self.pins, self.regions, self.labels):
            source.on_removed(event.value)

    def _on_training(self) -> None:
        self.labels.on_training()
