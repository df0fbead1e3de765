"""Form with the parameters of one preprocessing step."""

from __future__ import annotations

from dataclasses import Field
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from napari_dgc.gui.calm_boxes import CalmComboBox, CalmDoubleSpinBox, CalmSpinBox
from napari_dgc.preprocessing.parameters import (
    Parameter,
    parameters,
    to_text,
    value_from_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from napari_dgc.preprocessing import Step


class StepForm(QWidget):
    """One row per parameter, with its unit, and its range in the tooltip.

    Parameters
    ----------
    step
        Class of the step.
    values
        What the form shows first, by name of the parameter; defaults otherwise.
    """

    #: A parameter was changed by the user.
    changed = Signal()

    def __init__(
        self, step: type[Step], values: Mapping[str, Any], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.step = step
        self.editors: dict[str, QWidget] = {}
        self._readers: dict[str, Callable[[], Any]] = {}
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        for item, said in parameters(step):
            editor = self._editor(item, said, values.get(item.name, item.default))
            editor.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            allowed = f" ({said.range_text})" if said.range_text else ""
            tip = f"{said.tip.removesuffix('.')}{allowed}."
            label = QLabel(said.title)
            for widget in (editor, label):
                widget.setToolTip(tip)
            self.editors[item.name] = editor
            form.addRow(label, editor)

    def values(self) -> dict[str, Any]:
        """Return what the form shows.

        Raises
        ------
        UserError
            A text is no list of ranges.
        """
        return {name: read() for name, read in self._readers.items()}

    def _editor(self, item: Field[Any], said: Parameter, value: Any) -> QWidget:
        name = item.name
        if said.choices:
            combo = CalmComboBox()
            combo.addItems(said.choices)
            combo.setCurrentText(value)
            combo.currentTextChanged.connect(self._on_changed)
            self._readers[name] = combo.currentText
            return combo
        if isinstance(item.default, tuple):
            line = QLineEdit(shown_text(value))
            line.setPlaceholderText("for example 450-700, 720-900 nm")
            line.textEdited.connect(self._on_changed)
            self._readers[name] = lambda: value_from_text(self.step, item, line.text())
            return line
        box: Any
        if isinstance(item.default, int):
            box = CalmSpinBox()
            box.setRange(int(said.least), int(said.most))
        else:
            box = CalmDoubleSpinBox()
            box.setDecimals(6)
            box.setRange(said.least, said.most)
        box.setValue(value)
        if said.unit:
            box.setSuffix(f" {said.unit}")
        box.valueChanged.connect(self._on_changed)
        self._readers[name] = box.value
        return box

    def _on_changed(self, *_: object) -> None:
        self.changed.emit()


def shown_text(value: Any) -> str:
    """Write a parameter as people do, ``"450-700, 720-900"``."""
    return to_text(value).replace("+", ", ")
