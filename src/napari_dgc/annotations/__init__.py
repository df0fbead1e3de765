"""Label maps and class tables on disk."""

from napari_dgc.annotations.export import export_labels
from napari_dgc.annotations.read import read_class_table, read_labels

__all__ = ["export_labels", "read_class_table", "read_labels"]
