"""What an ENVI header says of the bands: centres, widths, names, bad ones, gains."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.envi_header import (
    Header,
    header_names,
    header_number,
    header_numbers,
    shown,
)
from napari_dgc.cubes.wavelengths import (
    are_wavelengths,
    frequency_from_words,
    guess_unit,
    length_from_words,
)
from napari_dgc.words import counted

_UNIT = r"\s*((?:nano|micro)met(?:er|re)s?|microns?|[nuµμ]m|cm\^?-1)(?!\w)"
_UNIT_BEHIND = re.compile(_UNIT, re.IGNORECASE)
# Letters right before a number make it a name, unless a unit follows, as in “Band_400nm”.
_NUMBER = re.compile(
    rf"(?:(?<![\w.])|(?<![\d.])(?=[\d.]+{_UNIT}))\d+(?:\.\d+)?(?![\d.])", re.IGNORECASE
)


@dataclass(frozen=True)
class BandCentres:
    """Band centres as a header states them.

    Parameters
    ----------
    values
        Shape (bands,) in `unit`, or None.
    unit
        ``"nm"``, ``"um"``, ``"cm-1"`` or None.
    factor
        What the header's numbers were multiplied by to come to `unit`.
    notes
        What was decided, one sentence each.
    """

    values: NDArray[np.float64] | None = None
    unit: str | None = None
    factor: float = 1.0
    notes: tuple[str, ...] = ()


def band_centres(header: Header, bands: int | None = None) -> BandCentres:
    """Return the band centres that a header states.

    Parameters
    ----------
    header
        As `read_header` returns it.
    bands
        Number of bands that the cube has; not checked when None.
    """
    key = next((key for key in ("wavelength", "wavelengths") if key in header), None)
    if key is None:
        names = header_names(header, "band names")
        return centres_in_names(names if bands in (None, len(names)) else ())
    values = header_numbers(header, key)
    if values is not None and (wrong := int(np.sum(~np.isfinite(values) | (values <= 0)))):
        return _ignored(
            f"Of the header's {counted(len(values), 'wavelength')} {wrong} are not positive "
            "numbers (such as NaN); all are ignored."
        )
    if values is None:
        return _ignored("The header's wavelengths are not positive numbers and are ignored.")
    if bands is not None and len(values) != bands:
        return _ignored(
            f"The header lists {counted(len(values), 'wavelength')} for "
            f"{counted(bands, 'band')}; they are ignored."
        )
    if not are_wavelengths(values):
        return _ignored("The header's wavelengths only number the bands and are ignored.")
    stated = header.get("wavelength units", "")
    frequency = frequency_from_words(stated)
    if frequency is not None:
        return _ignored(f"The header's wavelengths are frequencies in {frequency}; ignored.")
    if " ".join(stated.lower().split()) == "index":
        return _ignored("The header's wavelengths only number the bands and are ignored.")
    found = length_from_words(stated)
    if found is not None:
        return BandCentres(values * found[1], *found)
    found = length_from_words(header.get("z plot titles", "").split(",")[0])
    if found is not None:
        note = f"The wavelength unit {found[0]} is taken from the header's plot titles."
        return BandCentres(values * found[1], *found, (note,))
    unit = guess_unit(values)
    span = f"{values[0]:g} to {values[-1]:g}"
    if unit is None:
        note = f"The header does not state the unit of its wavelengths ({span})."
        return BandCentres(values, notes=(note,))
    note = f"The header does not state the wavelength unit; {span} is read as {unit}."
    return BandCentres(values, unit, notes=(note,))


def _ignored(note: str) -> BandCentres:
    return BandCentres(notes=(note,))


def centres_in_names(names: Sequence[str]) -> BandCentres:
    """Return the band centres that stand in the names of the bands.

    Names that carry two series of such numbers (ENVI writes those before and
    after a resampling) are not taken: nothing says which one holds.

    Parameters
    ----------
    names
        One for each band, in their order; none gives no centres.
    """
    if not names:
        return BandCentres()
    numbers = [list(_NUMBER.finditer(name)) for name in names]
    fewest = min(len(one) for one in numbers)
    regular = all(len(one) == fewest for one in numbers)
    series = [_series([one[place] for one in numbers]) for place in range(fewest)]
    likely = [one for one in series if one is not None]
    if len(likely) == 1 and regular:
        return likely[0]
    if likely:
        return _ignored(
            f"There are no wavelengths, but numbers in the band names (“{shown(names[0])}”); "
            "give them as a wavelengths file if they are band centres."
        )
    return BandCentres()


def _series(matches: list[re.Match[str]]) -> BandCentres | None:
    """Return one number of every band name as band centres, or None where they are none."""
    values = np.array([float(match.group()) for match in matches])
    if not are_wavelengths(values):
        return None
    units = {_unit_behind(match) for match in matches}
    stated = units.pop() if len(units) == 1 else None
    span = f"{matches[0].group()} to {matches[-1].group()}"
    if stated is not None:
        note = f"The wavelengths, {span} {stated[0]}, are taken from the band names."
        return BandCentres(values * stated[1], *stated, (note,))
    unit = guess_unit(values)
    whole = not np.any(values % 1)
    if unit is None or (whole and (unit == "um" or not np.any(np.diff(values) != 1))):
        return None  # they count the bands
    note = f"The wavelengths, {span}, are taken from the band names and read as {unit}."
    return BandCentres(values, unit, notes=(note,))


def _unit_behind(match: re.Match[str]) -> tuple[str, float] | None:
    behind = _UNIT_BEHIND.match(match.string, match.end())
    return length_from_words(behind.group(1)) if behind else None


def band_names(header: Header, bands: int, notes: list[str]) -> tuple[str, ...] | None:
    """Return the names of the bands, or None."""
    names = header_names(header, "band names")
    if not names:
        return None
    if len(names) != bands:
        notes.append(
            f"The header names {len(names)} of {counted(bands, 'band')}; the names are ignored."
        )
        return None
    return tuple(names)


def band_widths(
    header: Header, centres: BandCentres, bands: int, notes: list[str]
) -> NDArray[np.float64] | None:
    """Return the full widths at half maximum in the unit of the band centres, or None."""
    if "fwhm" not in header or centres.values is None:
        return None
    values = header_numbers(header, "fwhm")
    if values is None or len(values) != bands or not np.all(np.isfinite(values) & (values > 0)):
        notes.append(
            f"The header's band widths (fwhm) do not fit {counted(bands, 'band')} and are ignored."
        )
        return None
    return values * centres.factor


def bad_bands(header: Header, bands: int, notes: list[str]) -> tuple[int, ...]:
    """Return the 0-based indices of the bands that the header's ``bbl`` rejects."""
    if "bbl" not in header:
        return ()
    flags = header_numbers(header, "bbl")
    if flags is None or len(flags) != bands:
        notes.append(
            f"The header's bad band list does not fit {counted(bands, 'band')} and is ignored."
        )
        return ()
    if not flags.any():
        notes.append("The header's bad band list rejects every band and is ignored.")
        return ()
    return tuple(int(band) for band in np.flatnonzero(flags == 0))


def default_bands(header: Header, bands: int, notes: list[str]) -> tuple[int, int, int] | None:
    """Return the 0-based bands that the header wants shown as red, green and blue, or None."""
    values = header_numbers(header, "default bands")
    if values is None or len(values) == 1:  # one band to show in grey
        return None
    if len(values) != 3 or not np.all((values >= 1) & (values <= bands) & (values % 1 == 0)):
        notes.append(f"The header's default bands do not fit bands 1 to {bands} and are ignored.")
        return None
    red, green, blue = (int(value) - 1 for value in values)
    return red, green, blue


@dataclass(frozen=True)
class Scaling:
    """How stored samples become values: (stored × gains + offsets) / scale.

    Parameters
    ----------
    gains, offsets
        Shape (bands,), or None where they are 1 and 0.
    scale
        Divisor.
    """

    gains: NDArray[np.float64] | None = None
    offsets: NDArray[np.float64] | None = None
    scale: float = 1.0

    @property
    def changes(self) -> bool:
        """Tell whether values differ from stored samples."""
        return self.gains is not None or self.offsets is not None or self.scale != 1


def scaling(header: Header, bands: int, notes: list[str]) -> Scaling:
    """Return how the header wants stored samples turned into reflectance or radiance.

    The first of these that the header has and that means anything counts:
    ``reflectance scale factor``, ``data reflectance gain values`` and
    ``data reflectance offset values`` (to reflectance), ``data gain values``
    and ``data offset values`` (to radiance, or whatever the writer says).

    Parameters
    ----------
    header
        As `read_header` returns it.
    bands
        Number of bands.
    notes
        Gets a sentence for everything that is applied or ignored.
    """
    scale = _scale(header, notes)
    found: list[Scaling] = [Scaling(scale=scale)] if scale != 1 else []
    for kind in ("data reflectance", "data"):
        gains = _per_band(header, f"{kind} gain values", bands, 1.0, notes)
        offsets = _per_band(header, f"{kind} offset values", bands, 0.0, notes)
        if gains is None and offsets is None:
            continue
        if found:
            notes.append(f"The header's “{kind} gain values” are not applied beside a scale.")
            continue
        notes.append(f"The header's “{kind} gain values” and “{kind} offset values” are applied.")
        found.append(Scaling(gains, offsets))
    return found[0] if found else Scaling()


def _per_band(
    header: Header, key: str, bands: int, neutral: float, notes: list[str]
) -> NDArray[np.float64] | None:
    if key not in header:
        return None
    values = header_numbers(header, key)
    if values is None or len(values) != bands or not np.isfinite(values).all():
        notes.append(f"The header's “{key}” do not fit {counted(bands, 'band')} and are ignored.")
        return None
    if "gain" in key and not values.all():
        notes.append(f"The header's “{key}” are 0 for some bands and are ignored.")
        return None
    return values if np.any(values != neutral) else None


def _scale(header: Header, notes: list[str]) -> float:
    if "reflectance scale factor" not in header:
        return 1.0
    scale = header_number(header, "reflectance scale factor")
    if scale is None or scale <= 0:
        notes.append("The header's reflectance scale factor is not a positive number; ignored.")
        return 1.0
    return scale
