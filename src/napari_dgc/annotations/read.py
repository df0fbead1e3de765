"""Read label maps and class tables, refusing clearly what is neither."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError

#: Suffixes of label maps; ``.mat`` with one 2-D variable of whole numbers.
LABEL_SUFFIXES = (".tif", ".tiff", ".npy", ".png", ".mat")


def read_labels(path: Path) -> NDArray[np.uint16]:
    """Read a label map exactly as stored.

    Parameters
    ----------
    path
        ``.tif``, ``.npy``, ``.png`` (indexed or grey), or ``.mat`` that holds a
        single 2-D variable of whole numbers.

    Returns
    -------
    ndarray
        (row, column).

    Raises
    ------
    UserError
        When the file cannot be read or is not a map of labels.
    """
    suffix = path.suffix.lower()
    readers = {
        ".tif": _read_tiff,
        ".tiff": _read_tiff,
        ".npy": _read_npy,
        ".png": _read_png,
        ".mat": _read_mat,
    }
    if suffix not in readers:
        raise UserError(f"{path} is not a label map; give a .tif, .npy, .png or .mat file.")
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    try:
        stored = readers[suffix](path)
    except UserError:
        raise
    except MemoryError:
        raise UserError(f"The label map {path} is too large for the memory.") from None
    except Exception as error:  # noqa: BLE001 - readers raise anything on damaged files
        reason = " ".join(str(error).split()) or type(error).__name__
        raise UserError(f"The label map {path} cannot be read ({reason}).") from None
    return _as_labels(stored, path)


def _as_labels(stored: NDArray[Any], path: Path) -> NDArray[np.uint16]:
    image = np.squeeze(stored) if stored.ndim > 2 else stored
    if image.ndim != 2 or image.size == 0:
        shape = " x ".join(str(length) for length in stored.shape) or "a single value"
        raise UserError(f"{path} is not a label map: it is {shape}, not rows x columns.")
    if image.dtype.kind not in "buif":
        raise UserError(f"{path} is not a label map: it holds {image.dtype}, not numbers.")
    # MATLAB stores whole numbers as doubles unless told otherwise.
    if image.dtype.kind == "f" and not np.array_equal(image, np.floor(image)):
        raise UserError(f"{path} is not a label map: it holds values that are not whole numbers.")
    if image.min() < 0 or image.max() > np.iinfo(np.uint16).max:
        raise UserError(f"{path} is not a label map: labels must lie between 0 and 65535.")
    return image.astype(np.uint16)


def _read_tiff(path: Path) -> NDArray[Any]:
    from tifffile import imread

    return np.asarray(imread(path))


def _read_npy(path: Path) -> NDArray[Any]:
    # open_memmap refuses object arrays, so nothing is ever unpickled.
    return np.asarray(np.lib.format.open_memmap(path, mode="r"))


def _read_png(path: Path) -> NDArray[Any]:
    from PIL import Image

    with Image.open(path, formats=["PNG"]) as picture:
        if picture.mode not in ("P", "L", "1", "I", "I;16"):
            raise UserError(
                f"{path} is a colour picture, not a label map; save it indexed or in grey."
            )
        return np.asarray(picture)


def _read_mat(path: Path) -> NDArray[Any]:
    import h5py

    if h5py.is_hdf5(path):
        with h5py.File(path, "r") as file:
            found = {
                name: item
                for name, item in file.items()
                if isinstance(item, h5py.Dataset) and _is_map(item.shape, item.dtype.kind)
            }
            # MATLAB writes columns first: rows and columns are swapped on disk.
            return np.asarray(found[_only(found, path)][()]).T
    from scipy.io import loadmat, whosmat

    kinds = ("int", "uint", "double", "single", "logical")
    names = {
        name: None
        for name, shape, kind in whosmat(path)
        if str(kind).startswith(kinds) and _is_map(shape, "u")
    }
    name = _only(names, path)
    return np.asarray(loadmat(path, variable_names=[name])[name])


def _is_map(shape: tuple[int, ...], kind: str) -> bool:
    return len(shape) == 2 and min(shape) > 1 and kind in "buif"


def _only(found: dict[str, Any], path: Path) -> str:
    if len(found) != 1:
        names = ", ".join(found) or "none"
        raise UserError(f"{path} must hold exactly one 2-D variable of labels (found: {names}).")
    return next(iter(found))


def read_class_table(path: Path) -> dict[int, str]:
    """Read the names of labels from a CSV file with the columns ``label`` and ``name``.

    Raises
    ------
    UserError
        When the file is not such a table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            fields = {(field or "").strip().casefold(): field for field in reader.fieldnames or ()}
            if not {"label", "name"} <= fields.keys():
                raise UserError(f"{path} is not a class table; it needs the columns label,name.")
            return {
                int(row[fields["label"]]): (row[fields["name"]] or "").strip() for row in reader
            }
    except (OSError, UnicodeError, TypeError, ValueError, csv.Error) as error:
        raise UserError(f"The class table {path} cannot be read ({error}).") from None
