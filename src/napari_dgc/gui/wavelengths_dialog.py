"""Giving a cube the wavelengths that its file does not tell."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

Wavelengths = tuple[NDArray[np.float64], str | None]


def ask_wavelengths(cube: HyperCube, parent: QWidget | None) -> Wavelengths | None:
    """Ask for the wavelengths of a cube's bands; None when the dialog was cancelled."""
    dialog = WavelengthsDialog(cube, parent)
    return dialog.chosen if dialog.exec() else None


class WavelengthsDialog(QDialog):
    """First and last band in nanometres, or a file with one wavelength per band."""

    def __init__(self, cube: HyperCube, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"Wavelengths of {cube.name}")
        self._bands = cube.n_bands
        self._from_file: Wavelengths | None = None
        known = cube.wavelengths_nm
        self.first = self._spin(400.0 if known is None else float(known[0]))
        self.last = self._spin(1000.0 if known is None else float(known[-1]))
        self.note = QLabel(
            f"{cube.n_bands} bands, evenly spaced between the first and the last. "
            "If they are not evenly spaced, give a file."
        )
        self.note.setWordWrap(True)
        self.file = QPushButton("From a file…")
        self.file.setToolTip("Text or CSV with one wavelength per band, or an ENVI header.")
        self.file.clicked.connect(self._on_file)
        self.buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel
        )
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.addRow("First band", self.first)
        form.addRow("Last band", self.last)
        layout = QVBoxLayout(self)
        layout.addLayout(form)
        layout.addWidget(self.file)
        layout.addWidget(self.note)
        layout.addWidget(self.buttons)

    @property
    def chosen(self) -> Wavelengths:
        """Centre of each band and the unit."""
        if self._from_file is not None:
            return self._from_file
        return np.linspace(self.first.value(), self.last.value(), self._bands), "nm"

    def take_file(self, path: Path) -> None:
        """Read the wavelengths from a file and say what came of it."""
        from napari_dgc.cubes.wavelengths import guess_unit, read_wavelengths

        try:
            values, unit = read_wavelengths(path)
            if len(values) != self._bands:
                raise UserError(
                    f"{path.name} holds {len(values)} wavelengths for {self._bands} bands."
                )
        except UserError as error:
            self.note.setText(str(error))
            return
        unit = unit or guess_unit(values)
        self._from_file = values, unit
        self.first.setEnabled(False)
        self.last.setEnabled(False)
        self.note.setText(f"{len(values)} wavelengths from {path.name}, unit {unit or 'unknown'}.")

    def _on_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Wavelengths")
        if name:
            self.take_file(Path(name))

    @staticmethod
    def _spin(value: float) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        box.setRange(1.0, 100000.0)
        box.setDecimals(2)
        box.setSuffix(" nm")
        box.setValue(value)
        return box
