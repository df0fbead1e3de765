"""MATLAB v7.3 files, which are HDF5, read in place."""

from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.choices import VariableInfo
from napari_dgc.cubes.lazy import LazyCube
from napari_dgc.errors import UserError

_MARK = b"MATLAB 7.3 MAT-file"
_CLASSES = {"double": "float64", "single": "float32"}
_CHUNK_CACHE = 64 << 20


def is_hdf5(path: Path) -> bool:
    """Tell whether a file is HDF5, with or without MATLAB's first block."""
    try:
        return bool(h5py.is_hdf5(path))
    except (OSError, ValueError):
        return False


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
        try:
            with path.open("rb") as start:
                marked = start.read(len(_MARK)) == _MARK
            self._file = h5py.File(path, "r", locking="best-effort", rdcc_nbytes=_CHUNK_CACHE)
            self._datasets = dict(self._own_datasets())
            self._reversed = marked or any(
                "MATLAB_class" in dataset.attrs for dataset in self._datasets.values()
            )
            self.variables = [
                VariableInfo(name, self._shape(dataset), _class(dataset))
                for name, dataset in self._datasets.items()
            ]
            self.variables += [
                VariableInfo(name, (1, 1), "struct") for name in self._groups() if name[0] != "#"
            ]
        except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:
            raise self._damaged(error) from error
        self.format = "MATLAB v7.3" if self._reversed else "HDF5"
        if not self._reversed:
            self.notes.append(
                "The file is HDF5 without MATLAB's marks, so its axes are taken as stored."
            )

    def load(self, name: str) -> LazyCube:
        """Return a variable of three axes, left on disk."""
        dataset = self._datasets[name]
        if dataset.is_virtual or dataset.external:
            raise UserError(
                f"The variable “{name}” of {self._path} lies in another file, which is not opened."
            )
        axes = (2, 1, 0) if self._reversed else (0, 1, 2)
        cube = LazyCube(dataset, axes, f"The variable “{name}” of {self._path}")
        cube[:1, :1, :1]  # a missing filter or a cut-off file shows here, not during training
        return cube

    def vector(self, name: str) -> NDArray[np.float64] | None:
        """Return the numbers of a vector, or None where it holds others."""
        dataset = self._datasets[name]
        if dataset.is_virtual or dataset.external or dataset.size > 1 << 20:
            return None
        try:
            return np.asarray(dataset[()]).astype(np.float64).ravel()
        except (OSError, RuntimeError, ValueError, TypeError):
            return None

    def _names(self) -> list[str]:
        # Soft and external links may lead to other files; MATLAB writes neither.
        return [
            name
            for name in self._file
            if isinstance(self._file.get(name, getlink=True), h5py.HardLink)
        ]

    def _own_datasets(self) -> list[tuple[str, h5py.Dataset]]:
        return [
            (name, self._file[name])
            for name in self._names()
            if self._file.get(name, getclass=True) is h5py.Dataset
        ]

    def _groups(self) -> list[str]:
        return [name for name in self._names() if self._file.get(name, getclass=True) is h5py.Group]

    def _shape(self, dataset: h5py.Dataset) -> tuple[int, ...]:
        shape = tuple(int(length) for length in dataset.shape or ())
        if dataset.attrs.get("MATLAB_empty"):
            return (0, 0)  # an empty variable stores its shape in place of samples
        return shape[::-1] if self._reversed else shape

    def _damaged(self, error: Exception) -> UserError:
        reason = " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
        return UserError(f"{self._path} is damaged or cannot be read ({reason}).")


def _class(dataset: h5py.Dataset) -> str:
    """Return a numpy name for real numbers, else MATLAB's word for what it is."""
    dtype = dataset.dtype
    if dtype.kind == "V":
        return "complex" if set(dtype.names or ()) == {"real", "imag"} else "compound"
    if dtype.kind == "c":
        return "complex"
    named = dataset.attrs.get("MATLAB_class")
    if named is not None:
        word = named.decode("ascii", "replace") if isinstance(named, bytes) else str(named)
        if "MATLAB_sparse" in dataset.attrs:
            return "sparse"
        return _CLASSES.get(word, word)
    return dtype.name if dtype.kind in "iuf" else "logical" if dtype.kind == "b" else "other"
