"""The keys of the merge dock, in a window of its own."""

from __future__ import annotations

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QLabel, QScrollArea, QVBoxLayout, QWidget

#: Keys of the upper part; "Ctrl" is Cmd on a Mac.
KEYS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    (
        "Merging",
        (
            ("G", "Merge the selected classes"),
            ("S", "Split into clusters"),
            ("Shift+S", "Split in two, by the merge tree"),
            ("Shift+M", "Move a cluster to another class"),
            ("Ctrl+Z", "Undo"),
            ("Ctrl+Y", "Redo"),
        ),
    ),
    (
        "Naming",
        (
            ("1", "to 9: give the name on the button of that number"),
            ("F2", "Type a name"),
            ("N", "Name by clicking on the leaf; Esc ends"),
            ("M", "When asked: move only the cluster that was clicked"),
            ("R", "When asked: name the whole class"),
            ("Shift+C", "Colour"),
            ("Shift+N", "Note"),
        ),
    ),
    (
        "Finding and looking",
        (
            ("Ctrl+F", "Filter by name, cluster number or note; Esc lists all"),
            ("+", "Select the most similar class too"),
            ("Z", "Zoom to the selected classes"),
            ("V", "Hide or show the selected classes"),
            ("Shift+V", "Show only the selected classes, or all again"),
            ("Shift+F10", "Menu of the selected rows"),
            ("F1", "This list"),
        ),
    ),
)


class KeysSheet(QDialog):
    """Lists keys; those of the pages are given by the dock."""

    def __init__(self, pages: list[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys of the merge dock")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        groups = [*KEYS, ("Pages (Esc closes them)", tuple(pages))] if pages else list(KEYS)
        rows = []
        for title, keys in groups:
            rows.append(f"<tr><td colspan=2><br><b>{title}</b></td></tr>")
            rows += [
                f"<tr><td style='padding-right:14px'><b>{_native(key)}</b></td><td>{what}</td></tr>"
                for key, what in keys
            ]
        self.text = QLabel(
            "They work while the merge dock has the focus: click its table once. "
            "A click on the image selects a class; Ctrl or Shift adds to the selection."
            f"<table>{''.join(rows)}</table>"
        )
        self.text.setWordWrap(True)
        self.text.setTextFormat(Qt.TextFormat.RichText)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        area = QScrollArea()
        area.setWidget(self.text)
        area.setWidgetResizable(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(area)
        layout.addWidget(buttons)
        self.resize(540, 650)


def _native(key: str) -> str:
    return QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText)
