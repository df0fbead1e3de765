"""How a class's colour is painted and its name edited."""

from __future__ import annotations

from typing import TypeAlias

from qtpy.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen
from qtpy.QtWidgets import (
    QCompleter,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from napari_dgc.partition.partition import PRESET_NAMES

Index: TypeAlias = QModelIndex | QPersistentModelIndex


class SwatchDelegate(QStyledItemDelegate):
    """A rounded square in the class's colour; visible on selected rows too."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the selection background, then the swatch."""
        style = option.widget.style()
        style.drawPrimitive(
            QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
        )
        colour = index.data(Qt.ItemDataRole.DecorationRole)
        if not isinstance(colour, QColor):
            return
        rectangle = QRectF(option.rect)
        side = min(rectangle.width(), rectangle.height()) - 8
        square = QRectF(0, 0, side, side)
        square.moveCenter(rectangle.center())
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(colour)
        painter.setPen(QPen(QColor(128, 128, 128), 1))
        painter.drawRoundedRect(square, 3, 3)
        painter.restore()


class NameDelegate(QStyledItemDelegate):
    """A line editor that completes the names with a meaning for severity."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Make the editor."""
        editor = QLineEdit(parent)
        editor.setPlaceholderText("background, lesion, …")
        completer = QCompleter(list(PRESET_NAMES), editor)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        # Choosing from the list is as good as typing and Enter.
        completer.activated.connect(lambda: self._finish(editor))
        editor.setCompleter(completer)
        # The list is a window of its own and would not take over the viewer's theme.
        completer.popup().setStyleSheet(parent.window().styleSheet())
        return editor

    def _finish(self, editor: QLineEdit) -> None:
        self.commitData.emit(editor)
        self.closeEditor.emit(editor)
