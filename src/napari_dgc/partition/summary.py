"""What is known about each fine cluster over all scans: the base of trees and suggestions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

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
        parts = list(summaries)
        pixels = np.concatenate([part.pixels for part in parts])
        weights = np.stack([part.mass for part in parts]).astype(float)

        def average(values: list[NDArray[np.float64]]) -> NDArray[np.float64]:
            stacked = np.stack(values)
            known = np.isfinite(stacked)
            weight = weights[:, :, None] * known
            mean = (np.where(known, stacked, 0.0) * weight).sum(axis=0)
            with np.errstate(invalid="ignore"):
                result: NDArray[np.float64] = mean / np.where(
                    weight.sum(axis=0) > 0, weight.sum(axis=0), np.nan
                )
            return result

        return cls(
            pixels=pixels,
            spectra=average([part.spectra for part in parts]),
            features=average([part.features for part in parts]),
            adjacency=np.sum([part.adjacency for part in parts], axis=0),
            border=np.sum([part.border for part in parts], axis=0),
        )


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
