"""Continuum removal: absorption bands seen against the spectrum's convex hull."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.preprocessing.step import SpectralStep


@dataclass(frozen=True)
class ContinuumRemoval(SpectralStep):
    """Divide each spectrum by its upper convex hull over wavelength.

    1 where the spectrum touches its hull, less inside an absorption band, without unit.
    Where the hull is not above 0 (noise in the dark) there is no band to see, and the result
    is 1. Band numbers stand for wavelengths where these are unknown.

    References
    ----------
    Clark & Roush 1984, Journal of Geophysical Research 89, 6329-6340,
    doi:10.1029/JB089iB07p06329.
    """

    name = "continuum"
    title = "Continuum removal"
    tip = (
        "Each spectrum divided by its convex hull: 1 outside, less inside absorption bands such "
        "as those of chlorophyll and water. Takes out brightness."
    )

    def spectra(
        self, values: NDArray[np.float32], wavelengths_nm: NDArray[np.float64] | None
    ) -> NDArray[np.float32]:
        """Change spectra (see `SpectralStep.spectra`)."""
        bands = len(values)
        axis = np.arange(bands, dtype=float) if wavelengths_nm is None else wavelengths_nm
        order = np.argsort(axis, kind="stable")
        flat = values.reshape(bands, -1)
        result = np.full(flat.shape, np.nan, np.float32)
        known = np.flatnonzero(np.isfinite(flat).all(axis=0))
        for first in range(0, len(known), _TOGETHER):
            some = known[first : first + _TOGETHER]
            curves = flat[:, some][order].astype(np.float64)
            hull = upper_hull(axis[order], curves)
            ratio = np.divide(curves, hull, out=np.ones_like(curves), where=hull > 0)
            result[order[:, None], some] = ratio
        return result.reshape(values.shape)


#: Spectra looked at together: few enough to stay in the processor's cache.
_TOGETHER = 256
#: Distances, in bands, of the chords that sort out most points before the rest is looked at.
_CHORDS = (64, 24, 8, 3, 1)


def upper_hull(positions: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the upper convex hull of many curves at their own positions.

    A point on or below a chord between two others is no corner of the hull. Such points are
    struck out for all curves at once, until every point that is left lies above the chord of
    its neighbours: those are the corners.

    Parameters
    ----------
    positions
        (bands,) ascending.
    values
        (bands, curves).

    Returns
    -------
    ndarray
        (bands, curves), nowhere below `values`.
    """
    bands, curves = values.shape
    corner = np.ones((bands, curves), bool)
    for reach in _CHORDS:
        if 2 * reach < bands:
            low, middle, high = (
                slice(None, -2 * reach),
                slice(reach, -reach),
                slice(2 * reach, None),
            )
            start = positions[low]
            corner[middle] &= _above(
                (positions[middle] - start)[:, None],
                values[middle] - values[low],
                (positions[high] - start)[:, None],
                values[high] - values[low],
            )
    # Curve by curve, so that neighbours in the list are neighbours on the curve.
    curve, band = np.nonzero(corner.T)
    x, y = positions[band], values[band, curve]
    while True:
        kept = np.ones(len(x), bool)
        inner = (curve[1:-1] == curve[:-2]) & (curve[1:-1] == curve[2:])
        above = _above(x[1:-1] - x[:-2], y[1:-1] - y[:-2], x[2:] - x[:-2], y[2:] - y[:-2])
        kept[1:-1] = above | ~inner
        if kept.all():
            break
        curve, band, x, y = curve[kept], band[kept], x[kept], y[kept]
    # Every curve begins and ends with a corner: straight lines from each to the next.
    length = np.ones(len(x), np.intp)
    length[:-1] = np.where(curve[1:] == curve[:-1], np.diff(band), 1)
    slope = np.zeros(len(x))
    np.divide(np.diff(y), np.diff(x), out=slope[:-1], where=np.diff(x) > 0)
    base = (y - slope * x).repeat(length).reshape(curves, bands)
    hull: NDArray[np.float64] = base + slope.repeat(length).reshape(curves, bands) * positions
    # Rounding must not put the hull below the curve.
    return np.maximum(hull.T, values)


def _above(
    across: NDArray[np.float64],
    up: NDArray[np.float64],
    whole_across: NDArray[np.float64],
    whole_up: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Tell whether points lie above a chord, all seen from where the chord begins."""
    return np.asarray(up * whole_across > whole_up * across)
