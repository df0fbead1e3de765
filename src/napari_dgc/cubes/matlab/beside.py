"""What stands beside a variable and tells about it: wavelengths, bad bands, sizes of images."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.attributes import is_telling, plain, wavelength_counts
from napari_dgc.cubes.choices import VariableInfo, describe_shape
from napari_dgc.cubes.matlab.file import MatFile, nearness, scope, short
from napari_dgc.cubes.matlab.readings import NUMERIC, Reading, flattened_reading
from napari_dgc.cubes.wavelengths import is_wavelength_name

_BAND_LIST = re.compile(r"fwhm\w*|bbl|bad_?bands?_?list|good_?(bands?|wavelengths?)")
_UNITS = re.compile(r"(\w+_)?units?")
_COUNTED = r"(?:(?:n|num|number_of|no_of|im|img|image|scan|size)_?)?"
_ROWS = re.compile(rf"{_COUNTED}(?:rows?|lines?|height|y)|m|h|y_?(?:size|dim)|dim_?1")
_COLUMNS = re.compile(rf"{_COUNTED}(?:cols?|columns?|samples?|width|x)|n|w|x_?(?:size|dim)|dim_?2")
_SIZE = re.compile(
    r"(?:(?:im|img|image|data|cube|spatial|map|hsi|scan)_?)?"
    r"(?:size|sz|shape|dims?|dimensions?|resolution)"
)


def wavelength_lengths(file: MatFile) -> list[int]:
    """Return the lengths of all lists that are called wavelengths, without reading them."""
    lengths = {
        max(info.shape)
        for info in file.variables
        if is_wavelength_name(plain(short(info.name))) and _is_vector(info)
    }
    return sorted(lengths - {1})


def image_shapes(variables: Sequence[VariableInfo], cube: VariableInfo) -> list[tuple[int, int]]:
    """Return (rows, columns) of the images beside a variable or around what holds it."""
    return [(info.shape[0], info.shape[1]) for info in _images(variables, cube)]


def attributes_of(file: MatFile, reading: Reading) -> dict[str, Any]:
    """Gather what is said about a cube, as `describe_bands` wants it.

    Lists with one value per band count wherever they are, the nearest first;
    of factors and the like only those that stand directly beside the cube: a
    header that was saved with it may describe another file.
    """
    here = scope(reading.variable.name)
    lengths = {reading.shape[2]} if reading.image is not None else set(reading.shape)
    groups = {
        place: dict(_said_in(file, place, lengths, here))
        for place in sorted(
            {scope(info.name) for info in file.variables}, key=lambda place: nearness(place, here)
        )
    }
    groups[here] = {**_axis_scale(file, reading, here), **groups[here]}
    with_centres = next(
        (place for place, said in groups.items() if set(wavelength_counts(said)) & lengths), None
    )
    found: dict[str, Any] = {}
    for place, said in groups.items():
        for name, value in said.items():
            word = plain(name)
            of_centres = is_wavelength_name(word) or _UNITS.fullmatch(word) or "fwhm" in word
            if not of_centres or place == with_centres:
                found.setdefault(name, value)
    return found


def size_of_image(file: MatFile, matrix: VariableInfo) -> Reading | None:
    """Return how a matrix is read whose rows or columns are the pixels of an image.

    The size of the image is looked for in numbers such as ``rows`` and
    ``cols``, in lists such as ``imagesize``, and in images beside the matrix.

    Parameters
    ----------
    file
        Where it is.
    matrix
        Any variable.

    Returns
    -------
    Reading or None
        None where nothing tells, or where several images do and differ.
    """
    if len(matrix.shape) != 2 or matrix.dtype not in NUMERIC or min(matrix.shape) < 2:
        return None
    here = scope(matrix.name)
    for place in sorted(
        {scope(info.name) for info in file.variables}, key=lambda place: nearness(place, here)
    ):
        if nearness(place, here)[0] > 1:
            break
        for rows, columns, reason in _stated_sizes(file, place, matrix):
            found = flattened_reading(matrix, (rows, columns), reason)
            if found is not None:
                return found
    fitting: dict[tuple[int, int], Reading] = {}
    for info in _images(file.variables, matrix):
        image = (info.shape[0], info.shape[1])
        found = flattened_reading(matrix, image, f"as many as “{info.name}” has")
        if found is not None:
            fitting.setdefault(image, found)
    return next(iter(fitting.values())) if len(fitting) == 1 else None


def _said_in(
    file: MatFile, place: str, lengths: set[int], here: str
) -> Iterator[tuple[str, NDArray[np.float64] | str]]:
    for info in file.variables:
        name = short(info.name)
        if scope(info.name) != place or not name:
            continue
        word = plain(name)
        if info.dtype == "char":
            if _UNITS.fullmatch(word) and (text := file.text(info.name)):
                yield name, text
            continue
        if not is_telling(name) or not _is_vector(info):
            continue
        length = max(info.shape)
        is_list = length > 1 and (is_wavelength_name(word) or _BAND_LIST.fullmatch(word))
        if (is_list and length in lengths) or (place == here and length in lengths | {1}):
            values = file.vector(info.name)
            if values is not None:
                yield name, values


def _axis_scale(file: MatFile, reading: Reading, here: str) -> Mapping[str, Any]:
    """Return the band axis of a data set of the PLS Toolbox, whose axes are in a cell array."""
    modes = (2 - reading.pixel_axis,) if reading.image is not None else (3, 1, 2)
    known = {info.name for info in file.variables}
    for mode in modes:
        name = f"{here}.axisscale{{{mode},1}}"
        values = file.vector(name) if here and name in known else None
        if values is None or len(values) not in reading.shape:
            continue
        label = f"{here}.axisscale{{{mode},2}}"
        unit = file.text(label) if label in known else None
        said: dict[str, Any] = {f"wavelength in axisscale{{{mode},1}}": values}
        return said | ({"wavelength_units": unit} if unit else {})
    return {}


def _stated_sizes(
    file: MatFile, place: str, matrix: VariableInfo
) -> Iterator[tuple[int, int, str]]:
    """Yield rows, columns and where they stand, of everything that may be a size."""
    rows: list[tuple[str, int]] = []
    columns: list[tuple[str, int]] = []
    for info in file.variables:
        if scope(info.name) != place or info.dtype not in NUMERIC or not _is_vector(info):
            continue
        word = plain(short(info.name))
        if max(info.shape) == 1:
            for pattern, found in ((_ROWS, rows), (_COLUMNS, columns)):
                if pattern.fullmatch(word) and (sides := _whole(file, info.name)):
                    found.append((info.name, sides[0]))
        elif max(info.shape) in (2, 3) and _SIZE.fullmatch(word):
            sides = _whole(file, info.name)
            if len(sides) == 2 or (len(sides) == 3 and sides[2] in (1, *matrix.shape)):
                yield sides[0], sides[1], f"after “{info.name}”"
    for row_name, row_count in rows:
        for column_name, column_count in columns:
            yield row_count, column_count, f"after “{row_name}” and “{column_name}”"


def _whole(file: MatFile, name: str) -> tuple[int, ...]:
    """Return the numbers of a variable where all are whole and can be sides of an image."""
    values = file.vector(name)
    if values is None or not np.all((values >= 1) & (values <= 1e7) & (values % 1 == 0)):
        return ()
    return tuple(int(value) for value in values)


def _images(variables: Sequence[VariableInfo], cube: VariableInfo) -> Iterator[VariableInfo]:
    here = scope(cube.name)
    for info in variables:
        if info.name == cube.name or info.dtype not in NUMERIC | {"logical"}:
            continue
        if nearness(scope(info.name), here)[0] > 1:
            continue
        is_matrix = len(info.shape) == 2 and min(info.shape) > 1
        if is_matrix or (len(info.shape) == 3 and info.shape[2] == 3):
            yield info


def _is_vector(info: VariableInfo) -> bool:
    long = [length for length in info.shape if length != 1]
    return len(long) <= 1 and min(info.shape, default=0) > 0 and info.dtype in NUMERIC | {"logical"}


def shown_size(reading: Reading) -> str:
    """Say how a matrix becomes an image, for a note."""
    rows, columns, bands = reading.shape
    return (
        f"The matrix “{reading.name}” ({describe_shape(reading.variable.shape)}) is read as "
        f"{rows} rows × {columns} columns × {bands} bands, {reading.reason}"
    )
