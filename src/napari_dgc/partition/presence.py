"""Which clusters appear in which scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

#: A cluster with a smaller share of a scan than this does not count as present: single
#: pixels on the rims of other things look like anything.
LEAST_SHARE = 2e-4
#: Nor does one with fewer pixels, so that small scans are judged alike.
_LEAST_PIXELS = 4


@dataclass(frozen=True, eq=False)
class Presence:
    """Pixels of fine clusters by scan.

    Parameters
    ----------
    scans
        Names.
    pixels
        (scans, clusters) number of pixels.
    """

    scans: tuple[str, ...]
    pixels: NDArray[np.int64]

    @classmethod
    def of(cls, counts: Sequence[tuple[str, NDArray[np.int64]]], clusters: int) -> Presence:
        """Gather names and (clusters,) pixels of scans."""
        rows = [pixels for _, pixels in counts]
        return cls(
            tuple(name for name, _ in counts),
            np.stack(rows) if rows else np.zeros((0, clusters), np.int64),
        )

    @property
    def shares(self) -> NDArray[np.float64]:
        """(scans, clusters) shares of the labelled pixels of each scan, 0 to 1."""
        total = self.pixels.sum(axis=1, keepdims=True)
        result: NDArray[np.float64] = self.pixels / np.maximum(total, 1)
        return result

    @property
    def present(self) -> NDArray[np.bool_]:
        """(scans, clusters) whether a cluster is there with more than stray pixels.

        Those are fewer than 4, or fewer than 0.02 % of the labelled pixels of the scan.
        """
        result: NDArray[np.bool_] = (self.shares >= LEAST_SHARE) & (self.pixels >= _LEAST_PIXELS)
        return result

    def only_in(self, cluster: int) -> tuple[str, ...]:
        """Return the scans that have a cluster; none where all have it, or no scan has."""
        here = self.present[:, cluster - 1]
        if here.all():
            return ()
        return tuple(name for name, there in zip(self.scans, here, strict=True) if there)
