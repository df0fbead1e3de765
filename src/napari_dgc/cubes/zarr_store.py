"""Zarr folders, also those of OME-Zarr: recognising and opening them."""

from pathlib import Path

from napari_dgc.cubes.array_choice import can_be_cube
from napari_dgc.cubes.array_open import open_tree
from napari_dgc.cubes.choices import Request
from napari_dgc.cubes.cube import HyperCube

_METADATA = ("zarr.json", ".zarray", ".zgroup", ".zmetadata")


def is_zarr(path: Path) -> bool:
    """Tell whether a folder is a Zarr array or group."""
    return path.is_dir() and any((path / name).is_file() for name in _METADATA)


def zarr_holds_cube(path: Path) -> bool:
    """Tell whether an array of a Zarr folder can be a cube."""
    from napari_dgc.cubes.zarr_tree import ZarrTree

    return any(can_be_cube(info) for info in ZarrTree(path).arrays)


def open_zarr(path: Path, request: Request) -> HyperCube:
    """Open the cube of a Zarr folder (version 2 or 3, with or without OME's metadata).

    Parameters
    ----------
    path
        The folder.
    request
        `variable` is the path of an array in a group.

    Raises
    ------
    UserError
        No cube in it, damaged, or it leads out of the folder.
    AmbiguousVariable, AmbiguousLayout
        Only the user can tell.
    """
    from napari_dgc.cubes.zarr_tree import ZarrTree  # takes long to import

    return open_tree(ZarrTree(path), request)
