"""Spectra as the network sees them: counts made even, and where they stand out from the rest.

Counts. The square root makes the variance of Poisson counts the same everywhere (Anscombe
1948). Of it, the *common spectrum* of all pixels is taken away, scaled to each pixel so that
lines above it count little: what is left stands for what is special about the pixel. It is
divided by its own size, softened by a floor, so that bright and faint places of one material
look alike, and places with nothing special lie near zero instead of showing blown-up noise.

Values. Each band minus its mean, divided by its standard deviation over all scans.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import valid_pixels

Array = NDArray[np.float32]
_ANSCOMBE = 0.375
#: Directions that tell how much a pixel stands out; noise in all others does not count.
_DIRECTIONS = 12
#: The floor, in sizes of a middling pixel.
_FLOOR = 2.5
_ROUNDS = 4
#: Noise variance over mean of counts of photons lies about 1, unless the counts are summed
#: or divided; texture adds to it.
_POISSON = (0.3, 3.0)


class Prepared(NamedTuple):
    """Spectra for the network, and what turns them back.

    Parameters
    ----------
    inputs
        (pixels, bands).
    common, size
        (pixels, 1) amount of the common spectrum, and what the rest was divided by.
    """

    inputs: Array
    common: Array
    size: Array


@dataclass(frozen=True, eq=False)
class SpectraScale:
    """How spectra are scaled, learned from a sample of all scans.

    Parameters
    ----------
    counts
        Whether samples are counts.
    centre, spread
        (bands,) common spectrum of the roots and 1 for counts, mean and standard deviation else.
    directions
        (directions, bands) in which counts stand out; empty for values.
    floor, unit
        Softening of the size, and standard deviation of the scaled spectra.
    """

    counts: bool
    centre: Array
    spread: Array
    directions: Array
    floor: float
    unit: float

    @classmethod
    def fit(cls, spectra: Array, *, counts: bool) -> Self:
        """Learn from (pixels, bands)."""
        bands = spectra.shape[1]
        ones = np.ones(bands, np.float32)
        if not counts:
            centre = spectra.mean(axis=0, dtype=np.float64)
            spread = spectra.std(axis=0, dtype=np.float64)
            least = 1e-6 * max(float(spread.max()), float(np.abs(centre).max()), 1e-12)
            spread = np.where(spread > least, spread, 1.0)
            return cls(
                False,
                centre.astype(np.float32),
                spread.astype(np.float32),
                np.zeros((0, bands), np.float32),
                1.0,
                1.0,
            )
        roots = _roots(spectra)
        length = np.linalg.norm(roots, axis=1, keepdims=True)
        common = np.median(roots / length, axis=0)
        common /= max(float(np.linalg.norm(common)), 1e-6)
        bare = cls(True, common, ones, np.zeros((0, bands), np.float32), 1.0, 1.0)
        rest = roots - bare._amount(roots) * common
        centred = rest - rest.mean(axis=0)
        _, vectors = np.linalg.eigh((centred.T @ centred).astype(np.float64))
        directions = np.ascontiguousarray(vectors[:, ::-1][:, :_DIRECTIONS].T, np.float32)
        middling = float(np.median(np.linalg.norm(rest @ directions.T, axis=1)))
        floor = max(_FLOOR * middling, 1e-3)
        found = cls(True, common, ones, directions, floor, 1.0)
        # The unit is the spread of what stands out, not that of the noise.
        signal = found.prepare(spectra).inputs @ directions.T
        unit = float(np.sqrt(signal.var(axis=0).sum()))
        return cls(True, common, ones, directions, floor, max(unit, 1e-6))

    def _amount(self, roots: Array) -> Array:
        """Fit the common spectrum to each pixel; lines above it count less each round."""
        amount: Array = (roots @ self.centre)[:, None]
        for _ in range(_ROUNDS):
            above = np.maximum(roots - amount * self.centre, 0)
            weights = self.centre / (1 + above * above)
            amount = ((weights * roots).sum(axis=1) / (weights @ self.centre))[:, None]
        return amount

    def prepare(self, spectra: Array) -> Prepared:
        """Scale (pixels, bands)."""
        if not self.counts:
            ones = np.ones((len(spectra), 1), np.float32)
            return Prepared((spectra - self.centre) / self.spread, ones, ones)
        roots = _roots(spectra)
        amount = self._amount(roots)
        rest = roots - amount * self.centre
        size = np.linalg.norm(rest @ self.directions.T, axis=1, keepdims=True)
        size = (np.hypot(size, np.float32(self.floor)) * np.float32(self.unit)).astype(np.float32)
        return Prepared(rest / size, amount.astype(np.float32), size)

    def noise(self, prepared: Prepared) -> float:
        """Variance of the noise per direction of the inputs; 0 where it is not known."""
        # Roots of counts have a variance of 1/4.
        return float(np.mean(0.25 / prepared.size**2)) if self.counts else 0.0

    def restore(self, outputs: Array, prepared: Prepared) -> Array:
        """Turn what the network gave for prepared spectra back into samples (pixels, bands)."""
        if not self.counts:
            return outputs * self.spread + self.centre
        roots = np.maximum(prepared.common * self.centre + prepared.size * outputs, 0)
        return roots * roots

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return the arrays to store (see `from_tensors`)."""
        return {
            "scale.centre": self.centre,
            "scale.spread": self.spread,
            "scale.directions": self.directions,
            "scale.numbers": np.array([self.counts, self.floor, self.unit], np.float64),
        }

    @classmethod
    def from_tensors(cls, tensors: dict[str, NDArray[Any]]) -> Self:
        """Rebuild from `tensors`."""
        counts, floor, unit = (float(value) for value in tensors["scale.numbers"])
        return cls(
            bool(counts),
            tensors["scale.centre"],
            tensors["scale.spread"],
            tensors["scale.directions"],
            floor,
            unit,
        )


def _roots(spectra: Array) -> Array:
    roots: Array = np.sqrt(np.maximum(spectra, 0) + np.float32(_ANSCOMBE))
    return roots


def are_counts(windows: Sequence[Array]) -> bool:
    """Tell whether samples look like counts of photons.

    They are whole numbers from 0, and the noise between neighbouring pixels has about the
    variance that Poisson's law asks for.

    Parameters
    ----------
    windows
        (bands, rows, columns) each, missing samples NaN.
    """
    ratios = []
    for window in windows:
        spectra = window[:, valid_pixels(window)]
        if not spectra.size:
            continue
        if spectra.min() < 0 or not np.array_equal(spectra, np.rint(spectra)):
            return False
        steps = np.abs(window[:, :, 1:] - window[:, :, :-1])
        steps = steps[:, np.isfinite(steps).all(axis=0)]
        if not steps.shape[1]:
            continue
        mean = spectra.mean(axis=1)
        # Edges are few and large: the lower half of the squares tells the noise, for a normal
        # distribution a seventh of the whole.
        half = np.sort(steps, axis=1)[:, : max(1, steps.shape[1] // 2)]
        bright = mean > 3
        if bright.any():
            low = (half[bright] ** 2).mean(axis=1) / (2 * 0.143)
            ratios.append(float(np.median(low / mean[bright])))
        elif mean.any():
            # Too few counts for a normal distribution: edges and all.
            variance = (steps**2).mean(axis=1) / 2
            ratios.append(float(np.median((variance / np.maximum(mean, 1e-6))[mean > 0])))
    if not ratios:
        return False
    low_ratio, high_ratio = _POISSON
    return low_ratio <= float(np.median(ratios)) <= high_ratio


def taken_for(counts: bool, *, told: bool) -> str:
    """Say in a sentence what samples are taken for."""
    kind = (
        "counts: their square roots are compared, with a Poisson likelihood"
        if counts
        else "measured values: each band is standardised, with a Gaussian likelihood"
    )
    return f"Samples are taken for {kind}{', as told' if told else ''}."
