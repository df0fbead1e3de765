"""Clusters as the classical methods find them: centroids, and components of a mixture.

Both are values that say how far any pixel is from each cluster. Fitting goes through
scikit-learn's public interface with a new estimator for every pass, so that all there is to
know about a run is in these values: going on from a file equals never having stopped.
"""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.labelling import check_stop

#: Pixels of a mini-batch.
_BATCH = 2048
#: Starts of which the best one is taken, and pixels that they are found in.
_STARTS = 3
_START = 20_000
#: Expectation-maximisation per epoch: passes of two iterations each.
_PASSES = 5
#: A tenth of the noise's variance keeps a component of few pixels from shrinking to a point.
_LEAST_VARIANCE = 0.1
Found = TypeVar("Found")


@dataclass(frozen=True, eq=False)
class Clusters(ABC):
    """Fine clusters in some features."""

    @classmethod
    def start(
        cls,
        points: NDArray[np.float32],
        clusters: int,
        generator: np.random.Generator,
        token: CancelToken | None = None,
    ) -> Self:
        """Begin with a draw of pixels (n, dimensions), n at least `clusters`.

        The best of a few starts after one epoch each: all of these methods end in the nearest
        optimum, which a single odd pixel at the start can make a poor one.

        Raises
        ------
        InterruptedError
            When asked to stop.
        """
        found = []
        for _ in range(_STARTS):
            begun = cls.guess(points[:_START], clusters, generator)
            grown = run(begun.refined(points[:_START], token))
            (misfit,) = grown.figures(points[:_START]).values()
            found.append((misfit, grown))
        return min(found, key=lambda pair: pair[0])[1]

    @classmethod
    @abstractmethod
    def guess(
        cls, points: NDArray[np.float32], clusters: int, generator: np.random.Generator
    ) -> Self:
        """Return a first guess for `start`."""

    @abstractmethod
    def refined(
        self, points: NDArray[np.float32], token: CancelToken | None = None
    ) -> Generator[float, None, Self]:
        """Return what one epoch on a draw of pixels makes of them, yielding the share done.

        Raises
        ------
        InterruptedError
            When asked to stop.
        """

    @abstractmethod
    def squared(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, clusters) squared distances, or what takes their place: the least one decides."""

    @abstractmethod
    def figures(self, points: NDArray[np.float32]) -> dict[str, float]:
        """Return how well they fit a draw of pixels, by name; the lower the better."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """Number of clusters and of features."""

    @abstractmethod
    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as named arrays (see `from_arrays`)."""

    @classmethod
    @abstractmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Rebuild from `arrays`."""

    def assign(self, points: NDArray[np.float32]) -> NDArray[np.uint16]:
        """Return the fine cluster, from 1, of each point (n, dimensions)."""
        labels: NDArray[np.uint16] = (self.squared(points).argmin(axis=1) + 1).astype(np.uint16)
        return labels


@dataclass(frozen=True, eq=False)
class Centroids(Clusters):
    """Clusters of k-means.

    Parameters
    ----------
    centroids
        (clusters, dimensions), float32; the first one was the largest at the start.
    """

    centroids: NDArray[np.float32]

    @classmethod
    def guess(
        cls, points: NDArray[np.float32], clusters: int, generator: np.random.Generator
    ) -> Self:
        """Begin with greedy k-means++ (Arthur & Vassilvitskii 2007)."""
        from sklearn.cluster import kmeans_plusplus

        found, _ = kmeans_plusplus(points, clusters, random_state=int(generator.integers(2**31)))
        first = cls(np.ascontiguousarray(found, np.float32))
        crowd = np.bincount(first.assign(points), minlength=clusters + 1)[1:]
        return cls(np.ascontiguousarray(first.centroids[np.argsort(-crowd, kind="stable")]))

    def refined(
        self, points: NDArray[np.float32], token: CancelToken | None = None
    ) -> Generator[float, None, Self]:
        """Go over the pixels in mini-batches (Sculley 2010, doi:10.1145/1772690.1772862)."""
        from sklearn.cluster import MiniBatchKMeans

        fit = MiniBatchKMeans(
            len(self.centroids),
            init=self.centroids,
            n_init=1,
            # No cluster is moved at random: nothing but the centroids is to be remembered.
            reassignment_ratio=0.0,
            compute_labels=False,
        )
        for begin in range(0, len(points), _BATCH):
            check_stop(token)
            fit.partial_fit(points[begin : begin + _BATCH])
            yield min(1.0, (begin + _BATCH) / len(points))
        return type(self)(np.ascontiguousarray(fit.cluster_centers_, np.float32))

    def squared(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, clusters) squared distances, up to what is the same for all clusters."""
        result: NDArray[np.float32] = points @ self.centroids.T
        result *= -2
        result += (self.centroids**2).sum(axis=1)
        return result

    def figures(self, points: NDArray[np.float32]) -> dict[str, float]:
        """Return the share of the pixels' variance that the clusters do not explain."""
        rest = self.squared(points).min(axis=1) + (points**2).sum(axis=1)
        whole = float(((points - points.mean(axis=0)) ** 2).sum(dtype=np.float64))
        left = float(np.maximum(rest, 0).sum(dtype=np.float64))
        return {"unexplained": left / whole if whole > 0 else 0.0}

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of clusters and of features."""
        return self.centroids.shape

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return the centroids by name."""
        return {"centroids": self.centroids}

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Rebuild from `arrays`; raises ValueError when they make no sense."""
        centroids = np.asarray(arrays["centroids"], np.float32)
        if centroids.ndim != 2 or not np.isfinite(centroids).all():
            raise ValueError("centroids are no numbers")
        return cls(centroids)


@dataclass(frozen=True, eq=False)
class Mixture(Clusters):
    """Components of a Gaussian mixture with full covariances.

    Parameters
    ----------
    weights, means, precisions
        (clusters,), (clusters, dimensions) and (clusters, dimensions, dimensions), float64.
    """

    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    precisions: NDArray[np.float64]

    @classmethod
    def guess(
        cls, points: NDArray[np.float32], clusters: int, generator: np.random.Generator
    ) -> Self:
        """Begin with a pass of k-means and the covariances of its clusters."""
        centroids = Centroids.guess(points, clusters, generator)
        labels = run(centroids.refined(points)).assign(points) - 1
        wide = points.astype(np.float64)
        size = wide.shape[1]
        count = np.bincount(labels, minlength=clusters)
        sums = np.stack([np.bincount(labels, v, minlength=clusters) for v in wide.T], axis=1)
        means = (sums / np.maximum(count, 1)[:, None]).astype(np.float64)
        rest = wide - means[labels]
        within = rest.T @ rest / len(wide)
        floor = _least_variance(wide) * np.eye(size)
        precisions = np.empty((clusters, size, size))
        for number in range(clusters):
            own = rest[labels == number]
            # Few pixels have no covariance of their own: they borrow that of all clusters.
            covariance = (own.T @ own + size * within) / (len(own) + size)
            precisions[number] = np.linalg.inv(covariance + floor)
        return cls((count + 1) / (count + 1).sum(), means, precisions)

    def refined(
        self, points: NDArray[np.float32], token: CancelToken | None = None
    ) -> Generator[float, None, Self]:
        """Go on with expectation-maximisation on these pixels."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.mixture import GaussianMixture

        wide = points.astype(np.float64)
        found = self
        for number in range(_PASSES):
            check_stop(token)
            fit = GaussianMixture(
                len(self.weights),
                reg_covar=_least_variance(wide),
                tol=0.0,
                max_iter=2,
                weights_init=found.weights,
                means_init=found.means,
                precisions_init=found.precisions,
            )
            with warnings.catch_warnings():
                # Two iterations are no convergence, and are not meant to be.
                warnings.simplefilter("ignore", ConvergenceWarning)
                fit.fit(wide)
            precisions = (fit.precisions_ + fit.precisions_.transpose(0, 2, 1)) / 2
            found = type(self)(fit.weights_ / fit.weights_.sum(), fit.means_, precisions)
            yield (number + 1) / _PASSES
        return found

    def squared(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, clusters) -2 log of the density of each component times its weight."""
        wide = points.astype(np.float64)
        result = np.empty((len(wide), len(self.weights)))
        for number, (mean, precision) in enumerate(zip(self.means, self.precisions, strict=True)):
            root = np.linalg.cholesky(precision)
            result[:, number] = (((wide - mean) @ root) ** 2).sum(axis=1)
            result[:, number] -= 2 * np.log(np.diag(root)).sum()
        result += wide.shape[1] * np.log(2 * np.pi)
        result -= 2 * np.log(np.maximum(self.weights, np.finfo(np.float64).tiny))
        return result.astype(np.float32)

    def figures(self, points: NDArray[np.float32]) -> dict[str, float]:
        """Return minus the mean logarithm of the pixels' density."""
        from scipy.special import logsumexp

        return {"surprise": -float(logsumexp(-0.5 * self.squared(points), axis=1).mean())}

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of clusters and of features."""
        return self.means.shape

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return weights, means and precisions by name."""
        return {
            "mixture.weights": self.weights,
            "mixture.means": self.means,
            "mixture.precisions": self.precisions,
        }

    @classmethod
    def from_arrays(cls, arrays: dict[str, NDArray[Any]]) -> Self:
        """Rebuild from `arrays`; raises ValueError when they make no sense."""
        weights, means, precisions = (
            np.asarray(arrays[f"mixture.{name}"], np.float64)
            for name in ("weights", "means", "precisions")
        )
        if means.ndim != 2 or weights.shape != means.shape[:1]:
            raise ValueError("weights and means do not belong together")
        if precisions.shape != (*means.shape, means.shape[1]):
            raise ValueError("means and precisions do not belong together")
        if not (np.isfinite(weights).all() and np.isfinite(means).all()):
            raise ValueError("weights or means are no numbers")
        # Raises where a matrix is no precision, which labelling would find too late.
        np.linalg.cholesky(precisions)
        return cls(weights, means, precisions)


def run(passes: Generator[float, None, Found]) -> Found:
    """Go through `Clusters.refined` or `draw_pixels` without looking at how far it is."""
    while True:
        try:
            next(passes)
        except StopIteration as stop:
            found: Found = stop.value
            return found


def at_least(points: NDArray[np.float32], clusters: int) -> NDArray[np.float32]:
    """Repeat pixels where there are fewer than clusters; scikit-learn wants as many."""
    if not len(points):
        return np.zeros((clusters, points.shape[1]), np.float32)
    return np.resize(points, (clusters, points.shape[1])) if len(points) < clusters else points


def _least_variance(points: NDArray[np.float64]) -> float:
    """Variance that is added to every component; rounding asks for more on huge signals."""
    return _LEAST_VARIANCE + 1e-9 * float(points.var(axis=0).max())
