"""NumPy's ``.npy`` files, read from where their samples lie; nothing is ever unpickled."""

from pathlib import Path
from typing import IO, Any

import numpy as np

from napari_dgc.cubes.choices import Request
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.layout import BandEvidence, bands_first, cube_axes, decide_layout
from napari_dgc.cubes.mapped import MappedCube
from napari_dgc.errors import UserError

MARK = b"\x93NUMPY"


def is_npy(path: Path) -> bool:
    """Tell whether a file is, or is called, a ``.npy`` file."""
    if not path.is_file():
        return False
    if path.suffix.lower() == ".npy":
        return True
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK


def npy_holds_cube(path: Path) -> bool:
    """Tell whether a ``.npy`` file holds a cube and not a label image or a list."""
    try:
        with path.open("rb") as file:
            shape, dtype, _ = read_header(file)
        cube_axes(shape, dtype, "")
    except (UserError, OSError, ValueError):
        return False
    return True


def open_npy(path: Path, request: Request) -> HyperCube:
    """Open the cube of a ``.npy`` file.

    Parameters
    ----------
    path
        The file.
    request
        `layout` and number of wavelengths are used.

    Raises
    ------
    UserError
        Damaged, no cube, or an array of Python objects.
    AmbiguousLayout
        Nothing tells which axis holds the bands.
    """
    if request.variable is not None:
        raise UserError(f"{path} holds one array; there is no “{request.variable}” to choose.")
    try:
        with path.open("rb") as file:
            shape, dtype, fortran = read_header(file)
            offset = file.tell()
    except ValueError as error:
        reason = " ".join(str(error).split())[:160].rstrip(".")
        raise UserError(f"{path} is not a .npy file or is damaged ({reason}).") from error
    if dtype.hasobject:
        raise UserError(f"{path} holds Python objects, which are not opened; save plain numbers.")
    axes = cube_axes(shape, dtype, str(path))
    kept = [shape[axis] for axis in axes]
    stored = (
        MappedCube(path, dtype, offset, kept[::-1], (2, 1, 0))
        if fortran
        else MappedCube(path, dtype, offset, kept)
    )
    count = request.wavelength_count
    evidence = BandEvidence(wavelength_counts=[] if count is None else [count])
    layout, reason = decide_layout(stored, request.layout, evidence, str(path))
    return HyperCube(
        data=bands_first(stored, layout),
        name=path.stem,
        path=path,
        format="NumPy",
        layout=layout,
        notes=(reason,),
    )


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any], bool]:
    """Read the header of a ``.npy`` file.

    Parameters
    ----------
    file
        Read to the first sample.

    Returns
    -------
    shape, dtype, fortran
        `fortran` is true where the first axis is the fastest.

    Raises
    ------
    ValueError
        Not such a file, or damaged.
    """
    try:
        version = np.lib.format.read_magic(file)
        if version not in ((1, 0), (2, 0)):
            raise ValueError(f"version {version[0]}.{version[1]} of the format is not known")
        read = np.lib.format
        one, two = read.read_array_header_1_0, read.read_array_header_2_0
        shape, fortran, dtype = one(file) if version == (1, 0) else two(file)
    except OSError:
        raise
    except Exception as error:  # a header is Python code to numpy's parser, which may raise any
        raise ValueError(str(error) or type(error).__name__) from error
    if any(length < 0 for length in shape):
        raise ValueError("an axis has a negative length")
    return shape, dtype, bool(fortran)
