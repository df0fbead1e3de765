"""How noisy every band of a scan is, estimated from the scan itself.

Roger and Arnold (1996), "Reliably estimating the noise in AVIRIS hyperspectral
images", International Journal of Remote Sensing 17(10), doi:10.1080/01431169608948750:
what a band has in common with its neighbours, in space and in wavelength, is signal.
Signal is what differs between the pixels beyond the noise (Green et al. 1988,
doi:10.1109/36.3001), not the mean: bands in which leaves are dark may tell them apart, and
counts carry an offset of the detector.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.clustering.patches import spread_windows
from napari_dgc.cubes import HyperCube

#: Bands with less signal than this many standard deviations of their noise are suggested
#: as bad: more of what is seen in them is noise than signal (see `benchmarks/bad_bands.py`).
LOWEST_SIGNAL_TO_NOISE = 1.0
#: Side of the windows that are looked at, and their number over all scans.
_WINDOW, _WINDOWS = 32, 24
#: Neighbours are sought up to two bands away, so that two of them lie up to four apart.
_LAGS = 5
#: Neighbouring bands that say nothing new about each other: their correlation is beyond
#: what single precision resolves.
_SAME = 1e-9
#: From fewer pairs of neighbours noise is not estimated.
_FEWEST_PAIRS = 100
#: A band is saturated when so large a share of its samples has its highest value.
_SATURATED = 0.5


def signal_to_noise(
    cubes: Sequence[HyperCube], *, seed: int = 0, token: CancelToken | None = None
) -> NDArray[np.float64]:
    """Estimate the signal-to-noise ratio of every band.

    Differences of neighbouring pixels are free of what pixels share; of what is left,
    that part is taken away which the two nearest bands predict (by least squares), as
    texture shows in neighbouring bands alike and noise does not. The standard
    deviation of the rest, over the square root of two, is the noise of a pixel. What the
    pixels of a scan vary by beyond it is signal.

    Parameters
    ----------
    cubes
        Scans with the same bands; a sample of windows is read. Bad bands are
        estimated too.
    seed
        Decides where the windows lie.
    token
        Looked at between windows.

    Returns
    -------
    ndarray
        (bands,) standard deviation of the signal over that of the noise; 0 for bands
        without data, without any variation, or saturated in most pixels. Of even scenes,
        where most bands hold no more signal than noise, mean over noise. Where bands were
        interpolated or smoothed along the wavelengths, noise is shared between bands and
        the ratio comes out too high.

    Raises
    ------
    InterruptedError
        When `token` was cancelled.
    """
    token = token or never_cancelled()
    bands = cubes[0].n_bands
    moments = _Moments(bands)
    count = max(4, _WINDOWS // len(cubes))
    for number, cube in enumerate(cubes):
        moments.begin_scan()
        for rows, columns in spread_windows(
            cube.rows, cube.columns, count=count, edge=_WINDOW, seed=seed + number
        ):
            if token.cancelled:
                raise InterruptedError
            moments.add(cube.read(rows, columns))
    return moments.ratios()


def noise_of(
    cube: HyperCube,
    bands: NDArray[np.intp],
    *,
    windows: int = 12,
    token: CancelToken | None = None,
) -> NDArray[np.float64]:
    """Estimate the noise of some bands of a scan as `signal_to_noise` does.

    Parameters
    ----------
    cube
        The scan; only these bands and their good neighbours are read.
    bands
        0-based, ascending.
    windows
        How many windows are looked at.
    token
        Looked at between windows.

    Returns
    -------
    ndarray
        (bands,) standard deviation of a pixel, in units of the samples; 0 where it is
        unknown, as in scans of few pixels.

    Raises
    ------
    InterruptedError
        When `token` was cancelled.
    """
    token = token or never_cancelled()
    around = np.union1d(bands - 1, bands + 1)
    read = np.union1d(bands, np.intersect1d(around, cube.good_bands))
    moments = _Moments(len(read))
    for rows, columns in spread_windows(
        cube.rows, cube.columns, count=windows, edge=_WINDOW, seed=0
    ):
        if token.cancelled:
            raise InterruptedError
        moments.add(cube.read(rows, columns, read))
    noise = np.where(moments.pairs >= _FEWEST_PAIRS, moments.noise(), 0.0)
    return np.sqrt(noise)[np.searchsorted(read, bands)]


class _Moments:
    """Sums over the windows of all scans, from which the ratios come."""

    def __init__(self, bands: int) -> None:
        lags = range(min(_LAGS, bands))
        # Products of the differences of bands that lie so many bands apart.
        self._products = [np.zeros(bands - lag) for lag in lags]
        self._pairs = [np.zeros(bands - lag, np.int64) for lag in lags]
        self._count = np.zeros(bands, np.int64)
        self._sum = np.zeros(bands)
        # Deviations from the mean of each scan: scans that differ as a whole show no structure.
        self._scatter = np.zeros(bands)
        self._at_highest = np.zeros(bands, np.int64)
        # Calibration leaves every scan its own ceiling.
        self._saturated = np.zeros(bands, np.int64)
        self.begin_scan()

    def begin_scan(self) -> None:
        """Take the windows that follow as those of another scan."""
        self._end_scan()
        self._in_scan = np.zeros_like(self._count)
        self._mean = np.zeros_like(self._sum)
        self._highest = np.full(len(self._sum), -np.inf)

    def _end_scan(self) -> None:
        self._saturated += self._at_highest
        self._at_highest = np.zeros_like(self._saturated)

    def add(self, window: NDArray[np.float32]) -> None:
        """Take in a window (bands, rows, columns); missing samples are NaN."""
        self._add_values(window.reshape(len(window), -1).astype(np.float64))
        for axis in (1, 2):
            differences = np.diff(window, axis=axis).reshape(len(window), -1).astype(np.float64)
            there = np.isfinite(differences)
            differences[~there] = 0.0
            for lag in range(len(self._products)):
                end = len(window) - lag
                self._products[lag] += np.einsum("bp,bp->b", differences[:end], differences[lag:])
                self._pairs[lag] += np.sum(there[:end] & there[lag:], axis=1)

    def _add_values(self, values: NDArray[np.float64]) -> None:
        known = np.isfinite(values)
        count, total = known.sum(axis=1), values.sum(axis=1, where=known)
        mean = total / np.maximum(count, 1)
        # Chan, Golub and LeVeque (1983), doi:10.1080/00031305.1983.10483115: stable in one pass.
        together = np.maximum(self._in_scan + count, 1)
        step = np.where(count > 0, mean - self._mean, 0.0)
        self._scatter += np.sum((values - mean[:, None]) ** 2, axis=1, where=known)
        self._scatter += step**2 * self._in_scan * count / together
        self._mean += step * count / together
        self._in_scan += count
        self._count += count
        self._sum += total
        highest = values.max(axis=1, where=known, initial=-np.inf)
        at_highest = np.sum(values == highest[:, None], axis=1)
        self._at_highest = np.where(
            highest > self._highest,
            at_highest,
            self._at_highest + np.where(highest == self._highest, at_highest, 0),
        )
        self._highest = np.maximum(highest, self._highest)

    def _mean_products(self) -> list[NDArray[np.float64]]:
        return [
            total / np.maximum(n, 1) for total, n in zip(self._products, self._pairs, strict=True)
        ]

    @property
    def pairs(self) -> NDArray[np.int64]:
        """How many neighbouring pixels were compared in each band."""
        return self._pairs[0]

    def noise(self) -> NDArray[np.float64]:
        """Return the variance of the noise of each band."""
        return _unpredicted(self._mean_products()) / 2

    def ratios(self) -> NDArray[np.float64]:
        """Return the signal-to-noise ratio of each band (see `signal_to_noise`)."""
        self._end_scan()
        products = self._mean_products()
        count = np.maximum(self._count, 1)
        saturated = self._saturated > _SATURATED * count
        live = (products[0] > 0) & ~saturated
        # Bands that are told wholly by their neighbours have no noise that can be seen.
        floor = _SAME**2 * products[0] / 2
        noise = np.where(live, np.maximum(self.noise(), floor), 1.0)
        signal = np.clip(self._scatter / count - noise, 0.0, None)
        ratios = np.where(live, np.sqrt(signal / noise), 0.0)
        if live.any() and np.median(ratios[live]) < 1:
            mean = np.abs(self._sum) / count
            ratios = np.where(live, mean / np.sqrt(noise), 0.0)
        return ratios


def suggest_bad_bands(
    ratios: NDArray[np.float64], lowest: float = LOWEST_SIGNAL_TO_NOISE
) -> tuple[int, ...]:
    """Return the 0-based bands whose signal-to-noise ratio is below `lowest`.

    Parameters
    ----------
    ratios
        (bands,), of `signal_to_noise`.
    lowest
        Least ratio of a good band.
    """
    return tuple(int(band) for band in np.flatnonzero(~(ratios >= lowest)))


def _unpredicted(products: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return the part of each band's variance that its neighbours do not predict.

    Parameters
    ----------
    products
        Second moments of every band with the band that lies 0, 1, ... bands further.

    Returns
    -------
    ndarray
        (bands,) variance left by the best linear prediction from the two nearest bands
        that vary at all.
    """
    own = products[0]
    left = own.copy()
    for band in np.flatnonzero(own > 0).tolist():
        around = [band + step for step in (-1, 1, -2, 2) if 0 <= band + step < len(own)]
        near = [other for other in around if own[other] > 0][:2]
        shared = np.array([_product(products, band, other) for other in near])
        gram = np.array([[_product(products, one, other) for other in near] for one in near])
        if near:
            # Neighbours that are alike leave one direction only: the other is dropped.
            weights = np.linalg.pinv(gram, rcond=_SAME, hermitian=True) @ shared
            left[band] -= weights @ shared
    return np.clip(left, 0.0, None)


def _product(products: Sequence[NDArray[np.float64]], one: int, other: int) -> float:
    return float(products[abs(one - other)][min(one, other)])
