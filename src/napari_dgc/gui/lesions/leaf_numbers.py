"""Numbers of leaves, written on the canvas: those of the table and the status bar."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY, align

if TYPE_CHECKING:
    from napari.layers import Points

    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

_ROLE = "leaf numbers"
#: More would hide the leaves.
_MOST = 500
#: So many pixels along a side are enough to find the middle of a leaf.
_ENOUGH = 300


class LeafNumbers:
    """A layer of texts for each scan, which comes and goes with the outlines of its leaves."""

    def __init__(self, session: Session) -> None:
        self._session = weakref.ref(session)
        # What each layer shows the numbers of.
        self._shown: weakref.WeakKeyDictionary[Points, NDArray[Any]] = weakref.WeakKeyDictionary()

    def layer(self, scan: Scan) -> Points | None:
        """Return the layer of a scan's numbers, or None."""
        found = (one for one in self._layers() if one.metadata.get(COMPANION_KEY) is scan.cube)
        return next(found, None)

    def _layers(self) -> list[Points]:
        session = self._session()
        viewer = None if session is None else session.viewer
        layers = () if viewer is None else viewer.layers
        return [layer for layer in layers if layer.metadata.get(ROLE_KEY) == _ROLE]

    def show(self, scan: Scan, leaves: NDArray[np.int32], on: bool) -> None:
        """Write the numbers of `leaves`, (row, column), beside their outlines, or hide them."""
        session, layer = self._session(), self.layer(scan)
        if session is None or session.viewer is None or (layer is None and not on):
            return
        if layer is None:
            layer = session.viewer.add_points(
                ndim=2,
                name=f"{scan.name} {_ROLE}",
                axis_labels=("y", "x"),
                features={"leaf": np.zeros(0, int)},
                text={"string": "{leaf}", "color": "white", "size": 14},
                face_color="transparent",
                border_color="transparent",
                metadata={COMPANION_KEY: scan.cube, ROLE_KEY: _ROLE},
            )
            align(layer, scan.image)
            layer.editable = False
        layer.visible = on
        self.write(scan, leaves)

    def hide(self, cube: object) -> None:
        """Hide the numbers of the scan of a cube, whose outlines the user has removed."""
        for layer in self._layers():
            if layer.metadata.get(COMPANION_KEY) is cube:
                layer.visible = False

    def write(self, scan: Scan, leaves: NDArray[np.int32]) -> None:
        """Write other numbers where a scan has such a layer."""
        layer = self.layer(scan)
        if layer is None or self._shown.get(layer) is leaves:
            return
        self._shown[layer] = leaves
        numbers, places = middles(leaves)
        layer.data = np.zeros((0, 2))
        layer.features = {"leaf": np.zeros(0, int)}
        layer.feature_defaults = {"leaf": 0}
        layer.data = places[:_MOST]
        layer.features = {"leaf": numbers[:_MOST]}
        layer.selected_data = set()
        layer.refresh_text()


def middles(objects: NDArray[np.int32]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Return the numbers of objects and the (row, column) means of their pixels.

    Parameters
    ----------
    objects
        (row, column) numbers, 0 for none.
    """
    highest = int(objects.max(initial=0))
    step = max(1, max(objects.shape) // _ENOUGH)
    for every in dict.fromkeys((step, 1)):
        part = objects[::every, ::every]
        row, column = np.nonzero(part)
        of = part[row, column]
        count = np.bincount(of, minlength=highest + 1)
        if every == 1 or count[1:].all():
            break
    found = np.flatnonzero(count)
    sums = [np.bincount(of, axis, highest + 1)[found] for axis in (row, column)]
    return found, every * np.stack(sums, axis=1) / count[found, None]
