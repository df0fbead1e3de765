"""COCO annotations: one JSON file of objects for any number of pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PureWindowsPath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.json_files import pairs, whole, write_json
from napari_dgc.annotations.label_image import (
    HIGHEST,
    MOST_PIXELS,
    WRITTEN_BY,
    LabelClass,
    LabelImage,
    class_name,
    numbered_alike,
)
from napari_dgc.annotations.outlines import Part, parts
from napari_dgc.annotations.painting import box_of, paint_centres
from napari_dgc.errors import UserError

FILE = "annotations_coco.json"
#: Pixels of all objects of a picture that are painted at most.
_MOST_PAINTED = 2**33


def is_coco(content: object) -> bool:
    """Tell whether a JSON document holds COCO annotations."""
    return isinstance(content, Mapping) and "annotations" in content and "images" in content


def write_coco(images: Iterable[LabelImage], folder: Path, *, rle: bool = False) -> list[Path]:
    """Write ``annotations_coco.json`` for all images.

    Every object is an annotation. Its outline runs along the edges of its pixels, as polygons;
    COCO's polygons have no holes, so that objects with holes are run lengths (RLE), which may
    stand in any annotation. Run lengths are written as plain numbers: all readers of COCO take
    them, and nothing needs to be compiled to write them.

    Parameters
    ----------
    images
        All are written to one file; classes are told apart by name.
    folder
        Made when missing; a file of this name is replaced.
    rle
        Write all objects as run lengths.
    """
    pictures: list[dict[str, Any]] = []
    annotations: list[dict[str, Any]] = []
    categories: dict[int, str] = {}
    for number, image in enumerate(numbered_alike(list(images)), start=1):
        rows, columns = image.labels.shape
        pictures.append(
            {"id": number, "file_name": f"{image.name}.png", "width": columns, "height": rows}
        )
        categories |= {info.number: info.title for info in image.classes}
        for category, found in _objects(image):
            entry = _annotation(found, (rows, columns), rle)
            annotations.append(
                {"id": len(annotations) + 1, "image_id": number, "category_id": category, **entry}
            )
    content = {
        "info": {"description": "Label maps of leaf scans", "contributor": WRITTEN_BY},
        "images": pictures,
        "annotations": annotations,
        "categories": [
            {"id": number, "name": categories[number], "supercategory": ""}
            for number in sorted(categories)
        ],
    }
    path = folder / FILE
    write_json(path, content)
    return [path]


def _objects(image: LabelImage) -> list[tuple[int, tuple[list[Part], Any]]]:
    """Return the class of each object, its parts, and the places of its pixels."""
    objects = image.object_map()
    of_object: dict[int, list[Part]] = {}
    for part in parts(objects):
        of_object.setdefault(part.object, []).append(part)
    # Places column by column, as COCO counts pixels, sorted by object.
    flat = np.asarray(objects).T.ravel()
    order = np.argsort(flat, kind="stable")
    numbers = np.fromiter(of_object, flat.dtype, len(of_object))
    first = np.searchsorted(flat[order], numbers, side="left")
    last = np.searchsorted(flat[order], numbers, side="right")
    classes = image.labels.T.ravel()
    return [
        (int(classes[order[start]]), (of_object[int(number)], order[start:end]))
        for number, start, end in zip(numbers, first, last, strict=True)
    ]


def _annotation(
    found: tuple[list[Part], NDArray[np.intp]], shape: tuple[int, int], rle: bool
) -> dict[str, Any]:
    of_object, places = found
    corners = np.concatenate([part.outer.corners for part in of_object])
    (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
    segmentation: object
    if rle or any(part.holes for part in of_object):
        segmentation = {"size": list(shape), "counts": run_lengths(places, shape[0] * shape[1])}
    else:
        segmentation = [part.outer.corners.ravel().tolist() for part in of_object]
    return {
        "segmentation": segmentation,
        "area": int(places.size),
        "bbox": [left, top, right - left, bottom - top],
        # 1 would tell programs to leave the object out where they score.
        "iscrowd": 0,
    }


def run_lengths(places: NDArray[np.intp], size: int) -> list[int]:
    """Return how many pixels in turn are outside and inside, beginning outside.

    Parameters
    ----------
    places
        Numbers of the pixels inside, ascending.
    size
        Number of all pixels.
    """
    breaks = np.flatnonzero(np.diff(places) > 1)
    begin = places[np.concatenate(([0], breaks + 1))]
    end = places[np.concatenate((breaks, [places.size - 1]))] + 1
    borders = np.stack([begin, end], axis=1).ravel()
    counts: list[int] = np.diff(np.concatenate(([0], borders, [size]))).tolist()
    return counts[:-1] if counts[-1] == 0 else counts


def open_coco(path: Path, content: Mapping[str, Any]) -> dict[str, Callable[[], LabelImage]]:
    """Return, by the name of each picture without folders and suffix, what paints its labels.

    Annotations are painted in their order. Polygons are painted on the pixels whose centres
    lie inside; pictures that the file names are never opened.

    Parameters
    ----------
    path
        Of the file, for messages.
    content
        The JSON document.

    Raises
    ------
    UserError
        When the file is damaged.
    """
    classes = _categories(path, content.get("categories"))
    images, annotations = content["images"], content["annotations"]
    if not isinstance(images, list) or not isinstance(annotations, list):
        raise UserError(f"{path} is damaged: its images or annotations are no list.")
    of_image: dict[Any, list[tuple[int, Mapping[str, Any]]]] = {}
    for place, entry in enumerate(annotations, start=1):
        number = entry.get("image_id") if isinstance(entry, Mapping) else None
        if not isinstance(number, int | str):
            raise UserError(f"Annotation {place} of {path} is damaged: it names no image.")
        of_image.setdefault(number, []).append((place, entry))
    found: dict[str, Callable[[], LabelImage]] = {}
    for place, entry in enumerate(images, start=1):
        if not isinstance(entry, Mapping) or not isinstance(entry.get("file_name"), str):
            raise UserError(f"Image {place} of {path} is damaged: it has no name.")
        height, width = (whole(entry.get(key), 1, MOST_PIXELS) for key in ("height", "width"))
        number = entry.get("id")
        if height is None or width is None or height * width > MOST_PIXELS:
            raise UserError(f"Image {place} of {path} is damaged or too large for a label map.")
        name = PureWindowsPath(entry["file_name"]).stem
        if not isinstance(number, int | str) or not name or name in found:
            raise UserError(f"Image {place} of {path} is damaged, or named as another one.")
        found[name] = _Painter(path, name, (height, width), classes, of_image.get(number, []))
    return found


def _categories(path: Path, entries: object) -> dict[Any, LabelClass]:
    if not isinstance(entries, list) or len(entries) > HIGHEST:
        raise UserError(f"{path} is damaged: its categories are no list.")
    read: dict[Any, str] = {}
    for place, entry in enumerate(entries, start=1):
        number = entry.get("id") if isinstance(entry, Mapping) else None
        if not isinstance(number, int | str) or not isinstance(entry.get("name"), str):
            raise UserError(f"Category {place} of {path} is damaged: it has no id or name.")
        read[number] = class_name(entry["name"])
    usable = all(whole(number, 1, HIGHEST) for number in read)
    return {
        number: LabelClass(int(number) if usable else place, name)
        for place, (number, name) in enumerate(read.items(), start=1)
    }


class _Painter:
    """Paints the annotations of one picture when it is called."""

    def __init__(
        self,
        path: Path,
        name: str,
        shape: tuple[int, int],
        classes: Mapping[Any, LabelClass],
        annotations: list[tuple[int, Mapping[str, Any]]],
    ) -> None:
        self._path, self._name, self._shape = path, name, shape
        self._classes, self._annotations = classes, annotations

    def __call__(self) -> LabelImage:
        rows, columns = self._shape
        # Column by column, as COCO counts pixels.
        labels = np.zeros((columns, rows), np.uint16)
        objects = np.zeros((columns, rows), np.uint32)
        bare = painted = 0
        for number, (place, entry) in enumerate(self._annotations, start=1):
            what = f"Annotation {place} of {self._path}"
            category = entry.get("category_id")
            info = self._classes.get(category) if isinstance(category, int | str) else None
            if info is None:
                raise UserError(f"{what} is damaged: its category is not in the file.")
            segmentation = entry.get("segmentation")
            if not segmentation:
                bare += 1
                continue
            if isinstance(segmentation, Mapping):
                places = _places(what, segmentation, self._shape)
                painted += places.size
                labels.ravel()[places] = info.number
                objects.ravel()[places] = number
                continue
            for points in _polygons(what, segmentation, self._shape):
                box = box_of(points, self._shape)
                painted += max(0, box[0].stop - box[0].start) * max(0, box[1].stop - box[1].start)
                if painted > _MOST_PAINTED:
                    raise UserError(f"{self._path} has too many large objects in {self._name}.")
                patch = paint_centres(points, self._shape)
                if patch is not None:
                    labels.T[patch.rows, patch.columns][patch.mask] = info.number
                    objects.T[patch.rows, patch.columns][patch.mask] = number
        said = f"{self._path.name}: {bare} annotations without an outline are left out."
        return LabelImage.build(
            self._name,
            labels.T,
            self._classes.values(),
            objects=np.ascontiguousarray(objects.T),
            notes=(said,) if bare else (),
        )


def _polygons(
    what: str, segmentation: object, shape: tuple[int, int]
) -> list[list[tuple[float, float]]]:
    found = []
    for flat in segmentation if isinstance(segmentation, list) else [None]:
        numbers = flat if isinstance(flat, list) else []
        points = pairs(
            [list(pair) for pair in zip(numbers[::2], numbers[1::2], strict=False)],
            3 * max(shape) + 1000,
        )
        if points is None or len(points) < 3 or len(numbers) % 2:
            raise UserError(f"{what} is damaged, or lies far outside of its picture.")
        found.append(points)
    return found


def _places(what: str, segmentation: Mapping[str, Any], shape: tuple[int, int]) -> NDArray[np.intp]:
    """Return the numbers of the pixels inside of run lengths."""
    counts = segmentation.get("counts")
    if isinstance(counts, str):
        counts = unpacked_counts(counts)
    size = shape[0] * shape[1]
    lengths = [whole(count, 0, size) for count in counts] if isinstance(counts, list) else [None]
    known = [length for length in lengths if length is not None]
    # Written without the last run where that is empty, and by some without a last one outside.
    if len(known) != len(lengths) or sum(known) > size or segmentation.get("size") != list(shape):
        raise UserError(f"{what} is damaged: its run lengths do not fit its picture.")
    ends = np.cumsum(known, dtype=np.intp)
    begin, end = ends[:-1:2], ends[1::2]
    lengths_inside = end - begin
    offsets = np.repeat(begin - np.cumsum(lengths_inside) + lengths_inside, lengths_inside)
    return offsets + np.arange(offsets.size)


def unpacked_counts(text: str) -> list[int] | None:
    """Unpack run lengths that are written as text, as COCO's own tools do.

    Each number is written in groups of five bits, the lowest first, in the signs from "0"
    on; 32 marks that another group follows, the highest bit of the last group the sign.
    From the fourth number on, differences to the one two before are written.

    Returns
    -------
    list of int or None
        None where the text is none of these.
    """
    counts: list[int] = []
    value = shift = 0
    for sign in text:
        group = ord(sign) - 48
        if not 0 <= group < 64 or shift > 60:
            return None
        value |= (group & 31) << shift
        shift += 5
        if group & 32:
            continue
        if group & 16:
            value -= 1 << shift
        counts.append(value + (counts[-2] if len(counts) > 2 else 0))
        value = shift = 0
    return None if shift else counts
