"""Which classes are selected: one selection for the table, the tree and the image."""

from __future__ import annotations

from collections.abc import Iterable

from psygnal import Signal

from napari_dgc.partition import ClassInfo, Partition


class ClusterSelection:
    """Selected fine clusters, so that a selection survives merging, splitting and undo.

    Selected are all classes that hold any of them.
    """

    #: `clusters` are others.
    changed = Signal()

    def __init__(self) -> None:
        self.clusters: frozenset[int] = frozenset()

    def choose(self, clusters: Iterable[int], *, extend: bool = False) -> None:
        """Select fine clusters, in place of those selected or beside them."""
        wanted = frozenset(clusters) | (self.clusters if extend else frozenset())
        if wanted != self.clusters:
            self.clusters = wanted
            self.changed.emit()

    def classes(self, partition: Partition | None) -> tuple[ClassInfo, ...]:
        """Return the selected classes of a partition, by number."""
        classes = () if partition is None else partition.classes
        return tuple(info for info in classes if self.clusters.intersection(info.members))
