"""The upper part of the merge dock: table of classes, its buttons, keys and clicks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QEvent, QObject, QTimer
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from napari_dgc.gui.class_actions import EditButtons, add_shortcut
from napari_dgc.gui.class_table import ClassTableModel, ClassTableView, FilterBox
from napari_dgc.gui.click_naming import ClickNaming
from napari_dgc.gui.elided_label import ElidedLabel
from napari_dgc.gui.in_image import ImageSelection
from napari_dgc.gui.keys_sheet import KeysSheet
from napari_dgc.gui.name_buttons import NameButtons
from napari_dgc.gui.name_templates import TemplateMenu
from napari_dgc.gui.row_actions import RowActions

if TYPE_CHECKING:
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.session import Session
    from napari_dgc.partition import ClassInfo, Partition


class ClassTools(QObject):
    """Makes the widgets that show and edit classes, and lets them know of each other.

    Parameters
    ----------
    session, edits
        Hold the classes and change them.
    owner
        The dock; keys work while the focus is inside it.
    """

    def __init__(self, session: Session, edits: ClassEdits, owner: QWidget) -> None:
        super().__init__(owner)
        self._session = session
        self._edits = edits
        self._owner = owner
        #: Pages of the dock and their keys, for the list of keys.
        self.page_keys: list[tuple[str, str]] = []
        self.in_image = ImageSelection(session)
        self.model = ClassTableModel(owner)
        self.table = ClassTableView(self.model, session.selection, self.in_image.hidden)
        self.table.setMinimumHeight(120)
        # The table takes what is left, so that Export stays in sight on a small screen.
        self.table.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.filter = FilterBox(self.table)
        self.buttons = EditButtons(session, edits, lambda: self.table.selected_classes, owner)
        self.naming = ClickNaming(session, edits, self.in_image, self.table)
        self.names = NameButtons(self.assign, self._other_name, owner)
        self.naming.attach(self.names, self._pixels)
        self.rows = RowActions(session, edits, self.table, owner)
        self.templates = TemplateMenu(session, edits, self.names.menu, owner)
        # Long names must not push the dock wider than the screen has room for.
        self.hint = ElidedLabel()
        self.help = QToolButton()
        self.help.setText("?")
        self.help.setToolTip("Keys of this dock (F1)")
        self.help.clicked.connect(self.show_keys)
        self.model.rename_requested.connect(edits.rename)
        self.model.recolour_requested.connect(edits.recolour)
        self.table.names.names = self._known_names
        for key, action in (
            ("N", self.naming.toggle),
            ("Ctrl+F", self.filter.open),
            ("F1", self.show_keys),
            ("?", self.show_keys),
        ):
            add_shortcut(owner, key, action)

        owner.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: D102
        # Without the dock there would be no eye to show a hidden class again, and no Esc.
        taken_out = event is not None and event.type() == QEvent.Type.ParentChange
        if taken_out and self._owner.parentWidget() is None:
            self.in_image.hidden.show_all()
            self.in_image.name.setChecked(False)
        return False

    def top_row(self, slider: QWidget) -> QHBoxLayout:
        """Lay out the slider and the switches beside it."""
        row = QHBoxLayout()
        row.addWidget(slider, 1)
        row.addWidget(self.in_image)
        row.addWidget(self.help)
        return row

    def add_table(self, layout: QVBoxLayout) -> None:
        """Lay out the table, its filter above and what clicks name below."""
        layout.addWidget(self.filter)
        layout.addWidget(self.table, 3)
        layout.addWidget(self.naming)

    def set_icons(self, colour: str) -> None:
        """Draw the icons in a colour of the theme."""
        self.buttons.set_icons(colour)
        self.in_image.set_icons(colour)
        self.table.set_icon_colour(colour)

    # --------------------------------------------------------------- showing

    def refresh(
        self,
        partition: Partition,
        counts: NDArray[np.int64],
        areas_mm2: NDArray[np.float64] | None,
    ) -> None:
        """Show classes (see `ClassTableModel.set_content`)."""
        figures: dict[str, Any] = {"areas_mm2": areas_mm2, "template": self.templates.template}
        self.table.set_content(partition, counts, **figures)
        self.filter.refresh()
        self.names.set_template(self.templates.template)
        self.naming.refresh()

    def show_selection(self, selected: tuple[ClassInfo, ...]) -> None:
        """Say what can be done with the selected classes."""
        self.hint.setText(_selection_text(selected))
        self.buttons.refresh(selected)
        self.names.refresh(bool(selected))
        self.in_image.set_selected(selected)

    def select(self, cluster: int, extend: bool = False) -> None:
        """Select the class of a fine cluster."""
        partition = self._session.partition
        if partition is not None and 1 <= cluster <= partition.clusters:
            self.table.select_clusters(partition.class_of(cluster).members, extend=extend)

    def show_keys(self) -> None:
        """List the keys."""
        KeysSheet(self.page_keys, self._owner.window()).show()

    # --------------------------------------------------------------- naming

    def assign(self, name: str) -> None:
        """Give the selected classes a name, or clicks to come where these name."""
        if not self.naming.take(name):
            self._edits.assign(name, self.table.selected_classes)

    def _other_name(self) -> None:
        if not self.naming.ask_name():
            # Once the menu is gone, which takes the keys with it.
            QTimer.singleShot(0, self.table, self.table.edit_selected_name)

    def _known_names(self) -> list[str]:
        """Names of the template, then those that classes have."""
        partition = self._session.partition
        given = () if partition is None else partition.classes
        names = [entry.name for entry in self.templates.template.names]
        return list(dict.fromkeys([*names, *(info.name for info in given if info.name)]))

    def _pixels(self, info: ClassInfo) -> int:
        rows = self.model.rows_touching(info.members)
        return sum(self.model.pixels(row) for row in rows)


def _selection_text(selected: tuple[ClassInfo, ...]) -> str:
    # Short: buttons of pages stand beside it.
    if not selected:
        return "Select rows or click the image"
    if len(selected) == 1:
        return f"Selected: {selected[0].title}"
    return f"{len(selected)} classes selected"
