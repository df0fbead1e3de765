"""Pixels of every fine cluster in every scan, counted once per label map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_dgc.gui.lesions.measuring import details_of

if TYPE_CHECKING:
    from napari_dgc.gui.session import Scan
    from napari_dgc.workspace import Workspace


class PixelCounts:
    """Remembers the counts as long as a scan keeps its map of fine clusters.

    Edits of the partition then only add a few numbers.
    """

    def __init__(self) -> None:
        # Kept with the map they were counted on: another map is another object.
        self._known: dict[Scan, tuple[NDArray[np.uint16], NDArray[np.int64]]] = {}

    def update(self, scans: Sequence[Scan], clusters: int) -> list[tuple[str, NDArray[np.int64]]]:
        """Count what is new.

        Returns
        -------
        list of tuple
            Name of each scan with labels, and its (clusters,) pixels.
        """
        known = {}
        for scan in scans:
            if scan.fine is None:
                continue
            held = self._known.get(scan)
            if held is None or held[0] is not scan.fine or len(held[1]) != clusters:
                counted = np.bincount(scan.fine.ravel(), minlength=clusters + 1)
                held = (scan.fine, counted[1 : clusters + 1].astype(np.int64))
            known[scan] = held
        self._known = known
        return [(scan.name, counts) for scan, (_, counts) in known.items()]

    def total(self, clusters: int) -> NDArray[np.int64]:
        """(clusters,) pixels over all scans."""
        total = np.zeros(clusters, np.int64)
        for _, counts in self._known.values():
            total += counts
        return total

    def areas_mm2(self, clusters: int, work: Workspace | None) -> NDArray[np.float64] | None:
        """(clusters,) area over all scans, or None where the pixel size of one is not known."""
        total = np.zeros(clusters)
        for scan, (_, counts) in self._known.items():
            size = details_of(work, scan).pixel_size_mm
            if size is None:
                return None
            total += counts * size**2
        return total
