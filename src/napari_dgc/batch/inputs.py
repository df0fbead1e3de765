"""The scans and label maps that files, folders and patterns stand for."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from napari_dgc.batch.task import Item
from napari_dgc.cubes.camera_folders import camera_scans
from napari_dgc.cubes.envi_files import find_header, scan_name
from napari_dgc.cubes.read import can_open
from napari_dgc.errors import UserError


def scans_of(paths: Iterable[Path | str], *, open_folders: bool = False) -> list[Item]:
    """Return the scans that some paths stand for, each once.

    Parameters
    ----------
    paths
        Files; folders, which stand for the scans in and below them (references of a camera,
        label maps and all that is no scan are left out); patterns such as ``day*/*.hdr``, where
        ``**`` stands for folders of any depth.
    open_folders
        Take every folder for one scan, as a reader is told which one in it is meant.

    Returns
    -------
    list of Item
        In the order given, those of a folder by name.

    Raises
    ------
    UserError
        A folder or a pattern holds none, or no file is there. One of several that is missing
        is said when its turn comes.
    """
    found: dict[Path, Item] = {}
    for path in paths:
        for item in _scans_of(Path(path), open_folders):
            found.setdefault(_identity(item.path), item)
    items = list(found.values())
    if items and not any(item.path.exists() for item in items):
        raise UserError(f"{items[0].path} does not exist; check its name and folder.")
    return items


def maps_of(paths: Iterable[Path | str]) -> list[Path]:
    """Return the label maps that some paths stand for, each once.

    Maps of confidence are left out where they lie beside their label map.

    Parameters
    ----------
    paths
        Files; folders, which stand for the maps that lie in them; patterns (see `scans_of`).

    Raises
    ------
    UserError
        A folder or a pattern holds none.
    """
    from napari_dgc.annotations.export import CONFIDENCE_SUFFIX

    found: dict[Path, Path] = {}
    for given in paths:
        path = Path(given)
        matches = [path] if path.exists() or not _is_pattern(path) else _matching(path)
        maps = [one for match in matches for one in _maps_in(match, named=match == path)]
        if not maps:
            where = f"in {path}" if path.is_dir() else f"that {path} stands for"
            raise UserError(f"There are no label maps {where}.")
        for one in maps:
            found.setdefault(one.absolute(), one)
    stems = {path.stem for path in found}
    return [
        path
        for path in found.values()
        if not path.stem.endswith(CONFIDENCE_SUFFIX)
        or path.stem.removesuffix(CONFIDENCE_SUFFIX) not in stems
    ]


def name_of(path: Path) -> str:
    """Return what a scan is called, by its path alone."""
    header = None if path.is_dir() else find_header(path)
    if header is not None:
        return scan_name(header)
    return path.stem.removesuffix(".ome")


def _scans_of(path: Path, open_folders: bool) -> Sequence[Item]:
    if path.is_dir():
        found = [Item(name_of(path), path)] if open_folders else list(_in_folder(path))
        if not found:
            raise UserError(f"There are no scans in {path}; give a file, or the folder of scans.")
        return found
    if path.exists() or not _is_pattern(path):
        return [Item(name_of(path), path)]  # what is wrong with it is said when it is opened
    items = [
        item
        for match in _matching(path)
        for item in (
            _in_folder(match)
            if match.is_dir()
            else [Item(name_of(match), match)]
            if can_open(match)
            else []
        )
    ]
    if not items:
        raise UserError(f"There are no scans that {path} stands for.")
    return items


def _in_folder(folder: Path) -> Iterator[Item]:
    """Yield the scans in and below a folder: those of cameras and ENVI, then all others."""
    from napari_dgc.cubes.zarr_store import is_zarr

    if is_zarr(folder):
        yield Item(name_of(folder), folder)
        return
    for headers in camera_scans(folder).values():
        # The pieces of a long scan lie in a folder of their own.
        yield Item(scan_name(headers[0]), headers[0] if len(headers) == 1 else headers[0].parent)
    for here, folders, names in os.walk(folder):
        place = Path(here)
        stores = [name for name in folders if is_zarr(place / name)]
        folders[:] = sorted(set(folders) - set(stores) - {n for n in folders if n[:1] == "."})
        for name in sorted([*stores, *names]):
            path = place / name
            if not name.startswith(".") and _is_scan(path):
                yield Item(name_of(path), path)


def _is_scan(path: Path) -> bool:
    """Tell whether a file, other than those of ENVI, looks like a scan."""
    if path.suffix.lower() in (".json", ".jsonl", ".csv", ".txt"):
        return False
    try:
        return (path.is_dir() or find_header(path) is None) and can_open(path)
    except OSError:
        return False


def _maps_in(path: Path, *, named: bool) -> list[Path]:
    from napari_dgc.annotations.read import holds_labels

    if path.is_dir():
        inside = sorted(file for file in path.iterdir() if not file.name.startswith("."))
        return [file for file in inside if file.is_file() and holds_labels(file)]
    return [path] if named or holds_labels(path) else []


def _is_pattern(path: Path) -> bool:
    return glob.has_magic(str(path))


def _matching(path: Path) -> list[Path]:
    return sorted(Path(match) for match in glob.glob(str(path), recursive=True))


def _identity(path: Path) -> Path:
    """Return what is the same for a header and its data file."""
    header = None if path.is_dir() else find_header(path)
    return (header or path).absolute()
