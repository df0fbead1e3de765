"""What is tried, how far it is, and what is said about it."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.clustering.choice import LEAST, METHOD_TITLES, MOST, USUAL
from napari_dgc.gui.calm_boxes import CalmComboBox, CalmSpinBox


class ChoiceForm(QWidget):
    """Method, numbers, the button that starts and stops, a bar, and a line of words."""

    def __init__(self) -> None:
        super().__init__()
        self._warning = "orange"
        self.method = CalmComboBox()
        for name, title in METHOD_TITLES.items():
            self.method.addItem(title, name)
        self.method.setToolTip("How clusters are found while numbers are tried.")
        self.low, self.high = CalmSpinBox(), CalmSpinBox()
        for box, value in zip((self.low, self.high), USUAL, strict=True):
            box.setRange(LEAST, MOST)
            box.setValue(value)
            box.setToolTip(f"Numbers of clusters to try, {LEAST} to {MOST}.")
        self.measure = QPushButton("Measure")
        self.measure.setMinimumHeight(30)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.hide()
        self.status = lines()
        self.status.setTextFormat(Qt.TextFormat.PlainText)  # names of scans, in errors
        numbers = QHBoxLayout()
        numbers.addWidget(self.low, 1)
        numbers.addWidget(QLabel("to"))
        numbers.addWidget(self.high, 1)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.addRow("Method", self.method)
        form.addRow("Numbers", numbers)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(form)
        for part in (self.measure, self.bar, self.status):
            layout.addWidget(part)

    @property
    def numbers(self) -> range:
        """Numbers to try; empty where the first is larger than the last."""
        return range(self.low.value(), self.high.value() + 1)

    def set_theme(self, theme: Any) -> None:
        """Take the colours of a napari theme."""
        self._warning = theme.warning.as_hex()
        self.bar.setStyleSheet(
            f"QProgressBar::chunk {{ background-color: {theme.current.as_hex()}; }}"
        )

    def refresh(self, busy: bool, training: bool, scans: int) -> None:
        """Say what the button does now; without scans, in training or with no numbers nothing."""
        self.measure.setText("Stop" if busy else "Measure")
        self.measure.setEnabled(busy or (scans > 0 and not training and bool(self.numbers)))
        self.measure.setToolTip(
            "Stop soon; what was measured is kept."
            if busy
            else "Numbers are tried once training has ended or was stopped."
            if training
            else "Try the numbers on the checked scans."
        )
        for part in (self.method, self.low, self.high):
            part.setEnabled(not busy)
        self.bar.setVisible(busy)

    def say(self, sentence: str, wrong: bool = False) -> None:
        """Say something, as a warning where it is `wrong`."""
        self.status.setText(sentence)
        self.status.setStyleSheet(f"color: {self._warning};" if wrong else "")

    def show_progress(self, share: float | None) -> None:
        """Fill the bar, or let it move where nobody knows how far the work is."""
        self.bar.setRange(0, 0 if share is None else 1000)
        if share is not None:
            self.bar.setValue(round(1000 * share))


def lines() -> QLabel:
    """Make a label of several lines that never widens the dock."""
    label = QLabel()
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label
