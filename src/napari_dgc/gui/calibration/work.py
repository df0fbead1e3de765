"""Reading references and a column for the preview, off the window's thread."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.calibration import (
    Calibration,
    CalibrationOptions,
    Flagged,
    Reference,
    calibration_for,
    count_flagged,
    doubts,
)
from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError

#: Lines of the scan that a column of the preview is averaged over.
_LINES = 48


@dataclass(frozen=True, eq=False)
class Wish:
    """What is to be calibrated with what.

    Parameters
    ----------
    cube
        The scan.
    white
        File of the white reference; None: the rectangle of `options` on the scan itself.
    dark
        File of the dark reference, or None.
    options
        The rest.
    """

    cube: HyperCube
    white: Path | None
    dark: Path | None
    options: CalibrationOptions


@dataclass(frozen=True, eq=False)
class Prepared:
    """A calibration that is ready, and the scan as it makes it.

    Parameters
    ----------
    calibration
        References and options.
    cube
        The scan as reflectance, computed when it is looked at.
    notes
        What was found on the way, one sentence each.
    flagged
        How much is saturated or dead.
    """

    calibration: Calibration
    cube: HyperCube
    notes: tuple[str, ...]
    flagged: Flagged


@dataclass(frozen=True, eq=False)
class ColumnSpectra:
    """Spectra of one column, (bands,) each, averaged over lines; None where there is none.

    `axis` names what `positions` are: wavelengths, or numbers of bands.
    """

    axis: str
    positions: NDArray[np.float64]
    scan: NDArray[np.float32]
    white: NDArray[np.float64]
    dark: NDArray[np.float64] | None
    reflectance: NDArray[np.float32]


def prepare(wish: Wish, token: CancelToken) -> Prepared:
    """Read the references.

    Raises
    ------
    UserError
        When they cannot be read or do not fit.
    InterruptedError
        When asked to stop.
    """
    cube = wish.cube
    calibration = calibration_for(
        cube,
        cube if wish.white is None else _open(wish.white),
        None if wish.dark is None else _open(wish.dark),
        options=wish.options,
        token=token,
    )
    result = calibration.apply(cube)
    flagged = count_flagged(calibration, cube)
    found = [note for note in result.notes if note not in cube.notes]
    notes = (*doubts(cube, flagged), *found)
    return Prepared(calibration, replace(result, name=f"{cube.name} reflectance"), notes, flagged)


def _open(path: Path) -> HyperCube:
    try:
        return open_cube(path)
    except UserError as error:
        # The name alone leaves room for what is wrong.
        raise UserError(str(error).replace(str(path), path.name)) from None


def column_spectra(wish: Wish, prepared: Prepared, column: int) -> ColumnSpectra:
    """Read one column of the scan before and after."""
    cube = wish.cube
    lines = slice(None, None, max(1, cube.rows // _LINES))
    here = slice(column, column + 1)
    centres = cube.wavelengths_nm
    calibration = prepared.calibration
    return ColumnSpectra(
        axis="band" if centres is None else "wavelength (nm)",
        positions=np.arange(1.0, cube.n_bands + 1) if centres is None else centres,
        scan=_mean(cube.read(lines, here)),
        white=_column(calibration.white, column),
        dark=None if calibration.dark is None else _column(calibration.dark, column),
        reflectance=_mean(prepared.cube.read(lines, here)),
    )


def _column(reference: Reference, column: int) -> NDArray[np.float64]:
    return reference.counts[:, column if reference.columns > 1 else 0]


def _mean(window: NDArray[np.float32]) -> NDArray[np.float32]:
    """Average what is known over the lines, NaN where nothing is."""
    known = np.isfinite(window).sum(axis=(1, 2))
    total = np.nansum(window, axis=(1, 2))
    mean: NDArray[np.float32] = np.where(known > 0, total / np.maximum(known, 1), np.nan)
    return mean
