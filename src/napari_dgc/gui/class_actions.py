"""Buttons and keys that act on the selected classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import (
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from napari_dgc.gui.icons import icon
from napari_dgc.gui.plain_label import as_plain
from napari_dgc.partition import ClassInfo

if TYPE_CHECKING:
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.session import Session


def _key(*keys: str) -> str:
    return " or ".join(
        QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys
    )


def add_shortcut(owner: QWidget, key: str, action: Callable[[], object]) -> None:
    """Bind a key that works while the focus is inside `owner`, and nowhere else."""
    shortcut = QShortcut(QKeySequence(key), owner)
    shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    shortcut.activated.connect(action)


def _tool_button(text: str) -> QToolButton:
    """Make a button with an icon above its name."""
    button = QToolButton()
    button.setText(text)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return button


def button_style(theme: Any) -> str:
    """Let icon buttons look like buttons in a napari theme, and show what is switched on."""
    return (
        "QToolButton {"
        f" background: {theme.primary.as_hex('long')}; border-radius: 3px; padding: 2px; }}"
        f" QToolButton:hover {{ background: {theme.secondary.as_hex('long')}; }}"
        f" QToolButton:disabled {{ background: {theme.foreground.as_hex('long')}; }}"
        f" QToolButton:checked {{ background: {theme.current.as_hex('long')}; }}"
        " QPushButton { padding: 3px 4px; }"
        # Without it the box of an unticked row is black on black.
        f" QTreeView::indicator:unchecked {{ border: 1px solid {theme.icon.as_hex('long')}; }}"
        " QHeaderView::section { padding: 2px 3px; }"
    )


class EditButtons(QWidget):
    """Merge, split, undo, redo and suggest: enabled when they can do something, and saying what.

    Parameters
    ----------
    session
        Whose classes are edited.
    edits
        Does what the buttons say.
    selected
        Asked for the selected classes.
    owner
        Keys work while the focus is inside this widget.
    """

    def __init__(
        self,
        session: Session,
        edits: ClassEdits,
        selected: Callable[[], Sequence[ClassInfo]],
        owner: QWidget,
    ) -> None:
        super().__init__(owner)
        self._session = session
        self._edits = edits
        self._selected = selected
        self.merge = _tool_button("Merge")
        self.split = _tool_button("Split")
        self.undo = _tool_button("Undo")
        self.redo = _tool_button("Redo")
        #: What it does is up to the owner.
        self.suggest = _tool_button("Suggest")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        for button in (self.merge, self.split, self.undo, self.redo, self.suggest):
            layout.addWidget(button)
        for button, action, keys in (
            (self.merge, self._merge, ("G",)),
            (self.split, self._split, ("S",)),
            (self.undo, edits.undo, ("Ctrl+Z",)),
            (self.redo, edits.redo, ("Ctrl+Y", "Ctrl+Shift+Z")),
        ):
            button.clicked.connect(action)
            for key in keys:
                add_shortcut(owner, key, action)

    def _merge(self) -> None:
        self._edits.merge(self._selected())

    def _split(self) -> None:
        self._edits.split(self._selected())

    def set_icons(self, colour: str) -> None:
        """Draw the icons in a colour of the theme."""
        self.merge.setIcon(icon("merge", colour))
        self.split.setIcon(icon("split", colour))
        self.undo.setIcon(icon("undo", colour))
        self.redo.setIcon(icon("redo", colour))
        self.suggest.setIcon(icon("suggest", colour))

    def refresh(self, selected: Sequence[ClassInfo]) -> None:
        """Enable what makes sense for the session now and a selection."""
        several = len(selected) >= 2
        self.merge.setEnabled(several)
        self.merge.setToolTip(
            f"Merge the {len(selected)} selected classes into one ({_key('G')})"
            if several
            else f"Select two or more classes, then merge them into one ({_key('G')})"
        )
        splittable = any(len(info.members) > 1 for info in selected)
        self.split.setEnabled(splittable)
        self.split.setToolTip(
            "Take the selected classes apart into their fine clusters (S)"
            if splittable
            else "Select a class of several clusters to take it apart (S)"
        )
        history = self._session.history
        undo = None if history is None else history.undo_title
        redo = None if history is None else history.redo_title
        self.undo.setEnabled(undo is not None)
        self.redo.setEnabled(redo is not None)
        keys = _key("Ctrl+Z")
        self.undo.setToolTip(
            as_plain(f"Undo: {undo} ({keys})") if undo else f"Nothing to undo ({keys})"
        )
        keys = _key("Ctrl+Y", "Ctrl+Shift+Z")
        self.redo.setToolTip(
            as_plain(f"Redo: {redo} ({keys})") if redo else f"Nothing to redo ({keys})"
        )
        model = self._session.model
        ready = model is not None and model.summary is not None and not self._session.state.running
        self.suggest.setEnabled(ready)
        self.suggest.setToolTip(
            "Suggest which classes are background, healthy tissue and lesion, from their spectra "
            "and where they lie; look at the result, Undo takes it back"
            if ready
            else "Names can be suggested once training has ended or was stopped"
        )
