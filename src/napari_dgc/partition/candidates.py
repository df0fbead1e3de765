"""Which classes are most like a chosen one: what to merge it with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition.partition import Partition
from napari_dgc.partition.summary import ClusterSummary
from napari_dgc.partition.tree import LINKAGES, euclidean, spectral_angle


@dataclass(frozen=True)
class Candidate:
    """A class that another one could be merged with.

    Parameters
    ----------
    number
        Of the class.
    angle
        Spectral angle between the noise-whitened mean spectra, in degrees: what they are
        made of, whatever the light.
    distance
        Euclidean distance between them, in standard deviations of the noise.
    border
        Share of the border of the class with less border that the two have in common,
        0 to 1.
    cost
        What they are ranked by: the angle or the distance, as the merge tree has it, made
        smaller by the common border (`Linkage.kinship`).
    """

    number: int
    angle: float
    distance: float
    border: float
    cost: float


def merge_candidates(
    summary: ClusterSummary, partition: Partition, number: int, linkage: str = ""
) -> tuple[Candidate, ...]:
    """Rank all other classes by how much they are like one class, the most alike first.

    Unlike the heights of the merge tree the ranks do not depend on the sizes of the classes:
    a small lesion is asked for what it is like, not for what is cheap to give up.

    Parameters
    ----------
    summary
        Of the fine clusters.
    partition
        The classes now.
    number
        A class, by any of its fine clusters.
    linkage
        A name from `LINKAGES`, which tells what is compared and the weight of the common
        border. By default that of the partition's tree; the first where it is not known.

    Returns
    -------
    tuple of Candidate
        Classes without any pixels come last.
    """
    chosen = partition.class_of(number)
    features, mass, pairs = _by_class(summary, partition)
    here = partition.classes.index(chosen)
    angles = np.degrees(spectral_angle(features)[here])
    distances = euclidean(features)[here]
    np.fill_diagonal(pairs, 0)
    border = np.maximum(pairs.sum(axis=1), 1)
    shared = pairs[here] / np.minimum(border, border[here])
    by = LINKAGES[linkage or _linkage_of(partition)]
    compared = distances if by.dissimilarity is euclidean else angles
    found = [
        Candidate(
            info.number,
            float(angles[position]),
            float(distances[position]),
            float(shared[position]),
            float(compared[position] * (1 - by.kinship * shared[position])),
        )
        for position, info in enumerate(partition.classes)
        if position != here
    ]
    empty = {
        info.number for info, weight in zip(partition.classes, mass, strict=True) if not weight
    }
    return tuple(sorted(found, key=lambda c: (c.number in empty, c.cost, c.number)))


def _linkage_of(partition: Partition) -> str:
    known = "" if partition.tree is None else partition.tree.linkage
    return known if known in LINKAGES else next(iter(LINKAGES))


def _by_class(
    summary: ClusterSummary, partition: Partition
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return mean features, pixels and common borders of the classes."""
    member = np.zeros((len(partition.classes), partition.clusters))
    for position, info in enumerate(partition.classes):
        member[position, np.asarray(info.members) - 1] = 1
    mass = summary.mass.astype(np.float64)
    weight = member * mass
    total = weight.sum(axis=1)
    # Classes without pixels are where their clusters are.
    weight = np.where(total[:, None] > 0, weight, member)
    features = weight @ np.nan_to_num(summary.features) / weight.sum(axis=1)[:, None]
    pairs = member @ summary.adjacency @ member.T
    return features, total, pairs.astype(np.float64)
