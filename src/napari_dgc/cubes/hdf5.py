"""HDF5 files of any program (also netCDF 4), read in place."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from napari_dgc.cubes.array_choice import can_be_cube
from napari_dgc.cubes.array_open import open_tree
from napari_dgc.cubes.array_tree import MOST_VALUES, StoredInfo
from napari_dgc.cubes.choices import Request
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.direct_chunks import direct, without_cache
from napari_dgc.cubes.hdf5_chunks import checked
from napari_dgc.cubes.hdf5_heaps import (
    attribute_is_sound,
    names_are_plain,
    values_are_sound,
)
from napari_dgc.cubes.lazy import LazyCube
from napari_dgc.cubes.plausible import refuse_implausible
from napari_dgc.cubes.readings import Reading
from napari_dgc.cubes.views import lazy_view
from napari_dgc.errors import UserError, readable

SUFFIXES = (".h5", ".hdf5", ".hdf", ".he5", ".h5cube", ".nc", ".nc4")
_CHUNK_CACHE = 16 << 20
_MOST_OBJECTS = 3000
_MOST_ATTRIBUTE = 1 << 20
_ERRORS = (OSError, RuntimeError, ValueError, KeyError, TypeError, AttributeError)


def is_hdf5(path: Path) -> bool:
    """Tell whether a file is HDF5, with or without a block of its program before it."""
    try:
        return path.is_file() and bool(h5py.is_hdf5(path))
    except (OSError, ValueError):
        return False


def is_hdf5_name(path: Path) -> bool:
    """Tell whether a file is, or is called, HDF5."""
    return path.is_file() and (path.suffix.lower() in SUFFIXES or is_hdf5(path))


def hdf5_holds_cube(path: Path) -> bool:
    """Tell whether a dataset of an HDF5 file can be a cube."""
    tree = HDF5Tree(path)
    try:
        return any(can_be_cube(info) for info in tree.arrays)
    finally:
        tree.close()


def open_file(path: Path) -> h5py.File:
    """Open an HDF5 file for reading, also where other programs lock it."""
    return h5py.File(path, "r", locking="best-effort", rdcc_nbytes=_CHUNK_CACHE)


def own_names(group: h5py.Group) -> Iterator[str]:
    """Yield the names in a group that do not lead elsewhere.

    Soft and external links may lead to other files and are never followed.
    """
    if not names_are_plain(group):
        raise OSError("the names of its datasets are damaged or packed")
    for name in group:
        if isinstance(name, str) and isinstance(group.get(name, getlink=True), h5py.HardLink):
            yield name


def open_hdf5(path: Path, request: Request) -> HyperCube:
    """Open the cube of an HDF5 file.

    Parameters
    ----------
    path
        The file.
    request
        `variable` is the path of a dataset, such as ``SJER/Reflectance/Reflectance_Data``.

    Raises
    ------
    UserError
        No cube in it, or damaged.
    AmbiguousVariable, AmbiguousLayout
        Only the user can tell.
    """
    tree = HDF5Tree(path)
    try:
        return open_tree(tree, request)
    except BaseException:
        tree.close()  # others may want to write the file that could not be opened
        raise


class HDF5Tree:
    """The datasets of an HDF5 file, which stays open as long as one of them lives.

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
        self.path = path
        self.format = "netCDF" if path.suffix.lower() in (".nc", ".nc4") else "HDF5"
        try:
            self._file = open_file(path)
        except _ERRORS as error:
            raise damaged(path, error) from error
        try:
            self._datasets = dict(_datasets(self._file))
            self.arrays = [
                StoredInfo(
                    name, tuple(map(int, dataset.shape)), dataset.dtype, _axis_names(dataset)
                )
                for name, dataset in self._datasets.items()
                if dataset.shape is not None
            ]
        except _ERRORS as error:
            self.close()
            raise damaged(path, error) from error

    def close(self) -> None:
        """Close the file; its datasets can be read no more."""
        self._file.close()

    def attributes(self, name: str) -> Mapping[str, Any]:
        """Return the attributes of a dataset or a group that can be understood."""
        found: dict[str, Any] = {}
        try:
            item = self._datasets[name] if name in self._datasets else self._file[name or "/"]
            for key in item.attrs if names_are_plain(item) else ():
                # Names that are no UTF-8 come as bytes; no program gives such to what counts.
                if (
                    isinstance(key, str)
                    and item.attrs.get_id(key).get_storage_size() <= _MOST_ATTRIBUTE
                    and attribute_is_sound(item, key)
                ):
                    found[key] = item.attrs[key]
        except _ERRORS:
            return found  # what cannot be read tells nothing
        return found

    def values(self, name: str) -> Any:
        """Return a small dataset, or None where it cannot be read."""
        dataset = self._datasets[name]
        if dataset.is_virtual or dataset.external or dataset.size > MOST_VALUES:
            return None
        try:
            return checked(dataset, name)[()] if values_are_sound(dataset) else None
        except (*_ERRORS, UserError):
            return None

    def load(self, reading: Reading, layout: str) -> LazyCube:
        """Return three axes of a dataset, left on disk; `layout` orders unfolded pixels."""
        name, where = reading.variable.name, f"“{reading.name}” of {self.path}"
        refuse_unsound(self._datasets[name], where)
        try:
            dataset = self._datasets[name] = without_cache(self._datasets[name])
        except _ERRORS as error:
            raise damaged(self.path, error) from error
        cube = lazy_view(checked(direct(dataset), where), reading, layout, where)
        cube[:1, :1, :1]  # a missing filter or a cut-off file shows here, not during training
        cube[-1:, -1:, -1:]
        return cube


def damaged(path: Path, error: Exception) -> UserError:
    """Return the sentence for a file that HDF5 cannot read."""
    reason = " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
    return UserError(f"{path} is damaged or cannot be read ({reason}).")


def refuse_unsound(dataset: h5py.Dataset, where: str) -> None:
    """Refuse a dataset whose samples cannot be what it says.

    Parameters
    ----------
    dataset
        Of an open file.
    where
        File and dataset, for messages.

    Raises
    ------
    UserError
        The samples lie in another file, were never written, or are too few.
    """
    try:
        elsewhere = bool(dataset.is_virtual or dataset.external)
        stored = dataset.id.get_storage_size()
    except _ERRORS as error:
        reason = " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
        raise UserError(f"{where} is damaged or cannot be read ({reason}).") from error
    if elsewhere:
        raise UserError(f"{where} lies in another file, which is not opened.")
    if stored == 0 and dataset.size:
        raise UserError(f"{where} was never filled: the file holds its size, but no samples.")
    block = int(np.prod(dataset.chunks or (0,), dtype=object)) * dataset.dtype.itemsize
    refuse_implausible(where, dataset.nbytes, stored, block)


def _datasets(file: h5py.File) -> Iterator[tuple[str, h5py.Dataset]]:
    """Yield every dataset once, with its path, outer ones first."""
    waiting: list[tuple[str, h5py.Group]] = [("", file)]
    seen = {h5py.h5o.get_info(file.id).addr}
    while waiting:
        prefix, group = waiting.pop(0)
        for name in own_names(group):
            if group.get(name, getclass=True) not in (h5py.Dataset, h5py.Group):
                continue
            item = group[name]
            address = h5py.h5o.get_info(item.id).addr
            if address in seen:  # groups may hold themselves
                continue
            seen.add(address)
            if len(seen) > _MOST_OBJECTS:
                return
            if isinstance(item, h5py.Group):
                waiting.append((f"{prefix}{name}/", item))
            else:
                yield readable(f"{prefix}{name}"), item


def _axis_names(dataset: h5py.Dataset) -> tuple[str, ...]:
    """Return the names of the axes, from their labels or scales (as netCDF has them)."""
    if len(dataset.shape) < 3:
        return ()
    can_list = names_are_plain(dataset)
    # Not by h5py's `dims`: what is behind them ends the program where a file is damaged.
    labels, scales = (
        list[Any](dataset.attrs[name])
        if can_list and name in dataset.attrs and attribute_is_sound(dataset, name)
        else []
        for name in ("DIMENSION_LABELS", "DIMENSION_LIST")
    )
    names = []
    for axis in range(len(dataset.shape)):
        label = labels[axis] if axis < len(labels) else ""
        held: Any = scales[axis] if axis < len(scales) else ()
        scale = dataset.file[held[0]].name if len(held) and not label else ""
        text = label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label)
        names.append(text or (scale or "").rpartition("/")[2])
    return tuple(names) if any(names) else ()
