"""Pictures of label maps for people: side by side with the scan, with a legend."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelImage
from napari_dgc.files import write_atomically
from napari_dgc.partition import Partition

#: Width that a panel is enlarged to, and the distances around it, in pixels.
_PANEL, _MARGIN, _LINE = 420, 16, 22
_PAPER, _INK = (24, 26, 30), (235, 235, 235)


def colour_labels(labels: NDArray[np.integer[Any]], partition: Partition) -> NDArray[np.uint8]:
    """Paint a map of class numbers; returns (row, column, 3), 0 black."""
    table = np.zeros((partition.clusters + 1, 3), np.uint8)
    for info in partition.classes:
        table[info.number] = np.frombuffer(bytes.fromhex(info.shown_colour[1:]), np.uint8)
    painted: NDArray[np.uint8] = table[labels]
    return painted


def overlay(
    true_colour: NDArray[np.uint8], painted: NDArray[np.uint8], opacity: float
) -> NDArray[np.uint8]:
    """Lay painted labels over a picture of the same size, (row, column, 3) both."""
    mixed = (1 - opacity) * true_colour.astype(np.float32) + opacity * painted
    return np.clip(np.rint(mixed), 0, 255).astype(np.uint8)


def picture_of(image: LabelImage) -> NDArray[np.uint8]:
    """Return the picture of the scan of a label image, or else its classes painted."""
    from napari_dgc.composites import true_colour

    return image.painted() if image.scan is None else true_colour(image.scan)


def png_bytes(picture: NDArray[np.uint8]) -> bytes:
    """Return a picture, (row, column) or (row, column, 3), as a PNG file."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, format="PNG")
    return buffer.getvalue()


def write_overview(
    path: Path,
    title: str,
    panels: Sequence[tuple[str, NDArray[np.uint8]]],
    legend: Sequence[tuple[str, str]],
) -> None:
    """Write panels side by side with captions and a legend, as PNG.

    Parameters
    ----------
    path
        Ends in ``.png``; replaced atomically.
    title
        First line.
    panels
        Caption and picture, (row, column, 3), all of one size.
    legend
        Text and colour (``#rrggbb``) of each entry.
    """
    from PIL import Image, ImageDraw

    rows, columns, _ = panels[0][1].shape
    # Whole multiples keep every pixel a square of its own colour.
    factor = max(1, round(_PANEL / columns))
    width, height = columns * factor, rows * factor
    top = 2 * _LINE + _MARGIN
    sheet = Image.new(
        "RGB",
        (len(panels) * (width + _MARGIN) + _MARGIN, top + height + _MARGIN + _LINE + _MARGIN),
        _PAPER,
    )
    draw = ImageDraw.Draw(sheet)
    font = _font()
    draw.text((_MARGIN, _MARGIN // 2), title, fill=_INK, font=font)
    for position, (caption, picture) in enumerate(panels):
        left = _MARGIN + position * (width + _MARGIN)
        draw.text((left, _LINE + _MARGIN // 2), caption, fill=_INK, font=font)
        enlarged = Image.fromarray(np.ascontiguousarray(picture)).resize(
            (width, height), Image.Resampling.NEAREST
        )
        sheet.paste(enlarged, (left, top))
    left = _MARGIN
    line = top + height + _MARGIN
    for text, colour in legend:
        draw.rectangle((left, line + 2, left + 14, line + 16), fill=colour)
        draw.text((left + 20, line), text, fill=_INK, font=font)
        left += 20 + int(draw.textlength(text, font=font)) + 24
    write_atomically(path, lambda temporary: sheet.save(temporary, format="PNG"))


def _font() -> Any:
    from PIL import ImageFont

    try:
        return ImageFont.load_default(size=15)
    except TypeError:  # Pillow before 10.1 has one size only
        return ImageFont.load_default()
