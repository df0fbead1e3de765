"""Painting outlines onto pixels, as the programs do that the outlines come from."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Patch:
    """Pixels of a shape.

    Parameters
    ----------
    mask
        (rows, columns) of the smallest rectangle about it that lies in the picture.
    rows, columns
        Where that rectangle lies.
    """

    mask: NDArray[np.bool_]
    rows: slice
    columns: slice


Point = tuple[float, float]


def box_of(points: Sequence[Point], shape: tuple[int, int]) -> tuple[slice, slice]:
    """Return the rows and columns that points reach, cut to a picture of (rows, columns)."""
    low_x, low_y = (math.floor(min(values)) for values in zip(*points, strict=True))
    high_x, high_y = (math.floor(max(values)) for values in zip(*points, strict=True))
    return (
        slice(max(0, low_y), max(0, min(shape[0], high_y + 1))),
        slice(max(0, low_x), max(0, min(shape[1], high_x + 1))),
    )


def paint(kind: str, points: Sequence[Point], shape: tuple[int, int]) -> Patch | None:
    """Paint a shape as labelme does: by Pillow, which paints the outline as well.

    Parameters
    ----------
    kind
        "polygon", "oriented_rectangle", "rectangle" (two opposite corners) or "circle"
        (centre and a point on it).
    points
        As many as the kind needs, x and y with (0, 0) the corner of the first pixel.
    shape
        (rows, columns) of the picture.

    Returns
    -------
    Patch or None
        None where nothing of it lies in the picture.
    """
    from PIL import Image, ImageDraw

    if kind == "circle":
        (x, y), rim = points
        radius = math.dist((x, y), rim)
        points = [(x - radius, y - radius), (x + radius, y + radius)]
    # Pillow cuts coordinates off to whole pixels: done here, a shape may be moved as a whole.
    whole = [(math.trunc(x), math.trunc(y)) for x, y in points]
    rows, columns = box_of(whole, shape)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    moved = [(x - columns.start, y - rows.start) for x, y in whole]
    image = Image.new("L", (columns.stop - columns.start, rows.stop - rows.start))
    draw: Any = ImageDraw.Draw(image)
    if kind in ("circle", "rectangle"):
        xs, ys = zip(*moved, strict=True)
        box = (min(xs), min(ys), max(xs), max(ys))
        (draw.ellipse if kind == "circle" else draw.rectangle)(box, outline=1, fill=1)
    else:
        draw.polygon(moved, outline=1, fill=1)
    return Patch(np.asarray(image).astype(bool), rows, columns)


def paint_centres(points: Sequence[Point], shape: tuple[int, int]) -> Patch | None:
    """Paint a polygon on the pixels whose centres lie inside, by even and odd.

    Parameters
    ----------
    points, shape
        As of `paint`.
    """
    from skimage.draw import polygon

    rows, columns = box_of(points, shape)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    corners = np.asarray(points, float) - 0.5 - (columns.start, rows.start)
    size = (rows.stop - rows.start, columns.stop - columns.start)
    mask = np.zeros(size, bool)
    inside: Any = polygon
    mask[inside(corners[:, 1], corners[:, 0], size)] = True
    return Patch(mask, rows, columns)
