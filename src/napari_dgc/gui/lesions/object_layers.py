"""Layers of lesions and leaves; lesions are corrected in them with napari's own tools."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.gui.brush import BrushSteps, bind_undo
from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY, align
from napari_dgc.gui.lesions.leaf_numbers import LeafNumbers
from napari_dgc.gui.lesions.measuring import get_measuring
from napari_dgc.measure.objects import bounding_box
from napari_dgc.measure.scan_areas import AUTOMATIC, LESION, NOT_LESION
from napari_dgc.workspace import Stroke
from napari_dgc.workspace.commands import PaintLesions

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_dgc.gui.lesions.measuring import Measured
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session
    from napari_dgc.workspace import Command

LESIONS, LEAVES = "lesions", "leaves"
#: Colours of neighbouring objects, that stand out on leaves and lesions.
_COLOURS = ("#ffff00", "#00ffff", "#ff4fd8", "#ffffff", "#ff9f1c", "#8cff5e", "#9fb8ff")
#: Width of the outlines in pixels; leaves are larger.
_OUTLINE = {LESIONS: 1, LEAVES: 2}


class ObjectLayers:
    """Shows the lesions and leaves of scans, and makes strokes of the brush corrections."""

    def __init__(self, session: Session) -> None:
        self._session = weakref.ref(session)
        self._measuring = get_measuring(session)
        # Kinds that scans get a layer of as soon as they are measured.
        self._wanted: set[str] = set()
        self._brush = BrushSteps(session, self.lesions_of, self._correction, self._refresh)
        self.numbers = LeafNumbers(session)
        session.absorb_first(self._brush.absorb_all)
        self._measuring.measured.connect(self._refresh)
        if session.viewer is not None:
            session.viewer.mouse_drag_callbacks.append(self._brush.follow_gestures)
            session.viewer.layers.events.removed.connect(self._on_removed)

    def lesions_of(self, scan: Scan) -> Labels | None:
        """Return the layer of a scan's lesions, or None."""
        return self.layer(scan, LESIONS)

    def layer(self, scan: Scan, kind: str) -> Labels | None:
        """Return the layer of a scan's `LESIONS` or `LEAVES`, or None."""
        # By what it says of itself, as a scan that is opened again finds its layers so.
        found = (each for each in self._of(kind) if each.metadata.get(COMPANION_KEY) is scan.cube)
        return next(found, None)

    def _of(self, *kinds: str) -> list[Labels]:
        session = self._session()
        viewer = None if session is None else session.viewer
        layers = () if viewer is None else viewer.layers
        return [layer for layer in layers if layer.metadata.get(ROLE_KEY) in kinds]

    def shown(self, kind: str) -> bool:
        """Tell whether any scan has a layer of a kind in sight."""
        return any(layer.visible for layer in self._of(kind))

    def show(self, kind: str, on: bool = True) -> None:
        """Show the `LESIONS` or `LEAVES` of all scans that were measured, or hide them."""
        session = self._session()
        if session is None or session.viewer is None:
            return
        (self._wanted.add if on else self._wanted.discard)(kind)
        active = session.viewer.layers.selection.active
        for scan, measured in self._measuring.results():
            layer = self.layer(scan, kind)
            if layer is not None:
                layer.visible = on
            elif on:
                self._add(scan, kind, measured)
            if kind == LEAVES:
                self.numbers.show(scan, measured.objects.leaves, on)
        if active is not None and active in session.viewer.layers:
            session.viewer.layers.selection.active = active
        self._measuring.want("layers", bool(self._of(LESIONS, LEAVES)))

    def take_brush(self, scan: Scan) -> bool:
        """Let napari's brush work on the lesions of a scan; returns whether it can."""
        session, layer = self._session(), self.lesions_of(scan)
        if session is None or session.viewer is None or layer is None:
            return False
        session.viewer.layers.selection.active = layer
        layer.mode = "paint"
        return True

    def zoom_to(self, scan: Scan, leaf: int = 0) -> None:
        """Bring a leaf into view, or the whole scan."""
        session, measured = self._session(), self._measuring.result(scan)
        viewer: Any = None if session is None else session.viewer
        if viewer is None or measured is None:
            return
        leaves = measured.objects.leaves
        box = bounding_box(leaves == leaf if leaf else np.ones(leaves.shape, bool))
        if box is None:
            return
        first = [part.start - 0.5 for part in box]
        last = [part.stop - 0.5 for part in box]
        top, left = scan.image.data_to_world((0, *first))[-2:]
        bottom, right = scan.image.data_to_world((0, *last))[-2:]
        viewer.scene.camera.center = (0, (top + bottom) / 2, (left + right) / 2)
        size = np.maximum(np.abs([bottom - top, right - left]), 1e-9)
        viewer.scene.camera.zoom = 0.85 * float(np.min(np.asarray(viewer.canvas.size) / size))

    def _add(self, scan: Scan, kind: str, measured: Measured) -> None:
        session = self._session()
        if session is None or session.viewer is None:
            return
        values = _values(measured, kind)
        layer = session.viewer.add_labels(
            values.copy(),
            name=f"{scan.name} {kind}",
            opacity=0.9,
            colormap=_colours(),
            axis_labels=("y", "x"),
            features=_features(measured, kind),
            metadata={COMPANION_KEY: scan.cube, ROLE_KEY: kind},
        )
        align(layer, scan.image)
        layer.contour = _OUTLINE[kind]
        if kind == LESIONS:
            self._brush.wrote(scan, values)
            self._brush.watch(scan, layer)
        else:
            # Leaves are split and joined by lines.
            layer.editable = False
            bind_undo(layer, session)

    def _refresh(self, scan: Scan) -> None:
        """Write into the layers of a scan what was found on it."""
        measured = self._measuring.result(scan)
        if measured is None:
            return
        self.numbers.write(scan, measured.objects.leaves)
        for kind in _OUTLINE:
            layer = self.layer(scan, kind)
            if layer is None:
                if kind in self._wanted:
                    self.show(kind)
                continue
            if kind == LESIONS and (
                self._brush.painting(scan) or not self._measuring.current(scan)
            ):
                continue  # newer strokes would be lost from sight
            self._write(scan, kind, layer, measured)

    def _write(self, scan: Scan, kind: str, layer: Labels, measured: Measured) -> None:
        values = _values(measured, kind)
        if layer.data.shape != values.shape:
            layer.data = values.copy()
        elif not np.array_equal(layer.data, values):
            mode, editable = layer.mode, layer.editable
            self._brush.writing = True
            # Makes napari forget its own undo, which would bring old pixels back.
            layer.editable = False
            layer.data[...] = values
            layer.events.paint(value=[])
            layer.refresh(extent=False, highlight=False)
            layer.editable = editable
            layer.mode = mode
            self._brush.writing = False
        if kind == LESIONS:
            self._brush.wrote(scan, values)
        layer.features = _features(measured, kind)

    def _correction(
        self, scan: Scan, painted: NDArray[Any], before: NDArray[Any] | None
    ) -> Command | None:
        measured = self._measuring.result(scan)
        if measured is None or before is None or painted.shape != measured.areas.mask.shape:
            return None
        lesion = painted > 0
        differs = lesion != (before > 0)
        if not differs.any():
            return None
        # Painting what the classes say anyway takes the correction away.
        back = lesion == measured.areas.mask
        values = np.where(back, AUTOMATIC, np.where(lesion, LESION, NOT_LESION))
        return PaintLesions(scan.key, Stroke.of(differs, values))

    def _on_removed(self, event: Any) -> None:
        kind = event.value.metadata.get(ROLE_KEY)
        if kind in _OUTLINE:
            self._wanted.discard(kind)
            if kind == LEAVES:
                self.numbers.hide(event.value.metadata.get(COMPANION_KEY))
            self._measuring.want("layers", bool(self._of(LESIONS, LEAVES)))


def _colours() -> Any:
    """Return colours that repeat, objects being more than there are colours."""
    from napari.utils.colormaps import CyclicLabelColormap
    from napari.utils.colormaps.standardize_color import transform_color

    colours = transform_color(["transparent", *_COLOURS])
    return CyclicLabelColormap(colors=colours, background_value=0)


def _values(measured: Measured, kind: str) -> NDArray[np.int32]:
    return measured.objects.lesions if kind == LESIONS else measured.objects.leaves


def _features(measured: Measured, kind: str) -> Any:
    """Return what napari's status bar says about the objects."""
    from pandas import DataFrame

    if kind == LEAVES:
        leaves = measured.severity.leaves
        return DataFrame(
            {
                "index": [leaf.leaf for leaf in leaves],
                "severity": [f"{leaf.percent or 0:.1f} %" for leaf in leaves],
            }
        )
    # A lesion on two leaves has two rows there, and one index here.
    parts = {part.lesion: part for part in measured.severity.lesions}
    return DataFrame(
        {
            "index": list(parts),
            "leaf": [part.leaf for part in parts.values()],
            "pixels": [part.pixels for part in parts.values()],
        }
    )


def get_object_layers(session: Session) -> ObjectLayers:
    """Return the layers of lesions and leaves of a session, made on first use."""
    service = session.services.get("object layers")
    if not isinstance(service, ObjectLayers):
        service = session.services["object layers"] = ObjectLayers(session)
    return service
