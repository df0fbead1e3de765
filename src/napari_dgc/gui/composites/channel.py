"""Which wavelength one colour of the composite shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QDoubleSpinBox, QHBoxLayout, QLabel, QSlider, QWidget

from napari_dgc.composites import Span
from napari_dgc.cubes import HyperCube
from napari_dgc.gui.calm_boxes import CalmDoubleSpinBox

#: Half of the widest range that one colour shows.
_WIDEST_NM = 100.0


@dataclass(frozen=True, eq=False)
class Axis:
    """What a channel is chosen along.

    Parameters
    ----------
    positions
        Ascending: wavelengths in nanometres, or band numbers from 0 where these are unknown.
    known
        Whether they are wavelengths.
    """

    positions: NDArray[np.float64]
    known: bool

    @classmethod
    def of(cls, cube: HyperCube) -> Axis:
        """Return the axis of a scan: its good bands."""
        good = cube.good_bands if len(cube.good_bands) else np.arange(cube.n_bands)
        centres = cube.wavelengths_nm
        if centres is None:
            return cls(good.astype(np.float64), False)
        return cls(np.unique(centres[good]), True)

    def nearest(self, position: float) -> int:
        """Return the place of the nearest band along the axis."""
        return int(np.abs(self.positions - position).argmin())

    def same(self, other: Axis) -> bool:
        """Whether another axis has the same bands."""
        return self.known == other.known and np.array_equal(self.positions, other.positions)


class QuietSlider(QSlider):
    """A slider that a wheel over the dock does not move by accident."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Leave the wheel to what scrolls."""
        if event is not None:
            event.ignore()


class ChannelPicker(QWidget):
    """One row: a slider over the bands, the wavelength in figures, and how wide a range.

    Parameters
    ----------
    title
        ``"Red"``, ``"Green"`` or ``"Blue"``.
    colour
        Of the chip beside it.
    """

    #: The user chose another wavelength or width.
    changed = Signal()

    def __init__(self, title: str, colour: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._axis = Axis(np.zeros(1), False)
        name = QLabel(title)
        name.setStyleSheet(f"border-left: 5px solid {colour}; padding-left: 4px;")
        name.setFixedWidth(56)
        self.slider = QuietSlider(Qt.Orientation.Horizontal)
        self.slider.setToolTip(f"Drag to choose the band that is shown in {title.lower()}.")
        self.value = CalmDoubleSpinBox()
        self.value.setKeyboardTracking(False)
        self.value.setDecimals(0)
        self.value.setToolTip(f"What is shown in {title.lower()}; the nearest band is taken.")
        self.width_nm = CalmDoubleSpinBox()
        self.width_nm.setKeyboardTracking(False)
        self.width_nm.setDecimals(0)
        self.width_nm.setRange(0, _WIDEST_NM)
        self.width_nm.setSingleStep(5)
        self.width_nm.setPrefix("± ")
        self.width_nm.setToolTip(
            "Show the mean of all bands that lie within so many nanometres (less noise); "
            "0 shows one band."
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(name)
        layout.addWidget(self.slider, 1)
        for box, widest in ((self.value, "band 999"), (self.width_nm, "± 100")):
            box.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
            box.setAlignment(Qt.AlignmentFlag.AlignRight)
            width = box.fontMetrics().horizontalAdvance(widest) + 8
            # napari's own style makes all of them wide
            box.setStyleSheet(f"min-width: {width}px; max-width: {width}px;")
            layout.addWidget(box)
        self.slider.valueChanged.connect(self._on_slider)
        self.value.valueChanged.connect(self._on_value)
        self.width_nm.valueChanged.connect(self.changed)

    def set_axis(self, axis: Axis) -> None:
        """Choose along other bands; the wavelength stays where it is possible."""
        if axis.same(self._axis):
            return
        before = self.span()
        was_known, self._axis = self._axis.known, axis
        shift = 0 if axis.known else 1  # people count bands from 1
        with QSignalBlocker(self.slider), QSignalBlocker(self.value):
            self.slider.setRange(0, len(axis.positions) - 1)
            low, high = float(axis.positions[0]) + shift, float(axis.positions[-1]) + shift
            self.value.setRange(np.floor(low), np.ceil(high))
            self.value.setSuffix(" nm" if axis.known else "")
            self.value.setPrefix("" if axis.known else "band ")
        self.width_nm.setVisible(axis.known)
        if was_known == axis.known:
            self.set_span(before)

    def span(self) -> Span:
        """Return what the channel shows."""
        if not self._axis.known:
            return Span(self.value.value() - 1, self.value.value() - 1)
        half = self.width_nm.value()
        return Span(self.value.value() - half, self.value.value() + half)

    def set_span(self, span: Span) -> None:
        """Show a choice without telling it as the user's."""
        with (
            QSignalBlocker(self.slider),
            QSignalBlocker(self.value),
            QSignalBlocker(self.width_nm),
        ):
            self.value.setValue(span.centre + (0 if self._axis.known else 1))
            self.width_nm.setValue((span.high - span.low) / 2)
            self.slider.setValue(self._axis.nearest(span.centre))

    def _on_slider(self, place: int) -> None:
        shift = 0 if self._axis.known else 1
        with QSignalBlocker(self.value):
            self.value.setValue(float(self._axis.positions[place]) + shift)
        self.changed.emit()

    def _on_value(self, value: float) -> None:
        with QSignalBlocker(self.slider):
            self.slider.setValue(self._axis.nearest(value - (0 if self._axis.known else 1)))
        self.changed.emit()
