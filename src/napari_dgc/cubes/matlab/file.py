"""MATLAB files of every version, seen alike."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.choices import Request, VariableInfo
from napari_dgc.cubes.hdf5 import is_hdf5
from napari_dgc.cubes.layout import Turnable
from napari_dgc.cubes.matlab.hdf5 import HDF5MatFile
from napari_dgc.cubes.matlab.plain import PlainMatFile
from napari_dgc.cubes.readings import Reading


class MatFile(Protocol):
    """What is needed of a MATLAB file, whatever its version."""

    @property
    def format(self) -> str:
        """What it is called."""

    @property
    def notes(self) -> list[str]:
        """What was decided while opening."""

    @property
    def variables(self) -> list[VariableInfo]:
        """All arrays, those in structs and cells among them, with shapes as MATLAB shows them."""

    def unfold(self) -> bool:
        """List what was left out because it takes long; tell whether there was anything."""

    def load(self, reading: Reading, layout: str) -> Turnable:
        """Return three axes of an array, left on disk; `layout` orders unfolded pixels."""

    def vector(self, name: str) -> NDArray[np.float64] | None:
        """Return the numbers of an array in MATLAB's order, None where it is none or large."""

    def text(self, name: str) -> str | None:
        """Return the characters of a char array, or None where it is none."""


def open_file(path: Path, request: Request) -> MatFile:
    """Open a MATLAB file of any version; see `PlainMatFile` and `HDF5MatFile`."""
    return HDF5MatFile(path) if is_hdf5(path) else PlainMatFile(path, request)


def scope(name: str) -> str:
    """Return what holds a variable: ``scan`` for ``scan.data``, "" for one of the file."""
    return name.rpartition(".")[0]


def short(name: str) -> str:
    """Return the last part of a name: ``data`` for ``scan.data``."""
    return name.rpartition(".")[2]


def is_outermost(name: str) -> bool:
    """Tell whether a variable lies in no other."""
    return not any(mark in name for mark in ".({")


def nearness(one: str, other: str) -> tuple[int, int]:
    """Order scopes by how near they are to another one: that itself, those around it, others."""
    if one == other:
        return 0, 0
    around = not one or other.startswith((f"{one}.", f"{one}(", f"{one}{{"))
    return (1, -len(one)) if around else (2, len(one))
