"""Bad bands in the plot: marked by a drag, with the noise that tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.spectrum.bad_band_edits import BadBandEdits
from napari_dgc.gui.spectrum.bad_band_panel import BadBandPanel
from napari_dgc.gui.spectrum.noise_curve import NoiseCurve

if TYPE_CHECKING:
    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.gui.spectrum.plot import SpectrumPlot


class BadBandsOnPlot(QObject):
    """Brings the plot and the panel of bad bands together.

    Parameters
    ----------
    session
        The open scans.
    plot
        Where bands are dragged over.
    """

    #: Another scan's bad bands are shown.
    scan_changed = Signal()

    def __init__(self, session: Session, plot: SpectrumPlot) -> None:
        super().__init__(plot)
        self._session = session
        self._plot = plot
        self._jobs = LatestJobs(self)
        self.active = False
        self.edits = BadBandEdits(session, self)
        self.panel = BadBandPanel(session, self.edits, self._jobs)
        self.noise = NoiseCurve(plot)
        self.edits.scan_changed.connect(self.scan_changed)
        self.panel.noise_changed.connect(self.show_noise)
        plot.box.dragged.connect(self._on_dragged)

    def set_colour(self, text: str) -> None:
        """Take over the theme's colour of text."""
        self.noise.set_colour(text)

    def open(self, on: bool, scan: Scan | None) -> None:
        """Begin or end marking bands of a scan."""
        self.active = on
        self._plot.box.marking = on
        self.panel.setVisible(on)
        if on:
            self.edits.scan = scan
            self.panel.refresh()
            self.panel.estimate()
        else:
            self.rest()
        self.show_noise()

    def refresh(self, scan: Scan | None) -> None:
        """Show the scans as they are now."""
        if self.active:
            if self.edits.scan is None:
                self.edits.scan = scan
            self.panel.refresh()

    def rest(self) -> None:
        """Cost nothing."""
        self.panel.rest()

    def let_go(self) -> None:
        """Let work in the background end; touches nothing of Qt."""
        self._jobs.drop_all()

    def show_noise(self) -> None:
        """Draw the signal-to-noise ratio where it is known."""
        scan, ratios = self.edits.scan, self.panel.ratios
        positions = None if scan is None else self._plot.axis.positions(scan.cube)
        if not self.active or ratios is None or positions is None:
            self.noise.hide()
        elif len(ratios) == len(positions):
            self.noise.show(positions, ratios, self.panel.lowest.value())

    def _on_dragged(self, first: float, last: float, ended: bool) -> None:
        scan = self.edits.scan
        if scan is None or not self.active:
            return
        axis = self._plot.axis
        start = axis.nearest(scan.cube, first)
        bands = axis.between(scan.cube, first, last)
        if start is None or not bands:
            return
        # What a drag does is decided where it begins, as with a brush that erases what it hits.
        bad = start not in scan.cube.bad_bands
        if ended:
            self._plot.end_preview()
            self.panel.attempt(lambda: self.edits.mark(bands, bad))
        else:
            self._plot.show_preview(first, last, bad)
