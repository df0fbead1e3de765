"""Which classes are hidden in the image: how it is looked at, nothing to undo."""

from __future__ import annotations

from collections.abc import Iterable

from psygnal import Signal

from napari_dgc.partition import ClassInfo, Partition


class HiddenClasses:
    """Hidden fine clusters, so that classes stay hidden when they are merged or split.

    A class is hidden when all of its clusters are.
    """

    #: `clusters` are others.
    changed = Signal()

    def __init__(self) -> None:
        self.clusters: frozenset[int] = frozenset()

    def numbers(self, partition: Partition | None) -> frozenset[int]:
        """Return the numbers of the hidden classes of a partition."""
        if partition is None or not self.clusters:
            return frozenset()
        return frozenset(
            info.number for info in partition.classes if self.clusters.issuperset(info.members)
        )

    def toggle(self, classes: Iterable[ClassInfo]) -> None:
        """Hide classes, or show them where all of them are hidden."""
        members = frozenset(member for info in classes for member in info.members)
        shown = members - self.clusters
        self._set(self.clusters | members if shown else self.clusters - members)

    def only(self, classes: Iterable[ClassInfo], partition: Partition) -> None:
        """Hide all but some classes; show all where that is so already."""
        kept = frozenset(member for info in classes for member in info.members)
        others = frozenset(range(1, partition.clusters + 1)) - kept
        self._set(frozenset() if self.clusters == others else others)

    def show_all(self) -> None:
        """Hide nothing."""
        self._set(frozenset())

    def _set(self, clusters: frozenset[int]) -> None:
        if clusters != self.clusters:
            self.clusters = clusters
            self.changed.emit()
