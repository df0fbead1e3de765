"""Which bands become red, green and blue."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.composites.cie import rgb_weights
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.errors import UserError

VISIBLE_NM = (400.0, 700.0)
#: Near infrared, red and green of colour-infrared pictures, in nanometres.
INFRARED_NM = ((760.0, 900.0), (620.0, 690.0), (520.0, 590.0))
#: A wavelength is shown by the nearest band, if that is no further away than this.
NEAREST_NM = 15.0
#: Bands that suffice for a draft in true colour.
_FEW_BANDS = 16


@dataclass(frozen=True, eq=False)
class Mix:
    """Bands and how they add up to linear red, green and blue.

    Parameters
    ----------
    title
        What colours these are, in words.
    bands
        0-based, shape (used,), ascending.
    weights
        (3, used); each row has sum 1.
    common
        Whether one stretch for all channels keeps what the colours mean.
    """

    title: str
    bands: NDArray[np.intp]
    weights: NDArray[np.float32]
    common: bool = False


@dataclass(frozen=True)
class Span:
    """What one channel shows: a range of wavelengths, or of bands where these are unknown.

    Parameters
    ----------
    low, high
        Ends of the range, both included; equal for one wavelength or band.
        In nanometres, or 0-based bands.
    """

    low: float
    high: float

    @property
    def centre(self) -> float:
        """Middle of the range."""
        return (self.low + self.high) / 2


def usual_mix(cube: HyperCube) -> Mix:
    """Return what a scan is shown with at first.

    True colour where the bands allow it, else the bands that the file itself
    names, else three bands spread over the cube.
    """
    for make in (true_colour_mix, file_mix):
        try:
            return make(cube)
        except UserError:
            continue
    return spread_mix(cube)


def true_colour_mix(cube: HyperCube) -> Mix:
    """Weigh the bands between 400 and 700 nm by the CIE 1931 colour matching functions.

    Raises
    ------
    UserError
        The wavelengths are unknown, or do not cover the visible finely enough.
    """
    good, centres = cube.good_bands, _wavelengths(cube, "True colour needs wavelengths")
    visible = good[(centres[good] >= VISIBLE_NM[0]) & (centres[good] <= VISIBLE_NM[1])]
    ascending = np.sort(centres[visible])
    # Blue, green and red must all be seen, and finely enough to weigh.
    gaps = np.diff(np.concatenate(([430.0], ascending, [660.0])))
    if len(visible) < 8 or float(gaps.max()) > 40:
        raise UserError(
            f"True colour needs bands all over the visible, no more than 40 nm apart; "
            f"{cube.name} has {_covered(centres[good])}."
        )
    return _weighed(cube, visible)


def infrared_mix(cube: HyperCube) -> Mix:
    """Show near infrared as red, red as green and green as blue: living tissue looks red.

    Raises
    ------
    UserError
        One of the three has no band.
    """
    good = cube.good_bands
    centres = _wavelengths(cube, "Colour-infrared needs wavelengths")
    chosen = []
    for low, high in INFRARED_NM:
        inside = good[(centres[good] >= low) & (centres[good] <= high)]
        if not inside.size:
            raise UserError(
                f"Colour-infrared needs a band between {low:g} and {high:g} nm; {cube.name} has "
                f"{_covered(centres[good])}."
            )
        chosen.append(inside)
    return _average("colour-infrared", chosen)


def file_mix(cube: HyperCube) -> Mix:
    """Show the bands that the file names as red, green and blue (ENVI "default bands").

    Raises
    ------
    UserError
        It names none.
    """
    if cube.default_bands is None:
        raise UserError(f"The file of {cube.name} names no bands to show.")
    return _average("bands named in the file", [np.array([band]) for band in cube.default_bands])


def spread_mix(cube: HyperCube) -> Mix:
    """Show three bands spread over the cube: long wavelengths red, short ones blue.

    Three bands of unknown wavelength are taken as red, green and blue.
    """
    good = cube.good_bands if len(cube.good_bands) else np.arange(cube.n_bands)
    centres = cube.wavelengths_nm
    if centres is None and cube.n_bands == 3:
        return _average("false colour", [np.array([band]) for band in range(3)])
    if centres is not None:
        good = good[np.argsort(centres[good], kind="stable")]
    # The middles of three thirds: sensors are noisy at both ends.
    spread = good[(np.array([5, 3, 1]) * len(good)) // 6]
    return _average("false colour", [np.array([band]) for band in spread])


def chosen_mix(cube: HyperCube, spans: Sequence[Span]) -> Mix:
    """Show any three bands or ranges.

    Parameters
    ----------
    cube
        The scan. Where its wavelengths are known, spans are nanometres, else bands.
    spans
        For red, green and blue. A channel is the mean of the good bands in
        its range, or else the band nearest to its middle.

    Raises
    ------
    UserError
        A wavelength has no band within `NEAREST_NM`, or a band does not exist.
    """
    centres = cube.wavelengths_nm
    positions = np.arange(cube.n_bands, dtype=float) if centres is None else centres
    good = cube.good_bands
    chosen = []
    for span in spans:
        inside = good[(positions[good] >= span.low) & (positions[good] <= span.high)]
        if not inside.size:
            distance = np.abs(positions - span.centre)
            nearest = int(distance.argmin())
            if distance[nearest] > (NEAREST_NM if centres is not None else 0.5):
                raise UserError(_no_band(cube, span))
            inside = np.array([nearest])
        chosen.append(inside)
    return _average(_title(cube, spans), chosen)


def thinned(cube: HyperCube, mix: Mix) -> Mix:
    """Return nearly the same colours from far fewer bands, where true colour takes many."""
    centres = cube.wavelengths_nm
    if not mix.common or centres is None or len(mix.bands) <= _FEW_BANDS:
        return mix
    return _weighed(cube, mix.bands[:: len(mix.bands) // _FEW_BANDS + 1])


def main_spans(cube: HyperCube, mix: Mix) -> tuple[Span, ...]:
    """Return where the weights of each channel are above half of their maximum.

    Returns
    -------
    tuple of Span
        For red, green and blue; `chosen_mix` of them comes near to the mix.
    """
    centres = cube.wavelengths_nm
    positions = mix.bands.astype(float) if centres is None else centres[mix.bands]
    found = []
    for weights in mix.weights:
        inside = positions[weights > weights.max() / 2]
        found.append(Span(float(inside.min()), float(inside.max())))
    return tuple(found)


def _weighed(cube: HyperCube, bands: NDArray[np.intp]) -> Mix:
    """Weigh visible bands by what the eye sees."""
    centres = _wavelengths(cube, "True colour needs wavelengths")
    order = bands[np.argsort(centres[bands], kind="stable")]
    weights = rgb_weights(centres[order])
    back = np.argsort(order)
    return Mix("true colour", order[back], weights[:, back], common=True)


def _average(title: str, chosen: Sequence[NDArray[np.intp]]) -> Mix:
    bands = np.unique(np.concatenate(chosen))
    weights = np.zeros((3, len(bands)), np.float32)
    for channel, some in enumerate(chosen):
        weights[channel, np.searchsorted(bands, some)] = 1 / len(some)
    return Mix(title, bands, weights)


def _title(cube: HyperCube, spans: Sequence[Span]) -> str:
    def shown(span: Span) -> str:
        ends = (span.low, span.high)
        numbers = [f"{value if known else value + 1:.0f}" for value in ends]
        return numbers[0] if numbers[0] == numbers[1] else "–".join(numbers)

    known = cube.wavelengths_nm is not None
    names = ", ".join(map(shown, spans))
    return f"{names} nm" if known else f"bands {names}"


def _no_band(cube: HyperCube, span: Span) -> str:
    centres = cube.wavelengths_nm
    if centres is None:
        return f"{cube.name} has no band {span.centre + 1:.0f}; it has {cube.n_bands} bands."
    return (
        f"{cube.name} has no band near {span.centre:.0f} nm; its bands cover {_covered(centres)}."
    )


def _wavelengths(cube: HyperCube, needs: str) -> NDArray[np.float64]:
    centres = cube.wavelengths_nm
    if centres is None:
        raise UserError(f"{needs}, and those of {cube.name} are unknown; give them first.")
    return centres


def _covered(centres: NDArray[np.float64]) -> str:
    if not centres.size:
        return "no good band"
    return f"{centres.min():.0f} to {centres.max():.0f} nm"
