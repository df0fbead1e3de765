"""Buttons and keys that act on the selected classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QToolButton, QWidget

from napari_dgc.partition import ClassInfo, History
from napari_dgc.partition.partition import DISEASED_NAMES, LEAF_NAMES, PRESET_NAMES


def _key(*keys: str) -> str:
    return " or ".join(
        QKeySequence(key).toString(QKeySequence.SequenceFormat.NativeText) for key in keys
    )


def add_shortcut(owner: QWidget, key: str, action: Callable[[], object]) -> None:
    """Bind a key that works while the focus is inside `owner`, and nowhere else."""
    shortcut = QShortcut(QKeySequence(key), owner)
    shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
    shortcut.activated.connect(action)


def tool_button(text: str, tip: str) -> QToolButton:
    """Make a button with an icon above its name."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return button


def toggle_button(tip: str) -> QToolButton:
    """Make a small button that is on or off; on at first."""
    button = QToolButton()
    button.setCheckable(True)
    button.setChecked(True)
    button.setToolTip(tip)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button


def heading(text: str) -> QLabel:
    """Make a bold line above a part of a dock."""
    label = QLabel(text)
    font = label.font()
    font.setBold(True)
    label.setFont(font)
    return label


def button_style(theme: Any) -> str:
    """Let icon buttons look like buttons in a napari theme, and show what is switched on."""
    return (
        "QToolButton {"
        f" background: {theme.primary.as_hex('long')}; border-radius: 3px; padding: 2px; }}"
        f" QToolButton:hover {{ background: {theme.secondary.as_hex('long')}; }}"
        f" QToolButton:disabled {{ background: {theme.foreground.as_hex('long')}; }}"
        f" QToolButton:checked {{ background: {theme.current.as_hex('long')}; }}"
        " QPushButton { padding: 3px 4px; }"
        " QHeaderView::section { padding: 2px 3px; }"
    )


class EditButtons:
    """Merge, split, undo and redo: enabled when they can do something, and saying what."""

    def __init__(self) -> None:
        self.merge = tool_button("Merge", "")
        self.split = tool_button("Split", "")
        self.undo = tool_button("Undo", "")
        self.redo = tool_button("Redo", "")

    def refresh(self, history: History | None, selected: Sequence[ClassInfo]) -> None:
        """Enable what makes sense for a history and a selection."""
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
        undo = None if history is None else history.undo_title
        redo = None if history is None else history.redo_title
        self.undo.setEnabled(undo is not None)
        self.redo.setEnabled(redo is not None)
        keys = _key("Ctrl+Z")
        self.undo.setToolTip(f"Undo: {undo} ({keys})" if undo else f"Nothing to undo ({keys})")
        keys = _key("Ctrl+Y", "Ctrl+Shift+Z")
        self.redo.setToolTip(f"Redo: {redo} ({keys})" if redo else f"Nothing to redo ({keys})")


class NameButtons(QWidget):
    """One button per name with a meaning for severity, and one for any other name."""

    def __init__(
        self, assign: Callable[[str], object], other: Callable[[], object], parent: QWidget
    ) -> None:
        super().__init__(parent)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        self.buttons: dict[str, QPushButton] = {}
        for position, name in enumerate(PRESET_NAMES):
            button = self._add(f"{position + 1}  {name}", layout, position)
            button.clicked.connect(lambda _=False, chosen=name: assign(chosen))
            self.buttons[name] = button
        self.other = self._add("other …", layout, len(PRESET_NAMES))
        self.other.clicked.connect(other)
        self.refresh(False)

    def _add(self, text: str, layout: QGridLayout, position: int) -> QPushButton:
        button = QPushButton(text)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout.addWidget(button, *divmod(position, 3))
        return button

    def refresh(self, selected: bool) -> None:
        """Enable the names when something is selected."""
        for position, (name, button) in enumerate(self.buttons.items(), start=1):
            button.setEnabled(selected)
            counts = "leaf, diseased" if name in DISEASED_NAMES else "leaf, not diseased"
            counts = counts if name in LEAF_NAMES else "not leaf"
            what = f"Name the selected classes “{name}” ({counts}); key {position}"
            button.setToolTip(what if selected else f"Select a class first. {what}")
        self.other.setEnabled(selected)
        self.other.setToolTip("Type another name for the selected class (F2)")
