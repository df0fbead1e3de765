"""How a class's colour, spectrum and visibility are painted and its name edited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
from qtpy.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter, QPen, QPolygonF
from qtpy.QtWidgets import (
    QCompleter,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from napari_dgc.gui.class_table.model import SPECTRUM_ROLE
from napari_dgc.gui.icons import icon
from napari_dgc.partition.partition import PRESET_NAMES

Index: TypeAlias = QModelIndex | QPersistentModelIndex


def _background(painter: QPainter, option: QStyleOptionViewItem) -> None:
    style = option.widget.style()
    style.drawPrimitive(
        QStyle.PrimitiveElement.PE_PanelItemViewItem, option, painter, option.widget
    )


class EyeDelegate(QStyledItemDelegate):
    """An eye where the class is shown in the image, a struck one where it is hidden."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.colour = "#808080"

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the selection background, then the eye."""
        _background(painter, option)
        shown = Qt.CheckState(index.data(Qt.ItemDataRole.CheckStateRole)) == Qt.CheckState.Checked
        side = min(option.rect.width(), option.rect.height()) - 6
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(option.rect).center())
        painter.save()
        painter.setOpacity(0.8 if shown else 0.5)
        icon("highlight" if shown else "hidden", self.colour).paint(painter, square.toRect())
        painter.restore()


class SparklineDelegate(QStyledItemDelegate):
    """The mean spectrum of the class as a small line in its colour."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the selection background, then the line."""
        _background(painter, option)
        heights = index.data(SPECTRUM_ROLE)
        colour = index.data(Qt.ItemDataRole.DecorationRole)
        if heights is None or not isinstance(colour, QColor):
            return
        place = QRectF(option.rect).adjusted(3, 4, -3, -4)
        # No more points than there are pixels to tell them apart.
        step = max(1, len(heights) // max(1, int(place.width())))
        heights = np.asarray(heights)[::step]
        across = np.linspace(place.left(), place.right(), max(len(heights), 2))
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(colour, 1.6))
        points: list[QPointF] = []
        for x, height in zip(across, heights, strict=False):
            if np.isfinite(height):
                points.append(QPointF(float(x), place.bottom() - float(height) * place.height()))
            elif points:
                painter.drawPolyline(QPolygonF(points))
                points = []
        if points:
            painter.drawPolyline(QPolygonF(points))
        painter.restore()


class SwatchDelegate(QStyledItemDelegate):
    """A rounded square in the class's colour; visible on selected rows too."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """Paint the selection background, then the swatch."""
        _background(painter, option)
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
    """A line editor that completes the names of the template.

    Parameters
    ----------
    parent
        The table.
    names
        Asked for the names when the editor opens.
    """

    def __init__(
        self, parent: QWidget, names: Callable[[], Sequence[str]] = lambda: PRESET_NAMES
    ) -> None:
        super().__init__(parent)
        self.names = names

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: Index) -> QWidget:
        """Make the editor."""
        editor = QLineEdit(parent)
        editor.setPlaceholderText("background, lesion, …")
        completer = QCompleter(list(self.names()), editor)
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
