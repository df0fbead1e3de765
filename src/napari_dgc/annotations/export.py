"""Write label maps: TIFF, PNG or NumPy, each with a table of the classes."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes, write_text
from napari_dgc.partition import Partition

LABEL_FORMATS: tuple[str, ...] = ("tif", "npy", "png")
#: Columns of a class table.
TABLE_COLUMNS = ("label", "name", "colour", "members", "pixels")
#: Ends the stem of a map of confidence; it begins with that of its label map.
CONFIDENCE_SUFFIX = "_confidence"


def label_type(highest: int) -> type[np.uint8] | type[np.uint16]:
    """Return the smallest type that holds label `highest`."""
    return np.uint8 if highest <= 255 else np.uint16


def write_label_image(
    labels: NDArray[np.integer[Any]],
    path: Path,
    colours: Mapping[int, str] | None = None,
    *,
    highest: int | None = None,
) -> None:
    """Write one label map atomically; the suffix of `path` gives the format.

    Parameters
    ----------
    labels
        (row, column), 0 for no data.
    path
        Ends in ``.tif``, ``.npy`` or ``.png``.
    colours
        Colour of each label, ``#rrggbb``. A PNG with labels up to 255 is written
        as indices into this palette (0 transparent), else as 16-bit grey values.
    highest
        Highest label that could occur; sets the type so that the maps of all
        scans of a model are alike. By default the highest that does.
    """
    top = max(int(labels.max(initial=0)), highest or 0)
    if top > np.iinfo(np.uint16).max or int(labels.min(initial=0)) < 0:
        raise ValueError("labels must lie between 0 and 65535")
    image: NDArray[np.integer[Any]] = np.ascontiguousarray(labels, dtype=label_type(top))
    buffer = io.BytesIO()
    if path.suffix == ".tif":
        from tifffile import imwrite

        imwrite(buffer, image, photometric="minisblack", software="napari-dgc")
    elif path.suffix == ".npy":
        np.save(buffer, image, allow_pickle=False)
    elif path.suffix == ".png":
        _write_png(image, buffer, colours or {})
    else:
        raise ValueError(f"unknown label format {path.suffix!r}")
    write_bytes(path, buffer.getvalue())


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
        software="napari-dgc",
        description=None if description is None else description.encode(),
    )
    write_bytes(path, buffer.getvalue())


def _write_png(
    image: NDArray[np.integer[Any]], buffer: io.BytesIO, colours: Mapping[int, str]
) -> None:
    from PIL import Image

    picture = Image.fromarray(image)
    if image.dtype == np.uint8:
        palette = bytearray(3 * 256)
        for label, colour in colours.items():
            if 0 < label <= 255:
                palette[3 * label : 3 * label + 3] = bytes.fromhex(colour.removeprefix("#"))
        picture.putpalette(bytes(palette))
        picture.save(buffer, format="PNG", transparency=0)
    else:
        picture.save(buffer, format="PNG")


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
    return [folder / f"{stem}.{format}", folder / f"{stem}_classes.csv"]


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
    image_path, table_path = planned_paths(folder, stem, format)
    numbers = {
        position if compact else info.number: info
        for position, info in enumerate(partition.classes, start=1)
    }
    highest = len(partition.classes) if compact else partition.clusters
    counts = np.bincount(labels.ravel(), minlength=highest + 1)
    colours = {label: info.shown_colour for label, info in numbers.items()}
    write_label_image(labels, image_path, colours, highest=highest)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TABLE_COLUMNS)
    for label, info in numbers.items():
        members = " ".join(str(member) for member in info.members)
        writer.writerow((label, info.name, info.shown_colour, members, int(counts[label])))
    write_text(table_path, text.getvalue())
    return [image_path, table_path]
