"""The layers that show each scan's classes, and the corrections painted into them."""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_dgc.gui import layers as make
from napari_dgc.gui import messages
from napari_dgc.gui.brush import BrushSteps
from napari_dgc.gui.class_pixels import ClassPixels
from napari_dgc.workspace import Stroke
from napari_dgc.workspace.commands import PaintClasses

if TYPE_CHECKING:
    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.partition import ClassInfo
    from napari_dgc.workspace import Command

#: How long nothing must have changed until layers get names and thumbnails.
_REST_MS = 120


class ClassLayers:
    """Shows the partition of a session, and takes brush strokes over into its fine maps."""

    def __init__(self, session: Session) -> None:
        self._session = weakref.ref(session)
        # Lookup table and colours the layers show now.
        self._shown: NDArray[np.uint16] | None = None
        self._shown_classes: tuple[ClassInfo, ...] = ()
        self._style: make.ClassStyle | None = None
        self._pixels: weakref.WeakKeyDictionary[Scan, ClassPixels] = weakref.WeakKeyDictionary()
        # Layers that still have other names, and when they get theirs.
        self._unnamed: weakref.WeakSet[Scan] = weakref.WeakSet()
        self._rest: QTimer | None = None
        # Scans whose painting with a number that is no class is being taken back.
        self._refused: weakref.WeakSet[Scan] = weakref.WeakSet()
        self._brush = BrushSteps(session, lambda scan: scan.labels, self._correction)
        self.follow_gestures = self._brush.follow_gestures
        self.absorb_all = self._brush.absorb_all

    def refresh(self, corrected: Iterable[Scan] = ()) -> None:
        """Show what the session holds now, in the layers that show something else.

        Parameters
        ----------
        corrected
            Scans whose fine labels are other ones.
        """
        session = self._session()
        partition = None if session is None else session.partition
        if session is None or partition is None:
            return
        # A merge tree that became known changes nothing on the canvas.
        if partition.classes == self._shown_classes:
            for scan in corrected:
                if scan is not self._brush.painted:  # whose layer shows the stroke already
                    self.show(scan)
            return
        self._shown, self._shown_classes = None, partition.classes
        for scan in session.labelled:
            pixels = self._pixels_of(scan)
            if pixels is not None and pixels.highest <= partition.clusters:
                self.show(scan)

    def show(self, scan: Scan) -> None:
        """Show the classes of a scan's fine clusters, in a new layer where there is none."""
        session, current = self._session(), self._style_now()
        viewer = None if session is None else session.viewer
        pixels = self._pixels_of(scan)
        if session is None or viewer is None or current is None or pixels is None:
            return
        lookup, style = current
        classes = pixels.classes(lookup)
        if scan.labels is None:
            scan.labels = make.add_class_layer(viewer, scan, classes.copy(), style)
            self._brush.watch(scan, scan.labels)
            session.scans_changed.emit()
        else:
            self._brush.writing = True
            self._brush.forget_strokes(scan)
            make.write_classes(scan.labels, classes, style)
            self._brush.writing = False
            self._unnamed.add(scan)
            self._name_soon()
        self._brush.wrote(scan, classes)

    def _pixels_of(self, scan: Scan) -> ClassPixels | None:
        if scan.fine is None:
            return None
        held = self._pixels.get(scan)
        if held is None or held.fine is not scan.fine:
            held = self._pixels[scan] = ClassPixels(scan.fine)
        return held

    def _name_soon(self) -> None:
        """Give layers names and thumbnails once nothing has changed for a moment.

        Both take longer than the pixels, and are not looked at while a slider moves.
        """
        if QApplication.instance() is None:
            self.name()
            return
        if self._rest is None:
            self._rest = QTimer()
            self._rest.setSingleShot(True)
            self._rest.setInterval(_REST_MS)
            self._rest.timeout.connect(self.name)
        self._rest.start()

    def name(self) -> None:
        """Give the layers the names of the classes that they show."""
        session, style = self._session(), self._style
        unnamed = list(self._unnamed)
        self._unnamed.clear()
        if session is None or style is None:
            return
        for scan in unnamed:
            if scan.labels is not None and scan in session.labelled:
                self._brush.writing = True
                make.write_names(scan.labels, style)
                self._brush.writing = False

    def _style_now(self) -> tuple[NDArray[np.uint16], make.ClassStyle] | None:
        session = self._session()
        partition = None if session is None else session.partition
        if partition is None:
            return None
        if self._shown is None or self._style is None:
            self._shown = partition.lookup()
            self._style = make.class_style(partition, self._style)
        return self._shown, self._style

    def _correction(self, scan: Scan, painted: NDArray[Any], _before: object) -> Command | None:
        """Return the command for what was painted.

        A class is numbered by its smallest fine cluster, so a painted number
        is a fine cluster too and survives later merges.
        """
        if scan.fine is None or scan.predicted is None or self._shown is None:
            return None
        if painted.shape != scan.fine.shape:
            return None
        differs = painted != self._shown[scan.fine]
        stray = differs & ~np.isin(painted, self._shown)
        if stray.any():
            differs &= ~stray
            self._refuse(scan, int(painted[stray][0]))
        if not differs.any():
            return None
        # Painting back what the model said takes the correction away, to the very cluster.
        back = painted == self._shown[scan.predicted]
        stroke = Stroke.of(differs, np.where(back, scan.predicted, painted))
        return PaintClasses(scan.key, stroke)

    def _refuse(self, scan: Scan, number: int) -> None:
        """Take pixels back that were painted with a number that is no class, and say so once."""
        if scan in self._refused:
            return
        self._refused.add(scan)

        def restore() -> None:
            self._refused.discard(scan)
            self.show(scan)

        if QApplication.instance() is None:
            restore()
            return
        messages.show_info(
            f"Label {number} is no class, so nothing was painted. Pick a class with napari's "
            "pipette, or split one to get another."
        )
        # napari is still about to show what it has painted.
        QTimer.singleShot(0, restore)
