"""Label maps of an earlier epoch over the scans, for looking at; nothing is changed by it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Signal

from napari_dgc.gui import layers as make
from napari_dgc.gui.jobs import LatestJobs

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.project import KeptEpoch

_KEY = "look back"
_Maps = dict[str, NDArray[np.uint16]]


class LookBack(QObject):
    """Shows the maps of a kept epoch in layers of its own; use `get_look_back`.

    The layers of the classes are hidden meanwhile, so that no brush stroke goes astray.
    """

    #: Another epoch is shown, or none any more.
    changed = Signal()
    #: A sentence: the maps cannot be read.
    failed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        #: The epoch that was asked for, None for now.
        self.kept: KeptEpoch | None = None
        self._maps: _Maps = {}
        self._layers: dict[str, Labels] = {}
        self._hidden: list[Labels] = []
        self._style: make.ClassStyle | None = None
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        session.partition_changed.connect(self._recolour)
        session.scans_changed.connect(self._on_scans)
        session.training_changed.connect(self._on_training)

    def show(self, kept: KeptEpoch) -> None:
        """Show an epoch soon; of several wishes the newest counts."""
        self.kept = kept
        sizes = {
            scan.key: (scan.cube.rows, scan.cube.columns)
            for scan in self._session.labelled
            if scan.key in kept.labels and scan.labels is not None
        }
        self._jobs.request(_KEY, partial(_read, kept, sizes))
        self.changed.emit()

    def end(self) -> None:
        """Show again what is now."""
        if self.kept is None:
            return
        self.kept = None
        self._jobs.drop(_KEY)
        viewer = self._session.viewer
        layers, self._layers, self._maps = self._layers, {}, {}
        for layer in layers.values():
            if viewer is not None and layer in viewer.layers:
                viewer.layers.remove(layer)
        for hidden in self._hidden:
            hidden.visible = True
        self._hidden.clear()
        self.changed.emit()

    # ------------------------------------------------------------ showing

    def _on_done(self, _key: object, result: object) -> None:
        if self.kept is None:
            return
        if isinstance(result, Exception):
            self.end()
            self.failed.emit(str(result))
        elif isinstance(result, dict):
            self._maps = result
            self._paint()

    def _paint(self) -> None:
        partition = self._session.partition
        if partition is None or self.kept is None:
            return
        style = self._style = make.class_style(partition, self._style)
        table = make.class_table(partition.lookup())
        for scan in self._scans():
            fine = self._maps[scan.key]
            if int(fine.max(initial=0)) > partition.clusters:
                continue  # of another number of clusters than now
            layer = self._layer(scan, table[fine], style)
            layer.name = f"{scan.name} clusters, epoch {self.kept.epoch}"

    def _scans(self) -> Sequence[Scan]:
        return [scan for scan in self._session.labelled if scan.key in self._maps]

    def _layer(self, scan: Scan, classes: NDArray[Any], style: make.ClassStyle) -> Labels:
        viewer = self._session.viewer
        assert viewer is not None
        layer = self._layers.get(scan.key)
        if layer is None or layer not in viewer.layers:
            active = viewer.layers.selection.active
            layer = viewer.add_labels(
                classes,
                name=scan.name,
                colormap=style.colormap,
                features=style.features,
                axis_labels=("y", "x"),
                opacity=0.7 if scan.labels is None else scan.labels.opacity,
            )
            make.align(layer, scan.image)
            layer.editable = False
            viewer.layers.selection.active = active
            self._layers[scan.key] = layer
            if scan.labels is not None and scan.labels.visible:
                scan.labels.visible = False
                self._hidden.append(scan.labels)
        else:
            make.write_classes(layer, classes, style)
        return layer

    # ------------------------------------------------------------ changes

    def _recolour(self) -> None:
        if self._layers:
            self._paint()

    def _on_scans(self) -> None:
        keys = {scan.key for scan in self._session.labelled if scan.labels is not None}
        if self._layers.keys() - keys:
            self.end()

    def _on_training(self) -> None:
        if self._session.state.running:
            self.end()


def _read(kept: KeptEpoch, sizes: dict[str, tuple[int, int]], token: CancelToken) -> _Maps:
    """Unpack the maps of an epoch; work of a thread."""
    found: _Maps = {}
    for key, size in sizes.items():
        if token.cancelled:
            raise InterruptedError
        labels = kept.label_map(key, size)
        if labels is not None:
            found[key] = labels
    return found


def get_look_back(session: Session) -> LookBack:
    """Return what looks back in a session, made on first use."""
    found = session.services.get("look back")
    if not isinstance(found, LookBack):
        found = session.services["look back"] = LookBack(session)
    return found
