"""A layer per scan on which doubtful pixels stand out."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY

if TYPE_CHECKING:
    from napari.layers import Image
    from napari.utils.colormaps import Colormap

    from napari_dgc.gui.session import Scan, Session

_ROLE = "confidence"


class ConfidenceLayers:
    """The confidence layers of a session's scans; those hidden here come back by `unhide`."""

    def __init__(self, session: Session) -> None:
        self._session = session
        # Layers that were hidden here, not by the user.
        self._hidden: weakref.WeakSet[Image] = weakref.WeakSet()

    def by_scan(self) -> dict[Scan, Image]:
        """Return the layers there are, by scan."""
        viewer = self._session.viewer
        found = {}
        for layer in () if viewer is None else viewer.layers:
            if layer.metadata.get(ROLE_KEY) == _ROLE:
                for scan in self._session.scans:
                    if layer.metadata.get(COMPANION_KEY) is scan.cube:
                        found[scan] = layer
        return found

    def hide(self, layer: Image) -> None:
        """Hide a layer until `unhide`, unless the user has hidden it."""
        if layer.visible:
            layer.visible = False
            self._hidden.add(layer)

    def unhide(self, layer: Image) -> None:
        """Show a layer again that `hide` has hidden."""
        if layer in self._hidden:
            self._hidden.discard(layer)
            layer.visible = True

    def put(self, scan: Scan, values: NDArray[np.float32]) -> None:
        """Show the confidence (row, column) of a scan's pixels, 0 to 1."""
        viewer = self._session.viewer
        layer = self.by_scan().get(scan)
        if layer is not None:
            layer.data = values
            self.unhide(layer)
            return
        if viewer is None:
            return
        active = viewer.layers.selection.active
        viewer.add_image(
            values,
            name=f"{scan.name} confidence",
            colormap=doubt(),
            contrast_limits=(0.0, 1.0),
            interpolation2d="nearest",
            scale=scan.image.scale[-2:],
            translate=scan.image.translate[-2:],
            units=scan.image.units[-2:],
            axis_labels=("y", "x"),
            metadata={COMPANION_KEY: scan.cube, ROLE_KEY: _ROLE},
        )
        # Brushes and the class picker go on with the layer they were used on.
        viewer.layers.selection.active = active


def doubt() -> Colormap:
    """Return the colours of confidence: clear where certain, magenta from one half down."""
    from napari.utils.colormaps import Colormap

    magenta = (1.0, 0.0, 1.0)
    return Colormap(
        [(*magenta, 1.0), (*magenta, 1.0), (*magenta, 0.0)],
        controls=[0.0, 0.5, 1.0],
        name="doubt",
        display_name="doubt",
    )
