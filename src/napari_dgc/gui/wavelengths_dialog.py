"""Giving a cube the wavelengths that its file does not tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QRadioButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.wavelengths import parse_wavelengths, read_wavelengths
from napari_dgc.errors import UserError
from napari_dgc.gui.calm_boxes import CalmDoubleSpinBox
from napari_dgc.words import counted

Wavelengths = tuple[NDArray[np.float64], str | None]

_UNITS = {"nm": "nm", "um": "µm", "cm-1": "cm⁻¹"}


def ask_wavelengths(cube: HyperCube, parent: QWidget | None) -> Wavelengths | None:
    """Ask for the wavelengths of a cube's bands; None when the dialog was cancelled."""
    dialog = WavelengthsDialog(cube, parent)
    return dialog.chosen if dialog.exec() else None


class WavelengthsDialog(QDialog):
    """First and last band, a file, or a typed list with one wavelength per band.

    Parameters
    ----------
    cube
        What the wavelengths are for.
    parent
        Window that the dialog belongs to.
    """

    def __init__(self, cube: HyperCube, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Wavelengths of {cube.name}")
        self._bands = cube.n_bands
        self._from_file: NDArray[np.float64] | None = None
        self._file_problem = (
            "Choose a text or CSV file with one wavelength per band, or an ENVI header."
        )
        self.even = QRadioButton("Evenly spaced")
        self.by_file = QRadioButton("From a file")
        self.typed = QRadioButton("Typed or pasted")
        self.first, self.last = self._spin(400.0), self._spin(1000.0)
        self.file = QPushButton("Choose…")
        self.file.setToolTip("Text or CSV with one wavelength per band, or an ENVI header.")
        self.text = QTextEdit()
        self.text.setPlaceholderText("400.0, 402.5, 405.0 …")
        self.text.setAcceptRichText(False)
        self.text.setTabChangesFocus(True)
        self.text.setFixedHeight(5 * self.text.fontMetrics().lineSpacing())
        self.unit = QComboBox()
        for unit, shown in _UNITS.items():
            self.unit.addItem(shown, unit)
        self.note = QLabel()
        self.note.setWordWrap(True)
        self.note.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.note.setMinimumHeight(2 * self.note.fontMetrics().lineSpacing())
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        self._lay_out()
        self._show_known(cube)
        self.even.setChecked(True)
        for button in (self.even, self.by_file, self.typed):
            button.toggled.connect(self._refresh)
        for box in (self.first, self.last):
            box.valueChanged.connect(self._refresh)
        self.unit.activated.connect(self._refresh)
        self.file.clicked.connect(self._on_file)
        self.text.textChanged.connect(self._on_typed)
        self._refresh()

    @property
    def chosen(self) -> Wavelengths:
        """Centre of each band and the unit."""
        return self._values(), str(self.unit.currentData())

    def take_file(self, path: Path) -> None:
        """Read the wavelengths from a file and say what came of it."""
        self._from_file, self._file_problem = None, ""
        try:
            values, unit = read_wavelengths(path)
            self._refuse_other_count(values, path.name)
            self._from_file = values
            self._show_unit(unit)
        except UserError as error:
            self._file_problem = str(error).replace(str(path), path.name)
        self.file.setText(path.name if len(path.name) <= 32 else f"{path.name[:30]}…")
        self.by_file.setChecked(True)
        self._refresh()

    # ------------------------------------------------------------- building

    def _lay_out(self) -> None:
        ends = QHBoxLayout()
        for words, box in (("first band", self.first), ("last band", self.last)):
            ends.addWidget(QLabel(words))
            ends.addWidget(box)
        ends.addStretch()
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.addWidget(self.even, 0, 0)
        grid.addLayout(ends, 0, 1)
        grid.addWidget(self.by_file, 1, 0)
        grid.addWidget(self.file, 1, 1, Qt.AlignmentFlag.AlignLeft)
        grid.addWidget(self.typed, 2, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self.text, 2, 1)
        grid.addWidget(QLabel("Unit"), 3, 0)
        grid.addWidget(self.unit, 3, 1, Qt.AlignmentFlag.AlignLeft)
        layout = QVBoxLayout(self)
        layout.addLayout(grid)
        layout.addWidget(self.note)
        layout.addWidget(self.buttons)
        self.resize(520, self.sizeHint().height())

    def _show_known(self, cube: HyperCube) -> None:
        """Begin with what is known about the cube."""
        if cube.wavelengths is not None:
            self.first.setValue(float(cube.wavelengths[0]))
            self.last.setValue(float(cube.wavelengths[-1]))
            self._show_unit(cube.wavelength_unit)

    def _show_unit(self, unit: str | None) -> None:
        if unit in _UNITS:
            self.unit.setCurrentIndex(self.unit.findData(unit))

    @staticmethod
    def _spin(value: float) -> CalmDoubleSpinBox:
        box = CalmDoubleSpinBox()
        box.setRange(0.01, 100000.0)
        box.setDecimals(6)
        box.setMinimumWidth(110)
        box.setValue(value)
        return box

    # --------------------------------------------------------------- events

    def _on_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(
            self, "Wavelengths", "", "Lists of wavelengths (*.txt *.csv *.hdr);;All files (*)"
        )
        if name:
            self.take_file(Path(name))

    def _on_typed(self) -> None:
        self.typed.setChecked(True)
        try:
            _, unit = parse_wavelengths(self.text.toPlainText(), "This")
            self._show_unit(unit)
        except UserError:
            pass  # said by _refresh
        self._refresh()

    def _refresh(self) -> None:
        """Say what would be taken; OK is there when it can be."""
        self.first.setEnabled(self.even.isChecked())
        self.last.setEnabled(self.even.isChecked())
        try:
            values = self._values()
            how = "evenly spaced" if self.even.isChecked() else "one for each"
            low, high = f"{values[0]:.6g}", f"{values[-1]:.6g}"
            self.note.setText(
                f"{counted(self._bands, 'band')}, {how}, {low} to {high} {self.unit.currentText()}."
            )
        except UserError as error:
            self.note.setText(str(error))
            valid = False
        else:
            valid = True
        button = self.buttons.button(QDialogButtonBox.StandardButton.Ok)
        if button is not None:
            button.setEnabled(valid)

    def _values(self) -> NDArray[np.float64]:
        if self.even.isChecked():
            first, last = self.first.value(), self.last.value()
            if first == last and self._bands > 1:
                raise UserError("The first and the last band are the same.")
            return np.linspace(first, last, self._bands)
        if self.by_file.isChecked():
            if self._from_file is None:
                raise UserError(self._file_problem)
            return self._from_file
        text = self.text.toPlainText()
        if not text.strip():
            raise UserError("Type or paste one wavelength per band, in the order of the bands.")
        values, _ = parse_wavelengths(text, "This")
        self._refuse_other_count(values, "This list")
        return values

    def _refuse_other_count(self, values: NDArray[np.float64], where: str) -> None:
        if len(values) != self._bands:
            raise UserError(
                f"{where} holds {counted(len(values), 'wavelength')} for "
                f"{counted(self._bands, 'band')}; one for each band is needed."
            )
