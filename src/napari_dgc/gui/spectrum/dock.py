"""The dock "Spectrum": what a pixel, a region or a class reflects, live and side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QDockWidget, QFrame, QScrollArea, QVBoxLayout, QWidget

from napari_dgc.gui.class_actions import button_style
from napari_dgc.gui.docking import SPECTRUM, settle
from napari_dgc.gui.empty_state import OPEN_A_SCAN
from napari_dgc.gui.session import get_session
from napari_dgc.gui.spectrum.bad_bands_on_plot import BadBandsOnPlot
from napari_dgc.gui.spectrum.band_line import BandLine
from napari_dgc.gui.spectrum.click_tools import ClickTools
from napari_dgc.gui.spectrum.cursor_line import CursorLine
from napari_dgc.gui.spectrum.curve import BandAxis, Curve
from napari_dgc.gui.spectrum.curve_list import CurveList
from napari_dgc.gui.spectrum.export import Export
from napari_dgc.gui.spectrum.plot import SpectrumPlot
from napari_dgc.gui.spectrum.sources import Sources
from napari_dgc.gui.spectrum.toolbar import PlotOptions, Tools

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_dgc.gui.session import Scan

_MOVE = "Move the mouse over a scan to see its spectrum. Shift + click pins it."


class SpectrumDock(QWidget):
    """Plot, curves and bad bands.

    While the dock is hidden or behind another one nothing is read and no timer runs.

    Parameters
    ----------
    napari_viewer
        The viewer whose scans are looked at.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName(SPECTRUM)
        self._viewer = napari_viewer
        self._frame: QDockWidget | None = None
        self._asleep = True
        self._shown: tuple[object, ...] = ()
        session = self.session = get_session(napari_viewer)
        self.sources = Sources(session, self)
        self.clicks = ClickTools(session, self.sources.pins, self.sources.labels, self)
        self.tools = Tools()
        self.status = CursorLine()
        self.plot = SpectrumPlot()
        self.line = BandLine(session)
        self.plot.addItem(self.line, ignoreBounds=True)
        self.options = PlotOptions()
        self.list = CurveList()
        self.bad = BadBandsOnPlot(session, self.plot)
        self.export = Export(self.plot, self._curves_to_export, self)
        self._lay_out()
        self._connect()
        self._take_theme()

    def _lay_out(self) -> None:
        content = self._content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(4)
        layout.addWidget(self.tools)
        layout.addWidget(self.status)
        layout.addWidget(self.plot, 3)
        layout.addWidget(self.options)
        layout.addWidget(self.bad.panel)
        layout.addWidget(self.list, 2)
        self.list.setMinimumHeight(90)
        self.bad.panel.hide()
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(content)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        self.setMinimumWidth(330)

    def _connect(self) -> None:
        sources, viewer = self.sources, self.session.viewer
        self.tools.live.toggled.connect(self._on_live)
        self.tools.tool_changed.connect(self._on_tool)
        self.tools.region_wanted.connect(self._on_region)
        self.options.axis_changed.connect(self._on_axis)
        self.options.bad.toggled.connect(self._on_bad)
        self.options.table.triggered.connect(self.export.ask_table)
        self.options.picture.triggered.connect(self.export.ask_picture)
        self.export.said.connect(self.status.say)
        self.list.renamed.connect(sources.rename)
        self.list.deleted.connect(sources.remove)
        self.list.toggled.connect(self.plot.renew)
        self.clicks.said.connect(self.status.say)
        self.bad.scan_changed.connect(self.refresh)
        sources.listed.connect(self.refresh)
        sources.read.connect(self._on_read)
        sources.scans_changed.connect(self.refresh)
        sources.cursor.changed.connect(self._on_cursor)
        events: list[tuple[Any, Any]] = [(self._viewer.events.theme, self._take_theme)]
        if viewer is not None:
            dims = viewer.dims.events
            slots = [(event, self._on_slider) for event in (dims.point, dims.order, dims.ndisplay)]
            events += [*slots, (viewer.layers.selection.events.active, self._on_active)]
        for event, slot in events:
            event.connect(slot)
        clicks, bad = self.clicks, self.bad

        def let_go(*_: object) -> None:
            """Leave nothing behind that would call into a deleted widget."""
            for event, slot in events:
                event.disconnect(slot)
            clicks.listen(False)
            sources.let_go()
            bad.let_go()

        self.destroyed.connect(let_go)

    def sizeHint(self) -> QSize:
        """Ask for a narrow column, so that the canvas stays large."""
        return QSize(360, 640)

    # ------------------------------------------------------- awake or asleep

    def showEvent(self, event: Any) -> None:
        """Begin to follow the viewer."""
        super().showEvent(event)
        self._frame = settle(self, self._set_awake, self._frame)
        self._set_awake(True)

    def hideEvent(self, event: Any) -> None:
        """Rest while nobody looks."""
        super().hideEvent(event)
        self._set_awake(False)

    def _set_awake(self, awake: bool) -> None:
        if awake is not self._asleep:
            return
        self._asleep = not awake
        self.clicks.listen(awake)
        self.sources.cursor.live = awake and self.tools.live.isChecked()
        self.sources.wake(awake)
        if awake:
            self.refresh()
        else:
            self.bad.rest()

    # --------------------------------------------------------------- showing

    @property
    def scan(self) -> Scan | None:
        """The scan whose bands the line and the shades stand for."""
        session = self.session
        if self.bad.active and self.bad.edits.scan is not None:
            return self.bad.edits.scan
        found = self.sources.cursor.curve.scan
        if found not in session.scans:
            viewer = session.viewer
            active = None if viewer is None else viewer.layers.selection.active
            found = session.scan_of(active)
        return found if found is not None else next(iter(session.scans), None)

    def refresh(self) -> None:
        """Show curves, bands and scans as they are now."""
        if self._asleep:
            return
        scans = self.session.scans
        for widget in (self.tools, self.options):
            widget.setEnabled(bool(scans))
        known = any(scan.cube.wavelengths_nm is not None for scan in scans)
        self.options.offer_wavelengths(known or not scans)
        self.bad.refresh(self.scan)
        curves = self.sources.curves
        self.list.show_curves(curves)
        self._show_scan()
        self._say_where()

    def _show_scan(self) -> None:
        """Draw the curves, over the bands of the scan that counts."""
        cursor = self.sources.cursor.curve
        scan = self.scan
        self.plot.show_curves([cursor, *self.sources.curves], scan)
        # All bands are shown anew when there are others.
        ends = tuple(self._ends(other) for other in self.session.scans)
        if (self.plot.axis.kind, ends) != self._shown:
            self._shown = (self.plot.axis.kind, ends)
            self.plot.show_all()
        self.line.stand_on(scan, self.plot.axis)
        self._show_hint()

    def _ends(self, scan: Scan) -> tuple[float, float] | None:
        positions = self.plot.axis.positions(scan.cube)
        return None if positions is None else (float(positions.min()), float(positions.max()))

    def _show_hint(self) -> None:
        drawn = any(
            self.plot.drawn(curve) is not None
            for curve in [self.sources.cursor.curve, *self.sources.curves]
        )
        scans = self.session.scans
        self.plot.show_hint("" if drawn or self.bad.active else _MOVE if scans else OPEN_A_SCAN)

    def _on_cursor(self) -> None:
        if self.plot.scan is not self.scan:
            self._show_scan()
        else:
            self.plot.renew(self.sources.cursor.curve)
            self._show_hint()
        self._say_where()

    def _on_read(self, curve: Curve) -> None:
        self.plot.renew(curve)
        self.list.renew(curve)
        self._show_hint()

    def _say_where(self) -> None:
        cursor, live = self.sources.cursor, self.tools.live.isChecked()
        self.status.show_cursor(self.session, cursor, live, self.line.band)

    def _take_theme(self, _event: object = None) -> None:
        theme = get_theme(self._viewer.theme)
        text, background = theme.text.as_hex("long"), theme.background.as_hex("long")
        self._content.setStyleSheet(button_style(theme))
        self.tools.set_icons(theme.icon.as_hex("long"))
        self.options.set_icons(theme.icon.as_hex("long"))
        self.list.set_colour(theme.icon.as_hex("long"))
        self.plot.set_theme(background, text)
        self.line.set_colours(theme.current.as_hex("long"), text, background)
        self.bad.set_colour(text)
        if not self._asleep:
            self._show_scan()

    # ---------------------------------------------------------------- clicks

    def _on_live(self, on: bool) -> None:
        self.sources.cursor.live = on and not self._asleep
        self._say_where()

    def _on_tool(self, tool: str | None) -> None:
        self.clicks.tool = tool

    def _on_region(self, tool: str) -> None:
        self.tools.put_down()
        self.sources.regions.draw(tool)

    def _on_axis(self, kind: str) -> None:
        self.plot.axis = BandAxis(kind)
        self._show_scan()
        self.bad.show_noise()

    def _on_bad(self, on: bool) -> None:
        self.bad.open(on, self.scan)
        self._show_scan()

    def _on_slider(self, _event: object = None) -> None:
        if not self._asleep:
            self.line.follow_slider()
            self._say_where()

    def _on_active(self, _event: object = None) -> None:
        if not self._asleep and self.plot.scan is not self.scan:
            self._show_scan()

    def _curves_to_export(self) -> list[Curve]:
        shown = [curve for curve in self.sources.curves if curve.visible]
        return shown or [self.sources.cursor.curve]
