"""Pictures of one scan by recipe, without reading the same bands twice."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from napari_dgc.calibration import Calibration, measure_reference
from napari_dgc.cancel import CancelToken
from napari_dgc.composites.mixes import (
    Mix,
    Span,
    chosen_mix,
    file_mix,
    infrared_mix,
    true_colour_mix,
    usual_mix,
)
from napari_dgc.composites.painting import (
    Levels,
    Look,
    levels_of,
    read_linear,
    read_sample,
    render,
)
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.reflectance import holds_reflectance
from napari_dgc.errors import UserError

Colours = Literal["usual", "true", "infrared", "file", "chosen"]
Balance = Literal["none", "grey-world", "white-reference"]

#: Larger pictures are read anew for every look instead of being kept, in bytes.
_MOST_KEPT = 64 << 20
#: Pixels that a stretch is found from, over all scans.
_MOST_PIXELS = 1 << 17
#: Samples of other recipes that are kept: scans may be shown in several ways.
_SAMPLES_KEPT = 4


@dataclass(frozen=True)
class Recipe:
    """What a composite shows and how.

    Parameters
    ----------
    colours
        ``"usual"`` (what a scan is shown with at first), ``"true"``, ``"infrared"``, ``"file"``
        (bands that the file names) or ``"chosen"``.
    spans
        For red, green and blue of ``"chosen"``.
    look
        The stretch.
    balance
        Against the colour of light and camera in scans that are not calibrated.
        ``"grey-world"``: all channels equally bright on average;
        ``"white-reference"``: divided by the white reference that lies beside
        the scan.
    together
        Whether all scans that are open share limits and balance, so that the same colour
        means the same in all of them.
    """

    colours: Colours = "usual"
    spans: tuple[Span, ...] = ()
    look: Look = field(default_factory=Look)
    balance: Balance = "none"
    together: bool = True

    def mix(self, cube: HyperCube) -> Mix:
        """Return the bands of a scan that are shown.

        Raises
        ------
        UserError
            The scan lacks the bands.
        """
        match self.colours:
            case "usual":
                return usual_mix(cube)
            case "true":
                return true_colour_mix(cube)
            case "infrared":
                return infrared_mix(cube)
            case "file":
                return file_mix(cube)
            case "chosen":
                return chosen_mix(cube, self.spans)

    def title(self, cube: HyperCube) -> str:
        """Say what colours these are, ``"true colour, grey-world balance"``."""
        title = self.mix(cube).title
        return title if self.balance == "none" else f"{title}, {self.balance} balance"


class Painter:
    """Paints composites of one scan.

    What was read for the last recipe is kept, so that another stretch of the
    same bands is there at once.

    Parameters
    ----------
    cube
        The scan.
    """

    def __init__(self, cube: HyperCube) -> None:
        self.cube = cube
        self._calibrated: HyperCube | None = None
        self._key: object = None
        self._linear: NDArray[np.float32] | None = None
        self._samples: dict[object, NDArray[np.float32]] = {}
        self._reflectance: bool | None = None

    def paint(
        self,
        recipe: Recipe,
        token: CancelToken | None = None,
        levels: Levels | None = None,
        *,
        keep: bool = True,
    ) -> NDArray[np.uint8]:
        """Make a picture.

        Parameters
        ----------
        recipe
            What to show.
        token
            Asks for a stop.
        levels
            The stretch (`levels`); that of this scan alone when None.
        keep
            Keep what was read, for another stretch of it.

        Returns
        -------
        ndarray
            (rows, columns, 3), uint8.

        Raises
        ------
        UserError
            The scan lacks the bands, or the white reference.
        InterruptedError
            When asked to stop.
        """
        mix = recipe.mix(self.cube)
        cube = self._shown(recipe, token)
        key = _key(recipe)
        if keep and self._key != key and cube.rows * cube.columns * 3 * 4 <= _MOST_KEPT:
            self._key = self._linear = None
            self._linear = read_linear(cube, mix, token)
            self._key = key
        linear = self._linear if self._key == key else None
        grey_world = recipe.balance == "grey-world"
        return render(cube, mix, recipe.look, grey_world, token, linear=linear, levels=levels)

    def levels(
        self, recipe: Recipe, others: Iterable[Painter] = (), token: CancelToken | None = None
    ) -> Levels:
        """Find the stretch of a recipe for this scan and others that can share it.

        Scans share a stretch when the recipe gives them the same kind of colours, and their
        samples are comparable: all reflectance, or counts of the same type and bands. Each
        counts by some thousand pixels.

        Parameters
        ----------
        recipe
            What is shown.
        others
            Painters of the other scans.
        token
            Asks for a stop.

        Raises
        ------
        UserError
            This scan lacks the bands, or the white reference.
        InterruptedError
            When asked to stop.
        """
        mix = recipe.mix(self.cube)
        samples = [self._sample(recipe, mix, token)]
        for other in others if recipe.together else ():
            if token is not None and token.cancelled:
                raise InterruptedError("stopped by the user")
            with contextlib.suppress(UserError, OSError):  # told when that scan is painted
                its = recipe.mix(other.cube)
                if its.title == mix.title and other._kind(recipe) == self._kind(recipe):
                    samples.append(other._sample(recipe, its, token))
        thin = -(-sum(map(len, samples)) // _MOST_PIXELS)
        common = mix.common if recipe.look.common is None else recipe.look.common
        pixels = np.concatenate([sample[:: max(1, thin)] for sample in samples])
        return levels_of(pixels, recipe.look, common, recipe.balance == "grey-world")

    def _sample(self, recipe: Recipe, mix: Mix, token: CancelToken | None) -> NDArray[np.float32]:
        key = _key(recipe)
        if key not in self._samples:
            linear = self._linear if key == self._key else None
            found = read_sample(self._shown(recipe, token), mix, linear)
            while len(self._samples) >= _SAMPLES_KEPT:
                del self._samples[next(iter(self._samples))]
            self._samples[key] = found
        return self._samples[key]

    def _kind(self, recipe: Recipe) -> object:
        """Return what the samples of scans that share a stretch have in common."""
        cube = self.cube
        if self._reflectance is None:
            self._reflectance = holds_reflectance(cube)
        known = cube.wavelengths_nm is not None
        if self._reflectance or recipe.balance == "white-reference":
            return known
        return known, cube.n_bands, cube.data.dtype

    def _shown(self, recipe: Recipe, token: CancelToken | None) -> HyperCube:
        return self._by_reference(token) if recipe.balance == "white-reference" else self.cube

    def _by_reference(self, token: CancelToken | None) -> HyperCube:
        if self._calibrated is None:
            self._calibrated = _calibrated(self.cube, token)
        return self._calibrated


def _key(recipe: Recipe) -> object:
    """Return what decides which samples a recipe shows."""
    return recipe.colours, recipe.spans, recipe.balance == "white-reference"


def _calibrated(cube: HyperCube, token: CancelToken | None) -> HyperCube:
    """Return the scan divided by the white reference beside it."""
    from napari_dgc.cubes.read import open_cube

    references = cube.references
    if references is None or references.white is None:
        raise UserError(
            f"No white reference lies beside {cube.name}; use the grey-world balance, or "
            "calibrate the scan."
        )
    white = measure_reference(open_cube(references.white), token=token)
    dark = None
    if references.dark is not None:
        dark = measure_reference(open_cube(references.dark), token=token)
    return Calibration(white, dark).apply(cube)
