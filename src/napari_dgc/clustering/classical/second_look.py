"""How certain distances are, learned from the same scene seen again.

The protocol of `napari_dgc.clustering.confidence`: windows at half the resolution, with fresh
noise in the place of what averaging removed, compared with the clusters of most of the four
pixels. Noise is drawn from small differences of neighbouring pixels, so that the features need
not be in its units. These methods know no mixed pixels, whose errors are large and many: the
most likely temperature would follow them alone and doubt everything. Here the temperature is
the one at which confidence is on average how often the second look finds the same cluster.
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from napari_dgc.clustering.classical.fitted import Clusters
from napari_dgc.clustering.classical.space import Space
from napari_dgc.clustering.confidence import memberships, quarters
from napari_dgc.clustering.noise import small_differences
from napari_dgc.cubes import valid_pixels

_STREAM = 0xC0F2
#: How far from the usual distance the temperature is looked for, in natural logarithms.
_RANGE = 6.0


def temperature(
    windows: Iterable[NDArray[np.float32]], space: Space, clusters: Clusters, *, seed: int
) -> float:
    """Return the temperature T of ``softmax(-d**2 / (2 T))``.

    Parameters
    ----------
    windows
        (bands, rows, columns) each, missing samples NaN.
    space, clusters
        What labels pixels.
    seed
        Of the fresh noise.
    """
    generator = np.random.default_rng((seed, _STREAM))
    squared, owners = [], []
    for window in windows:
        valid = valid_pixels(window)
        rows, columns = valid.shape
        if min(rows, columns) < 2 or not valid.any():
            continue
        points = space.of(np.where(valid, window, 0).reshape(len(window), -1))
        image = np.moveaxis(points.reshape(rows, columns, -1), -1, 0)
        whole = np.all(quarters(valid), axis=0)
        seen = np.mean(quarters(image), axis=0)[:, whole]
        noise = small_differences(image, valid)
        if noise.shape[1]:
            # A difference has twice the variance of the noise, four pixels averaged a quarter.
            fresh = noise[:, generator.integers(noise.shape[1], size=seen.shape[1])]
            seen = seen + np.float32(np.sqrt(0.75 / 2)) * fresh
        number = clusters.assign(points).reshape(rows, columns).astype(np.intp) - 1
        before = np.stack([part[whole] for part in quarters(number)], axis=1)
        # Of most of the four; the first of two that share them.
        votes = (before[:, :, None] == before[:, None, :]).sum(axis=2)
        owners.append(before[np.arange(len(before)), votes.argmax(axis=1)])
        squared.append(clusters.squared(np.ascontiguousarray(seen.T, np.float32)))
    if not squared:
        return 1.0
    found, owner = np.concatenate(squared), np.concatenate(owners)
    # Distances have any unit: how much farther the second cluster is than the first is a measure.
    nearest, second = np.partition(found, 1, axis=1)[:, :2].T
    usual = max(float(np.median(second - nearest)), float(np.finfo(np.float32).tiny))
    # One pixel more of each kind: a sample without an error is no certainty.
    agree = (int((found.argmin(axis=1) == owner).sum()) + 1) / (len(owner) + 2)

    def surplus(logarithm: float) -> float:
        mean = memberships(found, usual * np.exp(logarithm)).max(axis=1).mean(dtype=np.float64)
        return float(mean) - agree

    low, high = -_RANGE, _RANGE
    if surplus(low) <= 0 or surplus(high) >= 0:
        return usual * float(np.exp(low if surplus(low) <= 0 else high))
    return usual * float(np.exp(brentq(surplus, low, high, xtol=1e-3)))
