"""Disease severity: how much of the leaf is diseased."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition import Partition
from napari_dgc.partition.partition import DISEASED_NAMES, LEAF_NAMES


@dataclass(frozen=True)
class Severity:
    """Diseased and whole leaf area of one scan.

    Severity is the share of the plant unit's area that shows symptoms
    (Bock et al. 2020, doi:10.1186/s42483-020-00049-8).
    """

    leaf_pixels: int
    lesion_pixels: int

    @property
    def percent(self) -> float | None:
        """Severity in percent, or None when no leaf is in sight."""
        return 100.0 * self.lesion_pixels / self.leaf_pixels if self.leaf_pixels else None

    def __str__(self) -> str:
        if self.percent is None:
            return "no leaf area (name the leaf's classes first)"
        return f"{self.percent:.2f} % ({self.lesion_pixels} of {self.leaf_pixels} leaf pixels)"


def severity(classes_map: NDArray[np.integer[Any]], partition: Partition) -> Severity:
    """Measure severity on a map of class numbers.

    Parameters
    ----------
    classes_map
        (row, column) class numbers as `Partition.apply` gives them, 0 for no data.
    partition
        Tells by the classes' names which numbers are leaf (healthy tissue, halo,
        lesion, necrosis) and which are diseased (lesion, necrosis). Classes of
        other names, or of none, count as neither.
    """
    counts = np.bincount(classes_map.ravel(), minlength=partition.clusters + 1)

    def area(names: frozenset[str]) -> int:
        return int(counts[sorted(partition.named(names))].sum())

    return Severity(leaf_pixels=area(LEAF_NAMES), lesion_pixels=area(DISEASED_NAMES))


def severity_from_counts(pixels: NDArray[np.integer[Any]], partition: Partition) -> Severity:
    """Measure severity of one scan from the areas of its fine clusters.

    Parameters
    ----------
    pixels
        (clusters,) pixels of the fine clusters 1, 2, ...
    partition
        Names the classes (see `severity`).
    """

    def area(names: frozenset[str]) -> int:
        numbers = partition.named(names)
        members = [m for info in partition.classes if info.number in numbers for m in info.members]
        return int(pixels[np.asarray(members, np.intp) - 1].sum())

    return Severity(leaf_pixels=area(LEAF_NAMES), lesion_pixels=area(DISEASED_NAMES))
