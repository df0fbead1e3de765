"""The buttons of the spectrum dock."""

from __future__ import annotations

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QMenu,
    QSizePolicy,
    QToolButton,
    QWidget,
)

from napari_dgc.gui.icons import icon
from napari_dgc.gui.spectrum.click_tools import LABEL, PIN
from napari_dgc.gui.spectrum.curve import BAND, WAVELENGTH
from napari_dgc.gui.spectrum.regions import TOOLS


class Tools(QWidget):
    """What the mouse does on the image."""

    #: The tool for plain clicks is another one: `PIN`, `LABEL` or None.
    tool_changed = Signal(object)
    #: A region shall be drawn with one of `TOOLS`.
    region_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.live = _button("Live", "Follow the mouse: the spectrum under it, as it moves")
        self.live.setCheckable(True)
        self.live.setChecked(True)
        self.pin = _button(
            "Pin",
            "Click on the image to pin spectra. Without this button, Shift + click pins one. "
            "Drag a pin to move it.",
        )
        self.region = _button("Region", "Draw a shape: mean ± standard deviation of its pixels")
        self.label = _button(
            "Label", "Click on a class or label: mean ± standard deviation of its pixels"
        )
        menu = QMenu(self.region)
        for tool in TOOLS:
            menu.addAction(tool).triggered.connect(
                lambda _=False, tool=tool: self.region_wanted.emit(tool)
            )
        self.region.setMenu(menu)
        self.region.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        for button in (self.live, self.pin, self.region, self.label):
            row.addWidget(button)
        for button in (self.pin, self.label):
            button.setCheckable(True)
            button.clicked.connect(self._on_tool)

    def set_icons(self, colour: str) -> None:
        """Draw the icons in a colour of the theme."""
        for name in ("live", "pin", "region", "label"):
            getattr(self, name).setIcon(icon(name, colour))

    @property
    def tool(self) -> str | None:
        """What a plain click does."""
        return PIN if self.pin.isChecked() else LABEL if self.label.isChecked() else None

    def put_down(self) -> None:
        """Let plain clicks be napari's again."""
        self.pin.setChecked(False)
        self.label.setChecked(False)
        self.tool_changed.emit(None)

    def _on_tool(self, checked: bool) -> None:
        other = self.label if self.sender() is self.pin else self.pin
        other.setChecked(False)
        self.tool_changed.emit(self.tool)


class PlotOptions(QWidget):
    """Horizontal axis, bad bands, export."""

    #: `WAVELENGTH` or `BAND`.
    axis_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.axis = QComboBox()
        for title, kind in (("Wavelength", WAVELENGTH), ("Band number", BAND)):
            self.axis.addItem(title, kind)
        self.axis.setToolTip("Horizontal axis of the plot")
        self.axis.activated.connect(self._on_axis)
        self._wish = WAVELENGTH
        self.bad = QToolButton()
        self.bad.setText("Bad bands")
        self.bad.setCheckable(True)
        self.bad.setToolTip("Mark bands to be left out of training")
        self.export = QToolButton()
        self.export.setText("Export")
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setToolTip("Write the curves as a table or as a picture")
        menu = QMenu(self.export)
        self.table = menu.addAction("Table (CSV)…")
        self.picture = menu.addAction("Picture (PNG)…")
        self.export.setMenu(menu)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addWidget(self.axis)
        row.addStretch(1)
        for button in (self.bad, self.export):
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            row.addWidget(button)

    @property
    def kind(self) -> str:
        """The axis that is chosen."""
        return str(self.axis.currentData())

    def set_icons(self, colour: str) -> None:
        """Draw the icons in a colour of the theme."""
        self.bad.setIcon(icon("bad", colour))
        self.export.setIcon(icon("export", colour))

    def offer_wavelengths(self, known: bool) -> None:
        """Fall back on band numbers while no wavelengths are known."""
        self.axis.model().item(0).setEnabled(known)
        wanted = self._wish if known else BAND
        if self.kind != wanted:
            self.axis.setCurrentIndex(self.axis.findData(wanted))
            self.axis_changed.emit(wanted)

    def _on_axis(self) -> None:
        self._wish = self.kind
        self.axis_changed.emit(self.kind)


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
    button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return button
