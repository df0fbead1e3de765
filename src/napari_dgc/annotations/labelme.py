"""LabelMe annotations: JSON files of named outlines, one per picture."""

from __future__ import annotations

import base64
import binascii
import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.json_files import pairs, whole, write_json
from napari_dgc.annotations.label_image import (
    HIGHEST,
    MOST_PIXELS,
    LabelClass,
    LabelImage,
    class_name,
)
from napari_dgc.annotations.outlines import keyhole, parts
from napari_dgc.annotations.painting import Patch, Point, box_of, paint
from napari_dgc.annotations.picture import picture_of, png_bytes
from napari_dgc.annotations.tables import classes_from_json, classes_to_json
from napari_dgc.errors import UserError

#: The layout of files that is written; labelme 4 to 6 read it.
VERSION = "5.5.0"
#: Kinds of shapes that cover pixels, and the fewest and most points of each.
_POINTS: dict[str, tuple[int, float]] = {
    "polygon": (3, np.inf),
    "rectangle": (2, 2),
    "circle": (2, 2),
    "oriented_rectangle": (4, 4),
    "mask": (2, 2),
}
_BARE = ("line", "linestrip", "point", "points")
#: labelme's own words for pixels that have no label, and for the background.
_IGNORED, _BACKGROUND = "__ignore__", "_background_"
#: Pixels of all shapes together that are painted at most.
_MOST_PAINTED = 2**33


def is_labelme(content: object) -> bool:
    """Tell whether a JSON document is of labelme."""
    return isinstance(content, Mapping) and "shapes" in content


def write_labelme(image: LabelImage, folder: Path) -> list[Path]:
    """Write ``NAME.json``, which labelme opens by itself.

    Outlines run along the edges of the pixels: read back, here or by labelme, they give the
    same map. labelme knows no holes. A part with holes is one polygon with a cut without
    width to each of them, which holds exactly its pixels. Parts of one object
    share a group. The picture is that of the scan, or else the painted classes.

    Parameters
    ----------
    image
        The label image.
    folder
        Made when missing; a file of this name is replaced.
    """
    objects = image.object_map()
    titles = {info.number: info.title for info in image.classes}
    found = list(parts(objects))
    times = Counter(part.object for part in found)
    shapes = []
    for part in found:
        column, row = part.outer.corners[0]
        shapes.append(
            {
                "label": titles[int(image.labels[row, column])],
                "points": np.round(keyhole(part), 4).tolist(),
                "group_id": part.object if times[part.object] > 1 else None,
                "description": "",
                "shape_type": "polygon",
                "flags": {},
                "mask": None,
            }
        )
    rows, columns = image.labels.shape
    content = {
        "version": VERSION,
        "flags": {},
        "shapes": shapes,
        "imagePath": f"{image.name}.png",
        "imageData": base64.b64encode(png_bytes(picture_of(image))).decode("ascii"),
        "imageHeight": rows,
        "imageWidth": columns,
        # labelme keeps what it does not know.
        "napari_dgc": classes_to_json(image),
    }
    path = folder / f"{image.name}.json"
    write_json(path, content)
    return [path]


def read_labelme(
    path: Path, content: Mapping[str, Any], shape: tuple[int, int] | None = None
) -> LabelImage:
    """Paint the shapes of an annotation.

    As labelme itself does, shapes are painted in their order, later ones over earlier ones,
    and those of one label and group are one object. ``__ignore__`` is not labelled.

    Parameters
    ----------
    path
        Of the file, for the name and messages. Pictures that it names are never opened.
    content
        The JSON document.
    shape
        (rows, columns) where the file does not tell them.

    Raises
    ------
    UserError
        When the file is damaged or does not tell the size of the picture.
    """
    size = _size(path, content, shape)
    shapes = content["shapes"]
    if not isinstance(shapes, list):
        raise UserError(f"{path} is damaged: its shapes are no list.")
    own = classes_from_json(content.get("napari_dgc"))
    numbers = {info.title.casefold(): info.number for info in own}
    classes = {info.number: info for info in own}
    labels = np.zeros(size, np.uint16)
    objects = np.zeros(size, np.uint32)
    groups: dict[tuple[str, object], int] = {}
    left_out: Counter[str] = Counter()
    painted = 0
    for place, entry in enumerate(shapes, start=1):
        what = f"Shape {place} of {path}"
        label, kind, points = _checked(what, entry, size)
        if kind not in _POINTS:
            left_out[kind] += 1
            continue
        box = box_of(points, size)
        painted += max(0, box[0].stop - box[0].start) * max(0, box[1].stop - box[1].start)
        if painted > _MOST_PAINTED:
            raise UserError(f"{path} has too many large shapes ({len(shapes)}).")
        patch = _mask(what, entry, points, size) if kind == "mask" else paint(kind, points, size)
        if patch is None:
            left_out["shape outside of the picture"] += 1
            continue
        number = 0
        if label != _IGNORED:
            number = numbers.setdefault(label.casefold(), _free(path, classes))
            classes.setdefault(number, LabelClass(number, label))
        group = whole(entry.get("group_id"), -(2**53), 2**53)
        key = (label, f"alone {place}" if group is None else group)
        labels[patch.rows, patch.columns][patch.mask] = number
        objects[patch.rows, patch.columns][patch.mask] = (
            groups.setdefault(key, len(groups) + 1) if number else 0
        )
    notes = tuple(
        f"{path.name}: {count} of kind “{kind}” left out, as it covers no pixels."
        for kind, count in sorted(left_out.items())
    )
    return LabelImage.build(path.stem, labels, classes.values(), objects=objects, notes=notes)


def _free(path: Path, classes: Mapping[int, LabelClass]) -> int:
    number = max(classes, default=0) + 1
    if number > HIGHEST:
        raise UserError(f"{path} has more than {HIGHEST} labels.")
    return number


def _size(path: Path, content: Mapping[str, Any], shape: tuple[int, int] | None) -> tuple[int, int]:
    """Return the (rows, columns) of the picture."""
    given = content.get("imageHeight"), content.get("imageWidth")
    if given == (None, None):
        embedded = content.get("imageData")
        size = _embedded_size(embedded) if isinstance(embedded, str) else shape
        if size is None:
            raise UserError(
                f"{path} does not tell the size of its picture; open and save it in labelme once."
            )
        given = size
    rows, columns = (whole(length, 1, MOST_PIXELS) for length in given)
    if rows is None or columns is None or rows * columns > MOST_PIXELS:
        raise UserError(f"{path} is damaged, or of a picture that is too large for a label map.")
    return rows, columns


def _embedded_size(text: str) -> tuple[int, int] | None:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(base64.b64decode(text)), formats=["PNG", "JPEG"]) as picture:
            return picture.height, picture.width
    except Exception:  # noqa: BLE001 - Pillow raises anything on damaged files
        return None


def _checked(what: str, entry: object, size: tuple[int, int]) -> tuple[str, str, list[Point]]:
    """Return label, kind and points of a shape."""
    if not isinstance(entry, Mapping) or not isinstance(entry.get("label"), str):
        raise UserError(f"{what} is damaged: it has no label.")
    label = entry["label"]
    # Versions before 3.5 had polygons only, and did not say so.
    kind = entry.get("shape_type") or "polygon"
    if not isinstance(kind, str) or (kind not in _POINTS and kind not in _BARE):
        raise UserError(f"{what} is of a kind that is not known here; draw it as a polygon.")
    points = pairs(entry.get("points"), 3 * max(size) + 1000)
    if points is None:
        raise UserError(f"{what} is damaged, or its points lie far outside of the picture.")
    fewest, most = _POINTS.get(kind, (0, np.inf))
    if not fewest <= len(points) <= most:
        raise UserError(f"{what} is damaged: a {kind} has no {len(points)} points.")
    if label not in (_IGNORED, _BACKGROUND):
        label = class_name(label) or "unnamed"
    return "background" if label == _BACKGROUND else label, kind, points


def _mask(
    what: str, entry: Mapping[str, Any], points: list[Point], size: tuple[int, int]
) -> Patch | None:
    """Place the mask of a shape, which is a PNG, upon its rectangle."""
    (left, top), (right, bottom) = ((int(x), int(y)) for x, y in points)
    stored = _decoded(entry.get("mask"), (bottom - top + 1, right - left + 1))
    if stored is None:
        raise UserError(f"{what} is damaged: its mask is no picture of the size of its rectangle.")
    rows, columns = box_of([(left, top), (right, bottom)], size)
    if rows.start >= rows.stop or columns.start >= columns.stop:
        return None
    inside = stored[rows.start - top : rows.stop - top, columns.start - left : columns.stop - left]
    return Patch(inside, rows, columns)


def _decoded(text: object, size: tuple[int, int]) -> NDArray[np.bool_] | None:
    from PIL import Image

    if not isinstance(text, str):
        return None
    try:
        content = base64.b64decode(text)
        with Image.open(io.BytesIO(content), formats=["PNG"]) as picture:
            # The size first: a small file may unpack to any amount of memory.
            if (picture.height, picture.width) != size or picture.mode not in ("1", "L", "P"):
                return None
            return np.asarray(picture).astype(bool)
    except (binascii.Error, ValueError, OSError, SyntaxError, Image.DecompressionBombError):
        return None
