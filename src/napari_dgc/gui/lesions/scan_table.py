"""Plant, treatment, date and pixel size of each scan, changed in place."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_dgc.errors import UserError
from napari_dgc.gui.lesions.measuring import details_of
from napari_dgc.gui.plain_label import as_plain

if TYPE_CHECKING:
    from napari_dgc.gui.scan import Scan
    from napari_dgc.measure.details import ScanDetails
    from napari_dgc.workspace import Workspace

_COLUMNS = {
    "scan": ("Scan", "Name of the scan's layer"),
    "plant": ("Plant", "Scans of one plant make a progress curve"),
    "treatment": ("Treatment", "What was done to the plant"),
    "date": ("Date", "Day of the scan: year-month-day, such as 2026-05-31"),
    "pixel_size_mm": (
        "mm/px",
        "Side of a pixel on the leaf in mm; in italics what the file of the scan says",
    ),
}
_FIELDS = tuple(_COLUMNS)


class ScanTable(QTableWidget):
    """One row for each scan with labels."""

    #: Field, details with its new value.
    edited = Signal(str, object)
    #: Why what was typed cannot be taken.
    refused = Signal(str)

    def __init__(self) -> None:
        super().__init__(0, len(_COLUMNS))
        for column, (title, tip) in enumerate(_COLUMNS.values()):
            item = QTableWidgetItem(title)
            item.setToolTip(tip)
            self.setHorizontalHeaderItem(column, item)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(3, QHeaderView.ResizeMode.ResizeToContents)
        header.setMinimumSectionSize(48)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 8)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.SelectedClicked
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setMinimumHeight(80)
        self._known: list[ScanDetails] = []
        self.itemChanged.connect(self._on_changed)

    def show_scans(self, scans: Sequence[Scan], work: Workspace | None) -> None:
        """Show what is known about scans."""
        self._known = [details_of(work, scan) for scan in scans]
        with QSignalBlocker(self):
            self.setRowCount(len(scans))
            for row, (scan, details) in enumerate(zip(scans, self._known, strict=True)):
                own = work is not None and work.details_of(scan.key).pixel_size_mm is not None
                for column, field in enumerate(_FIELDS):
                    text = scan.name if field == "scan" else _text(details, field)
                    self._put(row, column, text, field == "pixel_size_mm" and not own)

    def _put(self, row: int, column: int, text: str, italic: bool) -> None:
        item = self.item(row, column)
        if item is None:
            item = QTableWidgetItem()
            self.setItem(row, column, item)
            if not column:
                item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsEditable)
        item.setText(text)
        item.setToolTip(as_plain(text))
        font = item.font()
        font.setItalic(italic)
        item.setFont(font)

    @property
    def chosen(self) -> tuple[str, str] | None:
        """Field and text of the current cell, or None where it is none to change."""
        row, column = self.currentRow(), self.currentColumn()
        return (_FIELDS[column], _text(self._known[row], _FIELDS[column])) if self._fits() else None

    def _fits(self) -> bool:
        return 0 <= self.currentRow() < len(self._known) and self.currentColumn() > 0

    def _on_changed(self, item: QTableWidgetItem) -> None:
        field, details = _FIELDS[item.column()], self._known[item.row()]
        try:
            changed = with_text(details, field, item.text())
        except UserError as error:
            with QSignalBlocker(self):
                item.setText(_text(details, field))
            self.refused.emit(str(error))
            return
        if changed == details:
            with QSignalBlocker(self):
                item.setText(_text(details, field))
            return
        self.edited.emit(field, changed)


def _text(details: ScanDetails, field: str) -> str:
    value = getattr(details, field)
    if value is None:
        return ""
    if isinstance(value, datetime.date):
        return value.isoformat()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def with_text(details: ScanDetails, field: str, text: str) -> ScanDetails:
    """Return details with a value that was typed.

    Raises
    ------
    UserError
        When it is no date, or no length.
    """
    text = text.strip()
    if field == "date":
        try:
            return replace(details, date=datetime.date.fromisoformat(text) if text else None)
        except ValueError:
            raise UserError(f"“{text}” is not a date; write it like 2026-05-31.") from None
    if field == "pixel_size_mm":
        try:
            # A decimal comma is one as well.
            size = float(text.replace(",", ".").removesuffix("mm")) if text else None
            return replace(details, pixel_size_mm=size)
        except ValueError:
            raise UserError(
                f"“{text}” is not the side of a pixel in mm; write it like 0.25."
            ) from None
    if field == "plant":
        return replace(details, plant=text)
    return replace(details, treatment=text)
