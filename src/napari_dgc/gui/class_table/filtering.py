"""Finding classes by name or number: the filter between table and view, and its box."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt
from qtpy.QtGui import QKeyEvent
from qtpy.QtWidgets import QLineEdit, QWidget

from napari_dgc.gui.class_table.model import FILTER_ROLE, SORT_ROLE

if TYPE_CHECKING:
    from napari_dgc.gui.class_table.view import ClassTableView

#: The box is shown by itself from this many classes on.
_MANY = 9


class ClassFilter(QSortFilterProxyModel):
    """Sorts rows, and keeps those whose name, cluster or note has all words of a text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSortRole(SORT_ROLE)
        self._words: tuple[str, ...] = ()

    @property
    def filters(self) -> bool:
        """Whether some rows may be left out."""
        return bool(self._words)

    def set_text(self, text: str) -> None:
        """Keep rows with these words; a number is the whole number of a cluster."""
        words = tuple(text.casefold().split())
        if words != self._words:
            self._words = words
            self.invalidate()

    def filterAcceptsRow(  # noqa: D102
        self, row: int, parent: QModelIndex | QPersistentModelIndex
    ) -> bool:
        if not self._words:
            return True
        text = str(self.sourceModel().index(row, 0, parent).data(FILTER_ROLE))
        known = text.split()
        return all(word in known if word.isdecimal() else word in text for word in self._words)


class FilterBox(QLineEdit):
    """Line above the table; comes with many classes or by Ctrl+F, goes by Esc."""

    def __init__(self, table: ClassTableView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = table
        self._asked_for = False
        self.setPlaceholderText("Filter by name, cluster number or note (Ctrl+F)")
        self.setToolTip("Only classes with these words are listed; Esc lists all again")
        self.setClearButtonEnabled(True)
        self.textChanged.connect(table.filter.set_text)
        table.filter_cleared.connect(self.clear)
        table.model().sourceModel().modelReset.connect(self.refresh)
        self.hide()

    def refresh(self) -> None:
        """Show the box where there are many classes, or it is in use."""
        many = self._table.model().sourceModel().rowCount() >= _MANY
        self.setVisible(many or self._asked_for or bool(self.text()))

    def open(self) -> None:
        """Show the box and let the user type."""
        self._asked_for = True
        self.refresh()
        self.setFocus()
        self.selectAll()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Esc lists all again; Enter and the arrow down go to the rows."""
        key = None if event is None else event.key()
        if key == Qt.Key.Key_Escape:
            self._asked_for = False
            self.clear()
            self.refresh()
        elif key not in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            super().keyPressEvent(event)
            return
        self._table.setFocus()
