"""What the window looks like, as plain values: layers, camera, bands, docks, training options.

A view may come from anybody: what is not as it should be is passed over.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QWidget

from napari_dgc.gui import docking
from napari_dgc.gui.docking import enclosing_dock

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

logger = logging.getLogger(__name__)

#: Titles of the docks in napari's menu, by the names of their widgets.
_DOCKS = {
    docking.TRAIN: "DGC: train",
    docking.MERGE: "Merge clusters",
    docking.TREE: "Cluster tree",
    docking.LESIONS: "Lesions and severity",
    docking.COMPARE: "Compare",
    docking.EVALUATION: "Evaluate",
    docking.SPECTRUM: "Spectrum",
    docking.COMPOSITES: "Composites and indices",
    docking.CALIBRATION: "Calibrate to reflectance",
}
_ROLES = ("image", "composite", "labels")


def take_view(session: Session) -> dict[str, Any]:
    """Describe what the window looks like now."""
    viewer = session.viewer
    if viewer is None:
        return {}
    owners = {layer: named for named, layer in _layers(session)}
    shown = [
        {
            "scan": owners[layer][0],
            "role": owners[layer][1],
            "visible": bool(layer.visible),
            "opacity": float(layer.opacity),
        }
        for layer in viewer.layers
        if layer in owners
    ]
    active = viewer.layers.selection.active
    camera, dims = viewer.camera, viewer.dims
    view: dict[str, Any] = {
        "layers": shown,
        "active": list(owners[active]) if active in owners else None,
        "camera": {
            "center": [float(value) for value in camera.center],
            "zoom": float(camera.zoom),
            "angles": [float(value) for value in camera.angles],
        },
        "dims": {"ndisplay": int(dims.ndisplay), "step": [int(step) for step in dims.current_step]},
        "superseded": [scan.key for scan in session.scans if scan.superseded],
    }
    found = list(_open_docks(session))
    view["docks"] = [name for name, _ in found]
    view["front"] = [name for name, widget in found if not widget.visibleRegion().isEmpty()]
    train = train_dock_of(session)
    if train is not None:
        view["train"] = train.choices()
    return view


def restore_view(session: Session, view: Mapping[str, Any]) -> None:
    """Let the window look as it did; what cannot be done is passed over."""
    for step in (_docks, _superseded, _show_layers, _dims, _camera, _train):
        try:
            step(session, view)
        except Exception:
            logger.warning("part of the view was not restored: %s", step.__name__, exc_info=True)


def train_dock_of(session: Session) -> Any:
    """Return the train dock of a session's window, or None."""
    return _find(session, docking.TRAIN)


def open_train_dock(session: Session) -> None:
    """Have the train dock open, which tells about projects."""
    if train_dock_of(session) is None:
        _open(session, docking.TRAIN)


def _layers(session: Session) -> Iterator[tuple[tuple[str, str], Layer]]:
    """Yield the layers of scans, with the names of scan and role."""
    scans: list[Scan] = [*session.scans]
    scans += [scan for scan in session.labelled if scan not in scans]
    for scan in scans:
        for role in _ROLES:
            layer = getattr(scan, role)
            if layer is not None:
                yield (scan.key, role), layer


def _window(session: Session) -> Any:
    window = getattr(session.viewer, "window", None)
    return None if window is None else getattr(window, "_qt_window", None)


def _find(session: Session, name: str) -> QWidget | None:
    window = _window(session)
    return None if window is None else window.findChild(QWidget, name)


def _open_docks(session: Session) -> Iterator[tuple[str, QWidget]]:
    for name in _DOCKS:
        widget = _find(session, name)
        dock = None if widget is None else enclosing_dock(widget)
        # One that lies behind another tab is not hidden.
        if widget is not None and dock is not None and not dock.isHidden():
            yield name, widget


def _open(session: Session, name: str) -> None:
    window = getattr(session.viewer, "window", None)
    if window is not None:
        dock, _ = window.add_plugin_dock_widget("napari-dgc", _DOCKS[name])
        dock.show()  # one that was closed is there still, and stays hidden


def _docks(session: Session, view: Mapping[str, Any]) -> None:
    there = {name for name, _ in _open_docks(session)}
    for name in view.get("docks", ()):
        if name in _DOCKS and name not in there:
            _open(session, name)
    for name in view.get("front", ()):
        widget = _find(session, name) if name in _DOCKS else None
        dock = None if widget is None else enclosing_dock(widget)
        if dock is not None:
            dock.raise_()


def _superseded(session: Session, view: Mapping[str, Any]) -> None:
    keys = view.get("superseded", ())
    for scan in session.scans:
        if scan.key in keys and not scan.superseded:
            session.supersede(scan)


def _show_layers(session: Session, view: Mapping[str, Any]) -> None:
    viewer = session.viewer
    if viewer is None:
        return
    layers = dict(_layers(session))
    known = [item for item in view.get("layers", ()) if isinstance(item, Mapping)]
    wanted = []
    for item in known:
        layer = layers.get((str(item.get("scan")), str(item.get("role"))))
        if layer is None:
            continue
        wanted.append(layer)
        layer.visible = item.get("visible") is not False
        layer.opacity = _number(item.get("opacity"), 0.0, 1.0, 1.0)
    for layer in wanted:  # each to the top, one after the other: their order
        viewer.layers.move(viewer.layers.index(layer), len(viewer.layers))
    active = view.get("active")
    if isinstance(active, list) and len(active) == 2:
        viewer.layers.selection.active = layers.get((str(active[0]), str(active[1])))


def _dims(session: Session, view: Mapping[str, Any]) -> None:
    viewer, dims = session.viewer, view.get("dims", {})
    if viewer is None:
        return
    if dims.get("ndisplay") in (2, 3):
        viewer.dims.ndisplay = dims["ndisplay"]
    steps = dims.get("step", ())
    for axis, step in enumerate(steps):
        # The last two are y and x.
        if axis < min(viewer.dims.ndim, len(steps)) - 2 and isinstance(step, int):
            viewer.dims.set_current_step(axis, step)


def _camera(session: Session, view: Mapping[str, Any]) -> None:
    viewer, camera = session.viewer, view.get("camera", {})
    if viewer is None:
        return
    zoom = _number(camera.get("zoom"), 1e-6, 1e6, 0.0)
    if not zoom:
        return
    for name in ("center", "angles"):
        values = [_number(value, -1e9, 1e9, math.nan) for value in camera[name]]
        if len(values) == 3 and not any(map(math.isnan, values)):
            setattr(viewer.camera, name, tuple(values))
    viewer.camera.zoom = zoom


def _train(session: Session, view: Mapping[str, Any]) -> None:
    train, choices = train_dock_of(session), view.get("train")
    if train is not None and isinstance(choices, Mapping):
        train.choose(choices)


def _number(value: object, low: float, high: float, otherwise: float) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
        return float(value)
    return otherwise
