"""k-means as a separate, convergent step on features of all scans."""

import numpy as np
from numpy.typing import NDArray

#: Of so many points, or up to twice as many, distances from all centroids are held at once.
_BLOCK = 4096


def nearest(
    points: NDArray[np.float32], centroids: NDArray[np.float32]
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Assign points to centroids.

    Parameters
    ----------
    points, centroids
        (n, dimensions) and (clusters, dimensions).

    Returns
    -------
    labels, squared : ndarray
        (n,) index of the nearest centroid, and squared distance to it.
    """
    labels = np.empty(len(points), np.intp)
    squared = np.empty(len(points), np.float32)
    lengths = (centroids**2).sum(axis=1)
    # No short block at the end, which would be rounded otherwise.
    edges = [*range(0, max(len(points) - _BLOCK, 1), _BLOCK), len(points)]
    for block in map(slice, edges, edges[1:]):
        some = points[block]
        scores = some @ centroids.T
        scores *= -2
        scores += lengths
        labels[block] = scores.argmin(axis=1)
        squared[block] = scores[np.arange(len(some)), labels[block]] + (some**2).sum(axis=1)
    return labels, np.maximum(squared, 0)


def _seed(
    points: NDArray[np.float32], clusters: int, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Greedy k-means++ (Arthur & Vassilvitskii 2007): each new centroid the best of a few draws."""
    tries = 2 + int(np.log(clusters))
    centroids = np.empty((clusters, points.shape[1]), np.float32)
    centroids[0] = points[generator.integers(len(points))]
    closest = ((points - centroids[0]) ** 2).sum(axis=1)
    for k in range(1, clusters):
        cumulative = np.cumsum(closest, dtype=np.float64)
        if cumulative[-1] <= 0:
            centroids[k] = points[generator.integers(len(points))]
            continue
        drawn = np.searchsorted(cumulative, generator.random(tries) * cumulative[-1])
        drawn = np.minimum(drawn, len(points) - 1)
        squared = points @ points[drawn].T
        squared *= -2
        squared += (points**2).sum(axis=1)[:, None] + (points[drawn] ** 2).sum(axis=1)
        candidates = np.minimum(closest[:, None], np.maximum(squared, 0))
        best = int(candidates.sum(axis=0).argmin())
        centroids[k] = points[drawn[best]]
        closest = candidates[:, best]
    return centroids


def refine(
    points: NDArray[np.float32],
    centroids: NDArray[np.float32],
    iterations: int,
) -> tuple[NDArray[np.float32], float]:
    """Lloyd's iterations from given centroids; returns centroids and mean squared distance.

    A centroid that loses all points moves to the point farthest from its own.
    """
    centroids = centroids.copy()
    inertia = np.inf
    for _ in range(iterations):
        labels, squared = nearest(points, centroids)
        previous, inertia = inertia, float(squared.mean())
        counts = np.bincount(labels, minlength=len(centroids))
        sums = np.stack(
            [np.bincount(labels, weights=column, minlength=len(centroids)) for column in points.T],
            axis=1,
        )
        filled = counts > 0
        centroids[filled] = sums[filled] / counts[filled, None]
        for k in np.flatnonzero(~filled):
            farthest = int(squared.argmax())
            centroids[k] = points[farthest]
            squared[farthest] = 0
        if previous - inertia < 1e-5 * inertia and filled.all():
            break
    return centroids, inertia


def fit_prototypes(
    points: NDArray[np.float32],
    clusters: int,
    generator: np.random.Generator,
    *,
    start: NDArray[np.float32] | None = None,
) -> NDArray[np.float32]:
    """Find prototypes of a sample, rare materials included.

    A first k-means tells how crowded each region is; the final one runs on points
    drawn with probability 1 / sqrt(crowd), so that a lesion of a thousandth of the
    pixels still gets centroids of its own.

    Parameters
    ----------
    points
        (n, dimensions) sample of all scans.
    clusters
        Number of prototypes.
    generator
        Source of all random draws.
    start
        Prototypes of the last epoch, from which to go on instead of starting anew.

    Returns
    -------
    ndarray
        (clusters, dimensions).
    """
    if start is None:
        start, _ = refine(points, _seed(points, clusters, generator), 5)
        fresh = True
    else:
        fresh = False
    labels, _ = nearest(points, start)
    crowd = np.bincount(labels, minlength=clusters)[labels]
    weights = 1 / np.sqrt(crowd)
    drawn = generator.choice(len(points), max(len(points) // 2, 1), p=weights / weights.sum())
    even = np.ascontiguousarray(points[drawn])
    centroids, _ = refine(even, _seed(even, clusters, generator) if fresh else start, 12)
    return centroids
