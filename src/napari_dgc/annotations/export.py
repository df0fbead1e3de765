"""Write label maps of a partition, and maps of values."""

import io
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.formats import FORMATS
from napari_dgc.annotations.label_image import WRITTEN_BY, LabelImage
from napari_dgc.annotations.numpy_file import numpy_bytes
from napari_dgc.annotations.png import indexed_bytes
from napari_dgc.annotations.tables import TABLE_SUFFIX
from napari_dgc.annotations.tiff import tiff_bytes
from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes
from napari_dgc.partition import Partition

#: Formats of maps, each with what gives the content of a file.
_CONTENT = {"tif": tiff_bytes, "npy": numpy_bytes, "png": indexed_bytes}
LABEL_FORMATS: tuple[str, ...] = tuple(_CONTENT)
#: Ends the stem of a map of confidence; it begins with that of its label map.
CONFIDENCE_SUFFIX = "_confidence"


def write_map(image: LabelImage, folder: Path, format: str = "tif") -> Path:  # noqa: A002
    """Write a label map alone, without a table of its classes; returns the file.

    Parameters
    ----------
    image
        The label image.
    folder
        Made when missing; a file of the same name is replaced.
    format
        One of `LABEL_FORMATS`.
    """
    path = folder / f"{image.name}.{format}"
    write_bytes(path, _CONTENT[format](image))
    return path


def write_value_image(
    values: NDArray[np.floating[Any]], path: Path, description: str | None = None
) -> None:
    """Write a map of values, such as confidence or an index, atomically as float32 TIFF.

    Parameters
    ----------
    values
        (row, column), NaN for no data.
    path
        Ends in ``.tif``.
    description
        What the values are, for the file's description tag.
    """
    from tifffile import imwrite

    buffer = io.BytesIO()
    image = np.ascontiguousarray(values, np.float32)
    imwrite(
        buffer,
        image,
        photometric="minisblack",
        software=WRITTEN_BY,
        description=None if description is None else description.encode(),
    )
    write_bytes(path, buffer.getvalue())


def planned_paths(folder: Path, stem: str, format: str = "tif") -> list[Path]:  # noqa: A002
    """Return the files that `export_labels` would write: the map, the class table.

    Raises
    ------
    UserError
        When the format is unknown or the stem is not a plain file name.
    """
    if format not in LABEL_FORMATS:
        raise UserError(f"Label maps cannot be written as {format!r}; choose tif, npy or png.")
    if not stem or Path(stem).name != stem:
        raise UserError(f"{stem!r} is not a file name; give a name without folders.")
    return [folder / f"{stem}.{format}", folder / f"{stem}{TABLE_SUFFIX}"]


def export_labels(
    labels: NDArray[np.integer[Any]],
    partition: Partition,
    folder: Path,
    stem: str,
    format: str = "tif",  # noqa: A002 - the word users know
    *,
    compact: bool = False,
) -> list[Path]:
    """Write a label map and the table of its classes.

    Parameters
    ----------
    labels
        (row, column) class numbers as `Partition.apply` gives them, 0 for no data;
        they are written unchanged.
    partition
        Members, names and colours of the classes.
    folder
        Made when missing.
    stem
        ``STEM.tif`` (or ``.npy``, ``.png``) and ``STEM_classes.csv`` are written;
        files of these names are replaced.
    format
        ``"tif"``, ``"npy"`` or ``"png"`` (indexed colours).
    compact
        `labels` count the classes 1, 2, ... without gaps
        (`Partition.compact_lookup`) instead.

    Returns
    -------
    list of Path
        The files written: the map, the table.

    Raises
    ------
    UserError
        When the format is unknown or the stem is not a plain file name.
    """
    planned_paths(folder, stem, format)
    image = LabelImage.of_partition(stem, labels, partition, compact=compact)
    return FORMATS[format].write(image, folder)
