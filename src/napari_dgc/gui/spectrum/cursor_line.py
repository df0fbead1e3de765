"""The line of words above the plot: where the mouse is, and what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtWidgets import QLabel, QSizePolicy

from napari_dgc.gui.plain_label import as_plain
from napari_dgc.gui.wavelength import band_title

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_dgc.gui.session import Session
    from napari_dgc.gui.spectrum.cursor import CursorSpectrum


class CursorLine(QLabel):
    """Scan, row and column under the mouse, and the value at the band shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Long names must not push the dock wider than the screen has room for.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def say(self, text: str) -> None:
        """Show a sentence, until the mouse is somewhere else."""
        self.setText(text)
        self.setToolTip(as_plain(text))

    def show_cursor(
        self, session: Session, cursor: CursorSpectrum, live: bool, band: int | None
    ) -> None:
        """Say what the cursor shows.

        Parameters
        ----------
        session
            The open scans.
        cursor
            The spectrum under the mouse.
        live
            Whether the mouse is followed.
        band
            Band (from 0) that the canvas shows, or None.
        """
        curve, scan = cursor.curve, cursor.curve.scan
        if not session.scans:
            self.say("No scan is open.")
        elif not live:
            self.say("Paused: the mouse is not followed.")
        elif cursor.outside:
            self.say("Outside of every scan.")
        elif curve.problem:
            self.say(curve.problem)
        elif scan is None or curve.mean is None:
            self.say("Move the mouse over a scan.")
        else:
            words = f"row {curve.row:.0f}, column {curve.column:.0f}"
            if band is not None and band < scan.cube.n_bands:
                value = float(curve.mean[band])
                shown = f"{value:.4g}" if np.isfinite(value) else "no data"
                words += f": {shown} at {band_title(scan.cube, band)}"
            # A long name may be cut off.
            self.say(f"{words}, {scan.name}")
