"""Ways in which a variable can be read as a cube: as it is, one cube of a stack, unfolded."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from napari_dgc.cubes.choices import VariableInfo
from napari_dgc.cubes.layout import BY_COLUMNS

#: Classes of real numbers, and those that may stand for pixels that are left out.
NUMERIC = frozenset({f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)}) | {
    "float16",
    "float32",
    "float64",
}
# Smaller ones are tables of something else.
SMALLEST_SIDE, FEWEST_BANDS = 8, 3
#: Cubes of a stack that are offered; others can be named.
_MOST_OFFERED = 1000
# So many times as many pixels as cubes tell which axis counts the cubes.
_CLEARLY_SHORTER = 4


@dataclass(frozen=True)
class Reading:
    """One way to read a variable as a cube.

    Parameters
    ----------
    variable
        The array in the file.
    name
        What the user writes for it: the name of the array, with the place in the stack
        as MATLAB writes it, ``scans(:,:,:,2)``, whatever the kind of file.
    shape
        Three lengths; (rows, columns, bands) where the pixels are unfolded.
    stack
        Axis that counts the cubes and which one of them, from 0; None where there is one.
    image
        (rows, columns) that the pixels of a matrix are; None where it is no matrix.
    pixel_axis
        Axis of the matrix along which the pixels are.
    reason
        How the size of the image is known, for a note.
    """

    variable: VariableInfo
    name: str
    shape: tuple[int, int, int]
    stack: tuple[int, int] | None = None
    image: tuple[int, int] | None = None
    pixel_axis: int = 0
    reason: str = ""

    @property
    def offered(self) -> VariableInfo:
        """What the user is shown."""
        return VariableInfo(self.name, self.shape, self.variable.dtype)

    @property
    def axes(self) -> tuple[int, int, int]:
        """Axes of the array that are those of `shape`; not where the pixels are unfolded.

        Of more than are needed, those of length 1 do not count.
        """
        shape, stack = self.variable.shape, None if self.stack is None else self.stack[0]
        left = [axis for axis in range(len(shape)) if axis != stack]
        if len(left) > 3:
            left = [axis for axis in left if shape[axis] > 1]
        first, middle, last = left
        return first, middle, last

    def stored(
        self, layout: str, *, first_fastest: bool = True
    ) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
        """Return how the samples of the cube lie in the file.

        Parameters
        ----------
        layout
            Order of the pixels where they are unfolded.
        first_fastest
            Whether the first axis of the array is the fastest one, as MATLAB stores it,
            or the slowest one.

        Returns
        -------
        lengths, axes
            Three lengths, the last one fastest, and for each axis of `shape` the one
            of these lengths.
        """
        if self.image is None:
            if first_fastest:
                return (self.shape[2], self.shape[1], self.shape[0]), (2, 1, 0)
            return self.shape, (0, 1, 2)
        rows, columns, bands = self.shape
        down = layout == BY_COLUMNS
        pixels = (columns, rows) if down else (rows, columns)
        if (self.pixel_axis == 0) == first_fastest:
            return (bands, *pixels), (2, 1, 0) if down else (1, 2, 0)
        return (*pixels, bands), (1, 0, 2) if down else (0, 1, 2)


def plain_reading(variable: VariableInfo) -> Reading | None:
    """Return how a variable of three axes is read, or None where it has others."""
    shape = variable.shape
    if variable.dtype not in NUMERIC or len(shape) != 3 or min(shape) < 1:
        return None
    return Reading(variable, variable.name, (shape[0], shape[1], shape[2]))


def stack_readings(
    variable: VariableInfo,
    wavelength_counts: Sequence[int],
    image_shapes: Sequence[tuple[int, int]],
    axis_of_stack: int | None = None,
) -> list[Reading]:
    """Return the cubes that a variable of four axes is a stack of, where that makes sense.

    Parameters
    ----------
    variable
        Any variable.
    wavelength_counts, image_shapes
        What lies beside it and tells of its axes.
    axis_of_stack
        The axis that counts the cubes where the file names its axes.
    """
    long = _long_axes(variable.shape)
    shape = tuple(variable.shape[axis] for axis in long)
    if variable.dtype not in NUMERIC or len(shape) != 4 or min(shape) < 1:
        return []
    if shape.count(1) == 1 and _can_be_cube(_without(shape, shape.index(1))):
        axis = shape.index(1)
        return [Reading(variable, variable.name, _without(shape, axis), (long[axis], 0))]
    if axis_of_stack is not None:
        return [
            one_of_stack(variable, axis_of_stack, index)
            for index in range(min(variable.shape[axis_of_stack], _MOST_OFFERED))
        ]
    axes = [axis for axis in (3, 0) if _can_be_cube(_without(shape, axis))]
    told = _told(shape, set(wavelength_counts), set(image_shapes))
    if told in axes:
        axes = [told]
    return [
        one_of_stack(variable, long[axis], index)
        for axis in axes
        for index in range(min(shape[axis], _MOST_OFFERED))
    ]


def one_of_stack(variable: VariableInfo, axis: int, index: int) -> Reading:
    """Return how one cube of a stack is read; its name counts from 1, as MATLAB does."""
    places = [":"] * len(variable.shape)
    places[axis] = str(index + 1)
    name = f"{variable.name}({','.join(places)})"
    shape = variable.shape
    left = tuple(shape[place] for place in _long_axes(shape) if place != axis)
    return Reading(variable, name, (left[0], left[1], left[2]), (axis, index))


def named_in_stack(
    name: str, variables: Sequence[VariableInfo], *, any_axis: bool = False
) -> Reading | None:
    """Return the reading that a name such as ``scans(:,:,:,2)`` asks for, or None.

    Parameters
    ----------
    name
        What the user wrote.
    variables
        Those of the file.
    any_axis
        Whether cubes may be counted by axes between others, too.
    """
    asked = re.fullmatch(r"(.*?)\(([:\d,\s]+)\)", name.strip())
    if asked is None:
        return None
    places = asked.group(2).replace(" ", "").split(",")
    numbers = [(axis, place) for axis, place in enumerate(places) if place != ":"]
    variable = next((info for info in variables if info.name == asked.group(1)), None)
    if variable is None or len(places) != len(variable.shape) or len(numbers) != 1:
        return None
    axis, place = numbers[0]
    long = _long_axes(variable.shape)
    if variable.dtype not in NUMERIC or not place.isdigit() or len(long) != 4:
        return None
    if (
        axis not in (long if any_axis else (long[0], long[3]))
        or not 1 <= int(place) <= variable.shape[axis]
    ):
        return None
    return one_of_stack(variable, axis, int(place) - 1)


def _long_axes(shape: Sequence[int]) -> list[int]:
    """Return the axes that count: of more than four, those of length 1 do not."""
    return [axis for axis, length in enumerate(shape) if len(shape) <= 4 or length > 1]


def _without(shape: Sequence[int], axis: int) -> tuple[int, int, int]:
    first, middle, last = (length for place, length in enumerate(shape) if place != axis)
    return first, middle, last


def _can_be_cube(shape: tuple[int, int, int]) -> bool:
    """Tell whether three axes look like rows, columns and bands, or bands, rows and columns."""
    first, middle, last = shape
    return middle >= SMALLEST_SIDE and (
        (first >= SMALLEST_SIDE and last >= FEWEST_BANDS)
        or (last >= SMALLEST_SIDE and first >= FEWEST_BANDS)
    )


def _told(shape: Sequence[int], counts: set[int], images: set[tuple[int, int]]) -> int | None:
    """Return which of the outer axes counts the cubes, or None where nothing tells."""
    for bands, axis in ((3, 0), (0, 3), (2, 3), (1, 0)):
        if shape[bands] in counts:
            return axis
    if (shape[0], shape[1]) in images:
        return 3
    if (shape[2], shape[3]) in images:
        return 0
    if shape[0] * _CLEARLY_SHORTER <= shape[3]:
        return 0
    return 3 if shape[3] * _CLEARLY_SHORTER <= shape[0] else None
