"""Label maps as PNG: class numbers as indices into a palette of the classes' colours."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import WRITTEN_BY, LabelClass, LabelImage
from napari_dgc.annotations.picture import overlay, picture_of, png_bytes
from napari_dgc.annotations.tables import (
    TABLE_SUFFIX,
    classes_from_text,
    classes_to_json,
    write_class_table,
)
from napari_dgc.cubes.pixel_sizes import plausible_size
from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes

_MODES = ("P", "L", "1", "I", "I;16")
#: Keyword of the text in a file that holds the classes.
_CLASSES = "Classes"


def write_png(image: LabelImage, folder: Path) -> list[Path]:
    """Write ``NAME.png`` in indexed colours, and the class table beside it.

    Label 0 is transparent. Above 255 classes there is no palette: 16-bit grey values.
    """
    path, table = folder / f"{image.name}.png", folder / f"{image.name}{TABLE_SUFFIX}"
    write_bytes(path, indexed_bytes(image))
    write_class_table(image, table)
    return [path, table]


def indexed_bytes(image: LabelImage) -> bytes:
    """Return the file that `write_png` writes."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    about = PngInfo()
    about.add_text("Software", WRITTEN_BY)
    about.add_itxt(_CLASSES, json.dumps(classes_to_json(image), ensure_ascii=False))
    options: dict[str, Any] = {"pnginfo": about}
    if image.pixel_size_mm is not None:
        options["dpi"] = (25.4 / image.pixel_size_mm,) * 2
    picture = Image.fromarray(image.labels)
    if image.labels.dtype == np.uint8:
        palette = bytearray(3 * 256)
        for info in image.classes:
            palette[3 * info.number : 3 * info.number + 3] = bytes(info.rgb)
        picture.putpalette(bytes(palette))
        options["transparency"] = 0
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG", **options)
    return buffer.getvalue()


def write_picture(image: LabelImage, folder: Path) -> list[Path]:
    """Write ``NAME_overlay.png``: the classes in colour over the picture of the scan.

    Raises
    ------
    UserError
        When the scan is not there.
    """
    if image.scan is None:
        raise UserError(
            f"The scan of {image.name} is needed for its picture; give it, or leave overlay out."
        )
    below = picture_of(image)
    mixed = overlay(below, image.painted(), 0.5)
    # What has no label stays as it is.
    mixed[image.labels == 0] = below[image.labels == 0]
    path = folder / f"{image.name}_overlay.png"
    write_bytes(path, png_bytes(mixed))
    return [path]


def read_png(path: Path) -> tuple[NDArray[Any], list[LabelClass], float | None]:
    """Read samples, classes and pixel size in millimetres of an indexed or grey PNG file.

    Raises
    ------
    UserError
        When it is a picture in colours.
    """
    from PIL import Image

    with Image.open(path, formats=["PNG"]) as picture:
        if picture.mode not in _MODES:
            raise UserError(
                f"{path} is a colour picture, not a label map; save it indexed or in grey."
            )
        samples = np.asarray(picture)
        classes = classes_from_text(picture.info.get(_CLASSES))
        across, down = picture.info.get("dpi", (0.0, 0.0))
        palette = picture.getpalette() if picture.mode == "P" else None
    if palette and not classes:
        classes = [
            LabelClass(number, "", "#" + bytes(palette[3 * number : 3 * number + 3]).hex())
            for number in np.unique(samples).tolist()
            if 0 < number < len(palette) // 3
        ]
    # PNG holds whole pixels per metre. 72 and 96 per inch are what programs write unasked.
    known = across and abs(across - down) < 0.1 and round(across) not in (72, 96)
    return samples, classes, plausible_size(25.4 / across) if known else None
