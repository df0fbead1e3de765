"""The table of classes: Qt model over a partition, its view, and the filter above it."""

from napari_dgc.gui.class_table.columns import Column, grouped
from napari_dgc.gui.class_table.filtering import FilterBox
from napari_dgc.gui.class_table.model import ClassTableModel
from napari_dgc.gui.class_table.view import ClassTableView

__all__ = ["ClassTableModel", "ClassTableView", "Column", "FilterBox", "grouped"]
