"""Opening hyperspectral cubes of any supported kind."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import envi, matlab
from napari_dgc.cubes.choices import AmbiguousLayout, AmbiguousVariable, VariableInfo
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.empty_bands import find_empty_bands
from napari_dgc.cubes.envi_header import is_envi_header
from napari_dgc.cubes.layout import LAYOUTS
from napari_dgc.cubes.wavelengths import guess_unit
from napari_dgc.errors import UserError

__all__ = [
    "LAYOUTS",
    "AmbiguousLayout",
    "AmbiguousVariable",
    "VariableInfo",
    "can_open",
    "open_cube",
]

SUPPORTED = "MATLAB .mat files and ENVI cubes (.hdr with its data file)"


def can_open(path: Path | str) -> bool:
    """Tell, without reading samples, whether a file looks like a supported cube.

    Parameters
    ----------
    path
        Any path.
    """
    path = Path(path)
    try:
        if not path.is_file():
            return False
        if path.suffix.lower() == ".hdr":
            return is_envi_header(path)
        return _is_matlab(path) or envi.find_header(path) is not None
    except (OSError, ValueError):
        return False


def open_cube(
    path: Path | str,
    *,
    variable: str | None = None,
    layout: str = "auto",
    wavelengths: NDArray[np.float64] | None = None,
    wavelength_unit: str | None = None,
) -> HyperCube:
    """Open a hyperspectral cube.

    Parameters
    ----------
    path
        MATLAB ``.mat`` file (v5 to v7.3), ENVI header, or ENVI data file.
    variable
        Variable of a MATLAB file; found by itself where only one can be meant.
    layout
        ``"auto"``, ``"band-row-column"`` or ``"row-column-band"``; order of
        the axes in a MATLAB file.
    wavelengths
        Centre of each band, shape (bands,), in place of the file's own.
    wavelength_unit
        Unit of `wavelengths`: ``"nm"``, ``"um"`` or ``"cm-1"``; guessed by default.

    Returns
    -------
    HyperCube
        Axes (band, row, column); `notes` say what was decided.

    Raises
    ------
    AmbiguousVariable, AmbiguousLayout
        Only the user can tell.
    UserError
        No such file, not a supported cube, or damaged.
    """
    path = Path(path)
    try:
        _refuse_unreadable(path)
        if path.suffix.lower() != ".hdr" and _is_matlab(path):
            count = None if wavelengths is None else len(wavelengths)
            cube = matlab.open_matlab(
                path, variable=variable, layout=layout, wavelength_count=count
            )
        else:
            cube = _open_envi(path, variable, layout)
        cube = _with_empty_bands(cube)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error
    if wavelengths is None:
        return cube
    return _with_given_wavelengths(cube, wavelengths, wavelength_unit)


def _open_envi(path: Path, variable: str | None, layout: str) -> HyperCube:
    if envi.find_header(path) is None:
        raise UserError(
            f"{path} is not a supported cube (no ENVI header lies beside it); "
            f"supported are {SUPPORTED}."
        )
    if variable is not None:
        raise UserError(f"{path} is an ENVI cube, which has no variable “{variable}” to choose.")
    cube = envi.open_envi(path)
    if layout != "auto":
        note = f"The header tells the layout ({cube.layout}); the option “{layout}” is not needed."
        return replace(cube, notes=(*cube.notes, note))
    return cube


def _refuse_unreadable(path: Path) -> None:
    if path.is_dir():
        raise UserError(f"{path} is a folder; give a file. Supported are {SUPPORTED}.")
    if not path.exists():
        raise UserError(f"{path} does not exist.")
    if not path.is_file():
        raise UserError(f"{path} is not a file.")
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty.")


def _is_matlab(path: Path) -> bool:
    if path.suffix.lower() == ".mat":
        return True
    with path.open("rb") as file:
        return file.read(10) in (b"MATLAB 5.0", b"MATLAB 7.3")


def _with_empty_bands(cube: HyperCube) -> HyperCube:
    empty = find_empty_bands(cube)
    new = sorted(set(empty) - set(cube.bad_bands))
    if not new:
        return cube
    bad = tuple(sorted({*cube.bad_bands, *new}))
    if len(bad) == cube.n_bands:
        return cube
    note = f"{len(new)} bands hold no data and are left out."
    return replace(cube, bad_bands=bad, notes=(*cube.notes, note))


def _with_given_wavelengths(
    cube: HyperCube, wavelengths: NDArray[np.float64], unit: str | None
) -> HyperCube:
    values = np.asarray(wavelengths, np.float64).ravel()
    if len(values) != cube.n_bands:
        raise UserError(
            f"{len(values)} wavelengths were given, but {cube.path} has {cube.n_bands} bands."
        )
    if not np.isfinite(values).all() or values.min() <= 0:
        raise UserError("Wavelengths must be positive numbers.")
    return cube.with_wavelengths(values, unit or guess_unit(values))
