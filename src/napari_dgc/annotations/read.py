"""Read label maps and annotations, refusing clearly what is neither."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.coco import is_coco, open_coco
from napari_dgc.annotations.envi import read_envi_classification
from napari_dgc.annotations.json_files import read_json
from napari_dgc.annotations.label_image import MOST_PIXELS, LabelClass, LabelImage
from napari_dgc.annotations.labelme import is_labelme, read_labelme
from napari_dgc.annotations.png import read_png
from napari_dgc.annotations.tables import classes_beside, read_class_table, with_classes
from napari_dgc.annotations.tiff import read_tiff
from napari_dgc.annotations.torch_file import read_torch
from napari_dgc.cubes.envi_classification import is_classification
from napari_dgc.errors import UserError

__all__ = ["LABEL_SUFFIXES", "open_labels", "read_class_table", "read_label_image", "read_labels"]

#: Given the size (rows, columns) of the scan, where that is known, paints or reads the labels.
Source = Callable[[tuple[int, int] | None], LabelImage]
_Read = tuple[NDArray[Any], list[LabelClass], float | None]


def open_labels(path: Path) -> dict[str, Source]:
    """Find the label images in a file: one as a rule, any number in one of COCO.

    Parameters
    ----------
    path
        A label map (``.tif``, ``.npy``, ``.png``, ``.mat``, or of torch, ``.pth``), an ENVI
        classification (its header), or annotations of labelme or COCO (``.json``).

    Returns
    -------
    dict
        By the name of the scan what reads its labels.

    Raises
    ------
    UserError
        When the file is none of these, or damaged. Reading may raise as well.
    """
    suffix = path.suffix.lower()
    if suffix not in _OPENERS:
        raise UserError(
            f"{path} is not a label map; give a .tif, .npy, .png, .mat or .pth file, an "
            f"ENVI classification (.hdr), or annotations of labelme or COCO (.json)."
        )
    if not path.is_file():
        raise UserError(f"There is no file {path}.")
    return _OPENERS[suffix](path)


def holds_labels(path: Path) -> bool:
    """Tell whether a file of a folder is one that `open_labels` opens.

    Files of label maps are judged by their suffix, headers and JSON by what they hold.

    Raises
    ------
    UserError
        When it is a damaged JSON file.
    """
    suffix = path.suffix.lower()
    if suffix == ".hdr":
        return is_classification(path)
    if suffix == ".json":
        content = read_json(path)
        return is_labelme(content) or is_coco(content)
    return suffix in _OPENERS


def read_label_image(path: Path, shape: tuple[int, int] | None = None) -> LabelImage:
    """Read the label image of a file.

    Parameters
    ----------
    path
        As of `open_labels`.
    shape
        (rows, columns) of the scan, for annotations that do not tell.

    Raises
    ------
    UserError
        When the file cannot be read, is no label image, or holds several.
    """
    found = open_labels(path)
    if len(found) != 1:
        raise UserError(f"{path} holds {len(found)} label images; one is needed.")
    return next(iter(found.values()))(shape)


def read_labels(path: Path) -> NDArray[np.uint16]:
    """Read a label map exactly as stored.

    Parameters
    ----------
    path
        As of `open_labels`; ``.mat`` holds a single 2-D variable of whole numbers.

    Returns
    -------
    ndarray
        (row, column).

    Raises
    ------
    UserError
        When the file cannot be read or is not a map of labels.
    """
    return read_label_image(path).labels.astype(np.uint16)


def _open_map(path: Path) -> dict[str, Source]:
    def read(shape: tuple[int, int] | None) -> LabelImage:
        try:
            stored, own, size = _MAPS[path.suffix.lower()](path)
        except UserError:
            raise
        except MemoryError:
            raise UserError(f"The label map {path} is too large for the memory.") from None
        except Exception as error:  # noqa: BLE001 - readers raise anything on damaged files
            reason = " ".join(str(error).split()) or type(error).__name__
            raise UserError(f"The label map {path} cannot be read ({reason}).") from None
        labels = _as_labels(stored, path)
        # The table wins: it is what people correct.
        classes = with_classes(own, classes_beside(path))
        return LabelImage.build(path.stem, labels, classes, pixel_size_mm=size)

    return {path.stem: read}


def _open_json(path: Path) -> dict[str, Source]:
    content = read_json(path)
    if is_labelme(content):
        return {path.stem: lambda shape: read_labelme(path, content, shape)}
    if is_coco(content):
        opened = open_coco(path, content)
        return {name: _sized(paint) for name, paint in opened.items()}
    raise UserError(f"{path} holds annotations neither of labelme nor of COCO.")


def _sized(paint: Callable[[], LabelImage]) -> Source:
    """Leave the size of the scan out, as files of COCO always tell it."""
    return lambda shape: paint()


def _open_envi(path: Path) -> dict[str, Source]:
    return {path.stem: lambda shape: read_envi_classification(path)}


def _as_labels(stored: NDArray[Any], path: Path) -> NDArray[np.uint16]:
    image = np.squeeze(stored) if stored.ndim > 2 else stored
    if image.ndim != 2 or image.size == 0:
        shape = " x ".join(str(length) for length in stored.shape) or "a single value"
        raise UserError(f"{path} is not a label map: it is {shape}, not rows x columns.")
    if image.size > MOST_PIXELS:
        raise UserError(f"{path} is too large for a label map ({image.size:,} pixels).")
    if image.dtype.kind not in "buif":
        raise UserError(f"{path} is not a label map: it holds {image.dtype}, not numbers.")
    # MATLAB stores whole numbers as doubles unless told otherwise.
    if image.dtype.kind == "f" and not np.array_equal(image, np.floor(image)):
        raise UserError(f"{path} is not a label map: it holds values that are not whole numbers.")
    if image.min() < 0 or image.max() > np.iinfo(np.uint16).max:
        raise UserError(f"{path} is not a label map: labels must lie between 0 and 65535.")
    return image.astype(np.uint16)


def _read_npy(path: Path) -> _Read:
    # open_memmap refuses object arrays, so nothing is ever unpickled.
    return np.asarray(np.lib.format.open_memmap(path, mode="r")), [], None


def _read_mat(path: Path) -> _Read:
    import h5py

    if h5py.is_hdf5(path):
        with h5py.File(path, "r") as file:
            found = {
                name: item
                for name, item in file.items()
                if isinstance(item, h5py.Dataset) and _is_map(item.shape, item.dtype.kind)
            }
            # MATLAB writes columns first: rows and columns are swapped on disk.
            return np.asarray(found[_only(found, path)][()]).T, [], None
    from scipy.io import loadmat, whosmat

    kinds = ("int", "uint", "double", "single", "logical")
    names = {
        name: None
        for name, shape, kind in whosmat(path)
        if str(kind).startswith(kinds) and _is_map(shape, "u")
    }
    name = _only(names, path)
    return np.asarray(loadmat(path, variable_names=[name])[name]), [], None


def _is_map(shape: tuple[int, ...], kind: str) -> bool:
    return len(shape) == 2 and min(shape) > 1 and kind in "buif"


def _only(found: dict[str, Any], path: Path) -> str:
    if len(found) != 1:
        names = ", ".join(found) or "none"
        raise UserError(f"{path} must hold exactly one 2-D variable of labels (found: {names}).")
    return next(iter(found))


_MAPS: dict[str, Callable[[Path], _Read]] = {
    ".tif": read_tiff,
    ".tiff": read_tiff,
    ".npy": _read_npy,
    ".png": read_png,
    ".mat": _read_mat,
    ".pth": read_torch,
    ".pt": read_torch,
}
#: What opens a file, by its suffix. A further format is a line here.
_OPENERS: dict[str, Callable[[Path], dict[str, Source]]] = {
    **dict.fromkeys(_MAPS, _open_map),
    ".json": _open_json,
    ".hdr": _open_envi,
}
#: Suffixes of files that may hold labels; see `holds_labels`.
LABEL_SUFFIXES: Sequence[str] = tuple(_OPENERS)
