"""Reading the text header of an ENVI file."""

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.wavelengths import are_wavelengths, guess_unit, unit_from_words
from napari_dgc.errors import UserError

MAX_BYTES = 32 << 20

Header = dict[str, str]


def is_envi_header(path: Path) -> bool:
    """Tell whether a file begins as an ENVI header does."""
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"ENVI")
    except OSError:
        return False


def read_header(path: Path) -> Header:
    """Read a header into a dictionary.

    Parameters
    ----------
    path
        The ``.hdr`` file.

    Returns
    -------
    dict
        Keys in lower case with single spaces; values stripped, without
        braces. Comment lines are left out.

    Raises
    ------
    UserError
        The file cannot be read, is not an ENVI header, or ends inside braces.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist.")
    if not is_envi_header(path):
        raise UserError(
            f"{path} is not an ENVI header: its first line is not “ENVI”; "
            "other .hdr files (such as Esri's) are not supported."
        )
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path} is too large to be an ENVI header.")
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return _parse(text, path)


def _parse(text: str, path: Path) -> Header:
    header: Header = {}
    lines = iter(text.splitlines()[1:])
    for line in lines:
        key, equals, value = line.partition("=")
        if not equals or line.lstrip().startswith(";"):
            continue
        value = value.strip()
        if value.startswith("{"):
            parts = [value]
            while "}" not in parts[-1]:
                following = next(lines, None)
                if following is None:
                    raise UserError(
                        f"The ENVI header {path} ends inside the braces of “{shown(key)}”."
                    )
                if not following.lstrip().startswith(";"):
                    parts.append(following)
            value = "\n".join(parts)[1:].rpartition("}")[0].strip()
        header[" ".join(key.lower().split())] = value
    return header


def shown(text: str) -> str:
    """Return the beginning of a value for a message, on one line."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:200])
    return " ".join(printable.split())[:40]


def header_count(header: Header, key: str, path: Path, default: int | None = None) -> int:
    """Return a whole number of the header, not negative."""
    text = header.get(key)
    if text is None:
        if default is None:
            raise UserError(f"The ENVI header {path} lacks “{key}”.")
        return default
    if not re.fullmatch(r"\+?\d{1,18}", text, re.ASCII):
        raise UserError(
            f"The ENVI header {path} gives “{key} = {shown(text)}”, which is not a whole number "
            "of 0 or more."
        )
    return int(text)


def header_number(header: Header, key: str) -> float | None:
    """Return a finite number of the header, or None."""
    try:
        value = float(header.get(key, "").strip("{} "))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def header_numbers(header: Header, key: str) -> NDArray[np.float64] | None:
    """Return a list of numbers of the header; None where absent or not all numbers."""
    items = [item for item in re.split(r"[,\s]+", header.get(key, "")) if item]
    if not items:
        return None
    try:
        return np.array([float(item) for item in items], np.float64)
    except ValueError:
        return None


def header_wavelengths(
    header: Header, bands: int | None = None
) -> tuple[NDArray[np.float64] | None, str | None, list[str]]:
    """Return the band centres that a header states.

    Parameters
    ----------
    header
        As `read_header` returns it.
    bands
        Number of bands that the cube has; not checked when None.

    Returns
    -------
    wavelengths, unit, notes
        Shape (bands,) or None; unit or None; what was decided, one sentence each.
    """
    key = next((key for key in ("wavelength", "wavelengths") if key in header), None)
    if key is None:
        return None, None, _notes_on_band_names(header)
    values = header_numbers(header, key)
    if values is None or not np.isfinite(values).all() or values.min() <= 0:
        return None, None, ["The header's wavelengths are not positive numbers and are ignored."]
    if bands is not None and len(values) != bands:
        return (
            None,
            None,
            [f"The header lists {len(values)} wavelengths for {bands} bands; they are ignored."],
        )
    if not are_wavelengths(values):
        return None, None, ["The header's wavelengths only number the bands and are ignored."]
    stated = header.get("wavelength units", "")
    unit = unit_from_words(stated)
    if unit is not None:
        return values, unit, []
    titles = header.get("z plot titles", "").split(",")[0]
    unit = unit_from_words(titles)
    if unit is not None:
        return values, unit, [f"The wavelength unit {unit} is taken from the header's plot titles."]
    unit = guess_unit(values)
    span = f"{values[0]:g} to {values[-1]:g}"
    if unit is None:
        return values, None, [f"The header does not state the unit of its wavelengths ({span})."]
    return (
        values,
        unit,
        [f"The header does not state the wavelength unit; {span} is read as {unit}."],
    )


def _notes_on_band_names(header: Header) -> list[str]:
    """Say that band names look like wavelengths.

    They are not taken as such: names often carry two numbers (before and
    after a resampling), and nothing says which one holds.
    """
    names = [name.strip() for name in header.get("band names", "").split(",")]
    if len(names) < 2 or not all(re.search(r"\d{3,}\.\d+", name) for name in names):
        return []
    note = (
        f"The header has no wavelengths, but numbers in its band names (“{shown(names[0])}”); "
        "give them as a wavelengths file if they are band centres."
    )
    return [note]
