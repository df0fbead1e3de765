"""From a position on the canvas to a pixel of a scan and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from napari_dgc.gui.session import Scan, Session


@dataclass(frozen=True)
class Place:
    """A position in a scan, in pixels from the centre of its first one."""

    scan: Scan
    row: float
    column: float

    @property
    def pixel(self) -> tuple[int, int]:
        """Row and column, counted from 0."""
        return int(np.floor(self.row + 0.5)), int(np.floor(self.column + 0.5))


def place_at(session: Session, world: Sequence[float]) -> Place | None:
    """Return the scan and the pixel at a position on the canvas.

    Parameters
    ----------
    session
        Its scans are looked at, the uppermost first; hidden ones are not there.
    world
        World coordinates, of which the last two are y and x.

    Returns
    -------
    Place or None
        None outside of every scan.
    """
    viewer = session.viewer
    if viewer is None:
        return None
    uppermost = {layer: position for position, layer in enumerate(viewer.layers)}
    for scan in sorted(session.scans, key=lambda scan: uppermost.get(scan.image, -1), reverse=True):
        composite = scan.composite
        if not scan.image.visible and not (composite is not None and composite.visible):
            continue
        row, column = to_pixels(scan, float(world[-2]), float(world[-1]))
        place = Place(scan, row, column)
        if 0 <= place.pixel[0] < scan.cube.rows and 0 <= place.pixel[1] < scan.cube.columns:
            return place
    return None


def to_pixels(scan: Scan, y: float, x: float) -> tuple[float, float]:
    """Return row and column, in pixels of a scan, of a position on the canvas."""
    _, row, column = scan.image.world_to_data((0.0, y, x))
    return float(row), float(column)


def to_world(scan: Scan, row: float, column: float) -> tuple[float, float]:
    """Return the position on the canvas of a pixel of a scan."""
    _, y, x = scan.image.data_to_world((0.0, row, column))
    return float(y), float(x)


def pixels_to_layer(scan: Scan, layer: object, inside: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn (n, 2) pixel coordinates of a scan into coordinates of another layer's data."""
    find = layer.world_to_data  # type: ignore[attr-defined]
    return np.array([find(to_world(scan, row, column))[-2:] for row, column in inside], float)
