"""Fine labels, merge tree, classes, undo: the state of the user's work as values."""

from napari_dgc.partition.partition import ClassInfo, Partition
from napari_dgc.partition.summary import ClusterSummary
from napari_dgc.partition.tree import MergeTree, build_tree

__all__ = ["ClassInfo", "ClusterSummary", "MergeTree", "Partition", "build_tree"]
