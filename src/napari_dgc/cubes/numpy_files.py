"""NumPy's ``.npy`` and ``.npz`` files, read where they lie; nothing is ever unpickled."""

import math
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.array_choice import can_be_cube
from napari_dgc.cubes.array_open import open_tree
from napari_dgc.cubes.array_tree import MOST_VALUES, StoredInfo
from napari_dgc.cubes.choices import Request
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.layout import Turnable
from napari_dgc.cubes.npz_unpacking import IN_MEMORY, unpacked
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.cubes.plausible import refuse_implausible
from napari_dgc.cubes.readings import Reading
from napari_dgc.cubes.views import Lengths, PlainView, plain_view
from napari_dgc.errors import UserError, readable

_MOST_HEADER = 1 << 20
_MOST_MEMBERS = 2000
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
    with path.open("rb") as file:
        shape, dtype, _ = read_header(file)
    return can_be_cube(StoredInfo("", shape, dtype))


def open_npy(path: Path, request: Request) -> HyperCube:
    """Open the cube of a ``.npy`` file.

    Parameters
    ----------
    path
        The file.
    request
        `variable` names one cube of a stack, ``(2,:,:,:)``.

    Raises
    ------
    UserError
        Damaged, no cube, or an array of Python objects.
    AmbiguousVariable, AmbiguousLayout
        Only the user can tell.
    """
    return open_tree(NpyTree(path), request)


class NpyTree:
    """The array of a ``.npy`` file, which has no name.

    Parameters
    ----------
    path
        The file.
    request
        Is told when much has to be unpacked, and may cancel.

    Raises
    ------
    UserError
        Not such a file, or damaged.
    """

    def __init__(self, path: Path, request: Request | None = None) -> None:
        self.path = path
        self.format = "NumPy"
        self._request = request or Request()
        try:
            with path.open("rb") as file:
                shape, self._dtype, self._fortran = read_header(file)
                self._offset = file.tell()
        except ValueError as error:
            reason = " ".join(str(error).split())[:160].rstrip(".")
            raise UserError(f"{path} is not a .npy file or is damaged ({reason}).") from error
        if self._dtype.hasobject:
            raise UserError(
                f"{path} holds Python objects, which are not opened; save plain numbers."
            )
        self.arrays = [StoredInfo("", shape, self._dtype)]

    def attributes(self, name: str) -> Mapping[str, Any]:
        """Return nothing: such an array has no attributes."""
        return {}

    def values(self, name: str) -> Any:
        """Return nothing: there is no other array."""
        return None

    def load(self, reading: Reading, layout: str) -> Turnable:
        """Return three axes of the array, left in the file; `layout` orders unfolded pixels."""
        view = partial(_plain, self.path, self._dtype, self._offset)
        return plain_view(view, reading, layout, str(self.path), first_fastest=self._fortran)


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
        if version == (2, 0):
            length = int.from_bytes(file.read(4), "little")
            file.seek(-4, 1)
            if length > _MOST_HEADER:
                raise ValueError(f"a header of {length} bytes")
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


def _plain(
    path: Path, dtype: np.dtype[Any], offset: int, first: int, lengths: Lengths, axes: Lengths
) -> PlainCube:
    return PlainCube(path, dtype, offset + first * dtype.itemsize, lengths, axes)


def is_npz(path: Path) -> bool:
    """Tell whether a file is a ``.npz`` file."""
    return path.suffix.lower() == ".npz" and path.is_file()


def npz_holds_cube(path: Path) -> bool:
    """Tell whether an array of a ``.npz`` file can be a cube."""
    return any(can_be_cube(info) for info in NpzTree(path).arrays)


def open_npz(path: Path, request: Request) -> HyperCube:
    """Open the cube of a ``.npz`` file.

    Parameters
    ----------
    path
        The file. Large arrays that are compressed are unpacked to the cache folder once,
        small ones loaded; others stay in the file.
    request
        `variable` is the name of an array.

    Raises
    ------
    UserError
        No cube in it, or damaged.
    AmbiguousVariable, AmbiguousLayout
        Only the user can tell.
    """
    return open_tree(NpzTree(path, request), request)


class NpzTree:
    """The arrays of a ``.npz`` file.

    Parameters
    ----------
    path
        The file.
    request
        Is told when much has to be unpacked, and may cancel.

    Raises
    ------
    UserError
        Not such a file, or damaged.
    """

    def __init__(self, path: Path, request: Request | None = None) -> None:
        self.path = path
        self.format = "NumPy"
        self._request = request or Request()
        self._members: dict[str, tuple[zipfile.ZipInfo, int, bool]] = {}
        self.arrays: list[StoredInfo] = []
        try:
            self._zip = zipfile.ZipFile(path)
            if len(self._zip.infolist()) > _MOST_MEMBERS:
                raise ValueError(f"it holds more than {_MOST_MEMBERS} files")
            for member in self._zip.infolist():
                if not member.filename.endswith(".npy"):
                    continue
                with self._zip.open(member) as file:
                    shape, dtype, fortran = read_header(file)
                    name = readable(member.filename.removesuffix(".npy"))
                    if name in self._members:
                        continue
                    self._members[name] = (member, file.tell(), fortran)
                    self.arrays.append(StoredInfo(name, shape, dtype))
        except Exception as error:  # zipfile lets struct, zlib and other errors through
            raise self._damaged(error) from error

    def attributes(self, name: str) -> Mapping[str, Any]:
        """Return nothing: arrays of such files have no attributes."""
        return {}

    def values(self, name: str) -> Any:
        """Return a small array, or None where it cannot be read."""
        info = next(info for info in self.arrays if info.name == name)
        if np.prod(info.shape, dtype=object) > MOST_VALUES or info.dtype.hasobject:
            return None
        try:
            return self._loaded(name)
        except UserError:
            return None

    def load(self, reading: Reading, layout: str) -> Turnable:
        """Return three axes of an array; `layout` orders unfolded pixels."""
        name = reading.variable.name
        where = f"“{reading.name}” of {self.path}"
        info = next(info for info in self.arrays if info.name == name)
        member, offset, fortran = self._members[name]
        view: PlainView
        if member.compress_type == zipfile.ZIP_STORED:
            view = partial(_plain, self.path, info.dtype, self._start(member) + offset)
        else:
            size = int(np.prod(info.shape, dtype=object)) * info.dtype.itemsize
            refuse_implausible(where, size, member.compress_size, size)
            if size > IN_MEMORY:
                view = partial(_plain, self._unpacked(member), info.dtype, offset)
            else:
                view = partial(_loaded_part, self._loaded(name).ravel(order="K"))
        return plain_view(view, reading, layout, where, first_fastest=fortran)

    def _unpacked(self, member: zipfile.ZipInfo) -> Path:
        try:
            return unpacked(self._zip, member, self._start(member), self._request)
        except (InterruptedError, UserError):
            raise
        except Exception as error:
            raise self._damaged(error) from error

    def _loaded(self, name: str) -> Any:
        try:
            with self._zip.open(self._members[name][0]) as file:
                return np.lib.format.read_array(file, allow_pickle=False)
        except Exception as error:
            raise self._damaged(error) from error

    def _start(self, member: zipfile.ZipInfo) -> int:
        """Return where the bytes of a member begin, behind its own header."""
        with self.path.open("rb") as file:
            file.seek(member.header_offset + 26)
            lengths = file.read(4)
        names, extra = int.from_bytes(lengths[:2], "little"), int.from_bytes(lengths[2:], "little")
        return member.header_offset + 30 + names + extra

    def _damaged(self, error: Exception) -> UserError:
        reason = " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
        return UserError(f"{self.path} is not a .npz file or is damaged ({reason}).")


def _loaded_part(
    samples: NDArray[Any], first: int, lengths: Lengths, axes: Lengths
) -> NDArray[Any]:
    part = samples[first : first + math.prod(lengths)]
    return part.reshape(lengths).transpose(axes)
