"""What scans go through before training: a list of steps that can be added and reordered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, QSize, Qt, Signal
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QMenu,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_dgc.errors import UserError
from napari_dgc.gui.icons import icon
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.gui.preprocessing_form import StepForm, shown_text
from napari_dgc.preprocessing import STEPS, Pipeline, Step
from napari_dgc.preprocessing.parameters import parameters

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer

_ROWS = 3


class PreprocessingSection(QCollapsible):
    """Steps in their order, with the parameters of the selected one below."""

    #: Steps were added, removed, moved or changed.
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Preprocessing", parent)
        self.setDuration(0)
        self.layout().setContentsMargins(0, 0, 0, 0)
        self._forms: list[StepForm] = []
        self.list = QListWidget()
        self.list.setToolTip("Done from top to bottom, before training and before labelling.")
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.add = QPushButton("Add step")
        self.add.setToolTip("Add a step after the selected one.")
        self.remove = _button("remove", "Remove the selected step.")
        self.up = _button("up", "Do the selected step earlier.")
        self.down = _button("down", "Do the selected step later.")
        self.menu = QMenu(self)
        self.menu.setToolTipsVisible(True)
        for name, step in STEPS.items():
            action = self.menu.addAction(step.title)
            action.setToolTip(step.tip)
            action.triggered.connect(lambda *_, name=name: self._on_add(name))
        self.add.setMenu(self.menu)
        self.hint = QLabel("No steps: scans are used as they are, which suits the default method.")
        self.hint.setWordWrap(True)
        self.about = QLabel()
        self.about.setWordWrap(True)
        self.problem = plain_label()
        self.problem.setWordWrap(True)
        self._lay_out()
        self.list.currentRowChanged.connect(self._show_selected)
        self.remove.clicked.connect(self._on_remove)
        self.up.clicked.connect(lambda: self._move(-1))
        self.down.clicked.connect(lambda: self._move(1))
        self._refresh(-1)

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.add, 1)
        for button in (self.remove, self.up, self.down):
            buttons.addWidget(button)
        inner = QWidget()
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 4)
        self._column.addWidget(self.hint)
        self._column.addWidget(self.list)
        self._column.addLayout(buttons)
        self._column.addWidget(self.about)
        self._column.addWidget(self.problem)
        self.list.setFixedHeight(_ROWS * 18 + 8)
        self.addWidget(inner)

    # ---------------------------------------------------------------- steps

    def pipeline(self) -> Pipeline | None:
        """Return the steps, or None when there are none.

        Raises
        ------
        UserError
            When the parameters of a step make no sense.
        """
        if not self._forms:
            return None
        return Pipeline(tuple(form.step(**form.values()) for form in self._forms))

    def set_steps(self, steps: Sequence[Step]) -> None:
        """Show other steps, such as those of a model that was loaded."""
        self._drop_forms()
        for step in steps:
            values = {item.name: getattr(step, item.name) for item, _ in parameters(step)}
            self._forms.append(self._form(type(step), values))
        self._refresh(0 if steps else -1)

    def wrap(self, make: Callable[[], Clusterer]) -> Callable[[], Clusterer]:
        """Let what `make` builds be trained on preprocessed scans.

        Raises
        ------
        UserError
            See `pipeline`.
        """
        pipeline = self.pipeline()
        if pipeline is None:
            return make

        def preprocessed() -> Clusterer:
            from napari_dgc.clustering.preprocessed import Preprocessed

            return Preprocessed(make(), pipeline)

        return preprocessed

    # --------------------------------------------------------------- clicks

    def _on_add(self, name: str) -> None:
        row = self.list.currentRow() + 1 if self._forms else 0
        self._forms.insert(row, self._form(STEPS[name], {}))
        self._refresh(row)
        self.changed.emit()

    def _on_remove(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._forms):
            self._forms.pop(row).deleteLater()
            self._refresh(min(row, len(self._forms) - 1))
            self.changed.emit()

    def _move(self, by: int) -> None:
        row = self.list.currentRow()
        self._forms[row], self._forms[row + by] = self._forms[row + by], self._forms[row]
        self._refresh(row + by)
        self.changed.emit()

    def _on_edited(self) -> None:
        self._refresh(self.list.currentRow())
        self.changed.emit()

    # -------------------------------------------------------------- showing

    def set_colours(self, text: str, warning: str) -> None:
        """Take colours of the viewer's theme (``#rrggbb``)."""
        for name in ("remove", "up", "down"):
            getattr(self, name).setIcon(icon(name, text))
        self.problem.setStyleSheet(f"color: {warning};")

    def _form(self, step: type[Step], values: dict[str, Any]) -> StepForm:
        form = StepForm(step, values)
        form.changed.connect(self._on_edited)
        form.hide()
        self._column.addWidget(form)
        return form

    def _drop_forms(self) -> None:
        for form in self._forms:
            form.deleteLater()
        self._forms.clear()

    def _refresh(self, row: int) -> None:
        with QSignalBlocker(self.list):
            self.list.clear()
            self.list.addItems([_line(number, form) for number, form in enumerate(self._forms, 1)])
            self.list.setCurrentRow(row)
        for number in range(self.list.count()):
            item = self.list.item(number)
            item.setToolTip(item.text())
        count = len(self._forms)
        said = {0: "none", 1: "1 step"}.get(count, f"{count} steps")
        self.setText(f"Preprocessing: {said}")
        self.hint.setVisible(not count)
        self.list.setVisible(bool(count))
        for button in (self.remove, self.up, self.down):
            button.setVisible(bool(count))
        try:
            self.pipeline()
        except UserError as error:
            self.problem.setText(str(error))
        else:
            self.problem.clear()
        self.problem.setVisible(bool(self.problem.text()))
        self._show_selected(row)

    def _show_selected(self, row: int) -> None:
        for number, form in enumerate(self._forms):
            form.setVisible(number == row)
        chosen = self._forms[row].step if 0 <= row < len(self._forms) else None
        self.about.setText("" if chosen is None else chosen.tip)
        self.about.setVisible(chosen is not None)
        self.remove.setEnabled(chosen is not None)
        self.up.setEnabled(row > 0)
        self.down.setEnabled(0 <= row < len(self._forms) - 1)


def _line(number: int, form: StepForm) -> str:
    """Describe a step in the list: its title and what differs from the default."""
    try:
        values = form.values()
    except UserError:
        values = {}
    changed = [
        f"{said.title.lower()} {shown_text(values[item.name])}"
        for item, said in parameters(form.step)
        if item.name in values and values[item.name] != item.default
    ]
    text = f"{number}  {form.step.title}"
    return f"{text}: {', '.join(changed)}" if changed else text


def _button(name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setToolTip(tip)
    button.setIcon(icon(name, "#808080"))
    button.setIconSize(QSize(14, 14))
    button.setFixedSize(30, 24)
    button.setObjectName(f"preprocessing_{name}")
    return button
