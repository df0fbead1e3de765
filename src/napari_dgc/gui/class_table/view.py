"""The table of classes on screen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import (
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    QSize,
    Qt,
    Signal,
)
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QHeaderView,
    QMenu,
    QTableView,
    QWidget,
)

from napari_dgc.gui.class_table.columns import (
    HEADINGS,
    OPTIONAL,
    ORDER,
    Column,
    chosen_columns,
    remember_columns,
)
from napari_dgc.gui.class_table.delegates import (
    EyeDelegate,
    NameDelegate,
    SparklineDelegate,
    SwatchDelegate,
)
from napari_dgc.gui.class_table.filtering import ClassFilter
from napari_dgc.gui.class_table.model import ClassTableModel
from napari_dgc.gui.hidden_classes import HiddenClasses
from napari_dgc.gui.selection import ClusterSelection
from napari_dgc.partition import ClassInfo, Partition

if TYPE_CHECKING:
    from qtpy.QtGui import QMouseEvent, QResizeEvent

#: Least width of the names; with more columns than fit beside it, the table scrolls sideways.
_LEAST_NAME = 84
#: Widths of columns that are drawn.
_DRAWN = {Column.VISIBLE: 24, Column.COLOUR: 28, Column.SPECTRUM: 44}
#: Room for so many rows is taken, even where there are fewer.
_LEAST_ROWS = 8
#: Room about a text, and about a heading with the arrow of the sorting.
_MARGIN, _ARROW = 8, 22


class ClassTableView(QTableView):
    """Table of classes with several selectable rows, sorted by area.

    Parameters
    ----------
    model
        What to show.
    selection
        Remembers as fine clusters what is selected; whoever shares it calls `show_chosen`
        when it changes.
    hidden
        Remembers which classes are hidden in the image.
    """

    #: Tuple of the selected class numbers.
    selection_changed = Signal(object)
    #: All rows have to be seen; whoever set a filter should forget it.
    filter_cleared = Signal()

    def __init__(
        self,
        model: ClassTableModel,
        selection: ClusterSelection | None = None,
        hidden: HiddenClasses | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._content = model
        self._selection = ClusterSelection() if selection is None else selection
        self.hidden = HiddenClasses() if hidden is None else hidden
        self.hidden.changed.connect(self._show_hidden)
        self._restoring = False
        self.filter = ClassFilter(self)
        self.filter.setSourceModel(model)
        self.setModel(self.filter)
        self.names = NameDelegate(self)
        self._eyes = EyeDelegate(self)
        self.setItemDelegateForColumn(Column.VISIBLE, self._eyes)
        self.setItemDelegateForColumn(Column.COLOUR, SwatchDelegate(self))
        self.setItemDelegateForColumn(Column.NAME, self.names)
        self.setItemDelegateForColumn(Column.SPECTRUM, SparklineDelegate(self))
        self.setSortingEnabled(True)
        self.sortByColumn(Column.SHARE, Qt.SortOrder.DescendingOrder)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
        )
        self.setShowGrid(False)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(24)
        self._set_up_header()
        self.doubleClicked.connect(self._on_double_click)

    def _set_up_header(self) -> None:
        header = self.horizontalHeader()
        header.setMinimumSectionSize(24)
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.sortIndicatorChanged.connect(self._fit_columns)
        for place, column in enumerate(ORDER):
            header.moveSection(header.visualIndex(column), place)
        self._show_columns(chosen_columns())
        header.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header.customContextMenuRequested.connect(self._open_columns_menu)

    def sizeHint(self) -> QSize:
        """Ask for little: the dock has to fit a small screen."""
        return QSize(300, 180)

    def set_icon_colour(self, colour: str) -> None:
        """Draw the eyes in a colour of the theme."""
        self._eyes.colour = colour
        self.viewport().update()

    # -------------------------------------------------------------- columns

    def columns_menu(self, parent: QWidget) -> QMenu:
        """Return a menu that shows and hides columns."""
        menu = QMenu("Columns", parent)
        for column in OPTIONAL:
            action = menu.addAction(HEADINGS[column].title)
            action.setCheckable(True)
            action.setChecked(not self.isColumnHidden(column))
            action.toggled.connect(lambda shown, column=column: self._choose(column, shown))
        return menu

    def _open_columns_menu(self, where: QPoint) -> None:
        self.columns_menu(self).popup(self.horizontalHeader().mapToGlobal(where))

    def _choose(self, column: Column, shown: bool) -> None:
        columns = {other for other in Column if not self.isColumnHidden(other)}
        columns = columns | {column} if shown else columns - {column}
        remember_columns(frozenset(columns))
        self._show_columns(frozenset(columns))

    def _show_columns(self, columns: frozenset[Column]) -> None:
        for column in Column:
            self.setColumnHidden(column, column not in columns)
        self._fit_columns()

    def _fit_columns(self) -> None:
        """Give every column the room it needs, and the rest to the names."""
        header = self.horizontalHeader()
        text, sorted_by = header.fontMetrics(), header.sortIndicatorSection()
        taken = 0
        for column in Column:
            if column == Column.NAME or self.isColumnHidden(column):
                continue
            heading = text.horizontalAdvance(HEADINGS[column].text)
            heading += _ARROW if column == sorted_by else _MARGIN
            # Of all rows, without asking Qt, which takes long to measure each of them.
            content = self.fontMetrics().horizontalAdvance(self._content.longest(column)) + _MARGIN
            width = max(heading, _DRAWN.get(column, content))
            header.resizeSection(column, width)
            taken += width
        header.resizeSection(Column.NAME, max(self.viewport().width() - taken, _LEAST_NAME))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give the names more room, or less."""
        super().resizeEvent(event)
        self._fit_columns()

    # ------------------------------------------------------------ selection

    @property
    def selected_classes(self) -> tuple[ClassInfo, ...]:
        """Selected classes, by number."""
        return tuple(self._content.info(row) for row in self._selected_rows())

    def _selected_rows(self) -> list[int]:
        indices = self.selectionModel().selectedRows()
        return sorted({self.filter.mapToSource(index).row() for index in indices})

    def set_content(
        self, partition: Partition | None, counts: NDArray[np.int64], **figures: Any
    ) -> None:
        """Show a partition and keep what was selected selected (see `ClassTableModel`)."""
        self._restoring = True
        try:
            if self._content.set_content(partition, counts, **figures):
                self._select_rows(self._content.rows_touching(self._selection.clusters))
        finally:
            self._restoring = False
        self._fit_columns()
        # On a tall screen what lies below has more use for the room than empty rows.
        rows = max(self._content.rowCount(), _LEAST_ROWS)
        frame = self.horizontalHeader().sizeHint().height() + 2 * self.frameWidth()
        self.setMaximumHeight(rows * self.verticalHeader().defaultSectionSize() + frame + 4)
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
            if not all(self._in_view(row).isValid() for row in rows):
                self.filter_cleared.emit()
            self._select_rows(rows)
        finally:
            self._restoring = False

    def _in_view(self, row: int) -> QModelIndex:
        return self.filter.mapFromSource(self._content.index(row, 0))

    def _select_rows(self, rows: list[int]) -> None:
        selection = QItemSelection()
        indices = [index for index in map(self._in_view, rows) if index.isValid()]
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

    # ------------------------------------------------------- colour and eye

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Hide or show a class by its eye, which selects nothing."""
        if event is not None and event.button() == Qt.MouseButton.LeftButton:
            index = self.indexAt(event.position().toPoint())
            if index.isValid() and index.column() == Column.VISIBLE:
                self.hidden.toggle([self._content.info(self.filter.mapToSource(index).row())])
                return
        super().mousePressEvent(event)

    def _show_hidden(self) -> None:
        self._content.set_hidden(self.hidden.clusters)

    def _on_double_click(self, index: QModelIndex) -> None:
        row = self.filter.mapToSource(index).row()
        if index.column() == Column.COLOUR:
            self.ask_colour(self._content.info(row))
        elif index.column() == Column.VISIBLE:
            self.hidden.toggle([self._content.info(row)])

    def ask_colour(self, info: ClassInfo) -> None:
        """Let the user choose the colour of a class."""
        colour = QColorDialog.getColor(
            QColor(info.shown_colour), self.window(), f"Colour of {info.title}"
        )
        if colour.isValid() and colour.name() != info.shown_colour:
            self._content.recolour_requested.emit(info.number, colour.name())
