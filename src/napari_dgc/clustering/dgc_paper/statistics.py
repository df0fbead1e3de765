"""Statistics of the training scans."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.noise import sample_windows
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.cube import valid_pixels
from napari_dgc.errors import UserError


def band_statistics(
    cubes: Sequence[HyperCube], grid: BandGrid, *, seed: int, token: CancelToken | None = None
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Mean and standard deviation per band over a sample of all scans together.

    Scan by scan they would depend on how much leaf is in the picture, and the
    same tissue would look different in two scans.

    Returns
    -------
    mean, deviation : ndarray
        (good bands,) reflectance; the deviation of a constant band is 1.

    Raises
    ------
    UserError
        When no pixel has data.
    """
    count = 0
    mean = np.zeros(grid.size)
    squares = np.zeros(grid.size)
    for window in sample_windows(cubes, grid, seed=seed, token=token):
        spectra = window[:, valid_pixels(window)].astype(np.float64)
        added = spectra.shape[1]
        if not added:
            continue
        # Merging of moments (Chan, Golub & LeVeque, 1979): exact and in one pass.
        part = spectra.mean(axis=1)
        gap = part - mean
        squares += ((spectra - part[:, None]) ** 2).sum(axis=1)
        squares += gap**2 * count * added / (count + added)
        mean += gap * added / (count + added)
        count += added
    if not count:
        raise UserError(
            "The scans hold no pixels with data; check the no-data value and the bad bands."
        )
    deviation = np.sqrt(squares / count)
    deviation[deviation <= 1e-6 * np.abs(mean).max()] = 1.0
    deviation[deviation == 0] = 1.0
    return mean.astype(np.float32), deviation.astype(np.float32)
