"""Lesions from classes: a cleaned mask, and each lesion as an object."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from napari_dgc.measure.objects import (
    Labels,
    Mask,
    bounding_box,
    connected,
    filled,
    in_reading_order,
    without_small,
)
from napari_dgc.measure.plain_values import Fields
from napari_dgc.partition.partition import LESION, NECROSIS

#: Bounds of the settings: pixels of an area, and of a radius.
LARGEST_AREA = 1_000_000_000
LARGEST_RADIUS = 100
#: A neck parts two lesions when it is narrower than this share of the smaller one.
_NECK = 0.75


@dataclass(frozen=True)
class MaskSettings:
    """How lesions are made of the pixels of diseased classes.

    Parameters
    ----------
    names
        Classes that are diseased.
    least_area
        Smaller lesions are left out, in pixels; 0 or 1 keeps all.
    fill_holes
        Holes in a lesion up to this area are filled, in pixels; 0 fills none.
    smooth
        Radius in pixels; a pixel becomes what most pixels within it are. 0 leaves
        the outline as it is.
    inside_leaf
        Whether what lies outside the leaf is left out.
    split_touching
        Whether lesions that touch are told apart at narrow necks.
    """

    names: tuple[str, ...] = (LESION, NECROSIS)
    least_area: int = 0
    fill_holes: int = 0
    smooth: int = 0
    inside_leaf: bool = True
    split_touching: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.least_area <= LARGEST_AREA or not 0 <= self.fill_holes <= LARGEST_AREA:
            raise ValueError(f"areas must lie between 0 and {LARGEST_AREA} pixels")
        if not 0 <= self.smooth <= LARGEST_RADIUS:
            raise ValueError(f"the radius must lie between 0 and {LARGEST_RADIUS} pixels")

    def to_json(self) -> dict[str, object]:
        """Describe the settings with plain values (see `from_json`)."""
        return {
            "names": list(self.names),
            "least_area": self.least_area,
            "fill_holes": self.fill_holes,
            "smooth": self.smooth,
            "inside_leaf": self.inside_leaf,
            "split_touching": self.split_touching,
        }

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Rebuild settings from `to_json`; raises UserError when they are not."""
        fields = Fields(content, "settings of the lesion mask")
        return cls(
            names=fields.texts("names"),
            least_area=fields.whole("least_area", 0, LARGEST_AREA),
            fill_holes=fields.whole("fill_holes", 0, LARGEST_AREA),
            smooth=fields.whole("smooth", 0, LARGEST_RADIUS),
            inside_leaf=fields.flag("inside_leaf"),
            split_touching=fields.flag("split_touching"),
        )


_AS_THEY_ARE = MaskSettings()


def lesion_mask(diseased: Mask, leaf: Mask | None, settings: MaskSettings = _AS_THEY_ARE) -> Mask:
    """Clean the pixels of diseased classes: smooth, fill holes, clip, leave small ones out.

    Parameters
    ----------
    diseased
        (row, column), True where a pixel's class is diseased.
    leaf
        (row, column), True on leaves, or None when they are not known.
    settings
        What is done; without any, the mask is `diseased` within the leaf.

    Returns
    -------
    ndarray
        (row, column) bool.

    Raises
    ------
    ValueError
        When the two maps differ in size.
    """
    if leaf is not None and leaf.shape != diseased.shape:
        raise ValueError(f"the leaf map is {leaf.shape}, the diseased one {diseased.shape}")
    result = np.zeros(diseased.shape, bool)
    box = bounding_box(diseased, settings.smooth)
    if box is None:
        return result
    mask = np.asarray(diseased[box], bool)
    mask = _majority(mask, settings.smooth)
    mask = filled(mask, settings.fill_holes)
    if leaf is not None and settings.inside_leaf:
        mask = mask & leaf[box]
    if settings.least_area > 1:
        mask = without_small(connected(mask), settings.least_area) > 0
    result[box] = mask
    return result


def lesion_objects(mask: Mask, settings: MaskSettings = _AS_THEY_ARE) -> Labels:
    """Give numbers to the lesions of a mask.

    Parameters
    ----------
    mask
        (row, column), as `lesion_mask` gives it.
    settings
        Only `split_touching` matters.

    Returns
    -------
    ndarray
        (row, column) int32, 0 outside, 1 to n in reading order of the lesions' first
        pixels. Pixels that touch at a corner are connected.
    """
    result = np.zeros(mask.shape, np.int32)
    box = bounding_box(mask)
    if box is not None:
        inner = np.asarray(mask[box], bool)
        result[box] = in_reading_order(
            _split(inner) if settings.split_touching else connected(inner)
        )
    return result


def _majority(mask: Mask, radius: int) -> Mask:
    """Make every pixel what most pixels of a disc about it are, mirrored at the map's rim.

    A disc has an odd number of pixels, so that there is always a majority.
    """
    if radius < 1:
        return mask
    rows, columns = mask.shape
    padded = np.pad(mask, radius, mode="reflect").astype(np.int32)
    sums = np.zeros((padded.shape[0], padded.shape[1] + 1), np.int32)
    np.cumsum(padded, axis=1, out=sums[:, 1:])
    count, total = np.zeros(mask.shape, np.int32), 0
    for down in range(-radius, radius + 1):
        half = math.isqrt(radius**2 - down**2)
        line = sums[radius + down : radius + down + rows]
        left, right = radius - half, radius + half + 1
        count += line[:, right : right + columns]
        count -= line[:, left : left + columns]
        total += 2 * half + 1
    return 2 * count > total


def _split(mask: Mask) -> Labels:
    """Give numbers to areas, told apart at necks: a watershed of the distance from the outline.

    Two parts are two lesions when the neck between them is narrower than `_NECK` of the
    smaller one, and by more than a pixel to either side (Meyer & Beucher 1990,
    doi:10.1016/1047-3203(90)90014-M, on the watershed).
    """
    from scipy.ndimage import distance_transform_edt
    from skimage.morphology import local_maxima, reconstruction
    from skimage.segmentation import watershed

    rebuild: Any = reconstruction
    flood: Any = watershed
    tops: Any = local_maxima
    # With ground all around, so that every area has an outline and a top.
    mask = np.pad(mask, 1)
    distance = distance_transform_edt(mask)
    # Above 0 all over the mask, so that the faintest line has a top as well.
    seed = mask * np.maximum(np.minimum(_NECK * distance, distance - 1), 0.25)
    level = rebuild(seed, distance)
    markers = connected(tops(level, connectivity=2) & mask)
    found: Labels = flood(-distance, markers, mask=mask, connectivity=np.ones((3, 3)))
    return found[1:-1, 1:-1].astype(np.int32, copy=False)
