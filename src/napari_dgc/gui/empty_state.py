"""What the merge dock says before there is anything to merge."""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from napari_dgc.gui.go_to import go_to_train

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_dgc.gui.session import Session

#: First step of every dock that works on scans.
OPEN_A_SCAN = (
    "Open a scan first: File > Open File(s)…, or drop it on the canvas, or take "
    "File > Open Sample > napari-dgc."
)
_OPEN = (
    "<p>Open a scan first: <b>File &gt; Open File(s)…</b> or drop it on the canvas, or take "
    "<b>File &gt; Open Sample &gt; napari-dgc</b>.</p>"
    "<p>Then train in the dock <b>DGC: train</b>.</p>"
)
_TRAIN = "<p>{scans} open. Next, find clusters in the dock <b>DGC: train</b>.</p>"
_FIRST = "open a scan (<b>File &gt; Open File(s)…</b> or <b>Open Sample</b>), then "
_KEPT = (
    "<p>The clusters{names} are kept. To see them again, {first}press <b>Label scans</b> in the "
    "dock <b>DGC: train</b>.</p><p><b>Save model…</b> there keeps them for another day.</p>"
)
_THEN = (
    "<p>After that you merge the clusters that are the same thing here, name them, "
    "read the severity and export the maps.</p>"
)


class EmptyState(QWidget):
    """Next step in words, and a button that goes there."""

    def __init__(self, viewer: Viewer, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.title = QLabel()
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.button = QPushButton("Go to DGC: train")
        self.button.clicked.connect(lambda: go_to_train(viewer, self))
        layout = QVBoxLayout(self)
        layout.addWidget(self.title)
        layout.addWidget(self.text)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addStretch(1)

    def say(self, title: str, text: str) -> None:
        """Say something else, as plain text."""
        self.title.setText(f"<h3>{html.escape(title)}</h3>")
        self.text.setText(f"<p>{html.escape(text)}</p>")
        self.button.show()

    def refresh(self) -> None:
        """Say the step that is next now."""
        number = len(self._session.scans)
        partition = self._session.partition
        before = partition is not None and not self._session.state.running
        self.title.setText(f"<h3>{'No label map is open' if before else 'No clusters yet'}</h3>")
        self.button.setVisible(number > 0 or before)
        if before and partition is not None:
            names = ", ".join(dict.fromkeys(i.name for i in partition.classes if i.name))
            kept = f" and their names ({html.escape(names)})" if names else ""
            first = "" if number else _FIRST
            self.text.setText(_KEPT.format(first=first, names=kept))
        elif self._session.state.running:
            self.text.setText("<p>Training has begun; the first clusters appear here soon.</p>")
        elif number:
            scans = "1 scan is" if number == 1 else f"{number} scans are"
            self.text.setText(_TRAIN.format(scans=scans) + _THEN)
        else:
            self.text.setText(_OPEN + _THEN)
