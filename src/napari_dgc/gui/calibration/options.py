"""What the files do not tell: panel, integration times, saturation, dead pixels, clipping."""

from __future__ import annotations

from dataclasses import replace

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QFormLayout, QSizePolicy, QVBoxLayout, QWidget
from superqt import QCollapsible

from napari_dgc.calibration import CalibrationOptions
from napari_dgc.gui.calm_boxes import CalmComboBox, CalmDoubleSpinBox


class CalibrationForm(QWidget):
    """The panel's reflectance, and all else under "Advanced"."""

    #: Something was changed.
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.panel = _box(
            0.01, 1.2, 1.0, 3, "Part of the light that the white panel sends back, 0.01 to 1.2."
        )
        self.exposure = _time("Integration time of the scan in milliseconds.")
        self.white_exposure = _time("Integration time of the white reference in milliseconds.")
        self.saturation = _box(
            0.0,
            2**32,
            0.0,
            0,
            "Count from which the sensor is saturated and there are no data. 0: found from counts "
            "that pile up.",
        )
        self.saturation.setSpecialValueText("found by itself")
        self.dead = CalmComboBox()
        self.dead.addItem("take from columns beside", "interpolate")
        self.dead.addItem("no data", "no-data")
        self.dead.setToolTip(
            "What becomes of detector pixels that hardly see the white panel, or saturate on it."
        )
        self.clip = QCheckBox("Cut off below 0 and above 1")
        self.clip.setToolTip("Otherwise glints stay above 1, and noise in the dark below 0.")

        top = QFormLayout()
        advanced = QWidget()
        more = QFormLayout(advanced)
        for form, title, widget in (
            (top, "Panel reflectance", self.panel),
            (more, "Scan exposure", self.exposure),
            (more, "White exposure", self.white_exposure),
            (more, "Saturated from", self.saturation),
            (more, "Dead pixels", self.dead),
        ):
            widget.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            form.addRow(title, widget)
        more.addRow(self.clip)
        for form in (top, more):
            form.setContentsMargins(0, 0, 0, 0)
            form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.advanced = QCollapsible("Advanced")
        self.advanced.addWidget(advanced)
        self.advanced.setDuration(0)
        self.advanced.layout().setContentsMargins(0, 0, 0, 0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top)
        layout.addWidget(self.advanced)

        for box in (self.panel, self.exposure, self.white_exposure, self.saturation):
            box.valueChanged.connect(self._on_changed)
        self.dead.currentIndexChanged.connect(self._on_changed)
        self.clip.toggled.connect(self._on_changed)

    def options(self) -> CalibrationOptions:
        """Return what the form shows."""
        found = CalibrationOptions(
            panel=self.panel.value(),
            exposure_ms=self.exposure.value() or None,
            white_exposure_ms=self.white_exposure.value() or None,
            saturation=self.saturation.value() or None,
            clip=self.clip.isChecked(),
        )
        return replace(found, dead=self.dead.currentData())

    def show_exposure(self, milliseconds: float | None) -> None:
        """Say which integration time the scan's file tells."""
        known = "unknown" if milliseconds is None else f"{milliseconds:g} ms, as in the file"
        self.exposure.setSpecialValueText(known)

    def _on_changed(self, *_: object) -> None:
        self.changed.emit()


def _time(tip: str) -> CalmDoubleSpinBox:
    box = _box(0.0, 1e6, 0.0, 4, tip + " 0 takes what the file tells.")
    box.setSuffix(" ms")
    box.setSpecialValueText("as in the file")
    return box


def _box(low: float, high: float, value: float, decimals: int, tip: str) -> CalmDoubleSpinBox:
    box = CalmDoubleSpinBox()
    box.setDecimals(decimals)
    box.setRange(low, high)
    box.setValue(value)
    box.setToolTip(tip)
    return box
