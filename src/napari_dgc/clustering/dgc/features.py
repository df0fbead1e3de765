"""From windows of a scan to noise-whitened features and validity."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.noise import NoiseModel
from napari_dgc.cubes import HyperCube, valid_pixels

#: Stacks of windows: features (n, dimensions, rows, columns), validity (n, rows, columns).
Stacks: TypeAlias = list[tuple[NDArray[np.float32], NDArray[np.bool_]]]

#: Windows that are worked on together.
_STACK = 16
#: Rows of a window that are read at a time.
_STRIP = 8


@dataclass(frozen=True, eq=False)
class FeatureSpace:
    """Bands and noise of a model: how it sees any scan.

    Features are in units of the sensor's noise; multiplied by `scale` they are
    those in which pixels are compared with centroids.
    """

    grid: BandGrid
    noise: NoiseModel

    @property
    def scale(self) -> NDArray[np.float32]:
        """(dimensions,) factor from noise units to the features that are clustered."""
        factor: NDArray[np.float32] = self.noise.ratios ** np.float32(-self.noise.exponent / 2)
        return factor

    @property
    def weights(self) -> NDArray[np.float32]:
        """(dimensions,) share of the signal in each feature's variance, 0 to 1."""
        share: NDArray[np.float32] = 1 - np.float32(1) / self.noise.ratios
        return share

    @property
    def metric(self) -> NDArray[np.float32]:
        """(dimensions,) factor from the features that are clustered to noise units.

        Features that are noise for the most part count less (`weights`).
        """
        return (np.sqrt(self.weights) / self.scale).astype(np.float32)

    def read(
        self, cube: HyperCube, rows: slice, columns: slice
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Read a window of a scan as features (dimensions, rows, columns) and validity.

        Some rows at a time: all bands of the window would pass through memory several times.
        """
        start, stop, _ = rows.indices(cube.rows)
        parts = [
            self.of(self.grid.read(cube, slice(top, min(top + _STRIP, stop)), columns))
            for top in range(start, stop, _STRIP)
        ]
        features, valid = zip(*parts, strict=True)
        return np.concatenate(features, axis=1), np.concatenate(valid)

    def of(self, window: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Turn reflectance (bands, rows, columns) into features and validity.

        Features are 0 where there are no data.
        """
        with np.errstate(invalid="ignore", over="ignore"):
            features = self.noise.transform(window)
        if np.isfinite(features).all():
            # Nothing that is not finite has entered: to look for it would take longer.
            valid = np.ones(window.shape[1:], np.bool_)
        else:
            valid = valid_pixels(window)
            features = self.noise.transform(np.where(valid, window, 0))
            features[:, ~valid] = 0
        features /= self.scale[:, None, None]
        return features, valid

    def stacks(self, windows: Iterable[NDArray[np.float32]]) -> Stacks:
        """Turn windows into stacks of features, a few windows of one shape in each."""
        by_shape: dict[tuple[int, ...], tuple[Stacks, Stacks]] = {}
        for window in windows:
            features, valid = self.of(window)
            done, waiting = by_shape.setdefault(valid.shape, ([], []))
            waiting.append((features, valid))
            if len(waiting) == _STACK:
                done.append(_stack(waiting))
                waiting.clear()
        return [
            stack
            for done, waiting in by_shape.values()
            for stack in (*done, *([_stack(waiting)] if waiting else []))
        ]


def _stack(windows: Stacks) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    return np.stack([features for features, _ in windows]), np.stack([v for _, v in windows])


def variances(stacks: Stacks) -> NDArray[np.float32]:
    """(dimensions,) mean square of the features, at least the noise's own 1."""
    total = np.sum([(features**2).sum(axis=(0, 2, 3), dtype=float) for features, _ in stacks], 0)
    count = sum(int(valid.sum()) for _, valid in stacks)
    result: NDArray[np.float32] = np.maximum(total / max(count, 1), 1.0).astype(np.float32)
    return result
