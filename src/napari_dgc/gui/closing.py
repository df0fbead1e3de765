"""What becomes of the layers of a scan whose bands the user removes.

Pictures that can be made again (composite, indices, confidence) go with the bands. Label maps
stay, and can be merged, painted and exported on; opening the same file gives them their scan
back. So nothing that took work is lost by removing a layer.
"""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QApplication

from napari_dgc.gui import messages
from napari_dgc.gui.layers import COMPANION_KEY

if TYPE_CHECKING:
    from napari.layers import Layer

    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session_scans import OpenScans


class ClosedScans:
    """Scans without their bands, of which label maps are still open."""

    def __init__(self, session: OpenScans) -> None:
        self._session = weakref.ref(session)
        #: In the order in which they were closed.
        self.scans: list[Scan] = []
        self._just: list[Scan] = []

    def take(self, scan: Scan) -> None:
        """Take over a scan whose bands were removed."""
        scan.composite = None
        self.scans.append(scan)
        self._forget()
        self._just.append(scan)
        # Not at once: napari may be about to remove further layers, of which it has made a list.
        if len(self._just) == 1 and QApplication.instance() is not None:
            QTimer.singleShot(0, self._tidy)

    def on_removed(self, layer: Layer) -> bool:
        """Take notice of a layer that was removed; returns whether it was one of these maps."""
        owner = next((scan for scan in self.scans if scan.labels is layer), None)
        if owner is not None:
            owner.labels = owner.corrected = None
        self._forget()
        return owner is not None

    def give_back(self, scan: Scan) -> bool:
        """Give a scan that was opened again its label maps; returns whether there were any."""
        old = next((old for old in self.scans if _same(old.cube, scan.cube)), None)
        if old is None:
            return False
        for layer in self._companions(old):
            layer.metadata[COMPANION_KEY] = scan.cube
        scan.labels, scan.corrected, scan.key = old.labels, old.corrected, old.key
        self.scans.remove(old)
        return True

    def _forget(self) -> None:
        """Let go of scans of which nothing is left but pictures."""
        from napari.layers import Labels

        self.scans = [
            scan
            for scan in self.scans
            if any(isinstance(layer, Labels) for layer in self._companions(scan))
        ]

    def _companions(self, scan: Scan) -> list[Layer]:
        session = self._session()
        viewer = None if session is None else session.viewer
        if viewer is None:
            return []
        return [layer for layer in viewer.layers if layer.metadata.get(COMPANION_KEY) is scan.cube]

    def _tidy(self) -> None:
        """Remove the pictures of the scans closed just now, and say what stays."""
        from napari.layers import Image

        session = self._session()
        viewer = None if session is None else session.viewer
        closed, self._just = self._just, []
        if session is None or viewer is None:
            return
        kept = []
        for scan in closed:
            if any(scan.cube is other.cube for other in session.scans):
                continue  # its bands are back
            for layer in self._companions(scan):
                if isinstance(layer, Image):
                    viewer.layers.remove(layer)
            if scan.fine is not None and scan in self.scans:
                kept.append(scan.name)
        if kept:
            what = "Its label map stays" if len(kept) == 1 else "Their label maps stay"
            messages.show_info(
                f"{', '.join(kept)}: bands and pictures are removed. {what} and can be merged, "
                "painted and exported; training again needs the scan."
            )


def _same(old: HyperCube, new: HyperCube) -> bool:
    """Tell whether two cubes are the same scan, opened twice."""
    if old is new:
        return True
    known = old.path is not None and old.path == new.path
    same_shape = tuple(old.data.shape) == tuple(new.data.shape)
    return known and same_shape and (old.variable, old.layout) == (new.variable, new.layout)
