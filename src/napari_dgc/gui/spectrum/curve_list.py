"""The curves by name: legend of the plot, and where to rename, hide and delete them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import QRectF, QSize, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QKeySequence, QPainter, QPixmap, QShortcut, QTextOption
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem

from napari_dgc.gui.icons import icon
from napari_dgc.gui.plain_label import as_plain

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_dgc.gui.spectrum.curve import Curve

_NAME, _WHERE, _DELETE = range(3)
_EMPTY = (
    "Shift + click on the image keeps a spectrum here. "
    "Region draws a shape, Label takes a class: mean ± standard deviation."
)


class CurveList(QTreeWidget):
    """One row per curve: box, colour and name, place, and a cross."""

    #: A curve and the name it shall have.
    renamed = Signal(object, str)
    #: A curve was ticked or unticked.
    toggled = Signal(object)
    #: A curve shall go.
    deleted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: list[Curve] = []
        self._filling = False
        self._text = "#808080"
        self.setColumnCount(3)
        self.setHeaderHidden(True)
        self.setRootIsDecorated(False)
        self.setIndentation(0)
        self.setIconSize(QSize(14, 14))
        self.setUniformRowHeights(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.DoubleClicked)
        header = self.header()
        header.setStretchLastSection(False)
        header.setMinimumSectionSize(22)
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(_WHERE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(_DELETE, QHeaderView.ResizeMode.Fixed)
        header.resizeSection(_DELETE, 22)
        self.setToolTip("Untick to hide a curve, double-click to rename it, cross to delete it")
        self.itemChanged.connect(self._on_changed)
        self.itemClicked.connect(self._on_clicked)
        for key in ("Delete", "Backspace"):
            shortcut = QShortcut(QKeySequence(key), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self._on_delete)

    def set_colour(self, text: str) -> None:
        """Draw the crosses in a colour of the theme."""
        self._text = text
        self.show_curves(self._curves)

    def show_curves(self, curves: Sequence[Curve]) -> None:
        """List these curves."""
        self._filling = True
        self._curves = list(curves)
        while self.topLevelItemCount() > len(curves):
            self.takeTopLevelItem(self.topLevelItemCount() - 1)
        while self.topLevelItemCount() < len(curves):
            self.addTopLevelItem(QTreeWidgetItem())
        self._filling = False
        for curve in curves:
            self.renew(curve)

    def renew(self, curve: Curve) -> None:
        """Show how a curve is now."""
        if curve not in self._curves:
            return
        self._filling = True
        item = self.topLevelItem(self._curves.index(curve))
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        flags |= Qt.ItemFlag.ItemIsUserCheckable
        if curve.kind != "label":  # labels have the names of their classes
            flags |= Qt.ItemFlag.ItemIsEditable
        item.setFlags(flags)
        on = Qt.CheckState.Checked if curve.visible else Qt.CheckState.Unchecked
        item.setCheckState(_NAME, on)
        item.setText(_NAME, curve.name)
        item.setIcon(_NAME, _swatch(curve.colour))
        item.setText(_WHERE, curve.where)
        item.setToolTip(_WHERE, as_plain(curve.where))
        item.setIcon(_DELETE, icon("delete", self._text))
        item.setToolTip(_DELETE, as_plain(f"Delete {curve.name}"))
        self._filling = False

    def paintEvent(self, event: object) -> None:
        """Say how curves come here while there is none."""
        super().paintEvent(event)
        if not self._curves:
            painter = QPainter(self.viewport())
            painter.setPen(QColor(self._text))
            room = QRectF(self.viewport().rect().adjusted(12, 0, -12, 0))
            painter.drawText(room, _EMPTY, QTextOption(Qt.AlignmentFlag.AlignCenter))

    def edit(self, index: object, trigger: object = None, event: object = None) -> bool:
        """Edit names only."""
        if trigger is None:
            super().edit(index)
            return True
        if index.column() != _NAME:  # type: ignore[attr-defined]
            return False
        return bool(super().edit(index, trigger, event))

    def _on_changed(self, item: QTreeWidgetItem, column: int) -> None:
        row = self.indexOfTopLevelItem(item)
        if self._filling or column != _NAME or not 0 <= row < len(self._curves):
            return
        curve = self._curves[row]
        visible = item.checkState(_NAME) == Qt.CheckState.Checked
        if visible != curve.visible:
            curve.visible = visible
            self.toggled.emit(curve)
        elif item.text(_NAME).strip() and item.text(_NAME) != curve.name:
            self.renamed.emit(curve, item.text(_NAME))
        else:
            self.renew(curve)

    def _on_clicked(self, item: QTreeWidgetItem, column: int) -> None:
        if column == _DELETE:
            self.deleted.emit(self._curves[self.indexOfTopLevelItem(item)])

    def _on_delete(self) -> None:
        item = self.currentItem()
        if item is not None:
            self.deleted.emit(self._curves[self.indexOfTopLevelItem(item)])


def _swatch(colour: str) -> QIcon:
    pixmap = QPixmap(28, 28)
    pixmap.fill(QColor(colour))
    return QIcon(pixmap)
