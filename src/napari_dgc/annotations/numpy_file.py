"""Label maps as NumPy arrays, with the class table beside them."""

import io
from pathlib import Path

import numpy as np

from napari_dgc.annotations.label_image import LabelImage
from napari_dgc.annotations.tables import TABLE_SUFFIX, write_class_table
from napari_dgc.files import write_bytes


def write_numpy(image: LabelImage, folder: Path) -> list[Path]:
    """Write ``NAME.npy`` with class numbers, and the class table beside it."""
    path, table = folder / f"{image.name}.npy", folder / f"{image.name}{TABLE_SUFFIX}"
    write_bytes(path, numpy_bytes(image))
    write_class_table(image, table)
    return [path, table]


def numpy_bytes(image: LabelImage) -> bytes:
    """Return the file that `write_numpy` writes."""
    buffer = io.BytesIO()
    np.save(buffer, image.labels, allow_pickle=False)
    return buffer.getvalue()
