"""The line of the band that the canvas shows, moved by the slider and moving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg

from napari_dgc.gui.spectrum.curve import BandAxis
from napari_dgc.gui.wavelength import band_title

if TYPE_CHECKING:
    from napari_dgc.gui.session import Scan, Session


class BandLine(pg.InfiniteLine):
    """Stands at a band of a scan, from one band's centre to the next.

    Parameters
    ----------
    session
        Whose band slider it keeps in step with.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(angle=90, movable=True, label="", labelOpts={"position": 0.94})
        self._session = session
        self._scan: Scan | None = None
        self._axis: BandAxis | None = None
        self._moving = False
        self.band: int | None = None
        self.setZValue(20)
        self.hide()
        self.sigPositionChanged.connect(self._on_dragged)

    def set_colours(self, line: str, text: str, background: str) -> None:
        """Take over colours of the theme."""
        self.setPen(pg.mkPen(line, width=2))
        self.setHoverPen(pg.mkPen(line, width=4))
        self.label.setColor(text)
        self.label.fill = pg.mkBrush(background)
        self.label.update()

    def stand_on(self, scan: Scan | None, axis: BandAxis) -> None:
        """Show the band of this scan on this axis."""
        self._scan, self._axis = scan, axis
        self.follow_slider()

    def follow_slider(self, _event: object = None) -> None:
        """Go where the slider is."""
        viewer, scan = self._session.viewer, self._scan
        band = None
        # Seen from the side, or in three dimensions, there is no one band.
        if viewer is not None and scan is not None and viewer.dims.ndim >= 3:
            shown = viewer.dims.ndim - 3 in viewer.dims.displayed
            world = np.array(viewer.dims.point[-3:], float)
            band = None if shown else round(float(scan.image.world_to_data(world)[0]))
        if band is None or scan is None or not 0 <= band < scan.cube.n_bands:
            self.band = None
            self.hide()
            return
        self._stand(band)

    def _stand(self, band: int) -> None:
        scan, axis = self._scan, self._axis
        positions = None if scan is None or axis is None else axis.positions(scan.cube)
        self.band = band
        self.setVisible(positions is not None)
        if positions is None or scan is None:
            return
        self._moving = True
        self.setValue(float(positions[band]))
        self._moving = False
        self.label.setFormat(band_title(scan.cube, band))

    def _on_dragged(self, _line: Any = None) -> None:
        viewer, scan, axis = self._session.viewer, self._scan, self._axis
        if self._moving or viewer is None or scan is None or axis is None:
            return
        band = axis.nearest(scan.cube, float(self.value()))
        if band is None:
            return
        changed = band != self.band
        self._stand(band)
        if changed:
            world = float(scan.image.data_to_world((band, 0, 0))[0])
            viewer.dims.set_point(viewer.dims.ndim - 3, world)
