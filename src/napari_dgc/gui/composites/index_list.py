"""The vegetation indices to choose from; those that no scan allows are grey."""

from __future__ import annotations

from collections.abc import Mapping

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QBrush, QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.indices import GROUPS, INDICES, Index

#: Opacity of the text of what is not possible, of 255.
_PALE = 110
_ROLE = Qt.ItemDataRole.UserRole


class IndexList(QWidget):
    """A searchable list, grouped by what the indices are about."""

    #: Other indices are selected.
    selection_changed = Signal()
    #: An index was double-clicked.
    activated = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reasons: dict[str, str] = {}
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search: name, chlorophyll, water, rust …")
        self.search.setClearButtonEnabled(True)
        self.tree = QTreeWidget()
        self.tree.setHeaderHidden(True)
        self.tree.setColumnCount(2)
        self.tree.setIndentation(12)
        self.tree.setUniformRowHeights(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.tree.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.tree.setToolTip("Ctrl or Shift selects several.")
        header = self.tree.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self._items: dict[str, QTreeWidgetItem] = {}
        self._groups: list[QTreeWidgetItem] = []
        self._fill()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.search)
        layout.addWidget(self.tree, 1)
        self.search.textChanged.connect(self._filter)
        self.tree.itemSelectionChanged.connect(self.selection_changed)
        self.tree.itemDoubleClicked.connect(self._on_double_click)

    def _fill(self) -> None:
        for group in GROUPS:
            parent = QTreeWidgetItem([group])
            parent.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = parent.font(0)
            font.setBold(True)
            parent.setFont(0, font)
            self.tree.addTopLevelItem(parent)
            parent.setFirstColumnSpanned(True)
            self._groups.append(parent)
            for index in INDICES:
                if index.group == group:
                    item = QTreeWidgetItem([index.name, index.title])
                    item.setData(0, _ROLE, index)
                    parent.addChild(item)
                    self._items[index.name] = item
            parent.setExpanded(True)

    def selected(self) -> list[Index]:
        """Return the selected indices that are possible."""
        return [
            index
            for index in INDICES
            if self._items[index.name].isSelected() and index.name not in self._reasons
        ]

    def current(self) -> Index | None:
        """Return the index that was clicked last."""
        item = self.tree.currentItem()
        found = None if item is None or not item.isSelected() else item.data(0, _ROLE)
        return found if isinstance(found, Index) else None

    def select(self, name: str) -> None:
        """Select one index."""
        self.tree.setCurrentItem(self._items[name])

    def reason(self, index: Index) -> str | None:
        """Return why an index is grey, or None."""
        return self._reasons.get(index.name)

    def set_reasons(self, reasons: Mapping[str, str], text: str) -> None:
        """Grey indices by name; they can be looked at, not added.

        Parameters
        ----------
        reasons
            Why each of them is not possible.
        text
            Colour of the theme for text.
        """
        self._reasons = dict(reasons)
        pale = QColor(text)
        pale.setAlpha(_PALE)
        for name, item in self._items.items():
            reason = self._reasons.get(name)
            for column in (0, 1):
                item.setForeground(column, QBrush() if reason is None else QBrush(pale))
                item.setToolTip(column, reason or item.data(0, _ROLE).meaning)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        for item in self._items.values():
            index: Index = item.data(0, _ROLE)
            about = f"{index.name} {index.title} {index.group} {index.meaning}".casefold()
            item.setHidden(not all(word in about for word in words))
        for group in self._groups:
            children = [group.child(row) for row in range(group.childCount())]
            group.setHidden(all(child is None or child.isHidden() for child in children))

    def _on_double_click(self, item: QTreeWidgetItem, _column: int) -> None:
        index = item.data(0, _ROLE)
        if isinstance(index, Index) and index.name not in self._reasons:
            self.activated.emit()
