"""k-means on codes, and how many clusters there are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
#: Points that clusters are found in, and that the silhouette is computed on at once, which takes
#: their number squared.
_POINTS, _AT_ONCE = 4000, 1334
#: Silhouettes that differ by less are the same: another draw may turn them round. Of successive
#: numbers that are as good the largest is taken, as clusters are merged more easily than parted.
_SAME = 0.01
_FINE = 48
_STARTS = 3


@dataclass(frozen=True, eq=False)
class SilhouetteCurve:
    """Silhouette over the number of clusters.

    Parameters
    ----------
    counts
        (n,) numbers of clusters.
    scores
        (n,) mean silhouette of each, -1 to 1.
    chosen
        The number with the highest one, or the next ones that are as good.
    """

    counts: NDArray[np.int64]
    scores: NDArray[np.float64]
    chosen: int

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return the arrays to store (see `from_tensors`)."""
        return {
            "curve.counts": self.counts,
            "curve.scores": self.scores,
            "curve.chosen": np.array([self.chosen]),
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, NDArray[Any]]) -> Self | None:
        """Rebuild from `tensors`, or None where there is none."""
        if "curve.counts" not in tensors:
            return None
        chosen = int(tensors["curve.chosen"][0])
        return cls(tensors["curve.counts"], tensors["curve.scores"], chosen)


def even_draw(codes: Array, generator: np.random.Generator, points: int = _POINTS) -> Array:
    """Draw codes by 1 / sqrt(crowd), so that rare materials count more than their pixels."""
    from sklearn.cluster import KMeans

    if len(np.unique(codes, axis=0)) <= 64:
        return codes[:points]
    seed = int(generator.integers(2**31))
    some = codes[generator.permutation(len(codes))[: 2 * points]]
    fine = KMeans(min(_FINE, len(some) // 8), n_init=1, random_state=seed).fit(some)
    crowd = np.bincount(fine.labels_, minlength=_FINE)[fine.labels_]
    weights = 1 / np.sqrt(crowd)
    number = min(points, len(some))
    drawn: Array = some[generator.choice(len(some), number, p=weights / weights.sum())]
    return drawn


def fit_centroids(points: Array, clusters: int, seed: int, *, start: Array | None = None) -> Array:
    """Run k-means; from the best of a few starts, or on from given centroids."""
    from sklearn.cluster import KMeans

    distinct = len(np.unique(points, axis=0))
    if distinct < clusters:
        # A constant scan: fewer clusters own pixels than were asked for.
        found = np.unique(points, axis=0)
        return np.concatenate([found, np.repeat(found[:1], clusters - distinct, axis=0)])
    if start is None:
        means = KMeans(clusters, n_init=_STARTS, random_state=seed)
    else:
        means = KMeans(clusters, init=start, n_init=1, random_state=seed)
    return np.asarray(means.fit(points).cluster_centers_, np.float32)


def silhouette_curve(
    points: Array, counts: Sequence[int], seed: int
) -> tuple[SilhouetteCurve, Array]:
    """Try numbers of clusters; returns the curve and the centroids of the chosen number."""
    tried, scores, found = [], [], []
    distinct = len(np.unique(points, axis=0))
    for clusters in counts:
        if clusters >= distinct:
            break
        centroids = fit_centroids(points, clusters, seed)
        found.append(centroids)
        tried.append(clusters)
        scores.append(mean_silhouette(points, assign(points, centroids)))
    if not found:
        centroids = fit_centroids(points, counts[0], seed)
        return SilhouetteCurve(np.array([counts[0]]), np.zeros(1), counts[0]), centroids
    values = np.array(scores)
    good = np.append(values >= values.max() - _SAME, False)
    first = int(good.argmax())
    best = first + int((~good[first:]).argmax()) - 1
    return SilhouetteCurve(np.array(tried), values, tried[best]), found[best]


def mean_silhouette(points: Array, labels: NDArray[np.intp]) -> float:
    """Return the mean silhouette, computed part by part; -1 for a single cluster."""
    from sklearn.metrics import silhouette_score

    scores = []
    for start in range(0, len(points), _AT_ONCE):
        some = slice(start, start + _AT_ONCE)
        if 1 < len(np.unique(labels[some])) < len(labels[some]):
            scores.append(float(silhouette_score(points[some], labels[some])))
    return float(np.mean(scores)) if scores else -1.0


def assign(points: Array, centroids: Array) -> NDArray[np.intp]:
    """Return the nearest centroid of each point, from 0."""
    from napari_dgc.clustering.dgc.kmeans import nearest

    return nearest(points, centroids)[0]


def keep_numbers(
    points: Array, centroids: Array, slots: NDArray[np.intp], before: Array | None, most: int
) -> NDArray[np.intp]:
    """Give centroids the numbers of those before them that own the same points.

    Parameters
    ----------
    points
        (n, latent).
    centroids, before
        (clusters, latent) now, and (clusters, latent) before or None.
    slots
        Numbers (0-based) of those before.
    most
        Numbers are below this.

    Returns
    -------
    ndarray
        (clusters,) number of each centroid.
    """
    from scipy.optimize import linear_sum_assignment

    if before is None:
        return np.arange(len(centroids))
    table = np.zeros((len(centroids), len(before)))
    np.add.at(table, (assign(points, centroids), assign(points, before)), 1)
    rows, columns = linear_sum_assignment(-table)
    numbers = np.full(len(centroids), -1)
    numbers[rows] = slots[columns]
    free = iter([slot for slot in range(most) if slot not in set(numbers.tolist())])
    for row in np.flatnonzero(numbers < 0):
        numbers[row] = next(free)
    return numbers
