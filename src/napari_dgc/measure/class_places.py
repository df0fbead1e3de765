"""Where classes lie: in which scans, beside what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition import Partition
from napari_dgc.partition.partition import BACKGROUND
from napari_dgc.partition.summary import count_adjacency


@dataclass(frozen=True)
class ScanShare:
    """How much of a scan is one class.

    Parameters
    ----------
    scan
        Its name.
    pixels
        Of the class.
    labelled
        Pixels of any class.
    """

    scan: str
    pixels: int
    labelled: int


@dataclass(frozen=True)
class ClassPlaces:
    """Where one class lies.

    Parameters
    ----------
    number
        Of the class.
    scans
        All scans.
    at_background
        Share of its pixels that touch the class called background or no data, by a side; None
        where no class has that name, or it is this class.
    neighbours
        Numbers of the other classes and the share of its border that each has, the
        longest first; those that it does not touch are left out.
    """

    number: int
    scans: tuple[ScanShare, ...]
    at_background: float | None
    neighbours: tuple[tuple[int, float], ...]

    @property
    def pixels(self) -> int:
        """Pixels in all scans."""
        return sum(share.pixels for share in self.scans)

    @property
    def labelled(self) -> int:
        """Pixels of any class in all scans."""
        return sum(share.labelled for share in self.scans)


def places_of(
    scans: Sequence[tuple[str, NDArray[np.uint16]]], partition: Partition, numbers: Sequence[int]
) -> tuple[ClassPlaces, ...]:
    """Find out where classes lie.

    Parameters
    ----------
    scans
        Names and (row, column) fine clusters, 0 for no data.
    partition
        The classes.
    numbers
        Which of them.
    """
    lookup = partition.compact_lookup()
    count = len(partition.classes)
    pixels = np.zeros((len(scans), count + 1), np.int64)
    borders = np.zeros((count, count), np.int64)
    touching = np.zeros(count + 1, np.int64)
    background = np.zeros(count + 1, bool)
    for number in partition.named([BACKGROUND]):
        background[lookup[number]] = True
    known = bool(background.any())
    background[0] = True
    for place, (_, fine) in enumerate(scans):
        # Numbers beyond the clusters are left over from another model.
        classes = lookup[np.where(fine < len(lookup), fine, 0)]
        pixels[place] = np.bincount(classes.ravel(), minlength=count + 1)
        borders += count_adjacency(classes, count)
        if known:
            beside = _beside(background[classes])
            touching += np.bincount(classes[beside], minlength=count + 1)
    np.fill_diagonal(borders, 0)
    found = []
    for number in numbers:
        code = int(lookup[number])
        total = int(pixels[:, code].sum())
        border = borders[code - 1]
        order = [other for other in np.argsort(-border, kind="stable").tolist() if border[other]]
        found.append(
            ClassPlaces(
                number,
                tuple(
                    ScanShare(name, int(row[code]), int(row[1:].sum()))
                    for (name, _), row in zip(scans, pixels, strict=True)
                ),
                float(touching[code] / total) if known and total and not background[code] else None,
                tuple(
                    (partition.classes[other].number, float(border[other] / border.sum()))
                    for other in order
                ),
            )
        )
    return tuple(found)


def _beside(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Tell which pixels have a neighbour by a side that is in a mask."""
    found = np.zeros_like(mask)
    found[1:] |= mask[:-1]
    found[:-1] |= mask[1:]
    found[:, 1:] |= mask[:, :-1]
    found[:, :-1] |= mask[:, 1:]
    return found
