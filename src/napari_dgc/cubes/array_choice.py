"""Which array of a file that holds many named arrays is the cube."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.array_axes import stack_axis
from napari_dgc.cubes.array_tree import ArrayTree, StoredInfo, attributes_of, image_shapes
from napari_dgc.cubes.attributes import numbers, wavelength_counts
from napari_dgc.cubes.choices import AmbiguousVariable, Request, VariableInfo, describe_shape
from napari_dgc.cubes.image_sizes import ImageSizes
from napari_dgc.cubes.layout import cube_axes
from napari_dgc.cubes.matrices import (
    ask_for_size,
    flattened_reading,
    readings_of_size,
    refuse_matrix,
    without_size,
)
from napari_dgc.cubes.readings import NUMERIC, Reading, named_in_stack, stack_readings
from napari_dgc.errors import UserError

DEFAULT_NAME = "cube"


def choose_array(tree: ArrayTree, request: Request, notes: list[str]) -> Reading:
    """Return how the cube of a tree of arrays is read.

    Parameters
    ----------
    tree
        The file.
    request
        `variable` is the path of an array, or its last part where that tells; of a stack
        of cubes with the place in it, ``run/scans(2,:,:,:)``.
    notes
        Receives a sentence when there was a choice.

    Raises
    ------
    UserError
        No cube in the file, or not of that name.
    AmbiguousVariable
        Several can be meant, or the user wants to be asked.
    """
    if request.variable is not None:
        return _named(tree, request.variable, request)
    readings = _readings(tree, request)
    if not readings:
        raise _nothing(tree, request)
    # A picture for display (red, green, blue) beside a cube is not meant.
    spectral = [reading for reading in readings if not _is_picture(reading)] or readings
    if request.ask:
        raise _question(tree, readings, _matrices_beside(tree, readings))
    named = [reading for reading in spectral if _short(reading.name) == DEFAULT_NAME]
    if len(named) == 1 and len(spectral) > 1:
        notes.append(f"Of {_listed(_offered(spectral))}, “{named[0].name}” is taken.")
        return named[0]
    if len(spectral) > 1:
        raise _question(tree, spectral)
    if len(tree.arrays) > 1:
        notes.append(f"The cube is “{spectral[0].name}”, one of {len(tree.arrays)} arrays.")
    return spectral[0]


def can_be_cube(info: StoredInfo) -> bool:
    """Tell whether an array has the axes and the type of a cube, of several, or of a flat one."""
    shown = info.shown
    return bool(_plain(info) or stack_readings(shown, (), ()) or without_size([shown]))


def _readings(tree: ArrayTree, request: Request) -> list[Reading]:
    """Return cubes and stacks of cubes; where there are none, matrices of pixels."""
    shown = [info.shown for info in tree.arrays]
    if request.image is not None:
        of_size = readings_of_size(shown, request.image)
        if of_size:
            return of_size
    found: list[Reading] = []
    for info in tree.arrays:
        plain = _plain(info)
        found += _stack(tree, info) if plain is None else [plain]
    return found or _unfolded(tree)


def _plain(info: StoredInfo) -> Reading | None:
    try:
        first, middle, last = cube_axes(info.shape, info.dtype, "")
    except UserError:
        return None
    shape = info.shape[first], info.shape[middle], info.shape[last]
    return Reading(info.shown, info.name, shape)


def _stack(tree: ArrayTree, info: StoredInfo) -> list[Reading]:
    if len(info.shape) < 4:
        return []
    counts = wavelength_counts(attributes_of(tree, info))
    return stack_readings(info.shown, counts, image_shapes(tree, info), stack_axis(info))


def _unfolded(tree: ArrayTree) -> list[Reading]:
    sizes = _Sizes(tree)
    found = (sizes.reading_of(info) for info in tree.arrays)
    return [reading for reading in found if reading is not None]


class _Sizes:
    """The sizes of images that the arrays and the attributes of a tree tell."""

    def __init__(self, tree: ArrayTree) -> None:
        self._tree = tree
        self._stated: dict[str, NDArray[np.float64]] = {}
        self._sizes = ImageSizes(self._at, self._vector, _short)

    def reading_of(self, info: StoredInfo) -> Reading | None:
        if len(info.shape) != 2:
            return None
        return self._sizes.reading_of(info.shown, list(dict.fromkeys(_around(info.name))))

    def _at(self, place: str) -> Iterator[VariableInfo]:
        known = set()
        for info in self._tree.arrays:
            if info.folder == place or info.name == place == "":
                known.add(info.name)
                yield info.shown
        for key, value in self._tree.attributes(place).items():
            values = numbers(value)
            name = f"{place}/{key}" if place else key
            if values is not None and len(values) <= 3 and name not in known:
                self._stated[name] = values
                yield VariableInfo(name, values.shape, values.dtype.name)

    def _vector(self, name: str) -> NDArray[np.float64] | None:
        if name in self._stated:
            return self._stated[name]
        return numbers(self._tree.values(name))


def _around(name: str) -> Iterator[str]:
    """Yield the place of an array's own attributes, its folder and those around that."""
    yield name
    while name:
        name = name.rpartition("/")[0]
        yield name


def _named(tree: ArrayTree, wanted: str, request: Request) -> Reading:
    info = _find(tree, wanted)
    if info is None:
        base, mark, places = wanted.rpartition("(")
        stack = _find(tree, base) if mark else None
        found = None
        if stack is not None:
            axes_named = stack_axis(stack) is not None
            asked = f"{stack.name}({places}"
            found = named_in_stack(asked, [stack.shown], any_axis=axes_named)
        if found is None:
            raise _not_there(tree, wanted)
        return found
    plain = _plain(info)
    if plain is not None:
        return plain
    what = f"{info} of {tree.path}" if info.name else f"{tree.path} ({describe_shape(info.shape)})"
    numeric = info.shown.dtype in NUMERIC
    if numeric and len(info.shape) == 2 and min(info.shape) > 1:
        size = request.image
        matrix = (
            _Sizes(tree).reading_of(info)
            if size is None
            else flattened_reading(info.shown, size, "as asked for")
        )
        if matrix is None:
            raise refuse_matrix(what, info.shape, request)
        return matrix
    stack_of = _stack(tree, info)
    if len(stack_of) == 1:
        return stack_of[0]
    if numeric and len(info.shape) == 4:
        raise UserError(
            f"{what} has four axes; choose one cube of the stack, such as "
            f"--variable '{info.name}(:,:,:,1)' or --variable '{info.name}(1,:,:,:)'."
        )
    cube_axes(info.shape, info.dtype, f"{info.name} in {tree.path.name}")
    raise AssertionError("an array that can be a cube was not read")  # pragma: no cover


def _find(tree: ArrayTree, wanted: str) -> StoredInfo | None:
    name = wanted.strip("/")
    found = [info for info in tree.arrays if info.name == name]
    found = found or [info for info in tree.arrays if info.short == name]
    if len(found) > 1:
        raise UserError(
            f"{tree.path} holds several arrays called “{name}”; give the whole path: "
            f"{_listed([info.shown for info in found])}."
        )
    return found[0] if found else None


def _not_there(tree: ArrayTree, wanted: str) -> UserError:
    if [info.name for info in tree.arrays] == [""]:
        return UserError(
            f"{tree.path} holds one array; there is no “{wanted}” to choose: leave --variable out."
        )
    arrays = _listed([info.shown for info in tree.arrays])
    return UserError(
        f"{tree.path} holds no “{wanted.strip('/')}”; it holds {arrays}: give one "
        "of these with --variable NAME."
    )


def _nothing(tree: ArrayTree, request: Request) -> UserError:
    shown = [info.shown for info in tree.arrays]
    matrices = without_size(shown)
    stack = next((info for info in shown if _has_four_axes(info)), None)
    if request.image is not None:
        rows, columns = request.image
        return UserError(
            f"{tree.path} holds no matrix with {rows}×{columns} = {rows * columns} pixels; "
            f"it holds {_listed(shown)}: check --rows-columns."
        )
    if matrices and stack is None:
        return ask_for_size(tree.path, matrices)
    if len(tree.arrays) == 1 and stack is None:  # says what this one is
        only = tree.arrays[0]
        cube_axes(only.shape, only.dtype, f"{tree.path}")
    what = "give the file of the scan itself"
    if stack is not None:
        what = f"a cube out of four axes is named like --variable '{stack.name}(1,:,:,:)'"
    return UserError(
        f"{tree.path} holds no cube, that is, no array of real numbers with three axes; "
        f"it holds {_listed(shown)}; {what}."
    )


def _has_four_axes(info: VariableInfo) -> bool:
    return len(info.shape) == 4 and min(info.shape) > 1 and info.dtype in NUMERIC


def _question(
    tree: ArrayTree, readings: Sequence[Reading], more: Sequence[VariableInfo] = ()
) -> AmbiguousVariable:
    offered = [*_offered(readings), *more]
    return AmbiguousVariable(
        f"{tree.path} holds several arrays that can be the cube: {_listed(offered)}; "
        "choose one with --variable NAME.",
        offered,
    )


def _matrices_beside(tree: ArrayTree, readings: Sequence[Reading]) -> list[VariableInfo]:
    """Return what else can be meant where the user wants to choose."""
    known = {reading.name for reading in readings}
    found = _offered([one for one in _unfolded(tree) if one.name not in known])
    known.update(info.name for info in found)
    return found + [
        info for info in without_size(one.shown for one in tree.arrays) if info.name not in known
    ]


def _offered(readings: Iterable[Reading]) -> list[VariableInfo]:
    return [reading.offered for reading in readings]


def _is_picture(reading: Reading) -> bool:
    return reading.image is None and reading.shape[2] in (3, 4) and reading.shape[0] > 4


def _short(name: str) -> str:
    return name.rpartition("/")[2]


def _listed(arrays: Sequence[VariableInfo], most: int = 8) -> str:
    words: list[Any] = [f"“{info.name}” ({str(info).partition(' (')[2]}" for info in arrays[:most]]
    if len(arrays) > most:
        words.append(f"{len(arrays) - most} more")
    return ", ".join(words) or "no arrays"
