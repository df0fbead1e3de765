"""Lists of bands as people write them: numbers from 1, ranges, and ranges in nanometres."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from napari_dgc.cubes.cube import HyperCube
from napari_dgc.errors import UserError

_NUMBER = r"\d+(?:\.\d+)?"
_UNIT = r"(?:nm)?"
_ITEM = re.compile(rf"({_NUMBER})\s*({_UNIT})(?:\s*-\s*({_NUMBER})\s*({_UNIT}))?", re.I | re.A)
_EXAMPLE = "write for example 1-5, 96, 1350-1450 nm"
#: Longer texts are no lists of bands.
_LONGEST = 20000


def parse_bands(text: str, cube: HyperCube) -> tuple[int, ...]:
    """Read a list of bands.

    Parameters
    ----------
    text
        Band numbers from 1 and ranges of them, ``1-5, 96``, and ranges of wavelengths
        with their unit, ``1350-1450 nm``; parted by commas or semicolons. Empty for
        no band.
    cube
        The scan whose bands are meant.

    Returns
    -------
    tuple of int
        0-based indices, ascending, none twice.

    Raises
    ------
    UserError
        The text is no such list, or names bands that the scan has not.
    """
    if len(text) > _LONGEST:
        raise UserError(f"The list of bands is too long; {_EXAMPLE}.")
    found: set[int] = set()
    for item in re.split(r"[,;\n]", text.replace("–", "-").replace("−", "-")):
        if item.strip():
            found.update(_bands_of(item.strip(), cube))
    return tuple(sorted(found))


def format_bands(bands: Iterable[int]) -> str:
    """Write 0-based bands as a list of numbers from 1, ``"1-5, 96"``."""
    return ", ".join(
        f"{first + 1}" if first == last else f"{first + 1}-{last + 1}"
        for first, last in band_spans(bands)
    )


def band_spans(bands: Iterable[int]) -> list[tuple[int, int]]:
    """Join neighbouring bands to (first, last), both included."""
    spans: list[tuple[int, int]] = []
    for band in sorted(set(bands)):
        if spans and band == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], band)
        else:
            spans.append((band, band))
    return spans


def leave_out(cube: HyperCube, text: str) -> HyperCube:
    """Return the cube with more bad bands.

    Parameters
    ----------
    cube
        The scan; the bands that its file marks as bad stay bad.
    text
        See `parse_bands`.

    Raises
    ------
    UserError
        The list makes no sense, or no good band would be left.
    """
    named = parse_bands(text, cube)
    if not named:
        return cube
    bands = sorted({*cube.bad_bands, *named})
    if len(bands) == cube.n_bands:
        raise UserError(f"The list of bad bands leaves no band of {cube.name}; name fewer.")
    return replace(cube, bad_bands=tuple(bands))


def _bands_of(item: str, cube: HyperCube) -> list[int]:
    match = _ITEM.fullmatch(item)
    if match is None:
        shown = item if len(item) <= 30 else f"{item[:30]}…"
        raise UserError(f"“{shown}” is no band and no range of bands; {_EXAMPLE}.")
    first, last = match[1], match[3] or match[1]
    if match[2] or match[4]:
        return _bands_between(float(first), float(last), cube)
    if "." in first or "." in last:
        raise UserError(f"“{item}” is no band number; {_EXAMPLE}.")
    low, high = sorted((int(first), int(last)))
    if low < 1 or high > cube.n_bands:
        raise UserError(
            f"“{item}” lies outside the bands of {cube.name}, which are numbered 1 to "
            f"{cube.n_bands}; for wavelengths write nm after the numbers."
        )
    return list(range(low - 1, high))


def _bands_between(first: float, last: float, cube: HyperCube) -> list[int]:
    centres = cube.wavelengths_nm
    if centres is None:
        raise UserError(
            f"The wavelengths of {cube.name} are unknown; give bad bands by number instead."
        )
    low, high = sorted((first, last))
    found = np.flatnonzero((centres >= low) & (centres <= high))
    if not found.size:
        raise UserError(
            f"{cube.name} has no band between {low:g} and {high:g} nm; "
            f"it covers {centres.min():g} to {centres.max():g} nm."
        )
    return [int(band) for band in found]
