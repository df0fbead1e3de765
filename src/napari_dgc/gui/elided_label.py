"""A label of one line that tells in its tip what it has no room for."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from qtpy.QtCore import QSize, Qt
from qtpy.QtGui import QPainter
from qtpy.QtWidgets import QLabel, QSizePolicy, QWidget

if TYPE_CHECKING:
    from qtpy.QtGui import QPaintEvent, QResizeEvent


class ElidedLabel(QLabel):
    """Shows plain text on one line, cut with “…” where there is too little room.

    It takes any width it is given, so that long names do not push a dock wider.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str | None) -> None:
        """Show another text."""
        super().setText(text)
        self._tell_rest()

    @property
    def shown(self) -> str:
        """What there is room for."""
        metrics, room = self.fontMetrics(), self.contentsRect().width()
        return str(metrics.elidedText(self.text(), Qt.TextElideMode.ElideMiddle, room))

    def minimumSizeHint(self) -> QSize:
        """Ask for one line."""
        return QSize(0, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Tell anew what is cut."""
        super().resizeEvent(event)
        self._tell_rest()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw what there is room for."""
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(self.contentsRect(), flags, self.shown)

    def _tell_rest(self) -> None:
        # A tip would take a name that looks so for HTML.
        tip = f"<span>{html.escape(self.text())}</span>"
        self.setToolTip(tip if self.shown != self.text() else "")
