"""One mask per class: black and white pictures, which any program reads."""

import re
from pathlib import Path

import numpy as np

from napari_dgc.annotations.label_image import LabelImage
from napari_dgc.annotations.picture import png_bytes
from napari_dgc.files import write_bytes


def write_masks(image: LabelImage, folder: Path) -> list[Path]:
    """Write ``NAME_masks/NUMBER_CLASS.png`` for each class that has pixels: 255 inside, else 0."""
    written = []
    for info in image.present:
        plain = re.sub(r"[^\w-]+", "_", info.title).strip("_")[:80]
        path = folder / f"{image.name}_masks" / f"{info.number}_{plain}.png"
        write_bytes(path, png_bytes(np.where(image.labels == info.number, 255, 0).astype(np.uint8)))
        written.append(path)
    return written
