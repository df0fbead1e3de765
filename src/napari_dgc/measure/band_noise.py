"""How noisy every band of a scan is, estimated from the scan itself.

Roger and Arnold (1996), "Reliably estimating the noise in AVIRIS hyperspectral
images", International Journal of Remote Sensing 17(10), doi:10.1080/01431169608948750:
what a band has in common with its neighbours, in space and in wavelength, is signal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.clustering.patches import spread_windows
from napari_dgc.cubes import HyperCube

#: Bands with less signal than this many standard deviations of their noise are suggested
#: as bad: chemists' limit of detection (Currie 1995, IUPAC recommendations, Pure and Applied
#: Chemistry 67, doi:10.1351/pac199567101699). It spares the dark bands in which leaves absorb;
#: 10 also finds the rims of the bands of water vapour in airborne scans (see the tests).
LOWEST_SIGNAL_TO_NOISE = 3.0
#: Side of the windows that are looked at, and their number over all scans.
_WINDOW, _WINDOWS = 32, 24
#: Neighbours are sought up to two bands away, so that two of them lie up to four apart.
_LAGS = 5
#: Neighbouring bands that say nothing new about each other: their correlation is beyond
#: what single precision resolves.
_SAME = 1e-9


def signal_to_noise(
    cubes: Sequence[HyperCube], *, seed: int = 0, token: CancelToken | None = None
) -> NDArray[np.float64]:
    """Estimate the signal-to-noise ratio of every band.

    Differences of neighbouring pixels are free of what pixels share; of what is left,
    that part is taken away which the two nearest bands predict (by least squares), as
    texture shows in neighbouring bands alike and noise does not. The standard
    deviation of the rest, over the square root of two, is the noise of a pixel.

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
        (bands,) mean signal over noise; 0 for bands without data or without any
        variation. Where bands were interpolated or smoothed along the wavelengths,
        noise is shared between bands and the ratio comes out too high.

    Raises
    ------
    InterruptedError
        When `token` was cancelled.
    """
    token = token or never_cancelled()
    bands = cubes[0].n_bands
    signal = np.zeros(bands)
    samples = np.zeros(bands, np.int64)
    # Products of the differences of bands that lie so many bands apart.
    products = [np.zeros(bands - lag) for lag in range(min(_LAGS, bands))]
    pairs = [np.zeros(bands - lag, np.int64) for lag in range(len(products))]
    count = max(4, _WINDOWS // len(cubes))
    for number, cube in enumerate(cubes):
        for rows, columns in spread_windows(
            cube.rows, cube.columns, count=count, edge=_WINDOW, seed=seed + number
        ):
            if token.cancelled:
                raise InterruptedError
            window = cube.read(rows, columns)
            known = np.isfinite(window)
            signal += np.sum(window, axis=(1, 2), dtype=np.float64, where=known)
            samples += known.sum(axis=(1, 2))
            for axis in (1, 2):
                differences = np.diff(window, axis=axis).reshape(bands, -1).astype(np.float64)
                there = np.isfinite(differences)
                differences[~there] = 0.0
                for lag in range(len(products)):
                    end = bands - lag
                    products[lag] += np.einsum("bp,bp->b", differences[:end], differences[lag:])
                    pairs[lag] += np.sum(there[:end] & there[lag:], axis=1)
    moments = [total / np.maximum(n, 1) for total, n in zip(products, pairs, strict=True)]
    noise = np.sqrt(_unpredicted(moments) / 2)
    mean = np.abs(signal) / np.maximum(samples, 1)
    # Bands that are told wholly by their neighbours have no noise that can be seen.
    floor = _SAME * np.sqrt(moments[0] / 2)
    varies = moments[0] > 0
    return np.where(varies, mean / np.where(varies, np.maximum(noise, floor), 1.0), 0.0)


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
