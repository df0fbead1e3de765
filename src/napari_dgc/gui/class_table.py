"""The table of classes: Qt model over a partition, and its view."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from qtpy.QtGui import QColor, QFont
from qtpy.QtWidgets import QAbstractItemView, QColorDialog, QHeaderView, QTableView, QWidget

from napari_dgc.gui.class_delegates import NameDelegate, SwatchDelegate
from napari_dgc.gui.selection import ClusterSelection
from napari_dgc.partition import ClassInfo, Partition

#: What the proxy sorts by.
SORT_ROLE = int(Qt.ItemDataRole.UserRole)

Index: TypeAlias = QModelIndex | QPersistentModelIndex


class Column(IntEnum):
    """Columns of the table."""

    COLOUR = 0
    NAME = 1
    CLUSTERS = 2
    PIXELS = 3
    SHARE = 4


_HEADERS = ("", "Class", "Clusters", "Pixels", "Area")
_HEADER_TIPS = (
    "Colour in the image and in the plot; double-click to change it",
    "Name; double-click (or F2) to type another one, Enter to keep it",
    "Number of fine clusters in the class",
    "Pixels in all open scans",
    "Share of the labelled pixels in all open scans",
)


def grouped(number: int) -> str:
    """Write a count with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u2009")


class ClassTableModel(QAbstractTableModel):
    """Classes of a partition and their area; rows in the partition's order.

    Changes are only asked for (`rename_requested`, `recolour_requested`): whoever
    owns the history makes them and hands the new partition to `set_content`.
    """

    rename_requested = Signal(int, str)
    recolour_requested = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[ClassInfo, ...] = ()
        self._pixels: list[int] = []
        self._total = 0

    def set_content(self, partition: Partition | None, counts: NDArray[np.int64]) -> bool:
        """Show a partition.

        Parameters
        ----------
        partition
            Classes to show; None shows nothing.
        counts
            (clusters,) pixels of each fine cluster over all scans.

        Returns
        -------
        bool
            Whether rows came or went (and views lost their selection).
        """
        classes = () if partition is None else partition.classes
        pixels = [int(counts[np.array(info.members) - 1].sum()) for info in classes]
        same = [info.number for info in classes] == [info.number for info in self._classes]
        if not same:
            self.beginResetModel()
        self._classes, self._pixels, self._total = classes, pixels, sum(pixels)
        if not same:
            self.endResetModel()
        elif classes:
            # No reset: an open name editor and the selection stay.
            self.dataChanged.emit(self.index(0, 0), self.index(len(classes) - 1, len(Column) - 1))
        return not same

    def info(self, row: int) -> ClassInfo:
        """Return the class of a row."""
        return self._classes[row]

    def rows_touching(self, members: Iterable[int]) -> list[int]:
        """Return the rows of all classes that hold any of these fine clusters."""
        wanted = set(members)
        return [row for row, info in enumerate(self._classes) if wanted.intersection(info.members)]

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: D102
        return 0 if parent is not None and parent.isValid() else len(self._classes)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: D102
        return 0 if parent is not None and parent.isValid() else len(Column)

    def headerData(  # noqa: D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _HEADERS[section]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _HEADER_TIPS[section]
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:  # noqa: D102
        flags = super().flags(index)
        if index.isValid() and index.column() == Column.NAME:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if not index.isValid():
            return None
        info, pixels, column = (
            self._classes[index.row()],
            self._pixels[index.row()],
            index.column(),
        )
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(info, pixels, column)
        if role == Qt.ItemDataRole.EditRole and column == Column.NAME:
            return info.name
        if role == SORT_ROLE:
            return self._sort_key(info, pixels, column)
        if role == Qt.ItemDataRole.DecorationRole and column == Column.COLOUR:
            return QColor(info.shown_colour)
        if role == Qt.ItemDataRole.TextAlignmentRole and column > Column.NAME:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole and column == Column.NAME and not info.name:
            font = QFont()
            font.setItalic(True)
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            members = ", ".join(map(str, info.members))
            noun = "cluster" if len(info.members) == 1 else "clusters"
            return f"{info.title}: fine {noun} {members}; {grouped(pixels)} pixels"
        return None

    def _text(self, info: ClassInfo, pixels: int, column: int) -> str:
        if column == Column.NAME:
            return info.title
        if column == Column.CLUSTERS:
            return str(len(info.members))
        if column == Column.PIXELS:
            return grouped(pixels)
        if column == Column.SHARE:
            return f"{100 * pixels / self._total:.1f} %" if self._total else "–"
        return ""

    def _sort_key(self, info: ClassInfo, pixels: int, column: int) -> Any:
        if column == Column.NAME:
            return (info.name.casefold() or "\uffff") + f"{info.number:08d}"
        if column == Column.CLUSTERS:
            return len(info.members)
        if column == Column.COLOUR:
            return info.number
        return pixels

    def setData(self, index: Index, value: Any, role: int = 2) -> bool:  # noqa: D102
        if not index.isValid() or role != Qt.ItemDataRole.EditRole:
            return False
        info = self._classes[index.row()]
        if index.column() != Column.NAME or str(value).strip() == info.name:
            return False
        self.rename_requested.emit(info.number, str(value))
        return True


class ClassTableView(QTableView):
    """Table of classes with several selectable rows, sorted by area.

    Parameters
    ----------
    model
        What to show.
    selection
        Remembers as fine clusters what is selected; whoever shares it calls `show_chosen`
        when it changes.
    """

    #: Tuple of the selected class numbers.
    selection_changed = Signal(object)

    def __init__(
        self,
        model: ClassTableModel,
        selection: ClusterSelection | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._content = model
        self._selection = ClusterSelection() if selection is None else selection
        self._restoring = False
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(model)
        self._proxy.setSortRole(SORT_ROLE)
        self.setModel(self._proxy)
        self.setItemDelegateForColumn(Column.COLOUR, SwatchDelegate(self))
        self.setItemDelegateForColumn(Column.NAME, NameDelegate(self))
        self.setSortingEnabled(True)
        self.sortByColumn(Column.SHARE, Qt.SortOrder.DescendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setShowGrid(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(30)
        header.setHighlightSections(False)
        for column in Column:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        self.doubleClicked.connect(self._on_double_click)

    def sizeHint(self) -> QSize:
        """Ask for little: the dock has to fit a small screen."""
        return QSize(300, 180)

    @property
    def selected_classes(self) -> tuple[ClassInfo, ...]:
        """Selected classes, by number."""
        return tuple(self._content.info(row) for row in self._selected_rows())

    def _selected_rows(self) -> list[int]:
        indices = self.selectionModel().selectedRows()
        return sorted({self._proxy.mapToSource(index).row() for index in indices})

    def set_content(self, partition: Partition | None, counts: NDArray[np.int64]) -> None:
        """Show a partition and keep what was selected selected (see `ClassTableModel`)."""
        self._restoring = True
        try:
            if self._content.set_content(partition, counts):
                self._select_rows(self._content.rows_touching(self._selection.clusters))
        finally:
            self._restoring = False
        self.selection_changed.emit(self.selected_classes)

    def select_clusters(self, members: Iterable[int], *, extend: bool = False) -> None:
        """Select the classes that hold these fine clusters, and scroll to the first."""
        kept = self._selection.clusters if extend else frozenset()
        self._show_rows(self._content.rows_touching(kept.union(members)))
        self._remember()

    def show_chosen(self) -> None:
        """Select what the selection says."""
        rows = self._content.rows_touching(self._selection.clusters)
        if rows != self._selected_rows():
            self._show_rows(rows)
            self.selection_changed.emit(self.selected_classes)

    def edit_selected_name(self) -> None:
        """Open the name editor on the first selected class."""
        rows = self.selectionModel().selectedRows(Column.NAME)
        if rows:
            self.setCurrentIndex(rows[0])
            self.edit(rows[0])

    def _show_rows(self, rows: list[int]) -> None:
        self._restoring = True
        try:
            self._select_rows(rows)
        finally:
            self._restoring = False

    def _select_rows(self, rows: list[int]) -> None:
        selection = QItemSelection()
        indices = [self._proxy.mapFromSource(self._content.index(row, 0)) for row in rows]
        for index in indices:
            selection.select(index, index)
        flags = QItemSelectionModel.SelectionFlag
        self.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)
        if indices:
            first = min(indices, key=lambda index: int(index.row()))
            self.selectionModel().setCurrentIndex(first, flags.NoUpdate)
            self.scrollTo(first)

    def selectionChanged(  # noqa: D102
        self, selected: QItemSelection, deselected: QItemSelection
    ) -> None:
        super().selectionChanged(selected, deselected)
        if not self._restoring:
            self._remember()

    def _remember(self) -> None:
        classes = self.selected_classes
        self._selection.choose(member for info in classes for member in info.members)
        self.selection_changed.emit(classes)

    def _on_double_click(self, index: QModelIndex) -> None:
        if index.column() != Column.COLOUR:
            return
        info = self._content.info(self._proxy.mapToSource(index).row())
        colour = QColorDialog.getColor(
            QColor(info.shown_colour), self.window(), f"Colour of {info.title}"
        )
        if colour.isValid() and colour.name() != info.shown_colour:
            self._content.recolour_requested.emit(info.number, colour.name())
