"""Naming by clicks on the leaf: choose a name once, then click what has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QMainWindow,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.class_actions import add_shortcut
from napari_dgc.gui.class_table import grouped
from napari_dgc.gui.plain_label import as_plain, plain_label

if TYPE_CHECKING:
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.class_table import ClassTableView
    from napari_dgc.gui.in_image import ImageSelection
    from napari_dgc.gui.name_buttons import NameButtons
    from napari_dgc.gui.session import Session
    from napari_dgc.partition import ClassInfo


class ClickNaming(QFrame):
    """A line that says what a click on the leaf will do, and asks where that is not clear.

    A class without a name gets the name as a whole; of a class with another name nobody can
    know whether all of it or the clicked cluster alone was meant.

    Parameters
    ----------
    session
        Holds the classes.
    edits
        Changes them; every click is one step.
    in_image
        Reports the clicks; its switch starts and ends the naming.
    table
        Has the keys in between.
    """

    def __init__(
        self,
        session: Session,
        edits: ClassEdits,
        in_image: ImageSelection,
        table: ClassTableView,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._edits = edits
        self._switch = in_image.name
        self._table = table
        self._names: NameButtons | None = None
        self._cluster = 0
        self._pixels: Callable[[ClassInfo], int] = lambda _info: 0
        #: Name that clicks give, or "" while none was chosen.
        self.chosen = ""
        self.text = plain_label()
        self.text.setWordWrap(True)
        self.move_one = QPushButton()
        self.rename = QPushButton()
        self.cancel = QPushButton("Cancel (Esc)")
        self._answers = QWidget()
        row = QHBoxLayout(self._answers)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        for button, act in (
            (self.move_one, self._move_one),
            (self.rename, self._rename),
            (self.cancel, self._settle),
        ):
            row.addWidget(button)
            button.clicked.connect(act)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addWidget(self.text)
        layout.addWidget(self._answers)
        add_shortcut(self, "M", self._move_one)
        add_shortcut(self, "R", self._rename)
        add_shortcut(self, "Esc", self._settle)
        # On the table alone: pages of the dock have an Esc of their own.
        self._escape = QShortcut(QKeySequence("Esc"), table)
        self._escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.end)
        # The same beside the canvas, for when that has the keys; napari's layers hide the
        # keys of the viewer.
        self._canvas_escape: QShortcut | None = None
        self._switch.toggled.connect(self._on_switch)
        in_image.named.connect(self._on_click)
        self.hide()

    def attach(self, names: NameButtons, pixels: Callable[[ClassInfo], int]) -> None:
        """Let buttons choose the name, and know how large classes are."""
        self._names = names
        self._pixels = pixels

    @property
    def on(self) -> bool:
        """Whether clicks name."""
        return bool(self._switch.isChecked())

    def toggle(self) -> None:
        """Start or end naming by clicks."""
        self._switch.toggle()

    def end(self) -> None:
        """Let clicks select again; a question that is open is put away first."""
        if self._cluster:
            self._settle()
        else:
            self._switch.setChecked(False)

    def take(self, name: str) -> bool:
        """Let clicks give this name; returns False where names are for the selection."""
        if self.on:
            self.chosen = name
            self._settle()
        return self.on

    def ask_name(self) -> bool:
        """Ask for a name that has no button; returns False where it is for the selection."""
        if self.on:
            name, given = QInputDialog.getText(
                self, "Name by clicking", "Name that clicks on the leaf give:"
            )
            if given and name.strip():
                self.take(" ".join(name.split()))
        return self.on

    def refresh(self) -> None:
        """Put a question away whose classes are other ones now."""
        if self._cluster:
            self._settle()

    def _on_switch(self, on: bool) -> None:
        self._escape.setEnabled(on)
        self._listen_at_canvas(on)
        if not on:
            self.chosen = ""
        self._settle()

    def _listen_at_canvas(self, on: bool) -> None:
        if self._canvas_escape is not None:
            self._canvas_escape.deleteLater()
            self._canvas_escape = None
        window = self.parentWidget()
        while window is not None and not isinstance(window, QMainWindow):
            window = window.parentWidget()
        if on and window is not None and window.centralWidget() is not None:
            self._canvas_escape = QShortcut(QKeySequence("Esc"), window.centralWidget())
            self._canvas_escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            self._canvas_escape.activated.connect(self.end)

    def _settle(self) -> None:
        """Put the question away and say what the next click does."""
        self._cluster = 0
        self._answers.hide()
        what = f"Click the leaf to name {self.chosen}" if self.chosen else "Choose a name"
        rest = "Esc ends." if self.chosen else "then click the leaf; Esc ends."
        self._say(f"{what}{';' if self.chosen else ','} {rest}")
        self.setVisible(self.on)
        if self._names is not None:
            self._names.set_naming(self.on, self.chosen)
        # So that digits choose the next name, and Esc ends.
        self._table.setFocus()

    def _say(self, text: str) -> None:
        self.text.setText(text)
        viewer = self._session.viewer
        if viewer is not None:
            viewer.help = text if self.on else ""

    # --------------------------------------------------------------- clicks

    def _on_click(self, cluster: int) -> None:
        partition = self._session.partition
        if partition is None or not 1 <= cluster <= partition.clusters:
            return
        info = partition.class_of(cluster)
        self._settle()
        if not self.chosen:
            return
        if not info.name:
            self._join(info.members)
        elif info.name.casefold() == self.chosen.casefold():
            self._say(f"That is {info.name} already. Click the leaf to name {self.chosen}.")
        else:
            self._ask(cluster, info)

    def _ask(self, cluster: int, info: ClassInfo) -> None:
        self._cluster = cluster
        several = len(info.members) > 1
        pixels = grouped(self._pixels(info))
        held = f"in “{info.name}” ({len(info.members)} clusters, {pixels} px)"
        held = held if several else f"named “{info.name}” ({pixels} px)"
        self._say(f"Cluster {cluster} is {held}. Name it “{self.chosen}”?")
        self.move_one.setText(f"Only cluster {cluster} (M)" if several else "Name it (M)")
        self.move_one.setToolTip(as_plain(f"Move cluster {cluster} alone to “{self.chosen}”"))
        self.rename.setText("Whole class (R)")
        self.rename.setToolTip(as_plain(f"Give all of “{info.name}” the name “{self.chosen}”"))
        self.rename.setVisible(several)
        self._answers.show()
        self.move_one.setFocus()

    def _move_one(self) -> None:
        if self._cluster:
            self._join((self._cluster,))

    def _rename(self) -> None:
        partition = self._session.partition
        if self._cluster and partition is not None:
            self._join(partition.class_of(self._cluster).members)

    def _join(self, clusters: tuple[int, ...]) -> None:
        partition, name = self._session.partition, self.chosen
        self._settle()
        if partition is None:
            return
        info = partition.class_of(clusters[0])
        if info.members == clusters and not partition.named({name}):
            self._edits.rename(info.number, name)  # keeps its note
        else:
            self._edits.join_named(clusters, name)
