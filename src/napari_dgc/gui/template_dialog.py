"""Editor of a template of names."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import (
    QAbstractItemView,
    QColorDialog,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.errors import UserError
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.partition.palette import NAME_COLOURS, cluster_colour
from napari_dgc.partition.template import MOST_NAMES, NameTemplate, Role, TemplateName

_NAME, _COLOUR, _ROLE = range(3)


class TemplateDialog(QDialog):
    """Table of names, colours and roles; emits `chosen` with a template when accepted."""

    chosen = Signal(object)

    def __init__(self, template: NameTemplate, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Names of classes")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.title = QLineEdit(template.title)
        self.table = QTableWidget(0, 3)
        self.table.setHorizontalHeaderLabels(["Name", "Colour", "Counts as"])
        self.table.verticalHeader().setDefaultSectionSize(28)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(_NAME, QHeaderView.ResizeMode.Stretch)
        for entry in template.names:
            self._insert(self.table.rowCount(), entry)
        self.table.selectRow(0)
        self.message = plain_label()
        self.message.setWordWrap(True)
        self.add = QPushButton("Add")
        self.remove = QPushButton("Remove")
        self.up = QPushButton("Up")
        self.down = QPushButton("Down")
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        about = QLabel(
            "The first nine names have the keys 1 to 9. Severity is the share of <i>diseased</i> "
            "pixels in all pixels that are <i>diseased</i> or <i>leaf</i>."
        )
        about.setWordWrap(True)
        top = QHBoxLayout()
        top.addWidget(QLabel("Template"))
        top.addWidget(self.title, 1)
        row = QHBoxLayout()
        for button, act in (
            (self.add, self._add),
            (self.remove, self._remove),
            (self.up, lambda: self._shift(-1)),
            (self.down, lambda: self._shift(1)),
        ):
            button.clicked.connect(act)
            # Enter in a field must not press one of these.
            button.setAutoDefault(False)
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.addLayout(top)
        layout.addWidget(about)
        layout.addWidget(self.table, 1)
        layout.addLayout(row)
        layout.addWidget(self.message)
        layout.addWidget(self.buttons)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self.resize(460, 440)

    def template(self) -> NameTemplate:
        """Return what stands in the table; raises UserError where that is no template."""
        names = tuple(self._entry(row) for row in range(self.table.rowCount()))
        return NameTemplate(self.title.text().strip() or "Names", names)

    def accept(self) -> None:
        """Hand the template over, or say what is wrong with it."""
        try:
            template = self.template()
        except UserError as error:
            self.message.setText(str(error))
            return
        self.chosen.emit(template)
        super().accept()

    def _entry(self, row: int) -> TemplateName:
        item, roles = self.table.item(row, _NAME), self.table.cellWidget(row, _ROLE)
        role = roles.currentData() if isinstance(roles, QComboBox) else Role.OUTSIDE
        colour = self._colour_button(row).property("colour") or ""
        return TemplateName("" if item is None else item.text(), Role(role), str(colour))

    def _colour_button(self, row: int) -> QWidget:
        return self.table.cellWidget(row, _COLOUR)

    def _insert(self, row: int, entry: TemplateName | None) -> None:
        self.table.insertRow(row)
        self.table.setItem(row, _NAME, QTableWidgetItem("" if entry is None else entry.name))
        button = QPushButton()
        button.setAutoDefault(False)
        button.setToolTip("Choose the colour of this name")
        button.clicked.connect(lambda: self._ask_colour(button))
        colour = cluster_colour(row + 1)
        if entry is not None:
            colour = entry.colour or NAME_COLOURS.get(entry.name.casefold(), colour)
        _paint(button, colour)
        self.table.setCellWidget(row, _COLOUR, button)
        roles = QComboBox()
        for role in Role:
            roles.addItem(str(role), str(role))
        roles.setCurrentIndex(list(Role).index(Role.OUTSIDE if entry is None else entry.role))
        self.table.setCellWidget(row, _ROLE, roles)

    def _ask_colour(self, button: QPushButton) -> None:
        colour = QColorDialog.getColor(
            QColor(str(button.property("colour"))), self, "Colour of the name"
        )
        if colour.isValid():
            _paint(button, colour.name())

    def _add(self) -> None:
        if self.table.rowCount() >= MOST_NAMES:
            self.message.setText(f"A template has {MOST_NAMES} names at most.")
            return
        row = self.table.rowCount()
        self._insert(row, None)
        self.table.selectRow(row)
        self.table.editItem(self.table.item(row, _NAME))

    def _remove(self) -> None:
        row = self.table.currentRow()
        if row >= 0:
            self.table.removeRow(row)
            self.table.selectRow(min(row, self.table.rowCount() - 1))

    def _shift(self, step: int) -> None:
        row = self.table.currentRow()
        target = row + step
        if row < 0 or not 0 <= target < self.table.rowCount():
            return
        try:
            entry = self._entry(row)
        except UserError as error:
            self.message.setText(str(error))
            return
        self.table.removeRow(row)
        self._insert(target, entry)
        self.table.selectRow(target)


def _paint(button: QPushButton, colour: str) -> None:
    button.setProperty("colour", colour)
    button.setStyleSheet(f"QPushButton {{ background: {colour}; border-radius: 3px; }}")
    button.setAccessibleName(f"Colour {colour}")
