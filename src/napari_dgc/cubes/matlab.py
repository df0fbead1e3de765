"""Opening cubes of MATLAB files: v4 to v7 are loaded, v7.3 is read in place.

Axes here are those that MATLAB shows. MATLAB stores the dimensions of v7.3
variables reversed; they are turned back, so that rows stay rows.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.choices import AmbiguousVariable, VariableInfo, describe_shape
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.layout import BandEvidence, Turnable, bands_first, decide_layout
from napari_dgc.cubes.wavelengths import are_wavelengths, guess_unit, is_wavelength_name
from napari_dgc.errors import UserError

DEFAULT_VARIABLE = "cube"
NUMERIC = frozenset({f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)}) | {
    "float32",
    "float64",
}


class MatFile(Protocol):
    """What is needed of a MATLAB file, whatever its version."""

    format: str
    variables: list[VariableInfo]
    notes: list[str]

    def load(self, name: str) -> Turnable:
        """Return a variable of three axes; may stay on disk."""

    def vector(self, name: str) -> NDArray[np.float64] | None:
        """Return the numbers of a vector, or None where it holds others."""


def open_matlab(
    path: Path,
    *,
    variable: str | None = None,
    layout: str = "auto",
    wavelength_count: int | None = None,
) -> HyperCube:
    """Open a cube of a MATLAB file.

    Parameters
    ----------
    path
        The ``.mat`` file.
    variable
        Name of the variable; ``cube`` or the only possible one by default.
    layout
        ``"auto"`` or one of `LAYOUTS`.
    wavelength_count
        Number of wavelengths that the user gave, a sign of the band axis.

    Returns
    -------
    HyperCube
        With wavelengths and bad bands from the file's other variables.

    Raises
    ------
    UserError
        No cube in the file, or the file is damaged.
    AmbiguousVariable, AmbiguousLayout
        Only the user can tell.
    """
    file = _open_file(path)
    notes = list(file.notes)
    info = choose_variable(file.variables, variable, path, notes)
    stored = file.load(info.name)
    shape = (int(stored.shape[0]), int(stored.shape[1]), int(stored.shape[2]))
    vectors = _wavelength_vectors(file, shape)
    counts = [len(values) for _, values in vectors]
    evidence = BandEvidence(
        wavelength_counts=[wavelength_count] if wavelength_count is not None else counts,
        image_shapes=_image_shapes(file.variables, info),
    )
    decided, reason = decide_layout(stored, layout, evidence, f"{info.name} in {path.name}")
    notes.append(reason)
    data = bands_first(stored, decided)
    bands = int(data.shape[0])
    wavelengths, unit = None, None
    for name, values in vectors:
        if len(values) == bands and wavelength_count is None:
            wavelengths, unit = values, guess_unit(values)
            named = f"“{name}” ({values[0]:g} to {values[-1]:g}"
            notes.append(
                f"Wavelengths are taken from the variable {named}, "
                + (f"read as {unit})." if unit else "unit unknown).")
            )
            break
    return HyperCube(
        data=data,
        name=path.stem,
        wavelengths=wavelengths,
        wavelength_unit=unit,
        path=path,
        format=file.format,
        variable=info.name,
        layout=decided,
        bad_bands=_bad_bands(file, bands, notes),
        notes=tuple(notes),
    )


def choose_variable(
    variables: Sequence[VariableInfo], wanted: str | None, path: Path, notes: list[str]
) -> VariableInfo:
    """Return the variable that holds the cube.

    Parameters
    ----------
    variables
        All variables of the file.
    wanted
        Name that the user gave, or None.
    path
        The file, for messages.
    notes
        Receives a sentence when there was a choice.

    Returns
    -------
    VariableInfo
        ``cube`` where there is one, else the only possible variable.
    """
    held = _describe(variables)
    if wanted is not None:
        named = next((info for info in variables if info.name == wanted), None)
        if named is None:
            raise UserError(f"{path} has no variable “{wanted}”; it holds {held}.")
        if not _can_be_cube(named):
            raise UserError(
                f"The variable {named} of {path} is not a cube: three axes of real numbers "
                "are needed."
            )
        return named
    cubes = [info for info in variables if _can_be_cube(info)]
    if not cubes:
        raise UserError(
            f"{path} holds no cube, that is, no variable of real numbers with three axes; "
            f"it holds {held}."
        )
    # A picture for display (red, green, blue) beside a cube is not meant.
    spectral = [info for info in cubes if not _is_picture(info)] or cubes
    for info in spectral:
        if info.name == DEFAULT_VARIABLE:
            if len(spectral) > 1:
                notes.append(f"Of {_describe(spectral)}, the variable “cube” is taken.")
            return info
    if len(spectral) == 1:
        if len(variables) > 1:
            notes.append(f"The cube is the variable “{spectral[0].name}”; the file holds {held}.")
        return spectral[0]
    raise AmbiguousVariable(
        f"{path} holds several variables that can be the cube: {_describe(spectral)}; "
        "choose one with --variable NAME.",
        spectral,
    )


def _open_file(path: Path) -> MatFile:
    from napari_dgc.cubes import matlab_hdf5, matlab_loaded

    if matlab_hdf5.is_hdf5(path):
        return matlab_hdf5.HDF5MatFile(path)
    return matlab_loaded.LoadedMatFile(path)


def _can_be_cube(info: VariableInfo) -> bool:
    return len(info.shape) == 3 and min(info.shape) > 0 and info.dtype in NUMERIC


def _is_picture(info: VariableInfo) -> bool:
    return info.shape[2] in (3, 4) and info.shape[0] > 4


def _describe(variables: Sequence[VariableInfo], most: int = 8) -> str:
    if not variables:
        return "no variables"
    words = [f"“{info.name}” ({describe_shape(info.shape)} {info.dtype})" for info in variables]
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    return ", ".join(words)


def _image_shapes(variables: Sequence[VariableInfo], cube: VariableInfo) -> list[tuple[int, int]]:
    """Return (rows, columns) of the images beside the cube."""
    shapes = []
    for info in variables:
        if info.name == cube.name or info.dtype not in NUMERIC | {"logical"}:
            continue
        is_matrix = len(info.shape) == 2 and min(info.shape) > 1
        if is_matrix or (len(info.shape) == 3 and info.shape[2] == 3):
            shapes.append((info.shape[0], info.shape[1]))
    return shapes


def _wavelength_vectors(
    file: MatFile, shape: Sequence[int]
) -> list[tuple[str, NDArray[np.float64]]]:
    found = []
    for info in file.variables:
        if not is_wavelength_name(info.name) or not _is_vector(info):
            continue
        if max(info.shape) not in (shape[0], shape[2]):
            continue
        values = file.vector(info.name)
        if values is not None and are_wavelengths(values):
            found.append((info.name, values))
    # "wl" or "wavelengths" says more than "bands" does.
    return sorted(found, key=lambda item: item[0].lower().startswith("band"))


def _bad_bands(file: MatFile, bands: int, notes: list[str]) -> tuple[int, ...]:
    for info in file.variables:
        if not re.fullmatch(r"bbl|bad_?bands?_?list", info.name, re.IGNORECASE):
            continue
        if not _is_vector(info) or max(info.shape) != bands:
            continue
        flags = file.vector(info.name)
        if flags is None or not np.isin(flags, (0, 1)).all() or not flags.any():
            continue
        bad = tuple(int(band) for band in np.flatnonzero(flags == 0))
        if bad:
            notes.append(f"The variable “{info.name}” marks {len(bad)} bad bands.")
        return bad
    return ()


def _is_vector(info: VariableInfo) -> bool:
    long = [length for length in info.shape if length != 1]
    return len(long) <= 1 and min(info.shape, default=0) > 0 and info.dtype in NUMERIC | {"logical"}
