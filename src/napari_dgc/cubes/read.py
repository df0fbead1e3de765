"""Opening hyperspectral cubes of any supported kind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.cubes.choices import (
    AmbiguousLayout,
    AmbiguousVariable,
    Request,
    VariableInfo,
    describe_shape,
)
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.empty_bands import find_empty_bands
from napari_dgc.cubes.fill_values import find_fill_value
from napari_dgc.cubes.formats import find_format, supported
from napari_dgc.cubes.layout import LAYOUTS
from napari_dgc.cubes.wavelengths import guess_unit
from napari_dgc.errors import UserError
from napari_dgc.words import counted

__all__ = [
    "LAYOUTS",
    "AmbiguousLayout",
    "AmbiguousVariable",
    "VariableInfo",
    "can_open",
    "open_cube",
]


def can_open(path: Path | str) -> bool:
    """Tell, without reading samples, whether a file or folder looks like a supported cube.

    Parameters
    ----------
    path
        Any path.
    """
    path = Path(path)
    try:
        found = find_format(path) if path.exists() else None
        return found is not None and found.holds_cube(path)
    except Exception:  # noqa: BLE001 - readers raise anything on damaged files
        return False


def open_cube(
    path: Path | str,
    *,
    variable: str | None = None,
    layout: str = "auto",
    wavelengths: NDArray[np.float64] | None = None,
    wavelength_unit: str | None = None,
    image: tuple[int, int] | None = None,
    ask: bool = False,
    token: CancelToken | None = None,
    progress: Callable[[float], None] = lambda share: None,
) -> HyperCube:
    """Open a hyperspectral cube.

    Parameters
    ----------
    path
        File of one of the kinds in `napari_dgc.cubes.formats`, or a folder
        where the kind is one.
    variable
        Variable of a MATLAB file, path of an HDF5 dataset; found by itself
        where only one can be meant.
    layout
        Order of the axes where the file does not tell it, one of `LAYOUTS`:
        ``"auto"``, ``"band-row-column"``, ``"row-column-band"``, ``"row-band-column"``;
        of the pixels in a matrix, ``"column-by-column"`` or ``"row-by-row"``.
    wavelengths
        Centre of each band, shape (bands,), in place of the file's own.
    wavelength_unit
        Unit of `wavelengths`: ``"nm"``, ``"um"`` or ``"cm-1"``; guessed by default.
    image
        (rows, columns) of a flattened cube, a matrix of pixels × bands, where nothing
        in the file tells them.
    ask
        Raise `AmbiguousVariable` with all that can be the cube even where only
        one is likely to be meant.
    token
        Stops what takes long with an InterruptedError.
    progress
        Called with the share that is done, 0 to 1, where samples must be
        unpacked to disk before they can be read.

    Returns
    -------
    HyperCube
        Axes (band, row, column); `notes` say what was decided.

    Raises
    ------
    AmbiguousVariable, AmbiguousLayout
        Only the user can tell.
    InterruptedError
        It was stopped.
    UserError
        No such file, not a supported cube, or damaged.
    """
    path = Path(path)
    token = token or never_cancelled()
    request = Request(variable, layout, wavelengths, image, ask, token, progress)
    try:
        _refuse_unreadable(path)
        found = find_format(path)
        if found is None:
            raise UserError(_not_supported(path))
        cube = found.open(path, request)
        if image is not None and (cube.rows, cube.columns) != image:
            raise UserError(
                f"{path} has {cube.rows} rows × {cube.columns} columns; --rows-columns is for "
                "matrices of pixels × bands only, leave it out."
            )
        cube = _with_empty_bands(_with_fill_value(cube))
    except InterruptedError:
        raise
    except AmbiguousLayout as question:
        if request.wavelength_count in (None, *question.shape):
            raise
        raise UserError(
            f"The wavelengths given are {request.wavelength_count}, but no axis of {path} "
            f"({describe_shape(question.shape)}) is as long; give one wavelength for each band."
        ) from question
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error
    if wavelengths is None:
        return cube
    return _with_given_wavelengths(cube, wavelengths, wavelength_unit)


def _not_supported(path: Path) -> str:
    if path.is_dir():
        return f"{path} is a folder without a cube; give a file. Supported are {supported()}."
    return (
        f"{path} is not a supported cube (no ENVI header lies beside it); "
        f"supported are {supported()}."
    )


def _refuse_unreadable(path: Path) -> None:
    if not path.exists():
        raise UserError(f"{path} does not exist; check its name and folder.")
    if path.is_dir():
        return
    if not path.is_file():
        raise UserError(f"{path} is not a file; give the file of a scan.")
    if path.stat().st_size == 0:
        raise UserError(f"{path} is empty (0 bytes); copy or export the scan again.")


def _with_fill_value(cube: HyperCube) -> HyperCube:
    value = find_fill_value(cube)
    if value is None:
        return cube
    note = f"{value:g} is taken for “no data”, as is usual; the file does not say so."
    return replace(cube, no_data=value, notes=(*cube.notes, note))


def _with_empty_bands(cube: HyperCube) -> HyperCube:
    empty = find_empty_bands(cube)
    new = sorted(set(empty) - set(cube.bad_bands))
    if not new:
        return cube
    bad = tuple(sorted({*cube.bad_bands, *new}))
    if len(bad) == cube.n_bands:
        return cube
    note = f"Left out for holding no data: {counted(len(new), 'band')}."
    return replace(cube, bad_bands=bad, notes=(*cube.notes, note))


def _with_given_wavelengths(
    cube: HyperCube, wavelengths: NDArray[np.float64], unit: str | None
) -> HyperCube:
    values = np.asarray(wavelengths, np.float64).ravel()
    if len(values) != cube.n_bands:
        raise UserError(
            f"The wavelengths given are {len(values)}, but {cube.path} has "
            f"{counted(cube.n_bands, 'band')}; give one wavelength for each band."
        )
    if not np.isfinite(values).all() or values.min() <= 0:
        raise UserError("Wavelengths must be positive numbers; correct the list.")
    return cube.with_wavelengths(values, unit or guess_unit(values))
