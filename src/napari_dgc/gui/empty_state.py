"""What the merge dock says before there is anything to merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_dgc.gui.docking import TRAIN, enclosing_dock, open_dock

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_dgc.gui.session import Session

_OPEN = (
    "<p>Open a scan first: <b>File &gt; Open File(s)…</b> or drop it on the canvas, or take "
    "<b>File &gt; Open Sample &gt; napari-dgc</b>.</p>"
    "<p>Then train in the dock <b>DGC: train</b>.</p>"
)
_TRAIN = "<p>{scans} open. Next, find clusters in the dock <b>DGC: train</b>.</p>"
_THEN = (
    "<p>After that you merge the clusters that are the same thing here, name them, "
    "read the severity and export the maps.</p>"
)


class EmptyState(QWidget):
    """Next step in words, and a button that goes there."""

    def __init__(self, viewer: Viewer, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._session = session
        title = QLabel("<h3>No clusters yet</h3>")
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.button = QPushButton("Go to DGC: train")
        self.button.clicked.connect(self._go)
        layout = QVBoxLayout(self)
        layout.addWidget(title)
        layout.addWidget(self.text)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)

    def refresh(self) -> None:
        """Say the step that is next now."""
        number = len(self._session.scans)
        self.button.setVisible(number > 0)
        if self._session.state.running:
            self.text.setText("<p>Training has begun; the first clusters appear here soon.</p>")
        elif number:
            scans = "1 scan is" if number == 1 else f"{number} scans are"
            self.text.setText(_TRAIN.format(scans=scans) + _THEN)
        else:
            self.text.setText(_OPEN + _THEN)

    def _go(self) -> None:
        open_one = self.window().findChild(QWidget, TRAIN)
        dock = None if open_one is None else enclosing_dock(open_one)
        if dock is None:
            from napari_dgc.gui.train_dock import TrainDock

            dock = open_dock(self._viewer, TrainDock(self._viewer), "DGC: train")
        dock.show()
        dock.raise_()
