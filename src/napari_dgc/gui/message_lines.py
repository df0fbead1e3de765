"""The latest sentences for the user, one per line."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel

from napari_dgc.gui import messages

#: Messages that are kept.
MESSAGES = 4


class MessageLines(QLabel):
    """Shows the latest messages, in another colour when the last one is about a failure."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[str] = []
        #: Colour of failures.
        self.warning = "orange"
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)

    def say(self, sentence: str) -> None:
        """Add a sentence, unless it stands there."""
        if sentence not in self._lines:
            self._lines = [*self._lines, sentence][-MESSAGES:]
        self.setText("\n".join(self._lines))
        self.setStyleSheet("")

    def fail(self, sentence: str) -> None:
        """Add a sentence about a failure and show it as a notification, too."""
        self.say(sentence)
        self.setStyleSheet(f"color: {self.warning};")
        messages.show_error(sentence)

    def forget(self) -> None:
        """Be empty again."""
        self._lines.clear()
        self.clear()
        self.setStyleSheet("")
