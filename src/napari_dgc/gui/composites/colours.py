"""The tab "Colours": which bands are red, green and blue, and how they are stretched."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFormLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget
from superqt import QDoubleRangeSlider

from napari_dgc.composites import Look, Recipe, main_spans
from napari_dgc.errors import UserError
from napari_dgc.gui.composites.channel import Axis, ChannelPicker, QuietSlider
from napari_dgc.gui.composites.colour_controls import (
    combo,
    offer,
    percent,
    row,
    why_no_preset,
    why_no_reference,
)
from napari_dgc.gui.plain_label import plain_label

if TYPE_CHECKING:
    from napari_dgc.gui.composites.live import LiveComposites
    from napari_dgc.gui.session import Scan

_PRESETS = {
    "true": "True colour",
    "infrared": "Colour-infrared",
    "file": "Bands named in the file",
    "chosen": "Any three bands",
}
_STRETCHES = {
    None: "as suits the colours",
    True: "the same for all three",
    False: "each colour by itself",
}
_TOGETHER = {True: "the same in all open scans", False: "each scan by itself"}
_BALANCES = {"none": "none", "grey-world": "grey world", "white-reference": "white reference"}
_BALANCE_TIP = (
    "Scans that are not calibrated carry the colour of the lamp and the camera.\n"
    "Grey world: all colours equally bright on average; misleads where the picture is green all "
    "over.\nWhite reference: divided by the white reference that lies beside the scan."
)
#: Steps of the slider for a factor of 2 in gamma.
_STEPS = 20
_CHANNELS = (("Red", "#e0483a"), ("Green", "#35a853"), ("Blue", "#4a80e8"))


class ColoursTab(QWidget):
    """Shows and changes the composites of the chosen scans.

    Parameters
    ----------
    live
        Paints them.
    """

    def __init__(self, live: LiveComposites, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._scans: list[Scan] = []
        self._showing = False
        self.preset = combo(_PRESETS, "What the composite shows.")
        self.channels = [ChannelPicker(title, colour) for title, colour in _CHANNELS]
        self.stretch = combo(
            _STRETCHES,
            "One stretch for all three colours keeps hues; each by itself shows all that is in "
            "each band.",
        )
        self.together = combo(
            _TOGETHER,
            "With the same limits and balance, the same colour means the same in all scans. Scans "
            "that cannot be compared (counts and reflectance, other cameras) keep their own.",
        )
        self.range = QDoubleRangeSlider(Qt.Orientation.Horizontal)
        self.range.setRange(0, 100)
        self.range.setToolTip(
            "Pixels darker than the left mark become black, brighter than the right one full."
        )
        self.low, self.high = percent(), percent()
        self.gamma = QuietSlider(Qt.Orientation.Horizontal)
        self.gamma.setRange(-2 * _STEPS, 2 * _STEPS)
        self.gamma.setToolTip("Darken or lighten the middle tones.")
        self.gamma_text = QLabel()
        self.balance = combo(_BALANCES, _BALANCE_TIP)
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Show the scans as they were opened.")
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(8)
        self.bar.hide()
        self.message = plain_label()
        self.message.setWordWrap(True)
        self._lay_out()

        self.preset.activated.connect(self._on_preset)
        for channel in self.channels:
            channel.changed.connect(self._on_channel)
        self.stretch.activated.connect(self._apply)
        self.together.activated.connect(self._apply)
        self.range.valueChanged.connect(self._apply)
        self.low.valueChanged.connect(self._on_percent)
        self.high.valueChanged.connect(self._on_percent)
        self.gamma.valueChanged.connect(self._apply)
        self.balance.activated.connect(self._apply)
        self.reset.clicked.connect(self._on_reset)
        live.told.connect(self.message.setText)
        live.busy_changed.connect(self.bar.setVisible)
        self._show(Recipe())

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Show", self.preset)
        channels = QVBoxLayout()
        channels.setSpacing(4)
        for channel in self.channels:
            channels.addWidget(channel)
        look = QFormLayout()
        look.addRow("Stretch", self.stretch)
        look.addRow("Limits", self.together)
        look.addRow("Percentiles", self.range)
        look.addRow("", row(self.low, QLabel("to"), self.high))
        look.addRow("Middle tones", row(self.gamma, self.gamma_text))
        look.addRow("Balance", self.balance)
        for one in (form, look):
            one.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        layout = QVBoxLayout(self)
        layout.setSpacing(10)
        layout.addLayout(form)
        layout.addLayout(channels)
        layout.addLayout(look)
        layout.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addWidget(self.bar)
        layout.addWidget(self.message)
        layout.addStretch(1)

    def set_scans(self, scans: Sequence[Scan]) -> None:
        """Work on these scans from now on, and show what the first of them shows."""
        self._scans = list(scans)
        self.setEnabled(bool(scans))
        self.message.clear()
        if not scans:
            return
        cubes = [scan.cube for scan in scans]
        offer(self.preset, {name: why_no_preset(name, cubes) for name in _PRESETS})
        offer(self.balance, {"white-reference": why_no_reference(cubes)})
        for channel in self.channels:
            channel.set_axis(Axis.of(cubes[0]))
        self._show(self._live.recipe(scans[0]))

    def recipe(self) -> Recipe:
        """Return what the controls say."""
        colours = self.preset.currentData()
        spans = tuple(channel.span() for channel in self.channels) if colours == "chosen" else ()
        low, high = self.range.value()
        look = Look(
            min(float(low), 99.9),
            max(float(high), float(low) + 0.1),
            self.stretch.currentData(),
            2 ** (self.gamma.value() / _STEPS),
        )
        balance, together = self.balance.currentData(), self.together.currentData()
        return Recipe(colours, spans, look, balance, together)

    # --------------------------------------------------------------- changes

    def _on_preset(self) -> None:
        recipe = self.recipe()
        self._show_bands(recipe)
        self._apply()

    def _on_channel(self) -> None:
        """Bands chosen by hand are no preset any more."""
        self.preset.setCurrentIndex(self.preset.findData("chosen"))
        self._apply()

    def _on_percent(self) -> None:
        if not self._showing:
            low = min(self.low.value(), 99.9)
            self.range.setValue((low, max(self.high.value(), low + 0.1)))

    def _on_reset(self) -> None:
        self._show(Recipe())
        self._paint(Recipe())

    def _apply(self, *_: Any) -> None:
        if not self._showing:
            self._show_numbers()
            self._paint(self.recipe())

    def _paint(self, recipe: Recipe) -> None:
        by_wavelength = bool(self._scans) and Axis.of(self._scans[0].cube).known
        for scan in self._scans:
            if recipe.colours == "chosen" and Axis.of(scan.cube).known != by_wavelength:
                self.message.setText(
                    f"The wavelengths of only some of these scans are known; choose {scan.name} "
                    f"by itself."
                )
            else:
                self._live.show(scan, recipe)

    # --------------------------------------------------------------- showing

    def _show(self, recipe: Recipe) -> None:
        """Show a recipe in the controls, without applying it."""
        self._showing = True
        colours = self._usual() if recipe.colours == "usual" else recipe.colours
        self.preset.setCurrentIndex(self.preset.findData(colours))
        self.stretch.setCurrentIndex(list(_STRETCHES).index(recipe.look.common))
        self.range.setValue((recipe.look.low, recipe.look.high))
        self.gamma.setValue(round(_STEPS * math.log2(recipe.look.gamma)))
        self.balance.setCurrentIndex(self.balance.findData(recipe.balance))
        self.together.setCurrentIndex(list(_TOGETHER).index(recipe.together))
        self._showing = False
        self._show_bands(recipe)
        self._show_numbers()

    def _show_numbers(self) -> None:
        self._showing = True
        for box, value in zip((self.low, self.high), self.range.value(), strict=True):
            box.setValue(value)
        self._showing = False
        self.gamma_text.setText(f"× {2 ** (self.gamma.value() / _STEPS):.2f}")

    def _show_bands(self, recipe: Recipe) -> None:
        """Let the channels say which bands the colours come from."""
        if not self._scans:
            return
        cube = self._scans[0].cube
        try:
            spans = recipe.spans or main_spans(cube, recipe.mix(cube))
        except UserError:  # another one of the scans has the bands
            return
        for channel, span in zip(self.channels, spans, strict=True):
            channel.set_span(span)

    def _usual(self) -> str:
        """Return the preset that a scan is shown with at first."""
        for name in ("true", "file"):
            if self._scans and why_no_preset(name, [self._scans[0].cube]) is None:
                return name
        return "chosen"
