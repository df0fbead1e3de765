"""The classes that one class could be merged with, ranked, with boxes to tick."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import TYPE_CHECKING, Any, ClassVar

from qtpy.QtCore import QEvent, QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QHeaderView, QSizePolicy, QTreeWidget, QTreeWidgetItem

from napari_dgc.gui.plain_label import as_plain
from napari_dgc.partition import ClassInfo
from napari_dgc.partition.candidates import Candidate

if TYPE_CHECKING:
    from qtpy.QtGui import QKeyEvent
    from qtpy.QtWidgets import QWidget

_NUMBER = int(Qt.ItemDataRole.UserRole)
_SORT = _NUMBER + 1


class Column(IntEnum):
    """Columns of the list."""

    NAME = 0
    ANGLE = 1
    DISTANCE = 2
    BORDER = 3
    COST = 4


_HEADERS = ("Similar class", "Angle", "Dist.", "Border", "Cost")
_TIPS = (
    "Tick a class to merge it with the chosen one (Space)",
    "Angle between the mean spectra in degrees: small for the same material in any light",
    "Distance between the two mean spectra, in standard deviations of the noise",
    "How much of the border of the class with less border the two have in common",
    "What the list is ranked by, as in the tree: angle or distance, less for a common border",
)


class _Row(QTreeWidgetItem):
    def __lt__(self, other: QTreeWidgetItem) -> bool:
        tree = self.treeWidget()
        column = Column.COST if tree is None else tree.sortColumn()
        return bool(self.data(column, _SORT) < other.data(column, _SORT))


class CandidateList(QTreeWidget):
    """Rows with a box, a swatch, a name and four numbers; keys as a page of them wants them."""

    #: Which classes are ticked changed; which row is the current one changed.
    staged_changed = Signal()
    current_changed = Signal()
    accepted = Signal()
    rejected = Signal()
    swapped = Signal()
    cancelled = Signal()

    _ACTS: ClassVar[dict[int, str]] = {
        int(Qt.Key.Key_G): "accepted",
        int(Qt.Key.Key_Return): "accepted",
        int(Qt.Key.Key_Enter): "accepted",
        int(Qt.Key.Key_N): "rejected",
        int(Qt.Key.Key_T): "swapped",
        int(Qt.Key.Key_Escape): "cancelled",
    }

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._filling = False
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setHeaderLabels(_HEADERS)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        head = self.headerItem()
        for column, tip in enumerate(_TIPS):
            head.setToolTip(column, tip)
            if column:
                head.setTextAlignment(column, Qt.AlignmentFlag.AlignCenter)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(30)
        header.setSectionResizeMode(Column.NAME, QHeaderView.ResizeMode.Stretch)
        for column, text in list(enumerate(_HEADERS))[1:]:
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            # Room for the arrow of sorting beside it, and no more: names need the rest.
            wide = header.fontMetrics().horizontalAdvance(max(text, "88.8°", key=len))
            header.resizeSection(column, wide + 20)
        self.setSortingEnabled(True)
        self.sortByColumn(Column.COST, Qt.SortOrder.AscendingOrder)
        self.setMinimumHeight(84)
        self.itemChanged.connect(self._on_item)
        self.currentItemChanged.connect(self._on_current)

    def sizeHint(self) -> QSize:
        """Ask for little: the dock has to fit a small screen."""
        return QSize(300, 120)

    # ----------------------------------------------------------------- content

    def fill(self, candidates: Sequence[tuple[Candidate, ClassInfo]]) -> None:
        """Show candidates, none of them ticked, the best of them the current one."""
        self._filling = True
        self.clear()
        for rank, (candidate, info) in enumerate(candidates):
            row = _Row()
            row.setFlags(row.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            row.setCheckState(Column.NAME, Qt.CheckState.Unchecked)
            row.setIcon(Column.NAME, swatch(info.shown_colour))
            row.setToolTip(Column.NAME, as_plain(info.title))
            row.setData(Column.NAME, _NUMBER, candidate.number)
            shown: tuple[tuple[str, Any], ...] = (
                (info.title, (info.name.casefold() or "\uffff", candidate.number)),
                (f"{candidate.angle:.1f}°", candidate.angle),
                (f"{candidate.distance:.1f}", candidate.distance),
                (f"{100 * candidate.border:.0f} %", candidate.border),
                # Classes without pixels come last, whatever their cost.
                (f"{candidate.cost:.1f}", rank),
            )
            for column, (text, key) in enumerate(shown):
                row.setText(column, text)
                row.setData(column, _SORT, key)
                if column:
                    row.setTextAlignment(column, Qt.AlignmentFlag.AlignRight)
            self.addTopLevelItem(row)
        if self.topLevelItemCount():
            self.setCurrentItem(self.topLevelItem(0))
        self._filling = False

    def _rows(self) -> list[QTreeWidgetItem]:
        return [self.topLevelItem(place) for place in range(self.topLevelItemCount())]

    @property
    def staged(self) -> tuple[int, ...]:
        """Numbers of the ticked classes."""
        ticked = Qt.CheckState.Checked
        return tuple(sorted(r.data(0, _NUMBER) for r in self._rows() if r.checkState(0) == ticked))

    @property
    def current(self) -> int | None:
        """Number of the class of the current row."""
        row = self.currentItem()
        return None if row is None else int(row.data(0, _NUMBER))

    @property
    def numbers(self) -> tuple[int, ...]:
        """Numbers of all classes, as they are sorted now."""
        return tuple(int(row.data(0, _NUMBER)) for row in self._rows())

    def unstage(self) -> None:
        """Take all ticks away."""
        self._filling = True
        for row in self._rows():
            row.setCheckState(0, Qt.CheckState.Unchecked)
        self._filling = False
        self.staged_changed.emit()

    def go_to(self, number: int) -> None:
        """Make the row of a class the current one, if it has one."""
        for row in self._rows():
            if row.data(0, _NUMBER) == number:
                self.setCurrentItem(row)

    def drop_current(self) -> None:
        """Take the current row away; the next becomes the current one."""
        row = self.currentItem()
        if row is None:
            return
        near = self.itemBelow(row) or self.itemAbove(row)
        self._filling = True
        if near is not None:
            self.setCurrentItem(near)
        self.takeTopLevelItem(self.indexOfTopLevelItem(row))
        self._filling = False

    def stage_current(self) -> None:
        """Tick or untick the current row and go to the next."""
        row = self.currentItem()
        if row is None:
            return
        ticked = row.checkState(0) == Qt.CheckState.Checked
        row.setCheckState(0, Qt.CheckState.Unchecked if ticked else Qt.CheckState.Checked)
        below = self.itemBelow(row)
        if below is not None:
            self.setCurrentItem(below)

    def _on_item(self, _row: QTreeWidgetItem, column: int) -> None:
        if not self._filling and column == Column.NAME:
            self.staged_changed.emit()

    def _on_current(self, *_: object) -> None:
        if not self._filling:
            self.current_changed.emit()

    # -------------------------------------------------------------------- keys

    def event(self, event: QEvent) -> bool:
        """Take the keys of the list before shortcuts of the dock that use the same ones."""
        if event.type() == QEvent.Type.ShortcutOverride and self._signal(event) is not None:
            event.accept()
            return True
        return bool(super().event(event))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Do what the keys say."""
        signal = self._signal(event)
        if signal is not None:
            getattr(self, signal).emit()
        elif event.key() == Qt.Key.Key_Space:
            self.stage_current()
        else:
            super().keyPressEvent(event)

    def _signal(self, event: Any) -> str | None:
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return None
        if event.key() == Qt.Key.Key_Escape and not self.staged:
            return None  # Esc closes the page, where there is nothing to cancel.
        return self._ACTS.get(int(event.key()))


def swatch(colour: str) -> QIcon:
    """Make a square of a colour."""
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(colour))
    return QIcon(pixmap)
