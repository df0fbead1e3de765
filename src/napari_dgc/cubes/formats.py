"""The kinds of files that cubes are read from.

A new kind is one module with two functions and one entry of `FORMATS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from napari_dgc.cubes import envi, hdf5, matlab, numpy_files, tiff, zarr_store
from napari_dgc.cubes.camera_folders import is_camera_folder, open_camera_folder
from napari_dgc.cubes.choices import Request
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.envi_header import is_envi_header
from napari_dgc.errors import UserError


@dataclass(frozen=True)
class Format:
    """One kind of file, or of folder.

    Parameters
    ----------
    name
        What it is called in a list for the user.
    recognises
        Tells whether a path is of this kind, sound or not: `open` then says
        what is wrong with it. Gets existing paths only, folders as well as
        files, and reads a few kilobytes at most.
    open
        Opens a path that was recognised, or raises `UserError`.
    holds_cube
        Tells whether a path that was recognised looks like a cube and not like
        another image of the same kind; by default everything does. Any error
        means that it does not.
    """

    name: str
    recognises: Callable[[Path], bool]
    open: Callable[[Path, Request], HyperCube]
    holds_cube: Callable[[Path], bool] = lambda path: True


def find_format(path: Path) -> Format | None:
    """Return the kind of a file or folder, or None where no kind knows it.

    Parameters
    ----------
    path
        An existing path.
    """
    return next((known for known in FORMATS if known.recognises(path)), None)


def supported() -> str:
    """Return the kinds of files in words, for messages."""
    *names, last = (known.name for known in FORMATS)
    return f"{', '.join(names)} and {last}"


def _is_matlab(path: Path) -> bool:
    if not path.is_file():
        return False
    if path.suffix.lower() == ".mat":
        return True
    with path.open("rb") as file:
        return file.read(10) in (b"MATLAB 5.0", b"MATLAB 7.3")


def _is_envi(path: Path) -> bool:
    return path.is_file() and envi.find_header(path) is not None


def _has_envi_header(path: Path) -> bool:
    return path.suffix.lower() != ".hdr" or is_envi_header(path)


def _open_envi(path: Path, request: Request) -> HyperCube:
    if request.variable is not None:
        raise UserError(
            f"{path} is an ENVI cube, which has no variable “{request.variable}” to choose: "
            "leave --variable out."
        )
    cube = envi.open_envi(path)
    if request.layout != "auto":
        note = (
            f"The header tells the layout ({cube.layout}); "
            f"the option “{request.layout}” is not needed."
        )
        return replace(cube, notes=(*cube.notes, note))
    return cube


#: Asked in this order.
FORMATS = (
    Format("MATLAB .mat files", _is_matlab, matlab.open_matlab),
    Format("TIFF files", tiff.is_tiff, tiff.open_tiff, tiff.tiff_holds_cube),
    Format("HDF5 files", hdf5.is_hdf5_name, hdf5.open_hdf5, hdf5.hdf5_holds_cube),
    Format(
        "NumPy .npy files", numpy_files.is_npy, numpy_files.open_npy, numpy_files.npy_holds_cube
    ),
    Format(
        "NumPy .npz files", numpy_files.is_npz, numpy_files.open_npz, numpy_files.npz_holds_cube
    ),
    Format("Zarr folders", zarr_store.is_zarr, zarr_store.open_zarr, zarr_store.zarr_holds_cube),
    Format("ENVI cubes (.hdr with its data file)", _is_envi, _open_envi, _has_envi_header),
    Format("folders of cameras that write ENVI cubes", is_camera_folder, open_camera_folder),
)
