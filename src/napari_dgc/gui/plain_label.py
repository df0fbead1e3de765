"""Labels, tooltips and questions that show names as they are."""

from __future__ import annotations

import html

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel


def plain_label(text: str = "") -> QLabel:
    """Return a label for text with names of scans and classes in it.

    Qt takes a text for HTML as soon as it looks so, and names may hold anything.
    """
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    return label


def as_plain(text: str) -> str:
    """Return what a tooltip or a message box needs to show a text letter by letter.

    Neither can be told to expect plain text; a text without ``<`` is never taken for HTML.
    """
    if "<" not in text:
        return text
    return f"<p style='white-space:pre-wrap; margin:0'>{html.escape(text)}</p>"
