"""Pictures of a scan for paper: as it is, and its classes with leaves and lesions outlined."""

from __future__ import annotations

import io
import math
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelImage
from napari_dgc.annotations.picture import overlay, png_bytes
from napari_dgc.cancel import CancelToken
from napari_dgc.measure.scan_areas import ScanObjects
from napari_dgc.measure.severity import Lesion
from napari_dgc.partition.partition import BACKGROUND
from napari_dgc.report.axes import round_up
from napari_dgc.report.drawing import GRID, INK, Drawing, Label, Line, Picture, Shape, box

_WIDTH, _GAP, _CAPTION, _SCALE_BAR = 510.0, 10.0, 13.0, 18.0
#: A panel is no higher than this, so that both fit a page below each other.
_HEIGHT = 300.0
#: Pixels of a picture's longer side: what paper shows (250 per inch at half of its width).
_MOST = 900
_OPACITY = 0.5
#: PNG files up to so many bytes stay that; larger ones become JPEG.
_PNG_BYTES = 200_000
_LEAF_LINE, _LEAF_RIM, _LESION_LINE = 255, 40, 0


def scan_pictures(
    image: LabelImage,
    objects: ScanObjects,
    numbered: Collection[Lesion],
    pixel_size_mm: float | None,
    token: CancelToken | None = None,
) -> Drawing:
    """Draw a scan beside its classes; without the scan its classes alone.

    Parameters
    ----------
    image
        The label map, with its scan where there is one.
    objects
        Leaves and lesions of the map.
    numbered
        Lesions that get a number.
    pixel_size_mm
        Side of a pixel; a bar shows a length where it is known.
    token
        Asks for a stop.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    rows, columns = image.labels.shape
    step = -(-max(rows, columns) // _MOST)
    panels: list[tuple[str, NDArray[np.uint8]]] = []
    small = None
    if image.scan is not None:
        from napari_dgc.composites.mixes import usual_mix
        from napari_dgc.composites.painting import small_picture

        small = small_picture(image.scan, step, token)
        panels.append((usual_mix(image.scan).title, small))
    panels.append(("classes", _classes(image, objects, small, step)))
    # Wide scans lie below each other.
    beside = len(panels) == 2 and columns < 1.6 * rows
    room = (_WIDTH - _GAP) / 2 if beside else _WIDTH
    scale = min(room / columns, _HEIGHT / rows)
    width, height = columns * scale, rows * scale
    shapes: list[Shape] = []
    left, top = 0.0, 0.0
    for caption, picture in panels:
        top += _CAPTION
        shapes.append(Label(left, top - 4, caption, bold=True))
        shapes.append(_picture(left, top, width, height, picture))
        right, low = left + width, top + height
        corners = ((left, top), (right, top), (right, low), (left, low), (left, top))
        shapes.append(Line(corners, GRID, 0.5))
        last = left, top
        if beside:
            left, top = left + width + _GAP, top - _CAPTION
        else:
            top += height + 4
    shapes += _numbers(objects, numbered, last, scale)
    bottom = last[1] + height
    if pixel_size_mm is not None:
        shapes += _bar(0.0, bottom, width, scale / pixel_size_mm)
        bottom += _SCALE_BAR
    drawn = last[0] + width
    text = f"{image.name}: {' and '.join(caption for caption, _ in panels)}"
    return Drawing(max(drawn, 60.0), bottom + 2, tuple(shapes), text)


def _picture(
    left: float, top: float, width: float, height: float, picture: NDArray[np.uint8]
) -> Picture:
    data, kind = png_bytes(picture), "png"
    if len(data) > _PNG_BYTES:
        from PIL import Image

        buffer = io.BytesIO()
        # Thin coloured lines need colours in full resolution.
        Image.fromarray(picture).save(buffer, format="JPEG", quality=90, subsampling=0)
        data, kind = buffer.getvalue(), "jpeg"
    return Picture(left, top, width, height, data, kind)


def _classes(
    image: LabelImage, objects: ScanObjects, scan: NDArray[np.uint8] | None, step: int
) -> NDArray[np.uint8]:
    """Paint classes over the scan, with outlines; returns (row, column, 3)."""
    painted, shown = _painted(image, step)
    if scan is not None:
        # Background lets the scan be seen as it is.
        painted = np.where(shown[..., None] > 0.5, overlay(scan, painted, _OPACITY), scan)
    else:
        painted = np.where(shown[..., None] > 0.5, painted, np.uint8(255))
    factor = max(1, _MOST // max(painted.shape[:2]))
    painted = _enlarged(painted, factor)
    leaves = _enlarged(objects.leaves[::step, ::step], factor)
    lesions = _enlarged(objects.lesions[::step, ::step], factor)
    inside, around = _edges(leaves)
    painted[around] = _LEAF_RIM
    painted[inside] = _LEAF_LINE
    painted[_edges(lesions)[0]] = _LESION_LINE
    return painted


def _painted(image: LabelImage, step: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return classes as colours, and which share of each place is not background."""
    from napari_dgc.composites.painting import means_of_squares

    table = np.zeros((len(image.counts()) or 1, 4), np.float32)
    for info in image.classes:
        if info.name.casefold() != BACKGROUND:
            table[info.number] = (*info.rgb, 1)
    rows = image.labels.shape[0]
    lines = step * max(1, (1 << 20) // (step * image.labels.shape[1]))
    found = [
        means_of_squares(table[image.labels[top : top + lines]], step)
        for top in range(0, rows, lines)
    ]
    mixed = np.concatenate(found)
    share = mixed[..., 3]
    # Where background is mixed in, the colour is that of the rest.
    colours = mixed[..., :3] / np.maximum(share, 1e-3)[..., None]
    return np.clip(np.rint(colours), 0, 255).astype(np.uint8), share


def _enlarged(values: NDArray[Any], factor: int) -> NDArray[Any]:
    return values.repeat(factor, axis=0).repeat(factor, axis=1)


def _edges(objects: NDArray[np.integer[Any]]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return the outermost pixels of all objects, and those that lie about objects."""
    padded = np.pad(objects, 1)
    differs = np.zeros(objects.shape, bool)
    for near in (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]):
        differs |= near != objects
    return differs & (objects > 0), differs & (objects == 0)


def _numbers(
    objects: ScanObjects,
    numbered: Collection[Lesion],
    corner: tuple[float, float],
    scale: float,
) -> list[Shape]:
    """Write numbers on leaves and beside lesions; `corner` is that of the picture."""
    shapes: list[Shape] = []
    rows, columns = objects.leaves.shape
    for lesion in numbered:
        # To the upper right of it, and within the picture.
        away = 0.75 * math.sqrt(lesion.pixels / math.pi) * scale
        x = min((lesion.column + 0.5) * scale + away, columns * scale - 8)
        y = max((lesion.row + 0.5) * scale - away, 7)
        place = (corner[0] + max(x, 0), corner[1] + y)
        shapes.append(Label(*place, str(lesion.lesion), 6.5, bold=True, halo="#ffffff"))
    for number, row, column in _first_places(objects.leaves):
        text = f"leaf {number}"
        wide = 4.2 * len(text) + 4
        x = min(max(column * scale - wide / 2, 0), max(columns * scale - wide, 0))
        y = min(row * scale, max(rows * scale - 10, 0))
        shapes.append(box(corner[0] + x, corner[1] + y, wide, 10, "#1c2733", 0.85))
        middle = corner[0] + x + wide / 2
        shapes.append(
            Label(middle, corner[1] + y + 7.5, text, 7, "middle", bold=True, colour="#ffffff")
        )
    return shapes


def _first_places(leaves: NDArray[np.int32]) -> list[tuple[int, int, float]]:
    """Return number, first row, and middle column in that row, for every leaf."""
    from scipy.ndimage import find_objects

    found = []
    for number, place in enumerate(find_objects(leaves), start=1):
        if place is not None:
            columns = np.flatnonzero(leaves[place[0].start] == number)
            found.append((number, int(place[0].start), float(columns.mean())))
    return found


def _bar(left: float, bottom: float, width: float, points_per_mm: float) -> list[Shape]:
    """Draw a bar of a round length below the picture, with that length."""
    length = round_up(width / points_per_mm / 8)
    long, y = length * points_per_mm, bottom + 8
    ends = ((left, y - 3), (left, y + 3)), ((left + long, y - 3), (left + long, y + 3))
    lines: list[Shape] = [Line(end, INK, 1.2) for end in ends]
    lines.append(Line(((left, y), (left + long, y)), INK, 2))
    return [*lines, Label(left + long + 5, y + 3, f"{length:.10g} mm")]
