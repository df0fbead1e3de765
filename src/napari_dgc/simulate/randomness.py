"""Independent random streams and smooth random fields."""

import zlib
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def generator(seed: int, *purpose: str | int) -> np.random.Generator:
    """Return the random stream of one purpose.

    Every part of a scan draws from a stream of its own, so that changing one
    part (the number of lesions, say) leaves all others as they were.

    Parameters
    ----------
    seed
        Any non-negative integer.
    *purpose
        Words and numbers naming what the stream is for.
    """
    words = [zlib.crc32(str(word).encode()) for word in purpose]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *words])))


def smooth_field(
    random: np.random.Generator, shape: tuple[int, int], length: float
) -> NDArray[np.float32]:
    """Draw a smooth random field with mean 0 and standard deviation about 1.

    Parameters
    ----------
    random
        Source of randomness.
    shape
        (rows, columns).
    length
        Correlation length in pixels; drawn on a coarse grid and interpolated,
        so long lengths cost little.

    Returns
    -------
    ndarray
        (rows, columns), float32.
    """
    rows, columns = (_spline_weights(count, max(float(length), 1.0)) for count in shape)
    coarse = random.standard_normal((rows.shape[1], columns.shape[1]), dtype=np.float32)
    return np.asarray((columns @ (rows @ coarse).T).T, dtype=np.float32)


def _spline_weights(count: int, step: float) -> "csr_array":
    """Return weights of cubic B-splines `step` apart at `count` points, (count, splines).

    Scaled so that white coefficients give a variance of 1 on average.
    """
    from scipy.sparse import csr_array

    position = np.arange(count) / step
    first = np.floor(position).astype(np.intp)
    t = position - first
    weights = np.stack(
        [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, -3 * t**3 + 3 * t**2 + 3 * t + 1, t**3], axis=1
    )
    # The mean over t of the sum of squared weights is 151/315 of the weights' sum squared.
    weights *= np.sqrt(315.0 / 151.0) / 6.0
    splines = (first[:, None] + np.arange(4)).ravel()
    starts = np.arange(0, 4 * count + 1, 4)
    shape = (count, int(first[-1]) + 4)
    return csr_array((weights.astype(np.float32).ravel(), splines, starts), shape=shape)


def smooth_curve(
    random: np.random.Generator, position: NDArray[np.float64], length: float
) -> NDArray[np.float64]:
    """Draw a smooth random function with standard deviation about 1 (random Fourier features).

    Parameters
    ----------
    random
        Source of randomness.
    position
        Where to evaluate it, e.g. wavelengths in nm, any shape.
    length
        Correlation length in the unit of `position`.
    """
    terms = 12
    frequency = random.normal(0.0, 1.0 / length, terms)
    phase = random.uniform(0.0, 2 * np.pi, terms)
    waves = np.cos(np.asarray(position)[..., None] * frequency + phase)
    return np.asarray(waves.sum(axis=-1) * np.sqrt(2.0 / terms))
