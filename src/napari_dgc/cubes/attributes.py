"""What stands beside the samples of a cube, under the names that different programs give it.

HDF5, Zarr and TIFF files say in attributes, small arrays and tags what an ENVI header says
in its lines: band centres and widths, bad bands, factors, the value for "no data". Readers
gather these under their names, and here they are understood.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.envi_bands import centres_in_names
from napari_dgc.cubes.notes import Certain
from napari_dgc.cubes.wavelengths import (
    HOW_TO_GIVE,
    are_wavelengths,
    frequency_from_words,
    guess_unit,
    is_wavelength_name,
    length_from_words,
)
from napari_dgc.words import counted

Attributes = Mapping[str, Any]

_WIDTHS = re.compile(r"fwhm\w*|full_width\w*|band_?widths?(_\w+)?")
_GOOD_BANDS = re.compile(r"bbl|bad_?bands?_?list|bad_band_multiplier|good_?(bands?|wavelengths?)")
_NAMES = re.compile(r"(band|channel)_?names?|band_?descriptions?")
_NO_DATA = re.compile(
    r"_?fill_?value|missing_?value|(data_)?ignore_?value|no_?data(_?value)?|gdal_?nodata"
)
_MOST_TEXT = 1 << 20
# Shorter lists choose some of the bands.
_FEWEST_CENTRES = 4


def plain(name: str) -> str:
    """Return a name in lower case with single underlines: "Scale Factor" is "scale_factor"."""
    return re.sub(r"[\W_]+", "_", name.strip().lower())


def is_telling(name: str) -> bool:
    """Tell whether something of that name says something about the bands or the samples."""
    word = plain(name)
    known = (_WIDTHS, _GOOD_BANDS, _NAMES, _NO_DATA)
    return (
        is_wavelength_name(word)
        or word in ("scale_factor", "reflectance_scale_factor", "add_offset")
        or any(pattern.fullmatch(word) for pattern in known)
    )


def numbers(value: Any) -> NDArray[np.float64] | None:
    """Return what an attribute holds as a list of numbers, or None where it holds others.

    Texts such as ``"{400.0, 402.5}"`` are lists, too.
    """
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, str):
        if len(value) > _MOST_TEXT:
            return None
        value = [item for item in re.split(r"[,;\s]+", value.strip("{}[]() \t\r\n")) if item]
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "iufbUSO" or array.size == 0:
            return None
        found: NDArray[np.float64] = array.astype(np.float64).ravel()
    except (TypeError, ValueError, OverflowError):
        return None
    return found


def number(value: Any) -> float | None:
    """Return what an attribute holds as one finite number, or None."""
    found = numbers(value)
    if found is None or not np.all(found == found[0]):
        return None
    return float(found[0]) if math.isfinite(found[0]) else None


def texts(value: Any) -> list[str]:
    """Return what an attribute holds as a list of texts; empty where it holds others."""
    if isinstance(value, bytes | str):
        value = [value]
    if isinstance(value, np.ndarray):
        value = value.ravel().tolist()
    if not isinstance(value, Sequence):
        return []
    found = [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in value]
    return [" ".join(item.split()) for item in found if isinstance(item, str)]


def wavelength_counts(attributes: Attributes) -> list[int]:
    """Return the lengths of all lists that can be band centres."""
    return [len(values) for _, values in _wavelength_lists(attributes)]


def describe_bands(
    cube: HyperCube,
    attributes: Attributes,
    *,
    centres: bool = True,
    others: Mapping[str, int] = MappingProxyType({}),
) -> HyperCube:
    """Return the cube with what its attributes say about it.

    Parameters
    ----------
    cube
        The cube as its samples alone tell it.
    attributes
        Lists with one value per band, and single values, under the names that
        the file has for them.
    centres
        False where the user gave the wavelengths.
    others
        Lists beside the cube that are called wavelengths and fit none of its axes: their
        names and lengths.

    Returns
    -------
    HyperCube
        With band centres, widths and names, bad bands, factors and the value
        for "no data"; a note for every choice.
    """
    notes = list(cube.notes)
    found = _scaling(attributes, cube.n_bands, notes)
    found["bad_bands"] = _bad_bands(attributes, cube.n_bands, notes)
    found["no_data"] = _no_data(attributes, cube.data.dtype, notes)
    names = _band_names(attributes, cube.n_bands)
    found["band_names"] = names
    if centres:
        found |= _centres(attributes, cube.n_bands, names, notes)
        if found["wavelengths"] is None:
            notes += _misfits(attributes, others, cube.n_bands)
    return replace(cube, **found, notes=tuple(notes))


def _wavelength_lists(attributes: Attributes) -> Iterator[tuple[str, NDArray[np.float64]]]:
    named = [name for name in attributes if is_wavelength_name(plain(name))]
    # "wavelength" says more than "bands" does.
    for name in sorted(named, key=lambda name: plain(name).startswith("band")):
        values = numbers(attributes[name])
        if values is not None and len(values) > 1 and are_wavelengths(values):
            yield name, values


def _centres(
    attributes: Attributes, bands: int, names: tuple[str, ...] | None, notes: list[str]
) -> dict[str, Any]:
    for name, values in _wavelength_lists(attributes):
        if len(values) != bands:
            continue
        stated = _unit_words(attributes, name)
        if frequency_from_words(stated):
            notes.append(f"“{name}” holds frequencies ({stated}) and is ignored.")
            continue
        unit, factor = length_from_words(stated) or (guess_unit(values), 1.0)
        how = f"read as {unit}" if unit else "unit unknown"
        if length_from_words(stated):
            how = f"in {stated}"[:40]
        note = f"Wavelengths are taken from “{name}” ({values[0]:g} to {values[-1]:g}, {how})."
        notes.append(Certain(note) if unit else note)
        centres = values * factor
        return {
            "wavelengths": centres,
            "wavelength_unit": unit,
            "fwhm": _widths(attributes, bands, unit, factor),
        }
    in_names = centres_in_names(names or ())
    notes.extend(in_names.notes)
    return {"wavelengths": in_names.values, "wavelength_unit": in_names.unit}


def _misfits(attributes: Attributes, others: Mapping[str, int], bands: int) -> list[str]:
    """Say which list of wavelengths is left out for its length."""
    lengths = {name: len(values) for name, values in _wavelength_lists(attributes)}
    lengths = {name: n for name, n in (lengths | dict(others)).items() if n != bands}
    likely = [name for name, n in lengths.items() if n >= _FEWEST_CENTRES]
    if not likely:
        return []
    name = min(likely, key=lambda name: abs(lengths[name] - bands))
    note = (
        f"“{name}” holds {lengths[name]} wavelengths for {counted(bands, 'band')} and is left "
        f"out; if the bands have others, {HOW_TO_GIVE}."
    )
    return [note]


def _unit_words(attributes: Attributes, name: str) -> str:
    """Return the unit that is stated for a list of band centres, or the list's own name."""
    words = plain(name)
    known = {plain(other): value for other, value in attributes.items()}
    for key in (f"{words}_units", f"{words}_unit", "wavelength_units", "wavelength_unit"):
        stated = texts(known.get(key))
        if stated and stated[0]:
            return stated[0]
    return words


def _widths(
    attributes: Attributes, bands: int, unit: str | None, factor: float
) -> NDArray[np.float64] | None:
    for name, value in attributes.items():
        if not _WIDTHS.fullmatch(plain(name)):
            continue
        values = numbers(value)
        if values is None or len(values) != bands or not np.isfinite(values).all():
            continue
        stated = length_from_words(plain(name))
        if values.min() > 0 and (stated is None or stated[0] == unit):
            return values * (factor if stated is None else stated[1])
    return None


def _bad_bands(attributes: Attributes, bands: int, notes: list[str]) -> tuple[int, ...]:
    for name, value in attributes.items():
        flags = numbers(value) if _GOOD_BANDS.fullmatch(plain(name)) else None
        if flags is None or len(flags) != bands:
            continue
        if not np.isin(flags, (0, 1)).all() or not flags.any():
            notes.append(f"“{name}” is no list of good (1) and bad (0) bands and is ignored.")
            continue
        bad = tuple(int(band) for band in np.flatnonzero(flags == 0))
        if bad:
            notes.append(Certain(f"“{name}” marks {counted(len(bad), 'bad band')}."))
        return bad
    return ()


def _band_names(attributes: Attributes, bands: int) -> tuple[str, ...] | None:
    for name, value in attributes.items():
        if _NAMES.fullmatch(plain(name)):
            found = texts(value)
            if len(found) == bands:
                return tuple(found)
    return None


def _no_data(attributes: Attributes, dtype: np.dtype[Any], notes: list[str]) -> float | None:
    for name, value in attributes.items():
        if not _NO_DATA.fullmatch(plain(name)):
            continue
        found = number(value)
        if found is None:
            continue
        if dtype.kind in "iu":
            limits = np.iinfo(dtype)
            if found % 1 or not limits.min <= found <= limits.max:
                notes.append(
                    f"The value for “no data”, {found:g}, cannot occur in {dtype.name} samples."
                )
                continue
        return found
    return None


def _scaling(attributes: Attributes, bands: int, notes: list[str]) -> dict[str, Any]:
    """Return `scale`, `gains` and `offsets` of the cube."""
    known = {plain(name): numbers(value) for name, value in attributes.items()}
    factors = known.get("reflectance_scale_factor")
    if factors is None:
        factors = known.get("scale_factor")
    offsets = _per_band(known.get("add_offset"), bands, 0.0)
    factors = _per_band(factors, bands, 1.0)
    if factors is not None and factors.min() <= 0:
        notes.append("The scale factor is not a positive number and is ignored.")
        return {}
    if factors is None:
        if offsets is not None:
            notes.append(Certain("The file's offset is added to the samples."))
        return {"offsets": offsets}
    shown = f"{factors[0]:g}" if np.all(factors == factors[0]) else "one per band"
    # 10000 means that 10000 is 1 (ENVI, NEON), 0.0001 that 1 is 0.0001 (netCDF, GDAL).
    if factors.min() > 1 and offsets is None and np.all(factors == factors[0]):
        notes.append(Certain(f"Samples are divided by the file's scale factor ({shown})."))
        return {"scale": float(factors[0])}
    and_offset = ", and its offset is added." if offsets is not None else "."
    notes.append(
        Certain(f"Samples are multiplied by the file's scale factor ({shown}){and_offset}")
    )
    return {"gains": factors, "offsets": offsets}


def _per_band(
    values: NDArray[np.float64] | None, bands: int, neutral: float
) -> NDArray[np.float64] | None:
    """Return one finite value for each band; None where all are neutral or they do not fit."""
    if values is None or len(values) not in (1, bands) or not np.isfinite(values).all():
        return None
    return None if np.all(values == neutral) else np.broadcast_to(values, bands).copy()
