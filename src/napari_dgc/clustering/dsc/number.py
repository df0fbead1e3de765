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
#: Silhouettes that differ by less are the same: another draw may turn them round. Of numbers that
#: are as good the lowest is taken, or the next one, as clusters are merged more easily than
#: parted; not the largest, as well fitted clusters can be cut on and on at little loss.
_SAME = 0.015
_FINE = 48
#: Of so many starts of k-means the one with the highest silhouette is taken, not the one with the
#: least spread: among many pixels of one crowd, spread falls most by cutting the crowd in two.
_STARTS = 24


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
        The lowest number that is as good as any, or the next one where that is as good, too.
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
    """Run k-means; from the start with the highest silhouette, or on from given centroids."""
    from sklearn.cluster import KMeans

    distinct = len(np.unique(points, axis=0))
    if distinct < clusters:
        # A constant scan: fewer clusters own pixels than were asked for.
        found = np.unique(points, axis=0)
        return np.concatenate([found, np.repeat(found[:1], clusters - distinct, axis=0)])
    if start is not None:
        means = KMeans(clusters, init=start, n_init=1, random_state=seed).fit(points)
        return np.asarray(means.cluster_centers_, np.float32)
    # Fine clusters, each counted once, lead half of the starts to kinds that crowds hide.
    some = points[:: max(1, len(points) // _AT_ONCE)]
    count = max(clusters, min(_FINE, len(some) // 8))
    if len(np.unique(some, axis=0)) < count:
        some, count = points, clusters
    fine = KMeans(count, n_init=1, random_state=seed).fit(some).cluster_centers_
    tried = []
    for position, number in enumerate(np.random.default_rng(seed).integers(2**31, size=_STARTS)):
        draw = int(number)
        init: Any = "k-means++"
        if position % 2:
            init = KMeans(clusters, n_init=1, random_state=draw).fit(fine).cluster_centers_
        means = KMeans(clusters, init=init, n_init=1, random_state=draw).fit(some)
        tried.append(np.asarray(means.cluster_centers_, np.float32))
    best = max(tried, key=lambda centroids: centroid_silhouette(some, centroids))
    return fit_centroids(points, clusters, seed, start=best)


def centroid_silhouette(points: Array, centroids: Array) -> float:
    """Return the silhouette with distances from centroids in the place of all others.

    The simplified silhouette of Hruschka, Campello & de Castro (2006,
    doi:10.1016/j.ins.2005.07.015), a fast stand-in by which partitions into one number of
    clusters are compared.

    Parameters
    ----------
    points
        (n, latent).
    centroids
        (clusters, latent), at least two.

    Returns
    -------
    float
        Mean over points, 0 to 1.
    """
    from scipy.spatial.distance import cdist

    nearest_two = np.partition(cdist(points, centroids), 1, axis=1)[:, :2]
    first, second = nearest_two.T
    return float((1 - first / np.maximum(second, 1e-12)).mean())


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
    best = int(good.argmax())
    best += int(good[best + 1])
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
