"""What is known about each fine cluster over all scans: the base of trees and suggestions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class ClusterSummary:
    """Sums over pixels, so that summaries of scans add up and clusters merge exactly.

    Parameters
    ----------
    pixels
        (scans, clusters) number of pixels of each cluster in each scan.
    spectra
        (clusters, bands) mean reflectance of each cluster (NaN where it has no pixels
        or the band is bad).
    features
        (clusters, dimensions) mean noise-whitened features, the space in which
        clusters are compared; the origin is zero reflectance.
    adjacency
        (clusters, clusters) symmetric count of neighbouring pixel pairs (4-neighbourhood)
        with these two labels; diagonal: pairs inside the cluster.
    border
        (clusters,) pixels on the rim of the scans.
    """

    pixels: NDArray[np.int64]
    spectra: NDArray[np.float64]
    features: NDArray[np.float64]
    adjacency: NDArray[np.int64]
    border: NDArray[np.int64]

    @property
    def mass(self) -> NDArray[np.int64]:
        """(clusters,) number of pixels over all scans."""
        total: NDArray[np.int64] = self.pixels.sum(axis=0)
        return total

    @property
    def n_clusters(self) -> int:
        """Number of fine clusters."""
        return int(self.pixels.shape[1])

    @property
    def active(self) -> NDArray[np.bool_]:
        """(clusters,) whether a cluster owns any pixel."""
        return self.mass > 0

    @classmethod
    def combine(cls, summaries: Iterable[Self]) -> Self:
        """Add the summaries of several scans."""
        running = RunningSummary()
        for summary in summaries:
            running.add(summary)
        total = running.summary()
        return cls(total.pixels, total.spectra, total.features, total.adjacency, total.border)


class RunningSummary:
    """Adds summaries as they come, and holds no more than their sums.

    Besides the pixels of each scan: (clusters,) of them.
    """

    def __init__(self) -> None:
        self._pixels: list[NDArray[np.int64]] = []
        self._spectra, self._features = _RunningMean(), _RunningMean()
        self._adjacency: Any = 0
        self._border: Any = 0

    def add(self, part: ClusterSummary) -> None:
        """Take in the summary of more scans."""
        weight = part.mass.astype(float)[:, None]
        self._pixels.append(part.pixels)
        self._spectra.add(part.spectra, weight)
        self._features.add(part.features, weight)
        self._adjacency = self._adjacency + part.adjacency
        self._border = self._border + part.border

    def summary(self) -> ClusterSummary:
        """Return what has been added up; raises ValueError when there is nothing."""
        return ClusterSummary(
            pixels=np.concatenate(self._pixels),
            spectra=self._spectra.mean(),
            features=self._features.mean(),
            adjacency=self._adjacency,
            border=self._border,
        )


class _RunningMean:
    """Weighted mean that leaves out what is not known."""

    def __init__(self) -> None:
        self._sum: Any = 0.0
        self._weight: Any = 0.0

    def add(self, values: NDArray[np.float64], weight: NDArray[np.float64]) -> None:
        known = np.isfinite(values)
        weight = weight * known
        self._sum = self._sum + np.where(known, values, 0.0) * weight
        self._weight = self._weight + weight

    def mean(self) -> NDArray[np.float64]:
        with np.errstate(invalid="ignore"):
            result: NDArray[np.float64] = self._sum / np.where(
                self._weight > 0, self._weight, np.nan
            )
        return result


def count_adjacency(labels: NDArray[np.uint16], clusters: int) -> NDArray[np.int64]:
    """Count 4-neighbour pairs of labels 1..`clusters` in a map; returns a symmetric matrix."""
    table = np.zeros((clusters + 1) ** 2, np.int64)
    wide = labels.astype(np.int64)
    for first, second in ((wide[:, :-1], wide[:, 1:]), (wide[:-1], wide[1:])):
        codes = (first * (clusters + 1) + second).ravel()
        table += np.bincount(codes, minlength=table.size)
    square = table.reshape(clusters + 1, clusters + 1)[1:, 1:]
    return square + square.T - np.diag(np.diag(square))


def count_border(labels: NDArray[np.uint16], clusters: int) -> NDArray[np.int64]:
    """Count the pixels of each label 1..`clusters` on the outermost rows and columns."""
    inner = np.zeros(labels.shape, bool)
    inner[1:-1, 1:-1] = True
    return np.bincount(labels[~inner], minlength=clusters + 1)[1 : clusters + 1].astype(np.int64)
