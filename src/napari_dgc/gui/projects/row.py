"""The line of the train dock about the project: its name, whether all is saved, its buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_dgc.gui.elided_label import ElidedLabel
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.projects.asking import open_where_asked, save_project, save_project_as
from napari_dgc.gui.projects.keeper import get_keeper

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session

_STEPS = 1000


class ProjectRow(QWidget):
    """Saves and opens the project of a session.

    Parameters
    ----------
    session
        What is saved.
    """

    #: A sentence for the user.
    said = Signal(str)
    #: The same where something went wrong.
    failed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._keeper = get_keeper(session)
        self._warning = "orange"
        self.state = ElidedLabel()
        self.open = QPushButton("Open…")
        self.open.setToolTip("Open a project with its scans, model, classes and history.")
        self.save = QPushButton("Save")
        self.save_as = QPushButton("Save as…")
        self.save_as.setToolTip("Save the project in another folder and go on with that one.")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(6)
        self.bar.setRange(0, _STEPS)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(self.state, 1)
        for button in (self.open, self.save, self.save_as):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        layout.addWidget(self.bar)
        self.open.clicked.connect(self._on_open)
        self.save.clicked.connect(self._on_save)
        self.save_as.clicked.connect(self._on_save_as)
        keeper = self._keeper
        keeper.changed.connect(self.refresh)
        keeper.progressed.connect(self._on_progressed)
        keeper.said.connect(self.said)
        keeper.failed.connect(self.failed)
        connect_while_alive(self, session.training_changed, self.refresh)
        self.refresh()

    def set_colours(self, bar: str, warning: str) -> None:
        """Take colours of the viewer's theme (``#rrggbb``)."""
        self.bar.setStyleSheet(f"QProgressBar::chunk {{ background-color: {bar}; }}")
        self._warning = warning
        self.refresh()

    def refresh(self) -> None:
        """Show where the project stands."""
        keeper, session = self._keeper, self._session
        project, busy, running = keeper.project, keeper.busy, session.state.running
        unsaved = keeper.unsaved
        name = "Project" if project is None else f"Project {project.folder.name}"
        if busy:
            self.state.setText(f"{name}: saving…")
        elif project is None:
            self.state.setText(f"{name}: not saved" if unsaved else name)
        else:
            self.state.setText(f"{name}: {'unsaved changes' if unsaved else 'saved'}")
        self.state.setStyleSheet(f"color: {self._warning};" if unsaved and not busy else "")
        something = bool(session.scans) or session.work is not None
        self.save.setText("Stop" if busy else "Save")
        self.save.setEnabled(busy or (something and not running))
        self.save.setToolTip(
            "Stop saving; the project stays as it was saved before."
            if busy
            else "Training runs; save when it is done."
            if running
            else "Save scans, model, epochs, classes with their history, and the view as a project."
            if something
            else "Open a scan first."
        )
        self.save_as.setEnabled(something and not running and not busy)
        self.open.setEnabled(not running and not busy)
        self.bar.setVisible(busy)

    def _on_open(self) -> None:
        open_where_asked(self._session, self)

    def _on_save(self) -> None:
        if self._keeper.busy:
            self._keeper.stop()
        else:
            save_project(self._session, self)

    def _on_save_as(self) -> None:
        save_project_as(self._session, self)

    def _on_progressed(self, share: float) -> None:
        self.bar.setValue(round(_STEPS * share))
