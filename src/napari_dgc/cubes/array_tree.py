"""Files that hold many named arrays, and what their arrays say about each other.

HDF5 files, Zarr folders and ``.npz`` files are trees of named arrays with attributes, a
``.npy`` file is one with a single array without a name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from napari_dgc.cubes.attributes import is_telling, plain
from napari_dgc.cubes.choices import VariableInfo, describe_shape
from napari_dgc.cubes.layout import Turnable
from napari_dgc.cubes.readings import Reading
from napari_dgc.cubes.wavelengths import is_wavelength_name

#: Longest list of band centres or the like that is looked at.
MOST_VALUES = 1 << 16


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
    spacing
        Step and unit along each axis, the unit "" where it has none; () where not told.
    """

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    axis_names: tuple[str, ...] = field(default=())
    spacing: tuple[tuple[float, str], ...] = field(default=())

    @property
    def short(self) -> str:
        """Last part of the path."""
        return self.name.rpartition("/")[2]

    @property
    def shown(self) -> VariableInfo:
        """What the user is shown."""
        return VariableInfo(self.name, self.shape, self.dtype.name)

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

    def load(self, reading: Reading, layout: str) -> Turnable:
        """Return three axes of an array, left on disk; `layout` orders unfolded pixels."""


def image_shapes(tree: ArrayTree, cube: StoredInfo) -> list[tuple[int, int]]:
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


def attributes_of(tree: ArrayTree, cube: StoredInfo) -> dict[str, Any]:
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


def other_wavelengths(tree: ArrayTree, cube: StoredInfo) -> dict[str, int]:
    """Return the lists called wavelengths that fit no axis of a cube: names and lengths."""
    return {
        info.name: _length(info)
        for info in sorted(tree.arrays, key=lambda info: _distance(info, cube))
        if info.dtype.kind in "iuf"
        and is_wavelength_name(plain(info.short))
        and _length(info) not in (0, 1, *cube.shape)
    }


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
