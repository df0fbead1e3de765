"""How large a pixel is on the object, where a file tells it as a length."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dgc.cubes.attributes import number, numbers, plain, texts

if TYPE_CHECKING:
    from napari_dgc.cubes.array_tree import ArrayTree, StoredInfo

#: Units of length, in millimetres.
_MILLIMETRES = {
    **dict.fromkeys(("m", "meter", "meters", "metre", "metres"), 1000.0),
    **dict.fromkeys(("cm", "centimeter", "centimeters", "centimetre", "centimetres"), 10.0),
    **dict.fromkeys(("mm", "millimeter", "millimeters", "millimetre", "millimetres"), 1.0),
    **dict.fromkeys(("um", "µm", "μm", "micron", "microns"), 1e-3),
    **dict.fromkeys(("micrometer", "micrometers", "micrometre", "micrometres"), 1e-3),
    **dict.fromkeys(("nm", "nanometer", "nanometers", "nanometre", "nanometres"), 1e-6),
    **dict.fromkeys(("in", "inch", "inches"), 25.4),
    **dict.fromkeys(("ft", "foot", "feet"), 304.8),
}
#: Resolution units of TIFF, in millimetres.
_TIFF_UNITS = {2: 25.4, 3: 10.0}
#: What programs write for pictures of unknown size, in pixels per inch.
_SCREENS = (1.0, 72.0, 96.0)
#: Attributes of arrays that give it, and their units; else the attribute ``…_units`` tells.
_NAMES = {"pixel_size_mm": "mm", "pixel_size_um": "um", "pixel_size_cm": "cm", "pixel_size": ""}
#: Sides that may differ so much, as rounded ones do, are those of a square.
_SQUARE = 1e-3
#: Steps between coordinates may differ so much from their mean.
_EVEN = 1e-2


def plausible_size(millimetres: float) -> float | None:
    """Return a pixel size rounded from what files hold, None where it is none."""
    if not (math.isfinite(millimetres) and 1e-6 < millimetres < 1e6):
        return None
    return float(f"{millimetres:.7g}")


def millimetres(unit: str) -> float:
    """Return how many millimetres a unit of length is; NaN where it is none."""
    return _MILLIMETRES.get(unit.strip().casefold(), math.nan)


def square_pixel_mm(across: object, down: object, unit: str | float) -> float | None:
    """Return the side of a pixel in millimetres, or None.

    Parameters
    ----------
    across, down
        Its two sides; numbers or texts of them.
    unit
        A unit of length, or its millimetres.

    Returns
    -------
    float or None
        None for sides that differ, and for what is no length of a pixel.
    """
    scale = millimetres(unit) if isinstance(unit, str) else unit
    one, other = number(across), number(down)
    if one is None or other is None or not abs(one - other) <= _SQUARE * abs(one):
        return None
    return plausible_size(one * scale)


def tiff_pixel_mm(page: Any, imagej: Mapping[str, Any] | None = None) -> float | None:
    """Return the side of a pixel as the resolution tags of a TIFF page tell it, or None.

    Parameters
    ----------
    page
        Of tifffile.
    imagej
        ImageJ's metadata, which names the unit; without them, inch or centimetre do. Inches
        with the resolution of a screen tell nothing.
    """
    unit, across, down = (
        page.tags.valueof(code) for code in ("ResolutionUnit", "XResolution", "YResolution")
    )
    try:
        per_unit = (across[0] / across[1], down[0] / down[1])
        known = _TIFF_UNITS.get(int(unit), math.nan) if imagej is None else _unit_of(imagej)
        if known == 25.4 and imagej is None and per_unit[0] in _SCREENS:
            return None
        return square_pixel_mm(1 / per_unit[0], 1 / per_unit[1], known)
    except (TypeError, ValueError, IndexError, ZeroDivisionError, OverflowError):
        return None


def _unit_of(imagej: Mapping[str, Any]) -> float:
    # ImageJ writes signs that are no ASCII as \u00B5.
    return millimetres(str(imagej.get("unit", "")).replace("\\u00B5", "µ"))


def spacing_in(image: Mapping[str, Any]) -> list[tuple[float, str]]:
    """Return step and unit along each axis of an image of OME-Zarr; empty where not told.

    Parameters
    ----------
    image
        One of the ``multiscales`` of a group; the first of its ``datasets`` is looked at.
    """
    axes = image.get("axes")
    if not isinstance(axes, list):
        return []
    steps = np.ones(len(axes))
    told = False
    for holder in (image["datasets"][0], image):
        changes = holder.get("coordinateTransformations")
        for change in changes if isinstance(changes, list) else ():
            if not isinstance(change, Mapping) or change.get("type") != "scale":
                continue
            scale = numbers(change.get("scale"))
            if scale is None or scale.size != len(axes):
                return []
            steps, told = steps * scale, True
    units = [str(axis.get("unit", "")) if isinstance(axis, dict) else "" for axis in axes]
    return list(zip(steps.tolist(), units, strict=True)) if told else []


def stored_pixel_mm(tree: ArrayTree, info: StoredInfo, row: int, column: int) -> float | None:
    """Return the side of a pixel of a stored cube in millimetres, or None.

    Parameters
    ----------
    tree, info
        The file, and which of its arrays is the cube.
    row, column
        Which of its axes these are.

    Returns
    -------
    float or None
        From the steps of its axes (OME-Zarr), from coordinates with a unit that are named as
        the axes (netCDF, NeXus), or from attributes such as ``pixel_size_mm`` and
        ``element_size_um``.
    """
    steps = info.spacing
    if len(steps) != len(info.shape):
        steps = tuple(_step_along(tree, info, axis) for axis in range(len(info.shape)))
    if steps[column][1] and steps[row][1]:
        across, down = (step * millimetres(unit) for step, unit in (steps[column], steps[row]))
        return square_pixel_mm(across, down, "mm")
    attributes = tree.attributes(info.name)
    sizes = numbers(attributes.get("element_size_um", ""))
    if sizes is not None and sizes.size == len(info.shape):
        return square_pixel_mm(sizes[column], sizes[row], "um")
    return _named_size([attributes, tree.attributes(info.folder)])


def _step_along(tree: ArrayTree, info: StoredInfo, axis: int) -> tuple[float, str]:
    """Return the step between the coordinates of an axis and their unit, "" where unknown."""
    names = info.axis_names or texts(tree.attributes(info.folder).get("axes"))
    if len(names) != len(info.shape) or info.shape[axis] < 2:
        return 1.0, ""
    wanted = "/".join(part for part in (info.folder, names[axis]) if part)
    held = [one for one in tree.arrays if one.name == wanted and one.shape == (info.shape[axis],)]
    if not held or held[0].dtype.kind not in "iuf":
        return 1.0, ""
    unit = next(iter(texts(tree.attributes(wanted).get("units"))), "")
    places = numbers(tree.values(wanted)) if np.isfinite(millimetres(unit)) else None
    if places is None or not np.isfinite(places).all():
        return 1.0, ""
    steps = np.abs(np.diff(places))
    step = float(steps.mean())
    even = bool(np.all(np.abs(steps - step) <= _EVEN * step))
    return (step, unit) if even else (1.0, "")


def _named_size(holders: Sequence[Mapping[str, Any]]) -> float | None:
    for attributes in holders:
        named = {plain(name).strip("_"): value for name, value in attributes.items()}
        for name, unit in _NAMES.items():
            units = texts(named.get(f"{name}_units", named.get(f"{name}_unit")))
            sides = numbers(named[name]) if name in named else None
            if sides is not None and sides.size in (1, 2):
                return square_pixel_mm(sides[0], sides[-1], unit or (units or [""])[0])
    return None
