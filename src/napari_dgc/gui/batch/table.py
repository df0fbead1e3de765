"""The scans of a batch and how each of them stands."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_dgc.batch import Item
from napari_dgc.gui.plain_label import as_plain

WAITING, LABELLED, BEFORE, FAILED = "waiting", "labelled", "done before", "failed"
_NAME, _STATE, _SEVERITY = range(3)
#: Can be read on dark and on light.
_RED = "#e0524d"


class BatchTable(QTableWidget):
    """A row for each scan."""

    def __init__(self) -> None:
        super().__init__(0, 3)
        self.setHorizontalHeaderLabels(["Scan", "State", "Severity"])
        header = self.horizontalHeader()
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        for column, width in ((_STATE, 120), (_SEVERITY, 70)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            self.setColumnWidth(column, width)
        self.verticalHeader().hide()
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setWordWrap(False)
        self.items_shown: list[Item] = []
        self.reasons: dict[str, str] = {}
        self._rows: dict[str, int] = {}

    def add(self, items: Iterable[Item]) -> int:
        """Add scans that are not there yet; returns how many."""
        known = {item.path.absolute() for item in self.items_shown}
        new = [item for item in items if item.path.absolute() not in known]
        self.setRowCount(len(self.items_shown) + len(new))
        for item in new:
            self._fill(len(self.items_shown), item)
            self.items_shown.append(item)
        return len(new)

    def take_out(self) -> None:
        """Take the selected scans out, or all where none is."""
        gone = {index.row() for index in self.selectionModel().selectedRows()}
        gone = gone or set(range(self.rowCount()))
        left = [item for row, item in enumerate(self.items_shown) if row not in gone]
        self.setRowCount(0)
        self.items_shown, self.reasons, self._rows = [], {}, {}
        self.add(left)

    def start_anew(self) -> None:
        """Show all scans as waiting."""
        self.reasons.clear()
        for item in self.items_shown:
            self.show_state(item.name, WAITING)
            self.show_severity(item.name, "")

    def show_state(self, name: str, state: str, reason: str = "") -> None:
        """Say how a scan stands, and why."""
        row = self._rows.get(name)
        cell = None if row is None else self.item(row, _STATE)
        if cell is None:
            return
        cell.setText(state)
        cell.setToolTip(as_plain(reason))
        if reason:
            self.reasons[name] = reason
            cell.setForeground(QColor(_RED))
        else:
            cell.setData(Qt.ItemDataRole.ForegroundRole, None)

    def show_severity(self, name: str, text: str) -> None:
        """Show the severity of a scan."""
        row = self._rows.get(name)
        cell = None if row is None else self.item(row, _SEVERITY)
        if cell is not None:
            cell.setText(text)

    def look_at(self, name: str) -> None:
        """Scroll to a scan."""
        row = self._rows.get(name)
        if row is not None:
            self.scrollToItem(self.item(row, _NAME))

    @property
    def selected_name(self) -> str:
        """Name of the first scan that is selected, or ""."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return self.items_shown[rows[0]].name if rows else ""

    def _fill(self, row: int, item: Item) -> None:
        texts = (item.name, WAITING, "")
        for column, text in enumerate(texts):
            cell = QTableWidgetItem(text)
            if column == _SEVERITY:
                cell.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self.setItem(row, column, cell)
        cell = self.item(row, _NAME)
        cell.setToolTip(as_plain(str(item.path)))
        self._rows[item.name] = row
