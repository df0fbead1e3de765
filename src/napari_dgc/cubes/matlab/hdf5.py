"""MATLAB v7.3 files, which are HDF5, read in place."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.choices import VariableInfo
from napari_dgc.cubes.direct_chunks import direct, without_cache
from napari_dgc.cubes.hdf5 import damaged, open_file, own_names, refuse_unsound
from napari_dgc.cubes.hdf5_chunks import checked
from napari_dgc.cubes.hdf5_heaps import attribute_is_sound, values_are_sound
from napari_dgc.cubes.lazy import LazyCube
from napari_dgc.cubes.matlab.elements import MOST_ENTRIES, subscript
from napari_dgc.cubes.readings import Reading
from napari_dgc.cubes.views import lazy_view
from napari_dgc.errors import UserError, readable

_MARK = b"MATLAB 7.3 MAT-file"
_CLASSES = {"double": "float64", "single": "float32"}
_LONGEST_VECTOR, _LONGEST_TEXT = 1 << 20, 4096
# Deepest nesting and most elements that are listed.
_DEEPEST, _MOST_ELEMENTS = 12, 3000


class HDF5MatFile:
    """A MATLAB v7.3 file, open for reading as long as a variable of it lives.

    Files of other programs that are called ``.mat`` but carry no mark of
    MATLAB keep the order of axes in which they are stored.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    UserError
        The file is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.notes: list[str] = []
        self.variables: list[VariableInfo] = []
        self._datasets: dict[str, h5py.Dataset] = {}
        try:
            with path.open("rb") as start:
                marked = start.read(len(_MARK)) == _MARK
            self._file = open_file(path)
            self._reversed = marked or any(
                "MATLAB_class" in self._file[name].attrs for name in own_names(self._file)
            )
            for place, found in _walk(self._file, self._file, "", 0):
                name = readable(place)
                if len(self.variables) >= _MOST_ELEMENTS:
                    break
                if isinstance(found, h5py.Dataset):
                    self._datasets[name] = found
                    self.variables.append(VariableInfo(name, self._shape(found), _class(found)))
                else:
                    self.variables.append(VariableInfo(name, (1, 1), "struct"))
        except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
            raise damaged(path, error) from error
        self.format = "MATLAB v7.3" if self._reversed else "HDF5"
        if not self._reversed:
            self.notes.append(
                "The file is HDF5 without MATLAB's marks, so its axes are taken as stored."
            )

    def unfold(self) -> bool:
        """Nothing is left out here, however large."""
        return False

    def load(self, reading: Reading, layout: str) -> LazyCube:
        """Return three axes of an array, left on disk."""
        name = reading.variable.name
        dataset = self._datasets[name]
        where = f"The variable “{name}” of {self._path}"
        try:
            refuse_unsound(dataset, where)
            dataset = self._datasets[name] = without_cache(dataset)
        except (OSError, RuntimeError) as error:
            raise damaged(self._path, error) from error
        cube = lazy_view(
            checked(direct(dataset), where), reading, layout, where, reversed_axes=self._reversed
        )
        cube[:1, :1, :1]  # a missing filter or a cut-off file shows here, not during training
        return cube

    def vector(self, name: str) -> NDArray[np.float64] | None:
        """Return the numbers of an array in MATLAB's order, None where it is none or large."""
        values = self._small(name, _LONGEST_VECTOR)
        if values is None or values.dtype.kind not in "iufb":
            return None
        # Reversed axes in the order of C are MATLAB's axes in MATLAB's order.
        return values.astype(np.float64).ravel()

    def text(self, name: str) -> str | None:
        """Return the characters of a char array, or None where it is none."""
        dataset = self._datasets.get(name)
        if dataset is None or _class(dataset) != "char":
            return None
        values = self._small(name, _LONGEST_TEXT)
        if values is None or values.dtype.kind not in "iu":
            return None
        return "".join(chr(code) for code in values.ravel().tolist() if 0 < code < 0x110000)

    def _small(self, name: str, most: int) -> NDArray[Any] | None:
        dataset = self._datasets.get(name)
        if dataset is None or dataset.is_virtual or dataset.external or dataset.size is None:
            return None
        chunk = int(np.prod(dataset.chunks or (1,), dtype=object))
        if dataset.size > most or chunk > most:
            return None
        try:
            return np.asarray(checked(dataset, name)[()]) if values_are_sound(dataset) else None
        except (OSError, RuntimeError, ValueError, TypeError, UserError):
            return None

    def _shape(self, dataset: h5py.Dataset) -> tuple[int, ...]:
        shape = tuple(int(length) for length in dataset.shape or (1, 1))
        if dataset.attrs.get("MATLAB_empty"):
            return (0, 0)  # an empty variable stores its shape in place of samples
        return shape[::-1] if self._reversed else shape


def _walk(
    file: h5py.File, group: h5py.Group, prefix: str, depth: int
) -> Iterator[tuple[str, h5py.Dataset | h5py.Group]]:
    """Yield what a group holds with the names that MATLAB has for it."""
    for name in own_names(group):
        if depth == 0 and name.startswith("#"):  # what cells refer to, and MATLAB's own
            continue
        found = group[name]
        if isinstance(found, h5py.Dataset) and h5py.check_ref_dtype(found.dtype) is h5py.Reference:
            yield from _referred(file, found, prefix, name, depth)
        else:
            yield from _item(file, found, f"{prefix}.{name}" if prefix else name, depth)


def _item(
    file: h5py.File, found: Any, name: str, depth: int
) -> Iterator[tuple[str, h5py.Dataset | h5py.Group]]:
    if isinstance(found, h5py.Dataset):
        yield name, found
    elif isinstance(found, h5py.Group):
        yield name, found
        if depth < _DEEPEST:
            yield from _walk(file, found, name, depth + 1)


def _referred(
    file: h5py.File, references: h5py.Dataset, prefix: str, name: str, depth: int
) -> Iterator[tuple[str, h5py.Dataset | h5py.Group]]:
    """Yield what a cell array, or a field of a struct array, refers to."""
    whole = f"{prefix}.{name}" if prefix else name
    yield whole, references
    shape = tuple(int(length) for length in references.shape or ())[::-1]
    count = int(np.prod(shape, dtype=object))
    if not 0 < count <= MOST_ENTRIES or depth >= _DEEPEST:
        return
    is_cell = _class(references) == "cell"
    for index, reference in enumerate(np.asarray(references[()]).ravel()):
        if not reference:
            continue
        where = subscript(index, shape)
        entry = f"{whole}{{{where}}}" if is_cell else f"{prefix}({where}).{name}"
        found = file[reference]
        if isinstance(found, h5py.Dataset) and h5py.check_ref_dtype(found.dtype) is h5py.Reference:
            yield from _referred(file, found, "", entry, depth + 1)
        else:
            yield from _item(file, found, entry, depth + 1)


def _class(dataset: h5py.Dataset) -> str:
    """Return a numpy name for real numbers, else MATLAB's word for what it is."""
    dtype = dataset.dtype
    if dtype.kind == "V":
        return "complex" if set(dtype.names or ()) == {"real", "imag"} else "compound"
    if dtype.kind == "c":
        return "complex"
    marked = "MATLAB_class" in dataset.attrs and attribute_is_sound(dataset, "MATLAB_class")
    named = dataset.attrs["MATLAB_class"] if marked else None
    if named is not None:
        word = named.decode("ascii", "replace") if isinstance(named, bytes) else str(named)
        if "MATLAB_sparse" in dataset.attrs:
            return "sparse"
        return _CLASSES.get(word, word)
    return dtype.name if dtype.kind in "iuf" else "logical" if dtype.kind == "b" else "other"
