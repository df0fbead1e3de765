"""One button and key per name of the template in use, and a menu for all else about names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from qtpy.QtWidgets import QGridLayout, QMenu, QPushButton, QSizePolicy, QWidget

from napari_dgc.gui.class_actions import add_shortcut
from napari_dgc.gui.plain_label import as_plain
from napari_dgc.partition.template import PLANT_PATHOLOGY, NameTemplate, Role

#: Names that have a button and a digit; further ones stand in the menu.
_BUTTONS = 9
_ROLES = {
    Role.OUTSIDE: "not leaf",
    Role.LEAF: "leaf, not diseased",
    Role.DISEASED: "leaf, diseased",
}


class NameButtons(QWidget):
    """Buttons and digits that name classes.

    Parameters
    ----------
    assign
        Called with the name.
    other
        Called to ask for another name.
    owner
        Keys work while the focus is inside this widget.
    """

    def __init__(
        self, assign: Callable[[str], object], other: Callable[[], object], owner: QWidget
    ) -> None:
        super().__init__(owner)
        self._assign = assign
        self._template: NameTemplate | None = None
        self._selected, self._naming = False, ""
        # Whether names are for clicks to come, not for the selection.
        self._always = False
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(3)
        self.buttons: dict[str, QPushButton] = {}
        #: What else can be done with names; more is added by whoever owns the templates.
        self.menu = QMenu(self)
        self._further = QMenu("Further names", self)
        self._typed = self.menu.addAction("Type another name…", other)
        self.menu.addMenu(self._further)
        self.other = _button("other …")
        self.other.setMenu(self.menu)
        self.other.setToolTip("Type another name (F2), or use other names on the buttons")
        for position in range(_BUTTONS):
            add_shortcut(owner, str(position + 1), partial(self._press, position))
        self.set_template(PLANT_PATHOLOGY)

    def set_template(self, template: NameTemplate) -> None:
        """Offer other names."""
        if template == self._template:
            return
        self._template = template
        for button in self.buttons.values():
            self._layout.removeWidget(button)
            # Not deleted at once: its own click may be what changed the names.
            button.hide()
            button.deleteLater()
        self.buttons = {}
        for position, entry in enumerate(template.names[:_BUTTONS]):
            button = _button(f"{position + 1}  {entry.name}")
            button.clicked.connect(partial(self._press, position))
            button.setCheckable(True)
            self._layout.addWidget(button, *divmod(position, 3))
            self.buttons[entry.name] = button
        self._layout.addWidget(self.other, *divmod(len(self.buttons), 3))
        self._further.clear()
        for entry in template.names[_BUTTONS:]:
            self._further.addAction(entry.name, partial(self._assign, entry.name))
        self._further.menuAction().setVisible(len(template.names) > _BUTTONS)
        self._show()

    def refresh(self, selected: bool) -> None:
        """Enable the names when something is selected, or is named by clicking."""
        self._selected = selected
        self._show()

    def set_naming(self, on: bool, name: str = "") -> None:
        """Mark the name that clicks on the image give."""
        self._naming = name
        self._always = on
        self._show()

    def _press(self, position: int, _checked: bool = False) -> None:
        names = list(self.buttons)
        if position < len(names):
            self._assign(names[position])
        self._show()

    def _show(self) -> None:
        usable = self._selected or self._always
        template = self._template or PLANT_PATHOLOGY
        for position, (name, button) in enumerate(self.buttons.items(), start=1):
            button.setEnabled(usable)
            button.setChecked(self._always and name == self._naming)
            to = (
                "Give clicks on the image the name" if self._always else "Name the selected classes"
            )
            what = f"{to} “{name}” ({_ROLES[template.role_of(name)]}); key {position}"
            button.setToolTip(as_plain(what if usable else f"Select a class first. {what}"))
        self._typed.setEnabled(usable)
        self._further.setEnabled(usable)


def _button(text: str) -> QPushButton:
    button = QPushButton(text)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return button
