"""Severity of scans, and below each of its leaves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, QSize, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from napari_dgc.gui.class_table import grouped
from napari_dgc.gui.lesions.areas import area_text
from napari_dgc.gui.plain_label import as_plain

if TYPE_CHECKING:
    from qtpy.QtGui import QResizeEvent

    from napari_dgc.gui.lesions.measuring import Measured
    from napari_dgc.gui.scan import Scan
    from napari_dgc.measure.scales import OrdinalScale
    from napari_dgc.measure.severity import LeafSeverity

_COLUMNS = {
    "Scan": "Scans, and their leaves; select one to see it",
    "Severity": "Lesion area in percent of leaf area",
    "Grade": "Grade of the chosen scale",
    "Lesions": "Number of lesions",
    "Lesion\narea": "In mm² where the size of a pixel is known",
    "Leaf\narea": "With the lesions",
    "Halo": "Halo that is not lesion, in percent of leaf area",
    "Median": "Area that half of the lesions stay below",
    "Largest": "Area of the largest lesion",
}
_GRADE = 2
#: Columns after this one are shown where there is room; tooltips tell them always.
_ALWAYS = 4
#: Least width of the names, and room about a text.
_LEAST_NAME, _MARGIN = 84, 12
_SCAN = Qt.ItemDataRole.UserRole
_LEAF = _SCAN + 1


class SeverityTree(QTreeWidget):
    """Figures of every scan; leaves unfold where there are several."""

    #: Scan, and leaf or 0 for the whole scan, that the user has selected.
    chosen = Signal(object, int)

    def __init__(self) -> None:
        super().__init__()
        self.setColumnCount(len(_COLUMNS))
        self.setHeaderLabels(list(_COLUMNS))
        for column, tip in enumerate(_COLUMNS.values()):
            self.headerItem().setToolTip(column, tip)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(40)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.setIndentation(12)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setMinimumHeight(110)
        self._scaled = False
        self._shown: dict[Scan, tuple[Measured, OrdinalScale | None]] = {}
        self._fit_columns()
        self.itemExpanded.connect(self._fit_columns)
        self.itemSelectionChanged.connect(self._on_selection)

    def sizeHint(self) -> QSize:
        """Take what is left of the dock."""
        return QSize(300, 160)

    def show_results(
        self, results: Sequence[tuple[Scan, Measured]], scale: OrdinalScale | None
    ) -> None:
        """Show figures; only scans with other ones are written anew."""
        self._scaled = scale is not None
        scans = [scan for scan, _ in results]
        with QSignalBlocker(self):
            for row in reversed(range(self.topLevelItemCount())):
                if self.topLevelItem(row).data(0, _SCAN) not in scans:
                    gone = self.takeTopLevelItem(row)
                    self._shown.pop(gone.data(0, _SCAN), None)
            for row, (scan, measured) in enumerate(results):
                item = self._item(row, scan)
                if self._shown.get(scan) == (measured, scale):
                    continue
                self._shown[scan] = (measured, scale)
                self._fill(item, measured.severity.scan, measured.severity.total, scale)
                self._show_leaves(item, measured.severity.leaves, scale)
        self._fit_columns()

    def _fit_columns(self, *_: object) -> None:
        """Show the columns that there is room for, so that nothing scrolls sideways."""
        header = self.header()
        metrics = header.fontMetrics()
        left = self.viewport().width() - _LEAST_NAME
        for column, title in enumerate(_COLUMNS):
            if not column:
                continue
            lines = (metrics.horizontalAdvance(line) for line in title.split("\n"))
            wide = max(max(lines) + _MARGIN, self.sizeHintForColumn(column) + 2)
            wanted = self._scaled if column == _GRADE else column <= _ALWAYS or wide <= left
            self.setColumnHidden(column, not wanted)
            if wanted:
                header.resizeSection(column, wide)
                left -= wide
            elif column > _ALWAYS:
                left = 0

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show more columns where there is more room."""
        super().resizeEvent(event)
        self._fit_columns()

    def item_of(self, scan: Scan) -> QTreeWidgetItem | None:
        """Return the row of a scan, or None."""
        for row in range(self.topLevelItemCount()):
            if self.topLevelItem(row).data(0, _SCAN) is scan:
                return self.topLevelItem(row)
        return None

    @property
    def current(self) -> tuple[Scan, int] | None:
        """Scan and leaf that are selected, or None."""
        items = self.selectedItems()
        return (items[0].data(0, _SCAN), items[0].data(0, _LEAF)) if items else None

    def _item(self, row: int, scan: Scan) -> QTreeWidgetItem:
        item = self.item_of(scan)
        if item is None:
            item = QTreeWidgetItem()
            item.setData(0, _SCAN, scan)
            item.setData(0, _LEAF, 0)
            self.insertTopLevelItem(row, item)
        return item

    def _show_leaves(
        self, item: QTreeWidgetItem, leaves: Sequence[LeafSeverity], scale: OrdinalScale | None
    ) -> None:
        # A scan of one leaf says all about that leaf.
        listed = leaves if len(leaves) > 1 else ()
        while item.childCount() > len(listed):
            item.takeChild(item.childCount() - 1)
        while item.childCount() < len(listed):
            child = QTreeWidgetItem(item)
            child.setData(0, _SCAN, item.data(0, _SCAN))
        for place, leaf in enumerate(listed):
            child = item.child(place)
            child.setData(0, _LEAF, leaf.leaf)
            self._fill(child, f"leaf {leaf.leaf}", leaf, scale)

    def _fill(
        self, item: QTreeWidgetItem, name: str, leaf: LeafSeverity, scale: OrdinalScale | None
    ) -> None:
        percent, sizes = leaf.percent, leaf.sizes
        texts = (
            name,
            "no leaf" if percent is None else f"{percent:.2f} %",
            "" if percent is None or scale is None else scale.grade(percent),
            grouped(leaf.lesion_count),
            area_text(leaf, leaf.lesion_pixels),
            area_text(leaf, leaf.leaf_pixels),
            "" if leaf.halo_percent is None else f"{leaf.halo_percent:.1f} %",
            area_text(leaf, sizes.median),
            area_text(leaf, sizes.largest),
        )
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column, text in enumerate(texts):
            item.setText(column, text)
            if column:
                item.setTextAlignment(column, right)
        told = (
            f"{title}: {text}".replace("\n", " ")
            for title, text in zip(_COLUMNS, texts, strict=True)
            if text
        )
        tip = as_plain("\n".join(told))
        for column in range(len(texts)):
            item.setToolTip(column, tip)

    def _on_selection(self) -> None:
        current = self.current
        if current is not None:
            self.chosen.emit(*current)
