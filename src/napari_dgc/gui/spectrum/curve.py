"""A curve of the spectrum dock, and the horizontal axis that curves share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition.palette import cluster_colour

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.session import Scan

WAVELENGTH, BAND = "wavelength", "band"


@dataclass(eq=False)
class Curve:
    """A spectrum with its looks and its place.

    Parameters
    ----------
    kind
        What it is the spectrum of: ``"pixel"``, ``"shape"`` or ``"label"``.
    name, colour
        As the list and the image show them; colour as ``#rrggbb``.
    scan
        Where it was read, or None outside of every scan.
    row, column
        The pixel, or the middle of the region, counted from 0.
    mean, sd
        (bands,) reflectance and its standard deviation over the pixels, or None while
        unknown (`sd` also for a single pixel).
    pixels
        Number of pixels behind it.
    problem
        Why there is no spectrum, for the list; empty when all is well.
    visible
        Whether the plot shows it.
    """

    kind: str
    name: str = ""
    colour: str = "#808080"
    scan: Scan | None = None
    row: float = 0.0
    column: float = 0.0
    mean: NDArray[np.floating] | None = None
    sd: NDArray[np.floating] | None = None
    pixels: int = 0
    problem: str = ""
    visible: bool = True

    def clear(self, problem: str = "") -> None:
        """Forget the spectrum."""
        self.mean = self.sd = None
        self.pixels = 0
        self.problem = problem

    @property
    def where(self) -> str:
        """Place and scan in words; the scan last, as its name may be cut off."""
        if self.problem or self.scan is None:
            return self.problem
        if self.kind == "pixel":
            return f"row {self.row:.0f}, column {self.column:.0f}, {self.scan.name}"
        if self.mean is None:
            return f"reading…, {self.scan.name}"
        return f"{self.pixels} pixels, {self.scan.name}"


def free_colour(used: Collection[str]) -> str:
    """Return the first colour of the palette that no other curve has."""
    number = 1
    while cluster_colour(number) in used:
        number += 1
    return cluster_colour(number)


class BandAxis:
    """Where the bands of a scan lie on the horizontal axis.

    Parameters
    ----------
    kind
        `WAVELENGTH` (in nanometres) or `BAND` (numbered from 1).
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind

    @property
    def title(self) -> str:
        """Label of the axis."""
        return "wavelength (nm)" if self.kind == WAVELENGTH else "band"

    def positions(self, cube: HyperCube) -> NDArray[np.float64] | None:
        """(bands,) positions, or None for a scan that does not fit on this axis."""
        if self.kind == WAVELENGTH:
            return cube.wavelengths_nm
        return np.arange(1.0, cube.n_bands + 1)

    def nearest(self, cube: HyperCube, x: float) -> int | None:
        """Return the band (from 0) nearest to a position."""
        positions = self.positions(cube)
        return None if positions is None else int(np.abs(positions - x).argmin())

    def between(self, cube: HyperCube, first: float, last: float) -> list[int]:
        """Return the bands whose cells two positions span, at least the one they lie in."""
        positions = self.positions(cube)
        if positions is None:
            return []
        low, high = sorted((first, last))
        chosen = set(np.flatnonzero((positions >= low) & (positions <= high)).tolist())
        ends = (self.nearest(cube, low), self.nearest(cube, high))
        inside = {end for end in ends if end is not None}
        return sorted(chosen | inside)

    def cell(self, cube: HyperCube, first: int, last: int) -> tuple[float, float] | None:
        """Return where the cells of neighbouring bands begin and end."""
        positions = self.positions(cube)
        if positions is None:
            return None
        # Half-way to the next band in position, which need not be the next in number.
        order = np.sort(positions)
        middles = (order[1:] + order[:-1]) / 2
        half = (middles[0] - order[0], order[-1] - middles[-1]) if len(middles) else (0.5, 0.5)
        edges = np.concatenate(([order[0] - half[0]], middles, [order[-1] + half[1]]))
        low, high = sorted((positions[first], positions[last]))
        left = int(np.searchsorted(order, low))
        right = int(np.searchsorted(order, high, side="right"))
        return float(edges[left]), float(edges[right])
