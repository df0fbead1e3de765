"""Mean spectrum of a region and how far its pixels spread, read window by window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.cubes import HyperCube

#: Most samples of one window: 8 million take 32 MB.
_WINDOW_SAMPLES = 8 << 20


@dataclass(frozen=True, eq=False)
class RegionSpectrum:
    """Spectrum of the pixels of a region.

    Parameters
    ----------
    mean
        (bands,) mean reflectance, NaN where no pixel has data.
    sd
        (bands,) standard deviation over the pixels (divided by n - 1), NaN where fewer
        than two pixels have data.
    pixels
        Number of pixels of the region that have data in some band.
    """

    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    pixels: int


def region_spectrum(
    cube: HyperCube,
    mask: NDArray[np.bool_],
    *,
    origin: tuple[int, int] = (0, 0),
    token: CancelToken | None = None,
) -> RegionSpectrum:
    """Average the spectra of a region.

    Parameters
    ----------
    cube
        The scan; only windows that hold pixels of the region are read.
    mask
        (rows, columns), True inside the region.
    origin
        Row and column of the cube at which the mask begins.
    token
        Looked at between windows.

    Raises
    ------
    InterruptedError
        When `token` was cancelled.
    """
    token = token or never_cancelled()
    moments = _BandMoments(cube.n_bands)
    rows = np.flatnonzero(mask.any(axis=1))
    columns = np.flatnonzero(mask.any(axis=0))
    if rows.size:
        left, right = int(columns[0]), int(columns[-1]) + 1
        step = max(1, _WINDOW_SAMPLES // (cube.n_bands * (right - left)))
        start = int(rows[0])
        while start <= rows[-1]:
            if token.cancelled:
                raise InterruptedError
            stop = min(start + step, int(rows[-1]) + 1)
            inside = mask[start:stop, left:right]
            window = cube.read(
                slice(origin[0] + start, origin[0] + stop),
                slice(origin[1] + left, origin[1] + right),
            )
            moments.add(window[:, inside])
            later = rows[rows >= stop]
            start = int(later[0]) if later.size else stop
    return moments.result()


class _BandMoments:
    """Numbers, means and squared deviations per band, joined window by window.

    Chan, Golub and LeVeque (1983), "Algorithms for computing the sample variance",
    doi:10.1080/00031305.1983.10483115: no cancellation, however bright the pixels are.
    """

    def __init__(self, bands: int) -> None:
        self._number = np.zeros(bands, np.int64)
        self._mean = np.zeros(bands)
        self._squares = np.zeros(bands)
        self._pixels = 0

    def add(self, spectra: NDArray[np.float32]) -> None:
        """Add (bands, pixels) samples, missing ones NaN."""
        known = np.isfinite(spectra)
        number = known.sum(axis=1)
        self._pixels += int(known.any(axis=0).sum())
        mean = np.sum(spectra, axis=1, dtype=np.float64, where=known) / np.maximum(number, 1)
        deviations = np.where(known, spectra - mean[:, None], 0.0)
        squares: Any = np.einsum("bp,bp->b", deviations, deviations)
        total = np.maximum(self._number + number, 1)
        shift = mean - self._mean
        self._squares += squares + shift**2 * self._number * number / total
        self._mean += shift * number / total
        self._number += number

    def result(self) -> RegionSpectrum:
        """Return mean and standard deviation."""
        mean = np.where(self._number > 0, self._mean, np.nan)
        variance = self._squares / np.maximum(self._number - 1, 1)
        sd = np.where(self._number > 1, np.sqrt(variance), np.nan)
        return RegionSpectrum(mean, sd, self._pixels)


def polygon_mask(
    outline: NDArray[np.float64], rows: int, columns: int
) -> tuple[NDArray[np.bool_], tuple[int, int]]:
    """Find the pixels in a polygon.

    Parameters
    ----------
    outline
        (corners, 2) rows and columns, in pixels from the centre of the first one.
    rows, columns
        Extent of the scan, to which the polygon is cut.

    Returns
    -------
    mask, origin
        True for pixels whose centre lies inside, over the polygon's bounding box, and
        the row and column at which that begins. A polygon that holds no centre takes
        the pixel in its middle.
    """
    from skimage.measure import grid_points_in_poly

    low = np.clip(np.floor(outline.min(axis=0)), 0, (rows - 1, columns - 1)).astype(int)
    high = np.clip(np.ceil(outline.max(axis=0)), 0, (rows - 1, columns - 1)).astype(int)
    inside: Any = grid_points_in_poly  # of no declared types
    mask: NDArray[np.bool_] = inside(tuple(high - low + 1), outline - low)
    if not mask.any():
        middle = np.round((outline.min(axis=0) + outline.max(axis=0)) / 2).astype(int)
        if 0 <= middle[0] < rows and 0 <= middle[1] < columns:
            return np.ones((1, 1), bool), (int(middle[0]), int(middle[1]))
    return mask, (int(low[0]), int(low[1]))
