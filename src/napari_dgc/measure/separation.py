"""What tells two classes apart: wavelengths and indices, by the spread of their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from napari_dgc.measure.class_values import IndexValue

#: Differences of this many standard deviations are called small and large; Cohen 1988,
#: Statistical Power Analysis for the Behavioral Sciences, doi:10.4324/9780203771587.
SMALL, LARGE = 0.2, 0.8
#: Bands belong to a range whose d is at least this part of the best one's.
_SHARE = 0.6
#: A further range is told whose best band has this part of the d of the best of all.
_WORTH = 0.3
#: Scans of many narrow bands are seen through a median over so many, as noise would break
#: ranges into pieces.
_MANY, _MEDIAN = 60, 5
#: An index needs values in this part of the pixels, as the one with the most has.
_KNOWN = 0.5
#: What is less than this part of the mean is rounding, not spread.
_ROUNDING = 1e-6


@dataclass(frozen=True)
class SeparatingRange:
    """Neighbouring bands in which two classes differ the same way.

    Parameters
    ----------
    first, last
        0-based bands, both included.
    low, high
        Their wavelengths in nm, or None where they are not known; `low` is the smaller one.
    difference
        Mean of the first class less that of the second, over the bands of the range.
    best
        The band that separates best.
    d
        Its Cohen's d, signed as `difference`.
    """

    first: int
    last: int
    low: float | None
    high: float | None
    difference: float
    best: int
    d: float


def cohens_d(
    mean: NDArray[np.float64],
    sd: NDArray[np.float64],
    other_mean: NDArray[np.float64],
    other_sd: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return differences of means in standard deviations, those of both classes alike in weight.

    The noise of a band widens both classes, so that a band is worth as much as it can tell.

    Parameters
    ----------
    mean, sd, other_mean, other_sd
        Means and standard deviations of two classes, of one shape.

    Returns
    -------
    ndarray
        First less second, over the root of the mean variance; NaN where something is not
        known; infinite where there is a difference and no spread at all.
    """
    difference = mean - other_mean
    pooled = np.sqrt((sd**2 + other_sd**2) / 2)
    floor = _ROUNDING * np.maximum(np.abs(mean), np.abs(other_mean))
    even = np.where(np.abs(difference) <= floor, 0.0, np.sign(difference) * np.inf)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: NDArray[np.float64] = np.where(pooled > floor, difference / pooled, even)
    found[~np.isfinite(mean) | ~np.isfinite(other_mean) | ~np.isfinite(pooled)] = np.nan
    return found


def separating_ranges(
    d: NDArray[np.float64],
    difference: NDArray[np.float64],
    wavelengths_nm: NDArray[np.float64] | None,
    most: int = 4,
) -> tuple[SeparatingRange, ...]:
    """Find the ranges of bands that separate two classes best.

    Parameters
    ----------
    d
        (bands,) `cohens_d`, NaN in bad bands, which do not interrupt a range.
    difference
        (bands,) mean of the first class less that of the second.
    wavelengths_nm
        (bands,) or None.
    most
        Ranges to return.

    Returns
    -------
    tuple of SeparatingRange
        The best first; none where no band reaches a small difference.
    """
    known = np.flatnonzero(~np.isnan(d))
    if wavelengths_nm is not None:
        known = known[np.argsort(wavelengths_nm[known], kind="stable")]
    seen = d[known]
    if len(seen) > _MANY:
        seen = median_filter(seen, size=_MEDIAN, mode="nearest")
    strength = np.abs(seen)
    highest = float(strength[np.isfinite(strength)].max(initial=0.0))
    if np.isinf(strength).any():
        highest = np.inf
    if highest < SMALL:
        return ()
    sign = np.sign(seen) * (strength >= min(LARGE, max(_SHARE * highest, SMALL)))
    edges = np.flatnonzero(np.diff(sign)) + 1
    found = []
    for run in np.split(np.arange(len(known)), edges):
        if not sign[run[0]]:
            continue
        peak = int(np.argmax(strength[run]))
        weak = np.flatnonzero(~(strength[run] >= _SHARE * strength[run][peak]))
        start = int(weak[weak < peak].max(initial=-1)) + 1
        stop = int(weak[weak > peak].min(initial=len(run)))
        if strength[run][peak] < _WORTH * highest:
            continue
        best, bands = int(known[run[peak]]), known[run[start:stop]]
        low = high = None
        if wavelengths_nm is not None:
            low, high = float(wavelengths_nm[bands[0]]), float(wavelengths_nm[bands[-1]])
        found.append(
            SeparatingRange(
                int(bands.min()),
                int(bands.max()),
                low,
                high,
                float(difference[bands].mean()),
                best,
                float(d[best]),
            )
        )
    return tuple(sorted(found, key=lambda part: (-abs(part.d), part.first))[:most])


def separating_indices(
    first: Sequence[IndexValue], second: Sequence[IndexValue]
) -> tuple[tuple[str, float], ...]:
    """Rank indices by how well they separate two classes.

    Parameters
    ----------
    first, second
        The same indices over the pixels of each class.

    Returns
    -------
    tuple of (str, float)
        Name and `cohens_d`, the best first; those that most pixels of a class have no value
        of are left out.
    """
    rare = set()
    for values in (first, second):
        most = max((value.pixels for value in values), default=0)
        rare |= {value.index for value in values if value.pixels < _KNOWN * most}

    def column(values: Sequence[IndexValue], name: str) -> NDArray[Any]:
        return np.array([getattr(value, name) for value in values], np.float64)

    d = cohens_d(
        column(first, "mean"), column(first, "sd"), column(second, "mean"), column(second, "sd")
    )
    ranked = [(value.index, float(d[place])) for place, value in enumerate(first)]
    told = [pair for pair in ranked if not np.isnan(pair[1]) and pair[0] not in rare]
    return tuple(sorted(told, key=lambda pair: -abs(pair[1])))
