"""Steps that need the statistics of all scans: standardised bands, and whitened noise."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.noise import NoiseModel, NoiseStatistics
from napari_dgc.cubes import HyperCube, valid_pixels
from napari_dgc.cubes.windowed import Span
from napari_dgc.errors import UserError
from napari_dgc.preprocessing.parameters import parameter
from napari_dgc.preprocessing.step import (
    BandwiseStep,
    Learned,
    Learner,
    Step,
    derived,
    learned_array,
    with_bands,
)


@dataclass(frozen=True)
class Standardise(BandwiseStep):
    """Subtract the mean of each band and divide by its standard deviation, over all scans.

    In units of the standard deviation of all pixels with data of all scans, never of one
    scan: a scan that is darker than the others stays darker. A band without any variation
    becomes 0.
    """

    name = "standardise"
    title = "Standardise each band"
    tip = (
        "Each band minus its mean over all scans, divided by its standard deviation over all "
        "scans: every band weighs the same, and differences between scans stay."
    )

    def learner(self, cubes: Sequence[HyperCube]) -> Learner:
        """Return what sees all scans (see `Step.learner`)."""
        return _BandMoments(cubes[0].n_bands)

    def change(
        self, learned: Learned, bands: int
    ) -> Callable[[NDArray[np.float32], Span], NDArray[Any]]:
        """Return what is done to samples (see `BandwiseStep.change`)."""
        mean, spread = (learned_array(self, learned, key, (bands,)) for key in ("mean", "spread"))

        def standardised(values: NDArray[np.float32], some: Span) -> NDArray[Any]:
            away = values - mean[some][:, None, None]
            away /= spread[some][:, None, None]
            return away

        return standardised


class _BandMoments:
    """Mean and standard deviation of each band over everything added.

    Parts are combined by the updating formula of Chan, Golub & LeVeque 1983
    (doi:10.1080/00031305.1983.10483115), which keeps its digits.
    """

    def __init__(self, bands: int) -> None:
        self._count = 0
        self._mean = np.zeros(bands)
        self._squares = np.zeros(bands)

    def add(self, window: NDArray[np.float32]) -> None:
        """Take in (bands, rows, columns)."""
        spectra = window[:, valid_pixels(window)]
        count = spectra.shape[1]
        if not count:
            return
        mean = spectra.mean(axis=1, dtype=np.float64)
        squares = ((spectra - mean[:, None]) ** 2).sum(axis=1)
        both = self._count + count
        away = mean - self._mean
        self._mean = self._mean + away * (count / both)
        self._squares = self._squares + squares + away**2 * (self._count * count / both)
        self._count = both

    def result(self) -> dict[str, NDArray[Any]]:
        """Return mean and standard deviation, (bands,) each."""
        if not self._count:
            raise UserError(
                "The scans hold no pixel with data to take statistics of; check the no-data "
                "value and the bad bands."
            )
        spread = np.sqrt(self._squares / self._count)
        return {"mean": self._mean, "spread": np.where(spread > 0, spread, 1.0)}


@dataclass(frozen=True)
class NoiseWhitening(Step):
    """Project spectra onto the directions with the most signal for their noise.

    Minimum noise fraction: the noise is estimated from differences of neighbouring pixels
    of all scans. What comes out are at most `components` features, the clearest first, in
    units of the noise's standard deviation and counted from the mean of all scans; those
    that are hardly more than noise are left out.

    References
    ----------
    Green, Berman, Switzer & Craig 1988, IEEE Transactions on Geoscience and Remote Sensing
    26, 65-74, doi:10.1109/36.3001.
    """

    name = "mnf"
    title = "Noise-whitening (MNF)"
    tip = (
        "Minimum noise fraction: a few features with the most signal for their noise, in units "
        "of the noise. The default method does this by itself; use it for other methods."
    )
    components: int = field(
        default=10,
        metadata=parameter(title="Features", tip="Most features to keep.", least=1, most=100),
    )

    def learner(self, cubes: Sequence[HyperCube]) -> Learner:
        """Return what sees all scans (see `Step.learner`)."""
        return _NoiseLearner(self.components)

    def apply(self, cube: HyperCube, learned: Learned) -> HyperCube:
        """Return the cube with this step done (see `Step.apply`)."""
        model = NoiseModel(
            learned_array(self, learned, "noise.mean", (cube.n_bands,)),
            learned_array(self, learned, "noise.components", (None, cube.n_bands)),
            learned_array(self, learned, "noise.ratios", (None,)),
            exponent=0.0,
        )

        def read(bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
            return model.transform(cube.read(rows, columns))[bands]

        names = tuple(f"MNF {number + 1}" for number in range(model.dimensions))
        return derived(
            cube,
            read,
            shape=(model.dimensions, cube.rows, cube.columns),
            **(with_bands(cube, None) | {"band_names": names}),
        )


class _NoiseLearner:
    """Collects what the noise model is made of."""

    def __init__(self, components: int) -> None:
        self._components = components
        self._statistics = NoiseStatistics()

    def add(self, window: NDArray[np.float32]) -> None:
        """Take in (bands, rows, columns)."""
        self._statistics.add(window)

    def result(self) -> dict[str, NDArray[Any]]:
        """Return the arrays of the noise model."""
        found = self._statistics.projection(0.0, self._components)
        return NoiseModel(*found, exponent=0.0).tensors()
