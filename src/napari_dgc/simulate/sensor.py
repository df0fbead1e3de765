"""A push-broom camera: spectral response, smile, column stripes, noise, white reference.

The scan runs along the rows: every row is one exposure of the same line of
detector columns, so what is wrong with a column is wrong in every row.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from napari_dgc.simulate.optics import GRID
from napari_dgc.simulate.randomness import generator, smooth_curve

Array = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Camera:
    """A camera and its faults.

    Parameters
    ----------
    wavelengths
        Band centres, nm, shape (bands,).
    resolution
        Full width at half maximum of the spectral response, nm.
    smile
        Shift of the band centres in each column, nm, shape (columns,).
    signal
        Electrons from a white target over those in the best band, shape (bands,).
    gain
        Multiplicative error left after white correction, shape (bands, columns).
    gain_drift
        Change of `gain` from the first to the last row of a long scan.
    offset
        Additive error left after dark correction, shape (bands, columns).
    shot, read
        Standard deviation of shot noise of a white target and of read noise in the best band.
    """

    wavelengths: NDArray[np.float64]
    resolution: float
    smile: Array
    signal: Array
    gain: Array
    gain_drift: Array
    offset: Array
    shot: float
    read: float


def band_centres(bands: int) -> NDArray[np.float64]:
    """Return evenly spaced band centres from 400 to 1000 nm."""
    return np.linspace(GRID[0], GRID[-1], bands)


def signal_curve(wavelengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the relative electron count from a white target under a halogen lamp.

    Planck's law at 2900 K (photons) times the quantum efficiency of a silicon
    detector and the efficiency of a blazed grating.
    """
    metres = wavelengths * 1e-9
    photons = metres**-4 / np.expm1(0.014388 / (metres * 2900.0))
    knots = [400.0, 450.0, 500.0, 550.0, 600.0, 700.0, 800.0, 900.0, 950.0, 1000.0]
    detector = [0.30, 0.50, 0.62, 0.70, 0.72, 0.66, 0.48, 0.26, 0.16, 0.075]
    efficiency = np.interp(wavelengths, knots, detector)
    grating = np.exp(-(((wavelengths - 620.0) / 330.0) ** 2))
    curve = photons * efficiency * grating
    return np.asarray(curve / curve.max())


@lru_cache(maxsize=4)
def make_camera(seed: int, columns: int, bands: int, difficulty: float) -> Camera:
    """Build the camera of a seed.

    Parameters
    ----------
    seed
        The camera; the same for all scans of a set.
    columns
        Detector columns.
    bands
        Bands between 400 and 1000 nm.
    difficulty
        Scales smile, stripes and noise; 0 is a perfect camera.
    """
    random = generator(seed, "camera")
    wavelengths = band_centres(bands)
    signal = signal_curve(wavelengths)
    across = np.linspace(-1.0, 1.0, columns)
    bow, tilt = random.uniform(0.7, 1.1), random.uniform(-0.3, 0.3)
    smile = difficulty * (bow * (across**2 - 0.35) + tilt * across)

    # Dust on the slit, scratches and unequal detector rows: each pattern is white across
    # columns and smooth over wavelength. Weak light makes the correction worse.
    weak = signal**-0.35
    gain = np.zeros((bands, columns))
    offset = np.zeros((bands, columns))
    drift = np.zeros((bands, columns))
    patterns = 5
    for _ in range(patterns):
        curve = smooth_curve(random, wavelengths, 120.0)
        column = random.standard_normal(columns) + 0.5 * random.standard_t(4, columns)
        gain += 0.016 * np.outer(weak * curve, column) / np.sqrt(patterns)
        curve = smooth_curve(random, wavelengths, 90.0)
        offset += 0.0011 * np.outer(curve / signal**0.5, random.standard_normal(columns))
        curve = smooth_curve(random, wavelengths, 150.0)
        drift += 0.003 * np.outer(curve, random.standard_normal(columns))
    # The white tile is not perfectly white, and was itself measured with a little noise.
    tile = 0.012 * smooth_curve(random, wavelengths, 110.0)
    gain += (tile + 0.003 * random.standard_normal(bands) * weak)[:, None]
    gain += 0.006 * random.standard_normal((bands, columns)) * weak[:, None]
    offset += 0.0006 * random.standard_normal((bands, columns)) / signal[:, None] ** 0.5
    return Camera(
        wavelengths=wavelengths,
        resolution=float(max(3.5, 600.0 / max(bands - 1, 1))),
        smile=smile.astype(np.float32),
        signal=signal.astype(np.float32),
        gain=(1.0 + difficulty * gain).astype(np.float32),
        gain_drift=(difficulty * drift).astype(np.float32),
        offset=(difficulty * offset).astype(np.float32),
        shot=0.010 * difficulty,
        read=0.0030 * difficulty,
    )


def at_bands(spectra: NDArray[np.float64], camera: Camera) -> tuple[Array, Array]:
    """Sample material spectra with the camera's bands.

    Parameters
    ----------
    spectra
        (materials, wavelengths of `GRID`).
    camera
        The camera.

    Returns
    -------
    values
        (materials, bands).
    slopes
        Derivative by wavelength in 1/nm, (materials, bands), for the smile.
    """
    from scipy.ndimage import gaussian_filter1d

    smooth = gaussian_filter1d(spectra, camera.resolution / 2.355, axis=1, mode="nearest")
    slope = np.gradient(smooth, GRID, axis=1)
    values = np.array([np.interp(camera.wavelengths, GRID, row) for row in smooth])
    slopes = np.array([np.interp(camera.wavelengths, GRID, row) for row in slope])
    return values.astype(np.float32), slopes.astype(np.float32)


def expose(
    camera: Camera,
    amounts: Sequence[Array],
    spectra: NDArray[np.float64],
    random: np.random.Generator,
    difficulty: float,
    block: int = 8,
) -> Array:
    """Scan a scene line by line.

    Parameters
    ----------
    camera
        The camera.
    amounts
        Illuminated amount of each material, (rows, columns) each.
    spectra
        Reflectance of each material on `GRID`, (materials, wavelengths).
    random
        Source of the noise and of the lamp's drift.
    difficulty
        Scales the lamp's drift.
    block
        Rows worked on at a time.

    Returns
    -------
    ndarray
        Reflectance as a user gets it after white and dark correction,
        (bands, rows, columns); noise may make dark pixels negative.
    """
    rows, columns = amounts[0].shape
    values, slopes = at_bands(spectra, camera)
    bands = len(camera.wavelengths)
    progress = np.linspace(0.0, 1.0, rows)
    brightness = 0.02 * difficulty * smooth_curve(random, progress, 0.35)
    colour = 0.008 * difficulty * smooth_curve(random, progress, 0.35)
    tilt = ((camera.wavelengths - 700.0) / 300.0).astype(np.float32)
    shot = np.float32(camera.shot**2) / camera.signal
    read = np.float32(camera.read**2) / camera.signal**2
    cube = np.empty((bands, rows, columns), np.float32)
    for start in range(0, rows, block):
        stop = min(rows, start + block)
        present = [m for m, amount in enumerate(amounts) if amount[start:stop].any()]
        here = np.stack([amounts[m][start:stop] for m in present])
        both = np.concatenate([here, here * camera.smile]).reshape(2 * len(present), -1)
        mixing = np.concatenate([values[present], slopes[present]])
        part = (mixing.T @ both).reshape(bands, stop - start, columns)
        lamp = 1.0 + brightness[start:stop] + tilt[:, None] * colour[start:stop]
        part *= lamp.astype(np.float32)[:, :, None]
        middle = np.float32(progress[start:stop].mean() - 0.5)
        part *= (camera.gain + middle * camera.gain_drift)[:, None, :]
        part += camera.offset[:, None, :]
        if camera.shot > 0 or camera.read > 0:
            noise = random.standard_normal(part.shape, dtype=np.float32)
            noise *= np.sqrt(np.maximum(part, 0.0) * shot[:, None, None] + read[:, None, None])
            part += noise
        cube[:, start:stop] = part
    return cube
