"""What the dock says while classes have no names that severity could be read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_dgc.gui.go_to import go_to_merge

if TYPE_CHECKING:
    from napari.viewer import Viewer

_TEXT = (
    "<p>Name a class <b>lesion</b> and one <b>healthy tissue</b>, in the dock <b>Merge "
    "clusters</b>: select it there and press 4 or 2, or let <b>Suggest</b> name what is clear.</p>"
    "<p>Lesions, leaves and their severity appear here then.</p>"
)


class NextStep(QWidget):
    """The step in words, and a button that goes there."""

    def __init__(self, viewer: Viewer, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = QLabel(_TEXT)
        self.text.setWordWrap(True)
        self.button = QPushButton("Go to Merge clusters")
        self.button.clicked.connect(lambda: go_to_merge(viewer, self))
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel("<h3>No lesions yet</h3>"))
        layout.addWidget(self.text)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)
