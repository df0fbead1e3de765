"""In which features the classical methods compare pixels."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.noise import NoiseModel

#: Most components of the minimum noise fraction.
COMPONENTS = 10
#: Most values of a draw of pixels, 64 MB.
_LARGEST_DRAW = 2**24


@dataclass(frozen=True, eq=False)
class Space:
    """From spectra to features.

    Parameters
    ----------
    grid
        Bands of the training scans.
    noise
        Their noise, and the features in which clusters are summarised.
    whitened
        True: components in units of the sensor's noise, those with more than 1.5 times the
        noise's variance and at most `COMPONENTS` (minimum noise fraction, Green et al. 1988,
        doi:10.1109/36.3001). False: the spectra as they are, about their mean.
    """

    grid: BandGrid
    noise: NoiseModel
    whitened: bool

    @property
    def dimensions(self) -> int:
        """Number of features."""
        return min(self.noise.dimensions, COMPONENTS) if self.whitened else self.grid.size

    def most_pixels(self, wanted: int) -> int:
        """Return how many pixels a draw may hold, at most `wanted`."""
        return min(wanted, max(1000, _LARGEST_DRAW // self.dimensions))

    def of(self, spectra: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn spectra (bands, n) into features (n, dimensions)."""
        if not self.whitened:
            # About the mean, because squares are taken in single precision.
            return np.ascontiguousarray((spectra - self.noise.mean[:, None]).T)
        noise = self.noise
        # Back to units of the noise, whatever the exponent of the summary's features.
        scale = noise.ratios ** np.float32(noise.exponent / 2)
        features = noise.transform(spectra)[: self.dimensions]
        return np.ascontiguousarray((features * scale[: self.dimensions, None]).T)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return the arrays to store (see `from_tensors`)."""
        return self.noise.tensors()

    @classmethod
    def from_tensors(cls, grid: BandGrid, tensors: dict[str, NDArray[Any]], whitened: bool) -> Self:
        """Rebuild from `tensors`."""
        noise = NoiseModel.from_tensors(tensors)
        if noise.mean.shape != (grid.size,):
            raise ValueError("the number of bands is wrong")
        return cls(grid, noise, whitened)
