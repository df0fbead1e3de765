"""Bold lines above the parts of a dock."""

from qtpy.QtWidgets import QLabel


def heading(text: str) -> QLabel:
    """Make a bold line above a part of a dock."""
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label
