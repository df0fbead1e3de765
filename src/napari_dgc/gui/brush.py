"""What is painted into the label layers of scans becomes steps of the session."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from app_model.types import KeyCode, KeyMod
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.workspace import Command

    Values = NDArray[np.integer[Any]]


class BrushSteps:
    """Watches one label layer of each scan; what is painted in one drag is one step.

    Parameters
    ----------
    session
        Its history takes the steps.
    layer_of
        Returns the layer of a scan, or None.
    command
        Gets a scan, what its layer holds now and what it held before, and returns the
        command that says the difference, or None where nothing counts.
    ended
        Called with the scan when a drag in its layer is over.
    """

    def __init__(
        self,
        session: Session,
        layer_of: Callable[[Scan], Labels | None],
        command: Callable[[Scan, Values, Values | None], Command | None],
        ended: Callable[[Scan], None] | None = None,
    ) -> None:
        self._session = weakref.ref(session)
        self._layer_of = layer_of
        self._command = command
        self._ended = ended
        #: Whether the layers are being written, which is no painting.
        self.writing = False
        #: The scan whose stroke is becoming a command.
        self.painted: Scan | None = None
        # The scan of whose layer this drag has made a step, and the one it has touched.
        self._gesture: Scan | None = None
        self._touched: Scan | None = None
        self._held = False
        # What each layer holds, unless somebody has painted in it.
        self._written: weakref.WeakKeyDictionary[Scan, Values] = weakref.WeakKeyDictionary()
        # Scans whose layer has strokes in napari's own history.
        self._stroked: weakref.WeakSet[Scan] = weakref.WeakSet()
        # Where the band slider stood when a scan's layer was drawn last.
        self._sliders: weakref.WeakKeyDictionary[Scan, tuple[int, ...]] = (
            weakref.WeakKeyDictionary()
        )

    def watch(self, scan: Scan, layer: Labels) -> None:
        """Take over what will be painted into the new layer of a scan."""
        session = self._session()
        if session is None or session.viewer is None:
            return
        # paint comes before the pixels change (fill), labels_update after; undo only
        # refreshes the view
        layer.events.paint.connect(self._on_paint)
        layer.events.labels_update.connect(self._on_paint)
        layer.events.set_data.connect(self._on_view)
        self._sliders[scan] = tuple(session.viewer.dims.current_step)
        bind_undo(layer, session)

    def wrote(self, scan: Scan, values: Values) -> None:
        """Note what the layer of a scan was given to show; nobody may change it afterwards."""
        self._written[scan] = values

    def forget_strokes(self, scan: Scan) -> None:
        """Drop napari's paint history of a layer that is about to show something else.

        Its old pixels must not come back. There is no other public way than to make the
        layer uneditable for a moment, which takes napari long enough to spare it.
        """
        layer = self._layer_of(scan)
        if layer is None or scan not in self._stroked:
            return
        self._stroked.discard(scan)
        mode = layer.mode
        layer.editable = False
        layer.editable = True
        layer.mode = mode

    def painting(self, scan: Scan) -> bool:
        """Tell whether the mouse is painting in the layer of a scan."""
        return self._held and self._touched is scan

    def follow_gestures(self, _viewer: object, event: Any) -> Iterator[None]:
        """Mouse callback of the viewer: what is painted in one drag is one step."""
        self._gesture, self._touched, self._held = None, None, True
        yield
        while event.type == "mouse_move":
            yield
        self._let_go()

    def _let_go(self) -> None:
        """End the drag; the scan that was painted in it, if any, is told on."""
        scan = self._touched
        self._gesture, self._touched, self._held = None, None, False
        if scan is not None and self._ended is not None:
            self._ended(scan)

    def absorb_all(self) -> None:
        """Take over what was painted unnoticed, before anything else is done."""
        session = self._session()
        for scan in () if session is None else session.labelled:
            self._absorb(scan)

    def _scan_of(self, layer: Labels) -> Scan | None:
        session = self._session()
        scans = () if session is None else session.labelled
        return next((scan for scan in scans if self._layer_of(scan) is layer), None)

    def _on_paint(self, event: Any) -> None:
        scan = None if self.writing else self._scan_of(event.source)
        if scan is not None:
            self._absorb(scan)

    def _on_view(self, event: Any) -> None:
        session = self._session()
        viewer = None if session is None else session.viewer
        scan = self._scan_of(event.source)
        if viewer is None or scan is None:
            return
        slider = tuple(viewer.dims.current_step)
        if slider == self._sliders.get(scan):
            self._on_paint(event)
        self._sliders[scan] = slider  # the slider refreshes the view too, without any correction

    def _absorb(self, scan: Scan) -> None:
        """Make what was painted a command of the session."""
        session = self._session()
        history = None if session is None else session.history
        layer = self._layer_of(scan)
        if history is None or layer is None:
            return
        painted = np.asarray(layer.data)
        before = self._written.get(scan)
        if before is not None and np.array_equal(painted, before):
            return
        command = self._command(scan, painted, before)
        self._written[scan] = painted.copy()
        self._stroked.add(scan)
        self._touched = scan
        if command is None:
            return
        joins = self._gesture is scan
        self._gesture = self.painted = scan
        try:
            history.do(command, join=joins)
        finally:
            self.painted = None


def bind_undo(target: Labels | ViewerModel, session: Session) -> None:
    """Let Ctrl+Z on the canvas take back steps of the session, brush strokes among them.

    For the viewer, and for label layers of ours: napari's own undo of a layer knows nothing
    of merges and would bring back old pixels.
    """
    for keys, act in (
        (KeyMod.CtrlCmd | KeyCode.KeyZ, session.undo),
        (KeyMod.CtrlCmd | KeyMod.Shift | KeyCode.KeyZ, session.redo),
        (KeyMod.CtrlCmd | KeyCode.KeyY, session.redo),
    ):
        target.bind_key(keys, lambda _target, act=act: act(), overwrite=True)
