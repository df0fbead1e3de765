"""MATLAB files up to v7, through scipy."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import scipy.io
from numpy.typing import NDArray

from napari_dgc.cubes.choices import VariableInfo
from napari_dgc.cubes.matlab_tags import samples_are_sound
from napari_dgc.errors import UserError

_CLASSES = {"double": "float64", "single": "float32"}
# zlib cannot shrink data more than about 1032 times; every sample takes at least one byte.
_GREATEST_COMPRESSION = 1100


class LoadedMatFile:
    """A MATLAB v4 to v7 file: variables are listed first and loaded when asked for.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    UserError
        Not such a file, or damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.notes: list[str] = []
        try:
            version, _ = scipy.io.matlab.matfile_version(str(path))
            listed = scipy.io.whosmat(str(path))
        except Exception as error:  # scipy lets zlib, struct, index and other errors through
            raise self._damaged(error) from error
        self.format = "MATLAB v5/v7" if version else "MATLAB v4"
        self.variables = [
            VariableInfo(str(name), tuple(int(n) for n in shape), _CLASSES.get(kind, kind))
            for name, shape, kind in listed
        ]

    def load(self, name: str) -> NDArray[Any]:
        """Load a variable of three axes."""
        info = next(info for info in self.variables if info.name == name)
        if math.prod(info.shape) > _GREATEST_COMPRESSION * self._path.stat().st_size:
            raise UserError(f"{self._path} is damaged: it is too small to hold {info}.")
        values = self._load(name)
        if np.iscomplexobj(values):
            raise UserError(f"The variable {info} of {self._path} is complex, not a cube.")
        if values.ndim != 3 or values.dtype.kind not in "iuf":
            raise UserError(f"The variable {info} of {self._path} is not a cube of real numbers.")
        return values

    def vector(self, name: str) -> NDArray[np.float64] | None:
        """Return the numbers of a vector, or None where it holds others."""
        try:
            values = self._load(name)
        except UserError:
            return None
        if values.dtype.kind not in "iufb":
            return None
        return values.astype(np.float64).ravel()

    def _load(self, name: str) -> NDArray[Any]:
        if self.format != "MATLAB v4" and not samples_are_sound(self._path, name):
            raise UserError(
                f"The variable “{name}” of {self._path} is complex or damaged, not a cube."
            )
        try:
            values = scipy.io.loadmat(str(self._path), variable_names=[name])[name]
        except MemoryError as error:
            raise UserError(
                f"The variable “{name}” of {self._path} does not fit into memory; "
                "save the file as MATLAB v7.3, which is read part by part."
            ) from error
        except Exception as error:  # scipy lets zlib, struct, index and other errors through
            raise self._damaged(error) from error
        if not isinstance(values, np.ndarray):
            raise UserError(f"The variable “{name}” of {self._path} is not an array.")
        return values

    def _damaged(self, error: Exception) -> UserError:
        if isinstance(error, NotImplementedError):  # scipy recognised v7.3, HDF5 did not
            return UserError(f"{self._path} is damaged: its HDF5 contents cannot be found.")
        reason = " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
        return UserError(f"{self._path} is not a MATLAB file or is damaged ({reason}).")
