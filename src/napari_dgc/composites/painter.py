"""Pictures of one scan by recipe, without reading the same bands twice."""

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
from napari_dgc.composites.painting import Look, read_linear, render
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.errors import UserError

Colours = Literal["usual", "true", "infrared", "file", "chosen"]
Balance = Literal["none", "grey-world", "white-reference"]

#: Larger pictures are read anew for every look instead of being kept, in bytes.
_MOST_KEPT = 64 << 20


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
    """

    colours: Colours = "usual"
    spans: tuple[Span, ...] = ()
    look: Look = field(default_factory=Look)
    balance: Balance = "none"

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

    def paint(self, recipe: Recipe, token: CancelToken | None = None) -> NDArray[np.uint8]:
        """Make a picture.

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
        by_reference = recipe.balance == "white-reference"
        cube = self._by_reference(token) if by_reference else self.cube
        if cube.rows * cube.columns * 3 * 4 > _MOST_KEPT:
            return render(cube, mix, recipe.look, recipe.balance == "grey-world", token)
        key = (recipe.colours, recipe.spans, by_reference)
        if self._key != key or self._linear is None:
            self._linear = None
            self._linear = read_linear(cube, mix, token)
            self._key = key
        return render(
            cube, mix, recipe.look, recipe.balance == "grey-world", token, linear=self._linear
        )

    def _by_reference(self, token: CancelToken | None) -> HyperCube:
        if self._calibrated is None:
            self._calibrated = _calibrated(self.cube, token)
        return self._calibrated


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
