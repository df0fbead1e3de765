"""How much of each scan a cluster owns, as shades."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from qtpy.QtCore import QRectF, Qt
from qtpy.QtGui import QColor, QFontMetrics

from napari_dgc.partition.presence import LEAST_SHARE, Presence

#: Opacity of the smallest share that counts as present; absent clusters are left empty.
_FAINTEST = 0.14


class PresenceRows(pg.ImageItem):
    """One row per scan, one column per cluster; opacity goes with the logarithm of the share."""

    def __init__(self) -> None:
        super().__init__(axisOrder="row-major")
        self._colour = QColor("#808080")
        self._presence: Presence | None = None
        self._order: tuple[int, ...] = ()

    def set_colour(self, colour: str) -> None:
        """Shade in this colour (``#rrggbb``)."""
        self._colour = QColor(colour)
        self._draw()

    def set_content(self, presence: Presence, order: Sequence[int]) -> None:
        """Show shares, columns in this order of fine clusters."""
        same = self._presence is not None and np.array_equal(presence.pixels, self._presence.pixels)
        if not same or tuple(order) != self._order:
            self._presence, self._order = presence, tuple(order)
            self._draw()

    def _draw(self) -> None:
        presence = self._presence
        if presence is None or not presence.scans:
            self.clear()
            return
        shares = presence.shares[:, np.array(self._order) - 1]
        present = presence.present[:, np.array(self._order) - 1]
        # From the smallest share that counts to the largest one; lesions are a percent or two.
        most = max(float(shares.max()), 2 * LEAST_SHARE)
        scale = np.log(np.clip(shares, LEAST_SHARE, most) / LEAST_SHARE) / np.log(
            most / LEAST_SHARE
        )
        opacity = np.where(present, _FAINTEST + (1 - _FAINTEST) * scale, 0)
        image = np.empty((*shares.shape, 4), np.uint8)
        image[..., :3] = (self._colour.red(), self._colour.green(), self._colour.blue())
        image[..., 3] = np.round(255 * opacity)
        self.setImage(image, autoLevels=False, levels=(0, 255))
        self.setRect(QRectF(-0.5, 0, shares.shape[1], shares.shape[0]))


def elided(name: str, metrics: QFontMetrics, width: int) -> str:
    """Shorten a name in its middle, as scans of one series begin and end alike."""
    return str(metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, width))
