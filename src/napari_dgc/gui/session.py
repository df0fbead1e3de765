"""What several docks of one viewer share: open scans, model, partition. No widgets in here."""

from __future__ import annotations

import weakref
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_dgc.gui import layers as make
from napari_dgc.gui.brush import bind_undo
from napari_dgc.gui.class_layers import ClassLayers
from napari_dgc.gui.preferences import follow_preferences
from napari_dgc.gui.scan import Scan, TrainingState
from napari_dgc.gui.selection import ClusterSelection
from napari_dgc.gui.session_scans import OpenScans
from napari_dgc.gui.wavelength import WavelengthText
from napari_dgc.partition import MergeTree, Partition
from napari_dgc.workspace import CorrectedMap, History, Workspace
from napari_dgc.workspace.commands import SetTemplate
from napari_dgc.workspace.trees import renew_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from napari.components import ViewerModel
    from napari.layers import Image

    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.partition.template import NameTemplate
    from napari_dgc.workspace import Command


class Session(OpenScans):
    """Open scans, model and partition of one viewer.

    Use `get_session`. Everything here belongs to the GUI thread.
    """

    #: `model` is another one, or has learned something.
    model_changed = Signal()
    #: `history` is another one, or its partition changed.
    partition_changed = Signal()
    #: `state` changed.
    training_changed = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__(viewer)
        self.history: History | None = None
        #: Selected classes, shared by all docks.
        self.selection = ClusterSelection()
        self._model: Clusterer | None = None
        self._state = TrainingState.IDLE
        #: Helpers that live as long as the session (the trainer).
        self.services: dict[str, object] = {}
        # Each takes over what was painted unnoticed in some layers.
        self._absorbers: list[Callable[[], None]] = []
        self._class_layers = ClassLayers(self)
        self.absorb_first(self._class_layers.absorb_all)
        self._follow(viewer)
        viewer.mouse_drag_callbacks.append(self._class_layers.follow_gestures)
        bind_undo(viewer, self)
        self._wavelength = WavelengthText(self, viewer)

    @property
    def model(self) -> Clusterer | None:
        """The model trained or loaded last."""
        return self._model

    @model.setter
    def model(self, model: Clusterer | None) -> None:
        self._model = model
        self.model_changed.emit()

    @property
    def state(self) -> TrainingState:
        """Where training stands."""
        return self._state

    @state.setter
    def state(self, state: TrainingState) -> None:
        if state is not self._state:
            self._state = state
            self.training_changed.emit()

    @property
    def work(self) -> Workspace | None:
        """All that the user has done, or None before the first training."""
        return None if self.history is None else self.history.work

    @property
    def partition(self) -> Partition | None:
        """The partition now, or None before the first training."""
        return None if self.history is None else self.history.partition

    # ------------------------------------------------------------ partition

    def start_partition(self, clusters: int, tree: MergeTree | None = None) -> None:
        """Begin a new partition of `clusters` fine clusters with an empty history."""
        self.set_partition(Partition.fine(clusters, tree))

    def set_partition(self, partition: Partition, template: NameTemplate | None = None) -> None:
        """Begin a new history at this partition (a model was loaded).

        What does not depend on the model stays: leaves, lesions painted, details, and the
        template of names where none is given.
        """
        before = self.work
        start = Workspace(partition)
        if before is not None:
            start = replace(before, partition=partition, classes_painted={})
        if template is not None:
            start = SetTemplate(template).apply(start)
        self.set_history(History(start))

    def set_history(self, history: History) -> None:
        """Go on with other work, such as that of a project."""
        self.history = history
        history.on_change(self._on_history)
        self._on_history()

    def saved_history(self) -> History | None:
        """Return the user's work as it is now, on its own; None before the first labels."""
        self._absorb()
        return None if self.history is None else self.history.copy()

    def clear(self) -> None:
        """Close all scans with their layers, and let go of model and work."""
        viewer, self.history = self.viewer, None
        layers = [] if viewer is None else list(viewer.layers)
        # Label maps first, so that nothing of a scan is left when its bands go.
        for key in (make.COMPANION_KEY, make.CUBE_KEY):
            for layer in layers:
                if key in layer.metadata and viewer is not None and layer in viewer.layers:
                    viewer.layers.remove(layer)
        self.model = None
        self.partition_changed.emit()
        self.labels_changed.emit()

    def set_tree(self, tree: MergeTree) -> None:
        """Put a merge tree that became known later under names and merges made so far.

        Where the user chose another linkage, the tree by that one is put there instead.
        """
        if self.history is None:
            self.start_partition(tree.clusters, tree)
        elif self.history.partition.clusters == tree.clusters:
            summary = None if self.model is None else self.model.summary
            renew_tree(self.history, tree, summary)

    def absorb_first(self, absorb: Callable[[], None]) -> None:
        """Call `absorb` before every step, so that edits of layers by scripts come before it."""
        self._absorbers.append(absorb)

    def _absorb(self) -> None:
        for absorb in self._absorbers:
            absorb()

    def do(self, command: Command, *, join: bool = False) -> bool:
        """Carry out a command of the user (see `History.do`); nothing before the first labels."""
        self._absorb()
        return self.history is not None and self.history.do(command, join=join)

    def undo(self) -> None:
        """Take back the user's last command."""
        self._absorb()
        if self.history is not None:
            self.history.undo()

    def redo(self) -> None:
        """Carry out again what was taken back last."""
        self._absorb()
        if self.history is not None:
            self.history.redo()

    def settle(self) -> None:
        """Give label layers their names and thumbnails now, which otherwise come a moment later."""
        self._class_layers.name()

    def _on_history(self) -> None:
        work = self.work
        corrected = [
            scan
            for scan in self.labelled
            if work is not None
            and scan.corrected is not None
            and scan.corrected.move(work.painted_classes(scan.key))
        ]
        self._class_layers.refresh(corrected)
        self.partition_changed.emit()
        if corrected:
            self.labels_changed.emit()

    def _finish_draft(self, composite: Image | None) -> None:
        """Have a composite painted in full that is a draft, or as others that share its stretch."""
        if composite is not None and (make.DRAFT_KEY in composite.metadata or self.scans[1:]):
            from napari_dgc.gui.composites.live import get_live

            get_live(self)

    # --------------------------------------------------------------- labels

    def set_fine_labels(self, scan: Scan, labels: NDArray[np.uint16]) -> None:
        """Replace the fine clusters of a scan and show its classes.

        Parameters
        ----------
        scan
            One of `scans`; one that was removed meanwhile is ignored, unless its label map is
            still open.
        labels
            (row, column), 0 for no data, fine clusters from 1.
        """
        if scan not in self.scans and scan not in self.labelled:
            return
        highest = int(labels.max(initial=1))
        if self.partition is None or self.partition.clusters < highest:
            self.start_partition(highest)
        scan.corrected = CorrectedMap(np.asarray(labels, np.uint16))
        if self.work is not None:
            scan.corrected.move(self.work.painted_classes(scan.key))
        self._class_layers.show(scan)
        self.labels_changed.emit()

    def set_aside(self, scans: Iterable[Scan]) -> None:
        """Let go of label maps whose numbers another model is about to give another meaning.

        Their layers stay as they are, for looking at.
        """
        gone = [scan for scan in scans if scan.fine is not None]
        for scan in gone:
            if scan.labels is not None:
                scan.labels.name = f"{scan.labels.name} (model before)"
            scan.labels = scan.corrected = None
        if gone:
            self.scans_changed.emit()
            self.labels_changed.emit()


__all__ = ["Scan", "Session", "TrainingState", "get_session"]

_SESSIONS: weakref.WeakKeyDictionary[Any, Session] = weakref.WeakKeyDictionary()


def get_session(viewer: Any) -> Session:
    """Return the session of a viewer, made on first use.

    Parameters
    ----------
    viewer
        A napari viewer, or the proxy of one that napari hands to docks.
    """
    viewer = getattr(viewer, "__wrapped__", viewer)
    session = _SESSIONS.get(viewer)
    if session is None:
        follow_preferences()
        session = _SESSIONS[viewer] = Session(viewer)
    return session
