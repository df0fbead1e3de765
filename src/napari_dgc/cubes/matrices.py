"""Matrices of which one side counts the pixels of an image, and the other one its bands."""

import math
from collections.abc import Iterable

from napari_dgc.cubes.choices import AmbiguousVariable, Request, VariableInfo, describe_shape
from napari_dgc.cubes.layout import BY_COLUMNS, BY_ROWS, PIXEL_ORDERS
from napari_dgc.cubes.readings import FEWEST_BANDS, NUMERIC, SMALLEST_SIDE, Reading
from napari_dgc.errors import UserError

#: Sizes that are offered for one matrix.
_MOST_SIZES = 200
#: So many times as many pixels as bands make a matrix likely to be pixels × bands.
_MANY_PIXELS = 8


def flattened_reading(
    variable: VariableInfo, image: tuple[int, int], reason: str
) -> Reading | None:
    """Return how a matrix is read whose rows or columns are the pixels of an image, or None.

    Parameters
    ----------
    variable
        Any variable.
    image
        Rows and columns of the image.
    reason
        How that is known, for a note.
    """
    if not _is_matrix(variable):
        return None
    rows, columns = image
    for axis in (0, 1):
        bands = variable.shape[1 - axis]
        if variable.shape[axis] == rows * columns and bands >= FEWEST_BANDS:
            shape = (rows, columns, bands)
            return Reading(variable, variable.name, shape, None, image, axis, reason)
    return None


def readings_of_size(variables: Iterable[VariableInfo], image: tuple[int, int]) -> list[Reading]:
    """Return the matrices that have as many pixels as the user says that the image has."""
    found = (flattened_reading(info, image, "as asked for") for info in variables)
    return [reading for reading in found if reading is not None]


def without_size(variables: Iterable[VariableInfo]) -> list[VariableInfo]:
    """Return the matrices that may be pixels × bands, from their shape alone."""
    return [
        info
        for info in variables
        if _is_matrix(info)
        and min(info.shape) >= FEWEST_BANDS
        # The sides of a label image differ less.
        and max(info.shape) >= _MANY_PIXELS * min(info.shape)
        and possible_sizes(max(info.shape))
    ]


def possible_sizes(pixels: int) -> list[tuple[int, int]]:
    """Return the sizes (rows, columns) that an image of so many pixels may have.

    Those that are nearest to a square come first; images narrower than 8
    pixels are left out.
    """
    found: list[tuple[int, int]] = []
    for side in range(math.isqrt(max(pixels, 0)), SMALLEST_SIDE - 1, -1):
        if pixels % side == 0:
            other = pixels // side
            found += [(side, other)] if side == other else [(side, other), (other, side)]
        if len(found) >= _MOST_SIZES:
            break
    return found


def ask_for_size(path: object, matrices: list[VariableInfo]) -> AmbiguousVariable:
    """Return the question for the rows and columns of matrices."""
    listed = ", ".join(f"“{info.name}” ({describe_shape(info.shape)})" for info in matrices[:8])
    if len(matrices) == 1 and not matrices[0].name:
        listed = describe_shape(matrices[0].shape)
    what = "a matrix" if len(matrices) == 1 else "matrices"
    return AmbiguousVariable(
        f"{path} holds no cube but {what} that may be pixels × bands, {listed}; give the "
        "number of rows and columns of the image with --rows-columns ROWS COLUMNS, or save them "
        "beside it as rows and cols.",
        matrices,
    )


def refuse_matrix(what: str, shape: tuple[int, ...], request: Request) -> UserError:
    """Return the refusal of a matrix that the user named.

    Parameters
    ----------
    what
        The matrix and its file, with its shape.
    shape
        Of the matrix.
    request
        What the user said.
    """
    if request.image is None:
        return UserError(
            f"{what} is a matrix: if it is pixels × bands, give the number of rows and columns "
            "of the image with --rows-columns ROWS COLUMNS, or save them beside it as rows and "
            "cols."
        )
    rows, columns = request.image
    sides = " nor ".join(str(length) for length in shape)
    return UserError(
        f"{what} is no image of {rows} rows × {columns} columns, which are {rows * columns} "
        f"pixels, neither {sides}; give --rows-columns with two numbers whose product is one side "
        "of the matrix."
    )


def pixel_layout(reading: Reading, layout: str) -> str | None:
    """Return the order of pixels that the user asks for, None where it is to be found.

    Raises
    ------
    UserError
        It is an order of axes.
    """
    if layout == "auto":
        return None
    if layout not in PIXEL_ORDERS:
        raise UserError(
            f"The pixels of {reading.name or 'the matrix'} in {layout} order cannot be told: it "
            f"is a matrix of pixels; choose the layout {' or '.join(PIXEL_ORDERS)}."
        )
    return layout


def unfolding_note(reading: Reading, layout: str, how: str) -> str:
    """Say how a matrix becomes an image."""
    rows, columns, bands = reading.shape
    matrix = f"“{reading.name}” " if reading.name else ""
    other = BY_ROWS if layout == BY_COLUMNS else BY_COLUMNS
    return (
        f"The matrix {matrix}({describe_shape(reading.variable.shape)}) is read as "
        f"{rows} rows × {columns} columns × {bands} bands, {reading.reason}, its pixels taken "
        f"{layout.replace('-', ' ')} {how}; the layout {other} is the other way round."
    )


def _is_matrix(variable: VariableInfo) -> bool:
    return variable.dtype in NUMERIC and len(variable.shape) == 2
