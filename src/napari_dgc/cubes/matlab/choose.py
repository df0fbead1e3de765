"""Which variable of a MATLAB file is the cube."""

from collections.abc import Sequence
from pathlib import Path

from napari_dgc.cubes.choices import AmbiguousVariable, Request, VariableInfo, describe_shape
from napari_dgc.cubes.matlab.beside import Beside
from napari_dgc.cubes.matlab.file import MatFile, is_outermost, short
from napari_dgc.cubes.matrices import (
    ask_for_size,
    flattened_reading,
    readings_of_size,
    refuse_matrix,
    without_size,
)
from napari_dgc.cubes.notes import Certain
from napari_dgc.cubes.readings import (
    NUMERIC,
    Reading,
    named_in_stack,
    plain_reading,
    stack_readings,
)
from napari_dgc.errors import UserError

DEFAULT_NAME = "cube"


def choose_reading(file: MatFile, path: Path, request: Request, notes: list[str]) -> Reading:
    """Return how the cube of a file is read.

    Parameters
    ----------
    file
        The open file.
    path
        The file, for messages.
    request
        What the user says.
    notes
        Receives a sentence when there was a choice.

    Returns
    -------
    Reading
        ``cube`` where there is one, else the only possible one.

    Raises
    ------
    UserError
        No cube in the file, or not of that name.
    AmbiguousVariable
        Several can be meant, or the user wants to be asked.
    """
    if request.variable is not None:
        found = _named(file, request.variable, request)
        if found is None and file.unfold():
            found = _named(file, request.variable, request)
        if found is None:
            raise _why_not(file, request.variable, path, request)
        return found
    readings = _readings(file, request)
    if not readings and file.unfold():
        readings = _readings(file, request)
    if not readings:
        raise _nothing(file, path, request)
    # A picture for display (red, green, blue) beside a cube is not meant.
    spectral = [reading for reading in readings if not _is_picture(reading)] or readings
    if request.ask:
        raise AmbiguousVariable(
            f"{path} holds {_listed([reading.offered for reading in readings])}.",
            _offered_when_asked(file, spectral),
        )
    named = [reading for reading in spectral if short(reading.name) == DEFAULT_NAME]
    if len(spectral) == 1:
        if len(file.variables) > 1:
            held = _listed([info for info in file.variables if is_outermost(info.name)])
            name = spectral[0].name
            notes.append(Certain(f"The cube is the variable “{name}”; the file holds {held}."))
        return spectral[0]
    offered = [reading.offered for reading in spectral]
    if len(named) == 1:
        notes.append(f"Of {_listed(offered)}, the variable “{named[0].name}” is taken.")
        return named[0]
    raise AmbiguousVariable(
        f"{path} holds several variables that can be the cube: {_listed(offered)}; "
        "choose one with --variable NAME.",
        offered,
    )


def _readings(file: MatFile, request: Request) -> list[Reading]:
    """Return cubes and stacks of cubes; where there are none, matrices of pixels."""
    if request.image is not None:
        of_size = readings_of_size(file.variables, request.image)
        if of_size:
            return of_size
    beside = Beside(file)
    counts = beside.wavelength_lengths()
    found: list[Reading] = []
    for info in file.variables:
        plain = plain_reading(info)
        if plain is not None:
            found.append(plain)
        elif len(info.shape) == 4:
            found += stack_readings(info, counts, beside.image_shapes(info))
    return found or _unfolded(file)


def _unfolded(file: MatFile) -> list[Reading]:
    beside = Beside(file)
    readings = (beside.size_of_image(info) for info in file.variables)
    return [reading for reading in readings if reading is not None]


def _offered_when_asked(file: MatFile, likely: Sequence[Reading]) -> list[VariableInfo]:
    known = {reading.name for reading in likely}
    others = [reading for reading in _unfolded(file) if reading.name not in known]
    offered = [reading.offered for reading in (*likely, *others)]
    known.update(info.name for info in offered)
    return offered + [info for info in without_size(file.variables) if info.name not in known]


def _named(file: MatFile, wanted: str, request: Request) -> Reading | None:
    info = next((info for info in file.variables if info.name == wanted), None)
    if info is None:
        return named_in_stack(wanted, file.variables)
    if len(info.shape) == 4:
        readings = stack_readings(info, (), ())
        return readings[0] if len(readings) == 1 else None
    if request.image is not None and len(info.shape) == 2:
        return flattened_reading(info, request.image, "as asked for")
    return plain_reading(info) or Beside(file).size_of_image(info)


def _why_not(file: MatFile, wanted: str, path: Path, request: Request) -> UserError:
    info = next((info for info in file.variables if info.name == wanted), None)
    if info is None:
        return UserError(
            f"{path} has no variable “{wanted}”; it holds {_listed(file.variables)}: give one of "
            "these with --variable NAME."
        )
    what = f"The variable {info} of {path}"
    if info.dtype in NUMERIC and len(info.shape) == 4:
        return UserError(
            f"{what} has four axes; choose one cube of the stack, such as "
            f"--variable '{wanted}(:,:,:,1)' or --variable '{wanted}(1,:,:,:)'."
        )
    if info.dtype in NUMERIC and len(info.shape) == 2 and min(info.shape) > 1:
        return refuse_matrix(what, info.shape, request)
    held = [
        other for other in file.variables if other.name.startswith((f"{wanted}.", f"{wanted}{{"))
    ]
    if held:
        return UserError(
            f"{what} is no cube itself; it holds {_listed(held)}: choose one with --variable NAME."
        )
    return UserError(
        f"{what} is not a cube: three axes of real numbers are needed; choose another one with "
        "--variable NAME."
    )


def _nothing(file: MatFile, path: Path, request: Request) -> UserError:
    if any("hypercube" in info.dtype for info in file.variables):
        return UserError(
            f"{path} holds a hypercube object, which only MATLAB can read; "
            "save its properties DataCube and Wavelength as variables of their own."
        )
    stack = next(
        (info for info in file.variables if len(info.shape) == 4 and info.dtype in NUMERIC), None
    )
    matrices = without_size(file.variables)
    if matrices and stack is None and request.image is None:
        return ask_for_size(path, matrices)
    what = "give the file of the scan itself"
    if stack is not None:
        what = f"a cube out of four axes is named like --variable '{stack.name}(:,:,:,1)'"
    elif request.image is not None:
        rows, columns = request.image
        what = f"no matrix has {rows}×{columns} = {rows * columns} pixels: check --rows-columns"
    return UserError(
        f"{path} holds no cube, that is, no variable of real numbers with three axes; "
        f"it holds {_listed(file.variables)}; {what}."
    )


def _is_picture(reading: Reading) -> bool:
    return reading.shape[2] in (3, 4) and reading.shape[0] > 4


def _listed(variables: Sequence[VariableInfo], most: int = 8) -> str:
    if not variables:
        return "no variables"
    words = [f"“{info.name}” ({describe_shape(info.shape)} {info.dtype})" for info in variables]
    if len(words) > most:
        words = [*words[:most], f"{len(words) - most} more"]
    return ", ".join(words)
