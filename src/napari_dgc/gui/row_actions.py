"""What can be done with the selected rows of the class table: menu and keys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QColor, QIcon, QPixmap
from qtpy.QtWidgets import QInputDialog, QMenu, QWidget

from napari_dgc.gui.class_actions import add_shortcut

if TYPE_CHECKING:
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.class_table import ClassTableView
    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.partition import ClassInfo

#: Share of the canvas that a class fills which is zoomed to, and the smallest piece shown.
_FILL = 0.8
_LEAST = 16.0


class RowActions:
    """Edits and ways of looking for the selected classes.

    Parameters
    ----------
    session, edits
        Hold the classes and change them.
    table
        Its selection is acted on; gets a context menu.
    owner
        Keys work while the focus is inside this widget.
    """

    def __init__(
        self, session: Session, edits: ClassEdits, table: ClassTableView, owner: QWidget
    ) -> None:
        self._session = session
        self._edits = edits
        self._table = table
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._open_menu)
        for key, action in (
            ("Shift+S", self.split_in_two),
            ("V", self.toggle_visible),
            ("Shift+V", self.show_only),
            ("Z", self.zoom),
            ("+", self.select_similar),
            ("Shift+M", self._open_moves),
            ("Shift+C", self.colour),
            ("Shift+N", self.note),
        ):
            add_shortcut(owner, key, action)

    # ---------------------------------------------------------------- menus

    def menu(self) -> QMenu:
        """Return the menu for the selected rows."""
        selected = self._table.selected_classes
        menu = QMenu(self._table)
        one = selected[0] if len(selected) == 1 else None
        splittable = [info for info in selected if len(info.members) > 1]
        partition = self._session.partition
        tree = partition is not None and partition.tree is not None

        def add(text: str, keys: str, action: Callable[[], object], enabled: bool) -> None:
            menu.addAction(f"{text}\t{keys}" if keys else text, action).setEnabled(enabled)

        add("Merge", "G", lambda: self._edits.merge(selected), len(selected) > 1)
        namesakes = self._namesakes()
        if len(namesakes) > 1:
            text = f"Merge the {len(namesakes)} classes named “{namesakes[0].name}”"
            add(text.replace("&", "&&"), "", lambda: self._edits.merge(namesakes), True)
        add("Split into clusters", "S", lambda: self._edits.split(selected), bool(splittable))
        in_two = one is not None and bool(splittable) and tree
        add("Split in two", "Shift+S", self.split_in_two, in_two)
        moves = self.moves_menu()
        moves.setTitle("Move cluster to class")
        moves.setEnabled(one is not None)
        menu.addMenu(moves)
        menu.addSeparator()
        add("Rename", "F2", self._table.edit_selected_name, one is not None)
        add("Colour…", "Shift+C", self.colour, one is not None)
        reset = any(info.colour for info in selected)
        add("Reset colour", "", self.reset_colour, reset)
        add("Note…", "Shift+N", self.note, one is not None)
        menu.addSeparator()
        add("Select similar", "+", self.select_similar, self._can_compare() and bool(selected))
        add("Zoom to it", "Z", self.zoom, bool(selected))
        add("Hide or show", "V", self.toggle_visible, bool(selected))
        add("Show only this, or all", "Shift+V", self.show_only, bool(selected))
        return menu

    def moves_menu(self) -> QMenu:
        """Return a menu of classes to move clusters of the selected class to."""
        menu = QMenu(self._table)
        selected, partition = self._table.selected_classes, self._session.partition
        if len(selected) != 1 or partition is None:
            return menu
        (info,) = selected
        if len(info.members) == 1:
            self._add_targets(menu, info, info.members)
            return menu
        for cluster in info.members:
            self._add_targets(menu.addMenu(f"Cluster {cluster}"), info, (cluster,))
        return menu

    def _add_targets(self, menu: QMenu, info: ClassInfo, clusters: tuple[int, ...]) -> None:
        partition = self._session.partition
        others = () if partition is None else partition.classes
        named_first = sorted(others, key=lambda other: (not other.name, other.number))
        for other in named_first:
            if other.number != info.number:
                action = menu.addAction(
                    other.title, partial(self._edits.move, clusters, other.number)
                )
                action.setIcon(_swatch(other.shown_colour))
        if len(info.members) > 1:
            menu.addSeparator()
            menu.addAction("A new class", partial(self._edits.move, clusters, 0))

    def _open_menu(self, where: QPoint) -> None:
        if self._table.selected_classes:
            self.menu().popup(self._table.viewport().mapToGlobal(where))

    def _open_moves(self) -> None:
        menu = self.moves_menu()
        if not menu.isEmpty():
            index = self._table.currentIndex()
            below = self._table.visualRect(index).bottomLeft()
            menu.popup(self._table.viewport().mapToGlobal(below))

    # ---------------------------------------------------------------- edits

    def _one(self) -> ClassInfo | None:
        selected = self._table.selected_classes
        return selected[0] if len(selected) == 1 else None

    def _namesakes(self) -> tuple[ClassInfo, ...]:
        """Return the classes that have the one name of the selected ones."""
        partition = self._session.partition
        names = {info.name for info in self._table.selected_classes}
        if partition is None or len(names) != 1 or "" in names:
            return ()
        return tuple(info for info in partition.classes if info.name in names)

    def split_in_two(self) -> None:
        """Take back the last merge inside the selected class."""
        info = self._one()
        if info is not None:
            self._edits.split_in_two(info.number)

    def colour(self) -> None:
        """Ask for the colour of the selected class."""
        info = self._one()
        if info is not None:
            self._table.ask_colour(info)

    def reset_colour(self) -> None:
        """Let the selected classes have their usual colours."""
        self._edits.reset_colours(
            info.number for info in self._table.selected_classes if info.colour
        )

    def note(self) -> None:
        """Ask for a note on the selected class."""
        info = self._one()
        if info is not None:
            text, given = QInputDialog.getMultiLineText(
                self._table, "Note", f"Note on {info.title}:", info.note
            )
            if given:
                self._edits.note(info.number, text)

    # -------------------------------------------------------------- looking

    def toggle_visible(self) -> None:
        """Hide the selected classes in the image, or show them again."""
        self._table.hidden.toggle(self._table.selected_classes)

    def show_only(self) -> None:
        """Hide all other classes, or show all again."""
        partition = self._session.partition
        if partition is not None and self._table.selected_classes:
            self._table.hidden.only(self._table.selected_classes, partition)
        else:
            self._table.hidden.show_all()

    def _can_compare(self) -> bool:
        partition, model = self._session.partition, self._session.model
        summary = None if model is None else model.summary
        return (
            partition is not None
            and summary is not None
            and summary.n_clusters == partition.clusters
        )

    def select_similar(self) -> None:
        """Add the class that is most like the selected ones to the selection."""
        from napari_dgc.partition.candidates import merge_candidates

        partition, model = self._session.partition, self._session.model
        selected = self._table.selected_classes
        if partition is None or model is None or model.summary is None or not selected:
            return
        if not self._can_compare():
            return
        held = {info.number for info in selected}
        found = [
            (candidate.cost, candidate.number)
            for number in held
            for candidate in merge_candidates(model.summary, partition, number)
            if candidate.number not in held and np.isfinite(candidate.cost)
        ]
        if found:
            _, number = min(found)
            self._table.select_clusters(partition.class_of(number).members, extend=True)

    def zoom(self) -> None:
        """Show the selected classes in the scan where they are largest."""
        viewer = self._session.viewer
        members = [member for info in self._table.selected_classes for member in info.members]
        best: tuple[int, Scan] | None = None
        for scan in self._session.labelled:
            if scan.fine is None or scan.labels is None:
                continue
            count = int(np.isin(scan.fine, members).sum())
            if count and (best is None or count > best[0]):
                best = (count, scan)
        if viewer is None or best is None:
            return
        labels, fine = best[1].labels, best[1].fine
        if labels is None or fine is None:
            return
        rows, columns = np.nonzero(np.isin(fine, members))
        first = np.array(labels.data_to_world((rows.min() - 0.5, columns.min() - 0.5))[-2:])
        last = np.array(labels.data_to_world((rows.max() + 0.5, columns.max() + 0.5))[-2:])
        size = np.maximum(np.abs(last - first), _LEAST * np.abs(np.array(labels.scale[-2:])))
        viewer.camera.center = (0.0, *(float(value) for value in (first + last) / 2))
        canvas = np.array(viewer.canvas.size, float)
        viewer.camera.zoom = float(np.min(_FILL * canvas / size))


def _swatch(colour: str) -> QIcon:
    pixmap = QPixmap(12, 12)
    pixmap.fill(QColor(colour))
    return QIcon(pixmap)
