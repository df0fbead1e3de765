"""Mean spectra of labels: of classes, or of anything painted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_dgc.gui.spectrum.curve import Curve
from napari_dgc.gui.spectrum.marks import middle
from napari_dgc.gui.spectrum.pins import hex_colours
from napari_dgc.gui.spectrum.place import place_at, to_world
from napari_dgc.gui.spectrum.regions import set_region

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Labels

    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.jobs import LatestJobs
    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.measure.region_spectra import RegionSpectrum

#: A label map that changes faster than this, in milliseconds, is read once it is at rest.
_REST = 400


@dataclass(eq=False)
class _Label:
    """A label and its curve."""

    layer: Labels
    value: int
    scan: Scan
    curve: Curve = field(default_factory=lambda: Curve("label"))
    #: Data that the spectrum was read from.
    read_from: object = None


class LabelMeans(QObject):
    """Curves of labels; they follow what is painted, merged, renamed and recoloured."""

    #: Curves came, went, or look otherwise.
    listed = Signal()
    #: A curve got its spectrum.
    read = Signal(object)

    def __init__(self, session: Session, jobs: LatestJobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._labels: list[_Label] = []
        self._awake = False
        self._stale: set[_Label] = set()
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST)
        self._rest.timeout.connect(self._read_stale)
        jobs.done.connect(self._on_read)

    @property
    def curves(self) -> list[Curve]:
        """One per label, in the order they were added."""
        return [label.curve for label in self._labels]

    def label_at(self, world: Sequence[float]) -> tuple[Labels, int] | None:
        """Return the uppermost visible label map with a label at a position, and the label."""
        from napari.layers import Labels

        viewer = self._session.viewer
        for layer in () if viewer is None else reversed(viewer.layers):
            if not isinstance(layer, Labels) or not layer.visible:
                continue
            if layer.ndim != 2 or layer.multiscale:
                continue
            row, column = np.round(layer.world_to_data(world)[-2:]).astype(int)
            if 0 <= row < layer.data.shape[0] and 0 <= column < layer.data.shape[1]:
                value = int(layer.data[row, column])
                if value:
                    return layer, value
        return None

    def add(self, layer: Labels, value: int, world: Sequence[float]) -> None:
        """Show the mean of a label on the scan at a position, unless it is shown."""
        place = place_at(self._session, world)
        if place is None:
            return
        for label in self._labels:
            if (label.layer, label.value, label.scan) == (layer, value, place.scan):
                return
        if not any(label.layer is layer for label in self._labels):
            for event in (layer.events.data, layer.events.labels_update, layer.events.paint):
                event.connect(self._on_changed)
            for event in (layer.events.colormap, layer.events.features, layer.events.name):
                event.connect(self._on_looks)
        label = _Label(layer, value, place.scan)
        label.curve.scan = place.scan
        self._labels.append(label)
        self._look(label)
        self._read(label)
        self.listed.emit()

    def remove(self, curve: Curve) -> None:
        """Show the mean of a label no more."""
        self._keep([label for label in self._labels if label.curve is not curve])

    def wake(self, awake: bool) -> None:
        """Read only while awake; what changed in sleep is caught up with."""
        self._awake = awake
        if awake:
            self.on_scans()
            self._on_looks()
            self._read_stale()
        else:
            self._rest.stop()
            for label in self._labels:
                self._jobs.drop(label.curve)
                if label.curve.mean is None:
                    self._stale.add(label)

    def on_scans(self) -> None:
        """Let go of labels whose scan is gone; read those anew whose scan has other data."""
        self._keep([label for label in self._labels if label.scan in self._session.scans])
        outdated = [label for label in self._labels if label.read_from is not label.scan.cube.data]
        self._stale.update(outdated)
        if outdated and self._awake:
            self._rest.start()

    def on_removed(self, layer: object) -> None:
        """Take notice of a layer that was removed from the viewer."""
        self._keep([label for label in self._labels if label.layer is not layer])

    def on_training(self) -> None:
        """Training began or ended: maps that change with every epoch are read at the end."""
        if self._stale and self._awake:
            self._rest.start()

    def let_go(self) -> None:
        """Listen to the layers no more."""
        for layer in {label.layer for label in self._labels}:
            self._deafen(layer)

    def _keep(self, labels: list[_Label]) -> None:
        if len(labels) == len(self._labels):
            return
        for label in self._labels:
            if label not in labels:
                self._jobs.drop(label.curve)
                self._stale.discard(label)
                if not any(other.layer is label.layer for other in labels):
                    self._deafen(label.layer)
        self._labels = labels
        self.listed.emit()

    def _deafen(self, layer: Labels) -> None:
        for event in (layer.events.data, layer.events.labels_update, layer.events.paint):
            event.disconnect(self._on_changed)
        for event in (layer.events.colormap, layer.events.features, layer.events.name):
            event.disconnect(self._on_looks)

    def _on_changed(self, event: Any) -> None:
        self._stale.update(label for label in self._labels if label.layer is event.source)
        if self._awake:
            self._rest.start()

    def _on_looks(self, event: Any = None) -> None:
        if not self._awake:
            return
        before = [(curve.name, curve.colour) for curve in self.curves]
        for label in self._labels:
            self._look(label)
        if before != [(curve.name, curve.colour) for curve in self.curves]:
            self.listed.emit()

    @staticmethod
    def _look(label: _Label) -> None:
        colour = np.asarray(label.layer.get_color(label.value), np.float32)
        label.curve.colour = hex_colours(colour)[0]
        label.curve.name = _title(label.layer, label.value)

    def _read_stale(self) -> None:
        if not self._awake or self._session.state.running:
            return
        stale, self._stale = self._stale, set()
        for label in stale:
            self._read(label)

    def _read(self, label: _Label) -> None:
        curve, cube = label.curve, label.scan.cube
        label.read_from = cube.data
        mask = label_mask(label)
        rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
        if rows.size:
            ends = [[rows[0], columns[0]], [rows[-1], columns[-1]]]
            curve.row, curve.column = middle(np.array(ends, float))

        def read(token: CancelToken) -> RegionSpectrum:
            from napari_dgc.measure.region_spectra import region_spectrum

            return region_spectrum(cube, mask, token=token)

        self._jobs.request(curve, read)

    def _on_read(self, key: object, result: Any) -> None:
        label = next((label for label in self._labels if label.curve is key), None)
        if label is None:
            return
        if isinstance(result, Exception):
            label.curve.clear(str(result))
        else:
            set_region(label.curve, result)
        self.read.emit(label.curve)


def label_mask(label: _Label) -> NDArray[np.bool_]:
    """(rows, columns) pixels of the scan that lie under a label, whatever its map's grid."""
    data = np.asarray(label.layer.data)
    scan = label.scan

    def find(row: float, column: float) -> NDArray[np.float64]:
        return np.asarray(label.layer.world_to_data(to_world(scan, row, column)), float)[-2:]

    start = find(0, 0)
    down, right = find(1, 0) - start, find(0, 1) - start
    shape = (scan.cube.rows, scan.cube.columns)
    same = np.allclose([*start, *down, *right], [0, 0, 1, 0, 0, 1], atol=1e-6)
    if same and data.shape == shape:
        return np.asarray(data == label.value)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    there = [
        np.floor(start[axis] + down[axis] * rows + right[axis] * columns + 0.5).astype(np.intp)
        for axis in (0, 1)
    ]
    known = np.ones(shape, bool)
    for axis in (0, 1):
        known &= (there[axis] >= 0) & (there[axis] < data.shape[axis])
    mask = np.zeros(shape, bool)
    mask[known] = data[there[0][known], there[1][known]] == label.value
    return mask


def _title(layer: Labels, value: int) -> str:
    """Name a label as the status bar does: by the features of its layer."""
    features = layer.features
    if "index" in features and "class" in features:
        names = features.loc[features["index"] == value, "class"]
        if len(names):
            return str(names.iloc[0])
    return f"label {value}"
