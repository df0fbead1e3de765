"""Steps that change each spectrum by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.centres import spacing
from napari_dgc.cubes.windowed import Span
from napari_dgc.errors import UserError
from napari_dgc.preprocessing.parameters import parameter
from napari_dgc.preprocessing.step import BandwiseStep, Learned, SpectralStep

#: Distances between bands may differ by this part and still count as even.
_EVEN = 0.05


@dataclass(frozen=True)
class StandardNormalVariate(SpectralStep):
    """Subtract the mean of each spectrum and divide by its standard deviation.

    z(b) = (R(b) - mean(R)) / sd(R) with sd over n - 1, without unit. Takes out brightness
    and slope of light, such as of tilted leaves; a spectrum without any variation becomes 0.

    References
    ----------
    Barnes, Dhanoa & Lister 1989, Applied Spectroscopy 43, 772-777,
    doi:10.1366/0003702894202201.
    """

    name = "snv"
    title = "Standard normal variate (SNV)"
    tip = (
        "Each spectrum minus its mean, divided by its standard deviation: takes out brightness "
        "and the tilt of leaves. The result has no unit."
    )

    def spectra(
        self, values: NDArray[np.float32], wavelengths_nm: NDArray[np.float64] | None
    ) -> NDArray[np.float32]:
        """Change spectra (see `SpectralStep.spectra`)."""
        mean = values.mean(axis=0, dtype=np.float64).astype(np.float32)
        away = values - mean
        squares = np.einsum("brc,brc->rc", away, away, dtype=np.float64)
        spread = np.sqrt(squares / max(len(values) - 1, 1)).astype(np.float32)
        # Rounding leaves a trace of variation in a constant spectrum.
        spread[spread <= 1e-6 * np.abs(mean)] = np.inf
        spread[spread == 0] = np.inf
        result: NDArray[np.float32] = away / spread
        return result


@dataclass(frozen=True)
class SavitzkyGolay(SpectralStep):
    """Fit a polynomial to the bands about each band, and take its value or a derivative.

    A derivative is per nanometre (per nm² for the second), or per band where wavelengths are
    unknown. At both ends the polynomial of the last whole window is used. The bands are taken
    as evenly spaced by their median distance; a note says so where they are not.

    References
    ----------
    Savitzky & Golay 1964, Analytical Chemistry 36, 1627-1639, doi:10.1021/ac60214a047;
    computed by `scipy.signal.savgol_filter`.
    """

    name = "savgol"
    title = "Savitzky–Golay filter"
    tip = (
        "Fits a polynomial to neighbouring bands: smooths, or gives the slope (per nm) or the "
        "curvature (per nm²) of the spectrum."
    )
    window: int = field(
        default=11,
        metadata=parameter(
            title="Window",
            tip="Bands that each polynomial is fitted to; odd. More smooth more.",
            unit="bands",
            least=3,
            most=201,
        ),
    )
    order: int = field(
        default=2,
        metadata=parameter(
            title="Order",
            tip="Degree of the polynomial, less than the window. Less smooths more.",
            least=1,
            most=6,
        ),
    )
    derivative: int = field(
        default=0,
        metadata=parameter(
            title="Derivative",
            tip="0 smooths, 1 gives the slope (per nm), 2 the curvature (per nm²).",
            least=0,
            most=2,
        ),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.window % 2 == 0:
            raise UserError(
                f"“window” of the step “{self.name}” is {self.window}; choose an odd number."
            )
        if not self.derivative <= self.order < self.window:
            raise UserError(
                f"“order” of the step “{self.name}” is {self.order}; choose at least the "
                f"derivative ({self.derivative}) and less than the window ({self.window})."
            )

    def apply(self, cube: HyperCube, learned: Learned) -> HyperCube:
        """Return the cube with this step done (see `Step.apply`)."""
        if cube.n_bands < self.window:
            raise UserError(
                f"“window” of the step “{self.name}” is {self.window}, but {cube.name} has only "
                f"{cube.n_bands} bands; choose a smaller window."
            )
        result = super().apply(cube, learned)
        centres = cube.wavelengths_nm
        if centres is None:
            return result
        steps = np.diff(centres)
        middle = spacing(centres)
        if (
            np.all(np.abs(np.abs(steps) - middle) <= _EVEN * middle)
            and len(set(np.sign(steps))) < 2
        ):
            return result
        note = (
            f"The bands are {np.abs(steps).min():.3g} to {np.abs(steps).max():.3g} nm apart; "
            f"Savitzky–Golay takes them as evenly spaced by {middle:.3g} nm."
        )
        return replace(result, notes=(*result.notes, note))

    def spectra(
        self, values: NDArray[np.float32], wavelengths_nm: NDArray[np.float64] | None
    ) -> NDArray[np.float32]:
        """Change spectra (see `SpectralStep.spectra`)."""
        from scipy.signal import savgol_filter

        distance = 1.0
        if wavelengths_nm is not None:
            direction = 1.0 if wavelengths_nm[-1] >= wavelengths_nm[0] else -1.0
            distance = direction * spacing(wavelengths_nm)
        missing = ~np.isfinite(values).all(axis=0)
        known = np.where(missing, np.float32(0), values)
        result: NDArray[np.float32] = savgol_filter(
            known, self.window, self.order, self.derivative, distance, axis=0
        ).astype(np.float32, copy=False)
        result[:, missing] = np.nan
        return result


@dataclass(frozen=True)
class Absorbance(BandwiseStep):
    """Turn reflectance into apparent absorbance, A = log10(1 / R).

    Without unit; 0 for a perfect reflector, 1 where a tenth of the light comes back.
    Reflectance below `floor` counts as `floor`, which keeps shadows and noise finite.

    References
    ----------
    Norris & Hart 1965, in: Principles and methods of measuring moisture in liquids and
    solids, vol. 4, 19-25 (absorbance from diffuse reflectance).
    """

    name = "absorbance"
    title = "Absorbance, log10(1/R)"
    tip = "Reflectance to apparent absorbance, log10(1/R): roughly in proportion to pigments."
    floor: float = field(
        default=1e-4,
        metadata=parameter(
            title="Floor",
            tip="Lower reflectance counts as this much, so that the logarithm stays finite.",
            unit="reflectance",
            least=1e-6,
            most=0.5,
        ),
    )

    def change(
        self, learned: Learned, bands: int
    ) -> Callable[[NDArray[np.float32], Span], NDArray[Any]]:
        """Return what is done to samples (see `BandwiseStep.change`)."""
        return lambda values, _: -np.log10(np.maximum(values, np.float32(self.floor)))
