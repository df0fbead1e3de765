"""Label maps as TIFF, with names of the classes and pixel size in its tags."""

import io
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import MOST_PIXELS, WRITTEN_BY, LabelClass, LabelImage
from napari_dgc.annotations.tables import (
    TABLE_SUFFIX,
    classes_from_text,
    classes_to_json,
    write_class_table,
)
from napari_dgc.cubes.pixel_sizes import tiff_pixel_mm
from napari_dgc.cubes.plausible import GREATEST_COMPRESSION
from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes

#: Bytes that do no harm, whatever a file says of them.
_HARMLESS = 16 << 20


def write_tiff(image: LabelImage, folder: Path) -> list[Path]:
    """Write ``NAME.tif`` with class numbers, and the class table beside it.

    Names and colours stand in the description as JSON, the pixel size in the resolution
    tags, which microscopy and GIS programs read.
    """
    path, table = folder / f"{image.name}.tif", folder / f"{image.name}{TABLE_SUFFIX}"
    write_bytes(path, tiff_bytes(image))
    write_class_table(image, table)
    return [path, table]


def tiff_bytes(image: LabelImage) -> bytes:
    """Return the file that `write_tiff` writes."""
    from tifffile import imwrite

    options: dict[str, Any] = {}
    if image.pixel_size_mm is not None:
        per_centimetre = 10.0 / image.pixel_size_mm
        options = {"resolution": (per_centimetre,) * 2, "resolutionunit": "CENTIMETER"}
    buffer = io.BytesIO()
    imwrite(
        buffer,
        image.labels,
        photometric="minisblack",
        software=WRITTEN_BY,
        # Plain ASCII, as the tag demands.
        description=json.dumps(classes_to_json(image)),
        metadata=None,
        **options,
    )
    return buffer.getvalue()


def read_tiff(path: Path) -> tuple[NDArray[Any], list[LabelClass], float | None]:
    """Read samples, classes and pixel size in millimetres of a TIFF file.

    Raises
    ------
    UserError
        When it says to hold more than it can, or than a label map does.
    """
    from tifffile import TiffFile

    # Some kinds are spread over many files, named in the first one, which are not opened.
    with TiffFile(path, _multifile=False, is_mmstack=False, is_ndtiff=False) as file:
        first = file.series[0]
        pixels = math.prod(int(length) for length in first.shape)
        most = max(_HARMLESS, GREATEST_COMPRESSION * path.stat().st_size)
        if pixels > MOST_PIXELS or pixels * np.dtype(first.dtype).itemsize > most:
            raise UserError(
                f"{path} is damaged or no label map: it says to hold {pixels:,} numbers."
            )
        samples = np.asarray(first.asarray())
        page = file.pages.first
        about, size = page.tags.valueof(270), tiff_pixel_mm(page, file.imagej_metadata)
    return samples, classes_from_text(about), size
