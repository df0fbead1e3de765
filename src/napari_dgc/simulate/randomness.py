"""Independent random streams and smooth random fields."""

import zlib

import numpy as np
from numpy.typing import NDArray


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
    from scipy.ndimage import map_coordinates, spline_filter

    step = max(float(length), 1.0)
    coarse = random.standard_normal(
        (int(np.ceil(shape[0] / step)) + 3, int(np.ceil(shape[1] / step)) + 3), dtype=np.float32
    )
    if step == 1.0:
        return coarse[: shape[0], : shape[1]]
    rows = np.arange(shape[0], dtype=np.float32) / step + 1
    columns = np.arange(shape[1], dtype=np.float32) / step + 1
    coordinates = np.meshgrid(rows, columns, indexing="ij")
    filtered = spline_filter(coarse, order=3, output=np.float32)
    field = map_coordinates(filtered, coordinates, order=3, prefilter=False, output=np.float32)
    # Cubic interpolation of white noise loses part of the variance between the nodes.
    return np.asarray(field * np.float32(1.3), dtype=np.float32)


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
