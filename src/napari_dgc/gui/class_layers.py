"""The layers that show each scan's classes, and the corrections painted into them."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from app_model.types import KeyCode, KeyMod
from numpy.typing import NDArray

from napari_dgc.gui import layers as make
from napari_dgc.workspace import Stroke
from napari_dgc.workspace.commands import PaintClasses

if TYPE_CHECKING:
    from napari.layers import Labels

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
        # The scan whose layer is being painted in one drag, and during the command it makes.
        self._gesture: Scan | None = None
        self._painted: Scan | None = None
        # What each layer holds, unless somebody has painted in it.
        self._written: weakref.WeakKeyDictionary[Scan, NDArray[np.unsignedinteger]] = (
            weakref.WeakKeyDictionary()
        )
        # Where the band slider stood when a scan's layer was drawn last.
        self._sliders: weakref.WeakKeyDictionary[Scan, tuple[int, ...]] = (
            weakref.WeakKeyDictionary()
        )

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
                if scan is not self._painted:  # whose layer shows the stroke already
                    self.show(scan)
            return
        self._shown, self._shown_classes = None, partition.classes
        for scan in session.labelled:
            if scan.fine is not None and int(scan.fine.max(initial=0)) <= partition.clusters:
                self.show(scan)

    def show(self, scan: Scan) -> None:
        """Show the classes of a scan's fine clusters, in a new layer where there is none."""
        session, current = self._session(), self._style_now()
        viewer = None if session is None else session.viewer
        if session is None or viewer is None or current is None or scan.fine is None:
            return
        lookup, style = current
        if scan.labels is None:
            classes = make.class_map(scan.fine, lookup)
            scan.labels = make.add_class_layer(viewer, scan, classes, style)
            # paint comes before the pixels change (fill), labels_update after; undo only
            # refreshes the view
            scan.labels.events.paint.connect(self._on_paint)
            scan.labels.events.labels_update.connect(self._on_paint)
            scan.labels.events.set_data.connect(self._on_view)
            self._sliders[scan] = tuple(viewer.dims.current_step)
            bind_undo(scan.labels, session)
            session.scans_changed.emit()
        else:
            self._showing = True
            classes = make.replace_classes(scan.labels, scan.fine, lookup, style)
            self._showing = False
        self._written[scan] = classes.copy()

    def _style_now(self) -> tuple[NDArray[np.uint16], make.ClassStyle] | None:
        session = self._session()
        partition = None if session is None else session.partition
        if partition is None:
            return None
        if self._shown is None or self._style is None:
            self._shown = partition.lookup()
            self._style = make.class_style(partition, self._style)
        return self._shown, self._style

    def follow_gestures(self, _viewer: object, event: Any) -> Iterator[None]:
        """Mouse callback of the viewer: what is painted in one drag is one step."""
        self._gesture = None
        yield
        while event.type == "mouse_move":
            yield
        self._gesture = None

    def _on_paint(self, event: Any) -> None:
        session = self._session()
        scan = None if session is None or self._showing else session.labelled_by(event.source)
        if scan is not None:
            self._absorb(scan)

    def absorb_all(self) -> None:
        """Take over what was painted unnoticed, before anything else is done."""
        session = self._session()
        for scan in () if session is None else session.labelled:
            self._absorb(scan)

    def _on_view(self, event: Any) -> None:
        session = self._session()
        viewer = None if session is None else session.viewer
        scan = None if session is None else session.labelled_by(event.source)
        if viewer is None or scan is None:
            return
        slider = tuple(viewer.dims.current_step)
        if slider == self._sliders.get(scan):
            self._on_paint(event)
        self._sliders[scan] = slider  # the slider refreshes the view too, without any correction

    def _absorb(self, scan: Scan) -> None:
        """Make a correction by brush a command of the session.

        A class is numbered by its smallest fine cluster, so a painted number
        is a fine cluster too and survives later merges.
        """
        session = self._session()
        history = None if session is None else session.history
        if history is None or scan.labels is None or scan.fine is None or scan.predicted is None:
            return
        painted = np.asarray(scan.labels.data)
        if self._shown is None or painted.shape != scan.fine.shape:
            return
        written = self._written.get(scan)
        if written is not None and np.array_equal(painted, written):
            return
        self._written[scan] = painted.copy()
        differs = painted != self._shown[scan.fine]
        differs &= painted < len(self._shown)
        if not differs.any():
            return
        # Painting back what the model said takes the correction away, to the very cluster.
        back = painted == self._shown[scan.predicted]
        stroke = Stroke.of(differs, np.where(back, scan.predicted, painted))
        joins = self._gesture is scan
        self._gesture = self._painted = scan
        try:
            history.do(PaintClasses(scan.key, stroke), join=joins)
        finally:
            self._painted = None


def bind_undo(layer: Labels, session: Session) -> None:
    """Let Ctrl+Z on the canvas take back steps of the session, brush strokes among them.

    napari's own undo of the layer knows nothing of merges and would bring back old pixels.
    """
    for keys, act in (
        (KeyMod.CtrlCmd | KeyCode.KeyZ, session.undo),
        (KeyMod.CtrlCmd | KeyMod.Shift | KeyCode.KeyZ, session.redo),
        (KeyMod.CtrlCmd | KeyCode.KeyY, session.redo),
    ):
        layer.bind_key(keys, lambda _layer, act=act: act(), overwrite=True)
