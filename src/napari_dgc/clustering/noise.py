"""The sensor's noise, and the features in which it is white.

Minimum noise fraction (Green et al. 1988, doi:10.1109/36.3001): the noise
covariance is estimated from differences of neighbouring pixels, and spectra
are projected onto the directions with the highest signal-to-noise ratio, in
units of the noise's standard deviation.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.labelling import Bands, check_stop
from napari_dgc.clustering.patches import spread_windows
from napari_dgc.cubes import HyperCube, valid_pixels
from napari_dgc.errors import UserError

#: Side of the sampled windows, their number over all scans, and its bounds per scan.
WINDOW = 32
_WINDOWS = 120
_WINDOWS_PER_SCAN = (4, 24)
#: Scans up to which each gives its least number of windows.
_MANY = 40
#: Scan, rows and columns of a window.
Place: TypeAlias = tuple[int, slice, slice]
#: Share of neighbour differences kept; larger ones are edges, not noise.
_KEPT_DIFFERENCES = 0.7


@dataclass(frozen=True, eq=False)
class NoiseModel:
    """Projection of spectra onto noise-whitened features, one for all scans.

    Parameters
    ----------
    mean
        (bands,) mean reflectance over the sample of all scans.
    components
        (dimensions, bands) rows map centred reflectance to features.
    ratios
        (dimensions,) signal variance over noise variance, descending.
    exponent
        Feature d was divided by ratios[d] ** (exponent / 2): 0 leaves noise units,
        1 whitens the signal.
    """

    mean: NDArray[np.float32]
    components: NDArray[np.float32]
    ratios: NDArray[np.float32]
    exponent: float

    @property
    def dimensions(self) -> int:
        """Number of features."""
        return len(self.components)

    def transform(self, spectra: NDArray[np.float32]) -> NDArray[np.float32]:
        """Project reflectance (bands, ...) to features (dimensions, ...)."""
        features = self.project(spectra)
        features -= (self.components @ self.mean).reshape(-1, *(1,) * (spectra.ndim - 1))
        return features

    def project(self, spectra: NDArray[np.float32]) -> NDArray[np.float32]:
        """Project reflectance (bands, ...) to features as measured from zero reflectance."""
        flat = spectra.reshape(spectra.shape[0], -1)
        features: NDArray[np.float32] = self.components @ flat
        return features.reshape(self.dimensions, *spectra.shape[1:])

    @classmethod
    def fit(
        cls,
        windows: Iterable[NDArray[np.float32]],
        *,
        exponent: float = 0.5,
        max_dimensions: int = 16,
    ) -> Self:
        """Estimate noise and signal covariance from windows of all scans.

        Parameters
        ----------
        windows
            (bands, rows, columns) each, missing samples NaN (see `sample_windows`).
        exponent
            See the class.
        max_dimensions
            Upper bound for the number of features.

        Raises
        ------
        UserError
            When the scans hold no two neighbouring pixels with data.
        """
        statistics = NoiseStatistics()
        for window in windows:
            statistics.add(window)
        return cls.of(statistics, exponent=exponent, max_dimensions=max_dimensions)

    @classmethod
    def of(
        cls, statistics: "NoiseStatistics", *, exponent: float = 0.5, max_dimensions: int = 16
    ) -> Self:
        """Estimate as `fit` does, from windows that have been taken in one by one."""
        mean, components, ratios = statistics.projection(exponent, max_dimensions)
        return cls(mean, components, ratios, exponent)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return the arrays to store (see `from_tensors`)."""
        return {
            "noise.mean": self.mean,
            "noise.components": self.components,
            "noise.ratios": self.ratios,
            "noise.exponent": np.array([self.exponent], np.float32),
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, NDArray[Any]]) -> Self:
        """Rebuild from `tensors`; raises ValueError when they do not belong together."""
        mean, components, ratios, exponent = (
            tensors[f"noise.{name}"] for name in ("mean", "components", "ratios", "exponent")
        )
        if components.shape != (*ratios.shape, *mean.shape) or components.ndim != 2:
            raise ValueError("the noise model is not of one piece")
        return cls(mean, components, ratios, float(exponent[0]))


class NoiseStatistics:
    """Covariance of spectra and of the noise in windows of all scans, taken in one by one."""

    def __init__(self) -> None:
        self._spectra = _Moments()
        self._differences = _Moments()

    def add(self, window: NDArray[np.float32]) -> None:
        """Take in a window (bands, rows, columns), missing samples NaN."""
        valid = valid_pixels(window)
        self._spectra.add(window[:, valid])
        self._differences.add_outer(small_differences(window, valid))

    def projection(
        self, exponent: float, max_dimensions: int
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        """Return mean, components and ratios of a `NoiseModel`.

        Raises
        ------
        UserError
            When there were no two neighbouring pixels with data.
        """
        if self._spectra.count < 2 or self._differences.count < 2:
            raise UserError(
                "The scans hold too few neighbouring pixels with data to learn from; "
                "check the no-data value and the bad bands."
            )
        mean, signal = self._spectra.mean_and_covariance()
        # A difference of two pixels has twice the variance of the noise.
        noise = self._differences.second_moment() / 2
        size = len(mean)
        # Products are summed in single precision, and few pixels of many bands have directions
        # without any noise: both need a floor that grows with the whole noise.
        floor = 1e-6 * float(np.trace(noise)) + 1e-12 * float(np.trace(signal)) / size
        # Of a constant scan nothing is left but the rounding of its samples, which is no signal.
        rounding = float(np.finfo(np.float32).eps) ** 2 * float(mean @ mean) / size
        ratios, vectors = _relative_eigenvectors(
            signal, noise + max(floor, rounding, 1e-20) * np.eye(size)
        )
        order = np.argsort(ratios)[::-1]
        informative = int((ratios > 1.5).sum())
        kept = order[: int(np.clip(informative, min(3, size), min(max_dimensions, size)))]
        scale = np.maximum(ratios[kept], 1.0) ** (-exponent / 2)
        # eigh fixes directions only up to sign: make the largest weight positive.
        chosen = vectors[:, kept].T
        peak = np.abs(chosen).argmax(axis=1)
        chosen = chosen * np.sign(chosen[np.arange(len(kept)), peak])[:, None]
        return (
            mean.astype(np.float32),
            (chosen * scale[:, None]).astype(np.float32),
            np.maximum(ratios[kept], 1.0).astype(np.float32),
        )


def _relative_eigenvectors(
    signal: NDArray[np.float64], noise: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Solve signal v = ratio noise v with v' noise v = 1; returns ratios and columns v.

    scipy.linalg.eigh does the same but holds Python's global lock, and with it the
    window, for as long as it computes.
    """
    inverse = np.linalg.inv(np.linalg.cholesky(noise))
    ratios, vectors = np.linalg.eigh(inverse @ signal @ inverse.T)
    return ratios, inverse.T @ vectors


class _Moments:
    """Running sums of spectra in double precision, about the first window's mean."""

    def __init__(self) -> None:
        self.count = 0
        self._shift: NDArray[np.float64] | None = None
        self._sum: Any = 0.0
        self._outer: Any = 0.0

    def add(self, spectra: NDArray[np.float32]) -> None:
        """Add (bands, n) spectra."""
        if not spectra.shape[1]:
            return
        if self._shift is None:
            self._shift = spectra.mean(axis=1).astype(np.float64)
        centred = spectra - self._shift[:, None].astype(np.float32)
        self._sum = self._sum + centred.sum(axis=1, dtype=np.float64)
        self.add_outer(centred)

    def add_outer(self, values: NDArray[np.float32]) -> None:
        """Add the outer products of (bands, n) values."""
        self.count += values.shape[1]
        self._outer = self._outer + (values @ values.T).astype(np.float64)

    def mean_and_covariance(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the mean (bands,) and the covariance (bands, bands)."""
        assert self._shift is not None
        offset = self._sum / self.count
        return self._shift + offset, self._outer / self.count - np.outer(offset, offset)

    def second_moment(self) -> NDArray[np.float64]:
        """Return the mean outer product (bands, bands)."""
        moment: NDArray[np.float64] = self._outer / self.count
        return moment


def small_differences(window: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return differences of horizontal and vertical neighbours, without the largest.

    Parameters
    ----------
    window, valid
        (bands, rows, columns) and (rows, columns).

    Returns
    -------
    ndarray
        (bands, n), with twice the variance of the noise.
    """
    across = (window[:, :, 1:] - window[:, :, :-1])[:, valid[:, 1:] & valid[:, :-1]]
    along = (window[:, 1:] - window[:, :-1])[:, valid[1:] & valid[:-1]]
    differences = np.concatenate([across, along], axis=1)
    if not differences.shape[1]:
        return differences
    # Each band in its own units, so that bright bands do not decide alone what an edge is.
    spread = np.abs(differences).mean(axis=1)
    size = (1 / np.where(spread > 0, spread, 1)) @ np.abs(differences)
    return differences[:, size <= np.quantile(size, _KEPT_DIFFERENCES)]


def sample_places(
    cubes: Sequence[HyperCube],
    *,
    seed: int,
    windows: int = _WINDOWS,
    per_scan: tuple[int, int] = _WINDOWS_PER_SCAN,
) -> Iterator[Place]:
    """Yield windows spread over all scans, the same for a seed.

    However many scans there are, about the same number of `windows` is read in all, so
    that time and memory stay constant; `per_scan` bounds the number for one scan. Beyond
    `_MANY` scans the least number per scan holds on average: some have one window fewer, or none.
    """
    scans = len(cubes)
    count = int(np.clip(windows // max(scans, 1), *per_scan))
    most = _MANY * per_scan[0]
    for number, cube in enumerate(cubes):
        if scans > _MANY:
            count = (number + 1) * most // scans - number * most // scans
        for rows, columns in spread_windows(
            cube.rows, cube.columns, count=count, edge=WINDOW, seed=seed, scan=number
        ):
            yield number, rows, columns


def read_places(
    cubes: Sequence[HyperCube],
    bands: Bands,
    places: Iterable[Place],
    token: CancelToken | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Yield the windows (bands, rows, columns) at some places, read when they are asked for."""
    for scan, rows, columns in places:
        check_stop(token)
        yield bands.read(cubes[scan], rows, columns)


def sample_windows(
    cubes: Sequence[HyperCube],
    bands: Bands,
    *,
    seed: int,
    token: CancelToken | None = None,
    windows: int = _WINDOWS,
    per_scan: tuple[int, int] = _WINDOWS_PER_SCAN,
) -> Iterator[NDArray[np.float32]]:
    """Yield windows (bands, rows, columns) of `sample_places`."""
    places = sample_places(cubes, seed=seed, windows=windows, per_scan=per_scan)
    return read_places(cubes, bands, places, token)
