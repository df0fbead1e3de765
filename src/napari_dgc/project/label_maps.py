"""Fine label maps inside a project: TIFF, packed without loss."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import MOST_PIXELS
from napari_dgc.errors import UserError
from napari_dgc.project.parts import Part


def label_part(labels: NDArray[np.integer[Any]]) -> Part:
    """Pack a map (row, column) of fine clusters; equal maps give the same bytes."""
    from tifffile import imwrite

    buffer = io.BytesIO()
    imwrite(
        buffer,
        np.ascontiguousarray(labels, np.uint16),
        photometric="minisblack",
        compression="zlib",
        metadata=None,
        software=False,
    )
    return Part.of(buffer.getvalue(), "tif")


def read_label_part(part: Part, shape: tuple[int, int]) -> NDArray[np.uint16]:
    """Unpack a map of fine clusters.

    Parameters
    ----------
    part
        As `label_part` made it.
    shape
        (rows, columns) that it must have.

    Raises
    ------
    UserError
        It is missing, damaged, or of another size.
    """
    from tifffile import TiffFile

    content = part.read()
    if shape[0] * shape[1] > MOST_PIXELS:
        raise UserError(f"A label map of {shape[0]} x {shape[1]} pixels does not fit into memory.")
    try:
        with TiffFile(io.BytesIO(content), _multifile=False) as file:
            page: Any = file.pages.first
            if tuple(page.shape) == shape and page.dtype == np.uint16:
                labels: NDArray[np.uint16] = np.asarray(page.asarray(), np.uint16)
                return labels
            found = " x ".join(map(str, page.shape))
    except Exception as error:  # noqa: BLE001 - damaged files raise anything
        raise UserError(
            f"The label map {part.file} of the project is damaged ({error}); open a copy of it."
        ) from None
    raise UserError(
        f"The label map {part.file} of the project is damaged: it has {found} pixels and its scan "
        f"{shape[0]} x {shape[1]}; open a copy of it."
    )
