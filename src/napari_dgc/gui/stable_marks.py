"""Marks beneath the slider, at the numbers of classes that stand out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import QEvent, QPoint, QPointF, QSize, Qt, Signal
from qtpy.QtGui import QPainter, QPolygonF
from qtpy.QtWidgets import QSizePolicy, QSlider, QStyle, QStyleOptionSlider, QToolTip, QWidget

from napari_dgc.partition.recommended import Level

#: Height of a mark, and how far beside it a click may be, in pixels.
_HEIGHT, _REACH = 7, 6


def level_text(level: Level) -> str:
    """Say why a number of classes is stable."""
    if level.ratio >= 1000:
        return f"{level.classes} classes: stable (merges up to here cost next to nothing)"
    return f"{level.classes} classes: stable (the next merge costs {level.ratio:.1f}× the last)"


class StableMarks(QWidget):
    """Small triangles under the places of a slider; the most stable one is filled darkest.

    Parameters
    ----------
    slider
        The slider, which lies above in the same column.
    """

    #: The number of classes of a mark.
    clicked = Signal(int)

    def __init__(self, slider: QSlider) -> None:
        super().__init__()
        self._slider = slider
        self.levels: tuple[Level, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """Be as low as the marks."""
        return QSize(100, _HEIGHT + 2)

    def set_levels(self, levels: Sequence[Level]) -> None:
        """Mark these levels, the most stable one first."""
        self.levels = tuple(levels)
        self.update()

    def place_of(self, classes: int) -> int:
        """Return the horizontal place under the slider's handle for a number of classes."""
        slider = self._slider
        option = QStyleOptionSlider()
        slider.initStyleOption(option)
        option.sliderPosition = classes
        handle = slider.style().subControlRect(
            QStyle.ComplexControl.CC_Slider, option, QStyle.SubControl.SC_SliderHandle, slider
        )
        return int(self.mapFromGlobal(slider.mapToGlobal(handle.center())).x())

    def _level_at(self, x: int) -> Level | None:
        near = [(abs(self.place_of(level.classes) - x), level) for level in self.levels]
        away, level = min(near, key=lambda pair: pair[0], default=(_REACH + 1, None))
        return level if away <= _REACH else None

    def paintEvent(self, _event: Any) -> None:
        """Draw the marks."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        colour = self.palette().windowText().color()
        for rank, level in enumerate(self.levels):
            colour.setAlphaF(max(1 - 0.22 * rank, 0.3) if self.isEnabled() else 0.2)
            painter.setBrush(colour)
            x = float(self.place_of(level.classes))
            corners = [QPointF(x, 0), QPointF(x - 4, _HEIGHT), QPointF(x + 4, _HEIGHT)]
            painter.drawPolygon(QPolygonF(corners))
        painter.end()

    def mousePressEvent(self, event: Any) -> None:
        """Take the number of classes of a mark."""
        level = self._level_at(event.pos().x())
        if level is not None and event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(level.classes)

    def tip_at(self, place: QPoint) -> str:
        """Return what there is to say about a place."""
        level = self._level_at(place.x())
        return "" if level is None else level_text(level)

    def event(self, event: Any) -> bool:
        """Tell about the mark under the mouse."""
        if event.type() == QEvent.Type.ToolTip and self.tip_at(event.pos()):
            QToolTip.showText(event.globalPos(), self.tip_at(event.pos()), self)
            return True
        return bool(super().event(event))
