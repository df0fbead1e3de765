"""Files that hold many named arrays: which one is the cube, and what the others say about it.

HDF5 files, Zarr folders and ``.npz`` files are trees of named arrays with attributes. The
cube is found among them here, with its band centres and the rest, wherever they lie.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from napari_dgc.cubes.attributes import (
    describe_bands,
    is_telling,
    plain,
    wavelength_counts,
)
from napari_dgc.cubes.choices import AmbiguousVariable, Request, VariableInfo, describe_shape
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.layout import (
    BAND_BETWEEN,
    BAND_FIRST,
    BAND_LAST,
    BandEvidence,
    Turnable,
    bands_first,
    cube_axes,
    decide_layout,
)
from napari_dgc.cubes.wavelengths import is_wavelength_name
from napari_dgc.errors import UserError

DEFAULT_NAME = "cube"
#: Longest list of band centres or the like that is looked at.
MOST_VALUES = 1 << 16
_ROWS = frozenset({"y", "row", "rows", "line", "lines", "lat", "latitude", "northing", "i"})
_COLUMNS = frozenset(
    {"x", "column", "columns", "col", "sample", "samples", "lon", "longitude", "easting", "j"}
    | {"pixel", "pixels"}
)
_BANDS = frozenset({"c", "channel", "channels", "spectral", "spectrum", "z", "lam", "b"})


@dataclass(frozen=True)
class StoredInfo:
    """One array of a tree, known without reading its samples.

    Parameters
    ----------
    name
        Path in the tree, parts parted by ``/``.
    shape, dtype
        As stored.
    axis_names
        Name of each axis, "" where it has none; () where no axis has one.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    axis_names: tuple[str, ...] = field(default=())

    @property
    def short(self) -> str:
        """Last part of the path."""
        return self.name.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """All but the last part of the path."""
        return self.name.rpartition("/")[0]

    def __str__(self) -> str:
        return f"“{self.name}” ({describe_shape(self.shape)} {self.dtype.name})"


class ArrayTree(Protocol):
    """A file or folder that holds named arrays."""

    @property
    def path(self) -> Path:
        """Where it is."""

    @property
    def format(self) -> str:
        """What it is called."""

    @property
    def arrays(self) -> Sequence[StoredInfo]:
        """All arrays, in the order of the file."""

    def attributes(self, name: str) -> Mapping[str, Any]:
        """Return the attributes of an array or a group; "" is the outermost group."""

    def values(self, name: str) -> Any:
        """Return a small array, or None where it cannot be read."""

    def load(self, name: str, axes: tuple[int, int, int]) -> Turnable:
        """Return three axes of an array, left on disk; the others have length 1."""


def open_tree(tree: ArrayTree, request: Request) -> HyperCube:
    """Open the cube of a tree of arrays.

    Parameters
    ----------
    tree
        The file.
    request
        What the user says about it.

    Raises
    ------
    UserError
        No cube in it, or damaged.
    AmbiguousVariable, AmbiguousLayout
        Only the user can tell.
    """
    notes: list[str] = []
    info = choose_array(tree, request, notes)
    where = f"{info.name} in {tree.path.name}" if info.name else str(tree.path)
    axes = cube_axes(info.shape, info.dtype, where)
    stored = tree.load(info.name, axes)
    attributes = _attributes(tree, info)
    order = _named_order(info, axes) if request.layout == "auto" else None
    if order is not None:
        data = stored.transpose(*order)
        layout = _layout_in_words(order)
        names = ", ".join(info.axis_names[axis] or "–" for axis in axes)
        notes.append(f"Axes are read as {layout}: the file names them {names}.")
    else:
        given = request.wavelength_count
        counts = wavelength_counts(attributes) if given is None else [given]
        evidence = BandEvidence(counts, _image_shapes(tree, info))
        layout, reason = decide_layout(stored, request.layout, evidence, where)
        data = bands_first(stored, layout)
        notes.append(reason)
    cube = HyperCube(
        data=data,
        name=tree.path.stem.removesuffix(".ome"),
        path=tree.path,
        format=tree.format,
        variable=info.name or None,
        layout=layout,
        notes=tuple(notes),
    )
    return describe_bands(cube, attributes, centres=request.wavelengths is None)


def choose_array(tree: ArrayTree, request: Request, notes: list[str]) -> StoredInfo:
    """Return the array that is the cube.

    Parameters
    ----------
    tree
        The file.
    request
        `variable` is the path of an array, or its last part where that tells.
    notes
        Receives a sentence when there was a choice.
    """
    if request.variable is not None:
        return _named_array(tree, request.variable)
    cubes = [info for info in tree.arrays if can_be_cube(info)]
    if not cubes:
        _refuse_without_cube(tree)
    # A picture for display (red, green, blue) beside a cube is not meant.
    spectral = [info for info in cubes if not _is_picture(info)] or cubes
    if request.ask:
        raise _question(tree, cubes)
    named = [info for info in spectral if info.short == DEFAULT_NAME]
    if len(named) == 1 and len(spectral) > 1:
        notes.append(f"Of {_listed(spectral)}, “{named[0].name}” is taken.")
        return named[0]
    if len(spectral) > 1:
        raise _question(tree, spectral)
    if len(tree.arrays) > 1:
        notes.append(f"The cube is “{spectral[0].name}”, one of {len(tree.arrays)} arrays.")
    return spectral[0]


def _question(tree: ArrayTree, cubes: Sequence[StoredInfo]) -> AmbiguousVariable:
    return AmbiguousVariable(
        f"{tree.path} holds several arrays that can be the cube: {_listed(cubes)}; "
        "choose one with --variable NAME.",
        [VariableInfo(info.name, info.shape, info.dtype.name) for info in cubes],
    )


def _named_array(tree: ArrayTree, wanted: str) -> StoredInfo:
    name = wanted.strip("/")
    found = [info for info in tree.arrays if info.name == name]
    found = found or [info for info in tree.arrays if info.short == name]
    if len(found) == 1:
        return found[0]
    if found:
        raise UserError(
            f"{tree.path} holds several arrays called “{name}”; give the whole path: "
            f"{_listed(found)}."
        )
    raise UserError(f"{tree.path} holds no “{wanted}”; it holds {_listed(tree.arrays)}.")


def _refuse_without_cube(tree: ArrayTree) -> None:
    if len(tree.arrays) == 1:  # says what this one is
        only = tree.arrays[0]
        cube_axes(only.shape, only.dtype, f"{tree.path}")
    raise UserError(
        f"{tree.path} holds no cube, that is, no array of real numbers with three axes; "
        f"it holds {_listed(tree.arrays)}."
    )


def can_be_cube(info: StoredInfo) -> bool:
    """Tell whether an array has the axes and the type of a cube."""
    try:
        cube_axes(info.shape, info.dtype, "")
    except UserError:
        return False
    return True


def _is_picture(info: StoredInfo) -> bool:
    shape = [length for length in info.shape if len(info.shape) == 3 or length > 1]
    return shape[2] in (3, 4) and shape[0] > 4


def _listed(arrays: Sequence[StoredInfo], most: int = 8) -> str:
    words = [str(info) for info in arrays[:most]]
    if len(arrays) > most:
        words.append(f"{len(arrays) - most} more")
    return ", ".join(words) or "no arrays"


def _named_order(info: StoredInfo, axes: Sequence[int]) -> tuple[int, int, int] | None:
    """Return which of three axes are (band, row, column) by their names, or None."""
    if not info.axis_names:
        return None
    names = [plain(info.axis_names[axis]) for axis in axes]
    rows = [place for place, name in enumerate(names) if name in _ROWS]
    columns = [place for place, name in enumerate(names) if name in _COLUMNS]
    bands = [place for place, name in enumerate(names) if _names_bands(name)]
    if len(rows) == len(columns) == 1:
        (left,) = {0, 1, 2} - {rows[0], columns[0]}
        return (left, rows[0], columns[0]) if not names[left] or left in bands else None
    if len(bands) == 1 and not rows and not columns:
        row, column = sorted({0, 1, 2} - set(bands))
        return bands[0], row, column
    return None


def _names_bands(name: str) -> bool:
    return name in _BANDS or name.startswith("band") or is_wavelength_name(name)


def _layout_in_words(order: tuple[int, int, int]) -> str:
    known = {(0, 1, 2): BAND_FIRST, (2, 0, 1): BAND_LAST, (1, 0, 2): BAND_BETWEEN}
    words = dict(zip(order, ("band", "row", "column"), strict=True))
    return known.get(order) or "-".join(words[axis] for axis in range(3))


def _image_shapes(tree: ArrayTree, cube: StoredInfo) -> list[tuple[int, int]]:
    """Return (rows, columns) of the images beside the cube."""
    return [
        (info.shape[0], info.shape[1])
        for info in tree.arrays
        if info.name != cube.name
        and info.dtype.kind in "iufb"
        and (
            (len(info.shape) == 2 and min(info.shape) > 1)
            or (len(info.shape) == 3 and info.shape[2] == 3)
        )
    ]


def _attributes(tree: ArrayTree, cube: StoredInfo) -> dict[str, Any]:
    """Gather what is said of the cube: what lies nearer to it counts more."""
    found: dict[str, Any] = dict(tree.attributes(cube.name))
    lengths = {*cube.shape, 1}
    telling = [
        info
        for info in tree.arrays
        if info.name != cube.name
        and is_telling(info.short)
        and _length(info) in lengths
        and _length(info) <= MOST_VALUES
    ]
    for info in sorted(telling, key=lambda info: _distance(info, cube)):
        values = tree.values(info.name)
        if values is None or info.short in found:
            continue
        found[info.short] = values
        for word, stated in tree.attributes(info.name).items():
            if plain(word) in ("unit", "units"):
                found.setdefault(f"{plain(info.short)}_units", stated)
    folder = cube.folder
    while cube.name:
        for name, value in tree.attributes(folder).items():
            if is_telling(name) or plain(name).endswith(("unit", "units")):
                found.setdefault(name, value)
        if not folder:
            break
        folder = folder.rpartition("/")[0]
    return found


def _length(info: StoredInfo) -> int:
    """Return the length of a list, 0 where an array is more than that."""
    long = [length for length in info.shape if length != 1]
    return 0 if len(long) > 1 else (long or [1])[0]


def _distance(info: StoredInfo, cube: StoredInfo) -> int:
    """Return how many steps through the tree lie between two arrays."""
    ours, theirs = cube.folder.split("/"), info.folder.split("/")
    common = 0
    for one, other in zip(ours, theirs, strict=False):
        if one != other:
            break
        common += 1
    return len(ours) + len(theirs) - 2 * common
