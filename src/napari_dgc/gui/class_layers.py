"""The layers that show each scan's classes, and the corrections painted into them."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.gui import layers as make

if TYPE_CHECKING:
    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.partition import ClassInfo


class ClassLayers:
    """Shows the partition of a session, and takes brush strokes over into its fine maps."""

    def __init__(self, session: Session) -> None:
        self._session = weakref.ref(session)
        # Lookup table and colours the layers show now.
        self._shown: NDArray[np.uint16] | None = None
        self._shown_classes: tuple[ClassInfo, ...] = ()
        self._style: make.ClassStyle | None = None
        self._showing = False
        # Where the band slider stood when a scan's layer was drawn last.
        self._sliders: weakref.WeakKeyDictionary[Scan, tuple[int, ...]] = (
            weakref.WeakKeyDictionary()
        )

    def refresh(self) -> None:
        """Show the classes now in all layers, when they are other ones: numbers, colours, names."""
        session = self._session()
        partition = None if session is None else session.partition
        # A merge tree that became known changes nothing on the canvas.
        if session is None or partition is None or partition.classes == self._shown_classes:
            return
        corrected = [self._absorb(scan) for scan in session.scans]
        if any(corrected):
            session.labels_changed.emit()
        self._shown, self._shown_classes = None, partition.classes
        for scan in session.scans:
            if scan.fine is not None and int(scan.fine.max(initial=0)) <= partition.clusters:
                self.show(scan)

    def show(self, scan: Scan) -> None:
        """Show the classes of a scan's fine clusters, in a new layer where there is none."""
        session, current = self._session(), self._style_now()
        viewer = None if session is None else session.viewer
        if session is None or viewer is None or current is None or scan.fine is None:
            return
        lookup, style = current
        classes = make.class_map(scan.fine, lookup)
        if scan.labels is None:
            scan.labels = make.add_class_layer(viewer, scan, classes, style)
            # paint comes before the pixels change (fill), labels_update after; undo only
            # refreshes the view
            scan.labels.events.paint.connect(self._on_paint)
            scan.labels.events.labels_update.connect(self._on_paint)
            scan.labels.events.set_data.connect(self._on_view)
            self._sliders[scan] = tuple(viewer.dims.current_step)
            session.scans_changed.emit()
        else:
            self._showing = True
            make.replace_classes(scan.labels, classes, style)
            self._showing = False

    def _style_now(self) -> tuple[NDArray[np.uint16], make.ClassStyle] | None:
        session = self._session()
        partition = None if session is None else session.partition
        if partition is None:
            return None
        if self._shown is None or self._style is None:
            self._shown = partition.lookup()
            self._style = make.class_style(partition)
        return self._shown, self._style

    def _on_paint(self, event: Any) -> None:
        session = self._session()
        scan = None if session is None or self._showing else session.scan_of(event.source)
        if session is not None and scan is not None and self._absorb(scan):
            session.labels_changed.emit()

    def _on_view(self, event: Any) -> None:
        session = self._session()
        viewer = None if session is None else session.viewer
        scan = None if session is None else session.scan_of(event.source)
        if viewer is None or scan is None:
            return
        slider = tuple(viewer.dims.current_step)
        if slider == self._sliders.get(scan):
            self._on_paint(event)
        self._sliders[scan] = slider  # the slider refreshes the view too, without any correction

    def _absorb(self, scan: Scan) -> bool:
        """Take corrections of one scan over; returns whether anything differed.

        A class is numbered by its smallest fine cluster, so a painted number
        is a fine cluster too and survives later merges.
        """
        if scan.labels is None or scan.fine is None or scan.predicted is None:
            return False
        painted = np.asarray(scan.labels.data)
        if self._shown is None or painted.shape != scan.fine.shape:
            return False
        differs = painted != self._shown[scan.fine]
        differs &= painted < len(self._shown)
        if not differs.any():
            return False
        taken_back = differs & (painted == self._shown[scan.predicted])
        scan.fine = np.where(differs, painted, scan.fine).astype(np.uint16)
        scan.fine[taken_back] = scan.predicted[taken_back]
        return True
