"""Labels that show names as they are."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel


def plain_label(text: str = "") -> QLabel:
    """Return a label for text with names of scans and classes in it.

    Qt takes a text for HTML as soon as it looks so, and names may hold anything.
    """
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label
