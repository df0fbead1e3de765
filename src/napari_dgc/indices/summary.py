"""Figures of an index over a scan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Summary:
    """Figures over all pixels that have a value; NaN where none has.

    Parameters
    ----------
    pixels
        How many have a value.
    mean, sd
        Mean and standard deviation.
    minimum, p5, median, p95, maximum
        Extremes and percentiles.
    """

    pixels: int
    mean: float
    sd: float
    minimum: float
    p5: float
    median: float
    p95: float
    maximum: float


def summarise(values: NDArray[np.float32]) -> Summary:
    """Return the figures of an index map.

    Parameters
    ----------
    values
        (rows, columns), NaN where there is no value.
    """
    known = values[np.isfinite(values)]
    if not known.size:
        return Summary(0, *[float("nan")] * 7)
    quantiles = np.percentile(known, (0, 5, 50, 95, 100))
    mean, sd = known.mean(dtype=np.float64), known.std(dtype=np.float64)
    return Summary(known.size, float(mean), float(sd), *(float(value) for value in quantiles))
