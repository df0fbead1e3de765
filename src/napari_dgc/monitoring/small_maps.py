"""Label maps made small, and what changes from one epoch to the next."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition import Partition

#: Pixels of all scans together in which epochs are compared.
MOST_COMPARED = 4_000_000


def small_map(labels: NDArray[np.uint16], most: int) -> NDArray[np.uint16]:
    """Take every n-th pixel of a (row, column) map, so that no side is longer than `most`."""
    step = max(1, -(-max(labels.shape) // most))
    return np.array(labels[::step, ::step], np.uint16, order="C")


def coloured(labels: NDArray[np.uint16], partition: Partition | None) -> NDArray[np.uint8]:
    """Paint fine clusters; returns (row, column, 3), 0 (no data) black.

    Parameters
    ----------
    labels
        (row, column) fine clusters from 1.
    partition
        Each cluster gets the colour of its class; None: that of its number.
    """
    highest = int(labels.max(initial=1))
    if partition is None or partition.clusters < highest:
        partition = Partition.fine(highest)
    table = np.zeros((partition.clusters + 1, 3), np.uint8)
    for info in partition.classes:
        table[list(info.members)] = np.frombuffer(bytes.fromhex(info.shown_colour[1:]), np.uint8)
    painted: NDArray[np.uint8] = table[labels]
    return painted


class LabelChange:
    """Share of the pixels whose cluster is another one than an epoch ago.

    Large scans are compared in evenly spread pixels, so that memory does not grow with them.

    Parameters
    ----------
    scans
        How many scans there are.
    most
        Pixels of all of them together that are compared.
    """

    def __init__(self, scans: int, most: int = MOST_COMPARED) -> None:
        self._most = max(1, most // max(1, scans))
        self._before: dict[int, NDArray[np.uint16]] = {}
        self._now: dict[int, NDArray[np.uint16]] = {}
        self._epoch = -1

    def see(self, scan: int, epoch: int, labels: NDArray[np.uint16]) -> None:
        """Take the (row, column) map of a scan after an epoch."""
        if epoch != self._epoch:
            self._before, self._now, self._epoch = self._now, {}, epoch
        step = max(1, math.ceil(math.sqrt(labels.size / self._most)))
        self._now[scan] = np.array(labels[::step, ::step], np.uint16)

    def share(self, epoch: int) -> float | None:
        """Return the share of pixels (0 to 1) that changed from the maps before to an epoch's.

        Pixels without data do not count. None where there is nothing to compare.
        """
        if epoch != self._epoch:
            return None
        compared = changed = 0
        for scan, now in self._now.items():
            before = self._before.get(scan)
            if before is None or before.shape != now.shape:
                continue
            known = (before > 0) & (now > 0)
            compared += int(known.sum())
            changed += int((known & (before != now)).sum())
        return changed / compared if compared else None
