"""Band centres: their unit, and reading them from a text file or an ENVI header."""

import io
import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError

#: What to do where a file does not tell its wavelengths.
HOW_TO_GIVE = (
    "give them in a file with --wavelengths, or with “Wavelengths…” in the dock “DGC: train”"
)
MAX_BYTES = 4 << 20
#: Numbers and words in a table of wavelengths; with more it is a table of something else.
MOST_CELLS = 100_000
_NAMES = re.compile(
    r"wl|wls|wvl\w*|wav\w*|lambdas?|lambda_\w+|lam|bands?|band_?(cent|wave|wl)\w*|wn|wavenumbers?"
    r"|nm|um|microns?|central_?wave\w*|cent(er|re)_?wave\w*",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(?:nm|[uµμ]m|cm-1)?", re.ASCII)
# Unit of this program, how many of it one of the named unit is, and the names.
_UNIT_WORDS = (
    ("cm-1", 1.0, re.compile(r"wave ?number|\bcm\s*\^?-?\s*1|\bcm⁻¹|1/cm|\bkayser", re.I)),
    ("um", 1.0, re.compile(r"micro ?met|micron|(?<![^\W\d_])[uµμ]m\b|\[!7l!3m\]", re.IGNORECASE)),
    ("nm", 1.0, re.compile(r"nano ?met|(?<![^\W\d_])nm\b", re.IGNORECASE)),
    ("nm", 0.1, re.compile(r"[aå]ngstr[oö]e?m", re.IGNORECASE)),
    ("um", 1e3, re.compile(r"milli ?met|\bmm\b", re.IGNORECASE)),
    ("um", 1e4, re.compile(r"centi ?met|\bcm\b", re.IGNORECASE)),
    ("um", 1e6, re.compile(r"^\s*(?:met(?:er|re)s?|m)\s*$", re.IGNORECASE)),
)
_FREQUENCY = re.compile(r"\b[kmgt]?hz\b|hertz", re.IGNORECASE)
# Fourier-transform spectrometers sample their interferogram at the fringes of a helium-neon
# laser (15798 cm-1), so that their wavenumbers are spaced by that number over a power of two.
_HELIUM_NEON = 15798.0


def length_from_words(text: str) -> tuple[str, float] | None:
    """Return the unit of band centres that a text names, or None.

    Parameters
    ----------
    text
        Such as ``"Nanometers"``, ``"Wavenumber (cm-1)"`` or ``"Angstroms"``.

    Returns
    -------
    unit, factor
        ``"nm"``, ``"um"`` or ``"cm-1"``, and what numbers in the named unit are
        multiplied by to come to it (0.1 for angstroms).
    """
    for unit, factor, words in _UNIT_WORDS:
        if words.search(text):
            return unit, factor
    return None


def frequency_from_words(text: str) -> str | None:
    """Return the unit of frequency that a text names, such as ``"GHz"``, or None."""
    found = _FREQUENCY.search(text)
    return found.group() if found else None


def guess_unit(values: NDArray[np.float64]) -> str | None:
    """Guess the unit of band centres from their magnitude and spacing.

    Parameters
    ----------
    values
        Band centres, shape (bands,), positive.

    Returns
    -------
    str or None
        ``"nm"``, ``"um"``, ``"cm-1"``, or None where the numbers fit more than one.
    """
    low, high = float(values.min()), float(values.max())
    if low >= 0.1 and high <= 30:
        return "um"
    if low < 100 or high > 30000:
        return None
    if len(values) >= 3 and low >= 500 and high > 1100 and _spaced_like_fourier_transform(values):
        return "cm-1"
    if high <= 2700:
        return "nm"
    if low < 2500:
        return "cm-1" if high <= 12500 else None
    # 3000 to 5000 is the mid-infrared in nm and the C-H, O-H region in cm-1.
    return "nm" if high > 5500 else None


def _spaced_like_fourier_transform(values: NDArray[np.float64]) -> bool:
    steps = np.abs(np.diff(values))
    step = abs(float(values[-1] - values[0])) / len(steps)
    if step <= 0 or float(np.abs(steps - step).max()) > 0.02 * step + 0.011:
        return False
    power = math.log2(_HELIUM_NEON / step)
    return abs(power - round(power)) < 0.001


def are_wavelengths(values: NDArray[np.float64]) -> bool:
    """Tell whether numbers can be band centres.

    They must be finite, positive, ordered but for overlapping detectors, and
    not merely count the bands.
    """
    if values.ndim != 1 or values.size == 0 or not np.isfinite(values).all() or values.min() <= 0:
        return False
    steps = np.diff(values)
    if steps.size == 0:
        return True
    if np.all(steps == 1) and values[0] <= 1:
        return False
    return bool(max((steps > 0).mean(), (steps < 0).mean()) >= 0.9)


def is_wavelength_name(name: str) -> bool:
    """Tell whether a variable's name says that it holds band centres."""
    return _NAMES.fullmatch(name) is not None


def read_wavelengths(path: Path | str) -> tuple[NDArray[np.float64], str | None]:
    """Read band centres from a text file or an ENVI header.

    A text file has one number per line, numbers separated by commas,
    semicolons or white space, or a table with one column of band centres
    (found by its title, else the only column that can be band centres).

    Parameters
    ----------
    path
        The ``.txt``, ``.csv`` or ``.hdr`` file.

    Returns
    -------
    wavelengths, unit
        Shape (bands,) in `unit`; the unit is ``"nm"``, ``"um"``, ``"cm-1"``, or
        None where neither the file nor the numbers tell.

    Raises
    ------
    UserError
        No such file, or no band centres in it.
    """
    path = Path(path)
    try:
        if path.exists() and not path.is_file():  # a pipe or a device may never end
            raise UserError(f"{path} is not a file; give wavelengths as .txt, .csv or ENVI .hdr.")
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path} is too large to be a list of wavelengths; give another.")
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(
            f"The wavelengths file {path} cannot be read: {reason}; choose another one."
        ) from error
    if content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"ENVI"):
        return _from_header(path)
    if b"\0" in content:
        raise UserError(f"{path} is not a text file; give wavelengths as .txt, .csv or ENVI .hdr.")
    return parse_wavelengths(content.decode("utf-8-sig", errors="replace"), str(path))


def parse_wavelengths(text: str, where: str) -> tuple[NDArray[np.float64], str | None]:
    """Read band centres from text; see `read_wavelengths`.

    Parameters
    ----------
    text
        What is in the file, or was typed.
    where
        What it is called in messages.
    """
    values, title = _from_text(text)
    if values is None:
        raise UserError(
            f"{where} holds no list of wavelengths: expected one positive number per band, "
            "in increasing or decreasing order."
        )
    frequency = frequency_from_words(title)
    if frequency is not None:
        raise UserError(f"{where} holds frequencies in {frequency}; give wavelengths.")
    unit, factor = length_from_words(title) or (guess_unit(values), 1.0)
    return values * factor, unit


def _from_header(path: Path) -> tuple[NDArray[np.float64], str | None]:
    from napari_dgc.cubes.envi_bands import band_centres
    from napari_dgc.cubes.envi_header import read_header

    centres = band_centres(read_header(path))
    if centres.values is None:
        reason = f" ({centres.notes[-1].rstrip('.')})" if centres.notes else ""
        raise UserError(
            f"The ENVI header {path} holds no usable wavelengths{reason}; choose another file."
        )
    return centres.values, centres.unit


def _from_text(text: str) -> tuple[NDArray[np.float64] | None, str]:
    """Return the band centres and the words around them."""
    titles: list[str] = []
    words: list[str] = []
    table: list[list[float]] = []
    left = MOST_CELLS
    for line in io.StringIO(text):
        stripped = line.strip()
        left -= 1 + stripped.count(",") + stripped.count(";") + stripped.count(" ")
        if left < 0:
            return None, ""
        if not stripped:
            continue
        if stripped[0] in "#%;" or stripped.startswith("//"):
            words.append(stripped)
            continue
        cells = _cells(stripped)
        numbers = [_number(cell) for cell in cells]
        if any(not math.isnan(number) for number in numbers):
            table.append(numbers)
        elif table:
            return None, ""  # text after the numbers: not a list of wavelengths
        else:
            titles = cells
            words.append(stripped)
    if not table:
        return None, ""
    if len(table) <= 2 and max(map(len, table)) > 2:
        flat = [number for row in table for number in row]
        if math.isnan(flat[0]):  # "wavelengths, 400, 402, …"
            words.append(text[:200])
            flat = flat[1:]
        return _checked(flat), " ".join(words)
    if len({len(row) for row in table}) > 1:  # numbers wrapped over several lines
        return _checked([number for row in table for number in row]), " ".join(words)
    return _from_table(np.array(table), titles, " ".join(words))


def _from_table(
    table: NDArray[np.float64], titles: list[str], words: str
) -> tuple[NDArray[np.float64] | None, str]:
    flat = _checked(list(table.ravel()))
    if flat is not None:  # numbers wrapped into lines of equal length
        return flat, words
    columns = [_checked(list(table[:, index])) for index in range(table.shape[1])]
    named = len(titles) == len(columns)
    if named:
        for title, column in zip(titles, columns, strict=True):
            is_wave = is_wavelength_name(re.sub(r"[\s(\[].*", "", title.strip()))
            if column is not None and is_wave and guess_unit(column) is not None:
                return column, title
    found = [index for index, column in enumerate(columns) if column is not None]
    likely = [
        index
        for index in found
        if (values := columns[index]) is not None and guess_unit(values) is not None
    ]
    chosen = found if len(found) == 1 else likely
    if chosen and (len(chosen) == 1 or table.shape[1] <= 2):
        return columns[chosen[0]], titles[chosen[0]] if named else words
    return None, ""


def _cells(line: str) -> list[str]:
    plain = line.replace(",", " ").split()
    if ";" not in line and not any(math.isnan(_number(cell)) for cell in plain):
        return plain
    separator = ";" if ";" in line else "\t" if "\t" in line else "," if "," in line else None
    if separator == ";" and re.search(r"\d,\d", line):
        line = line.replace(",", ".")  # decimal commas of spreadsheets
    cells = [cell.strip().strip("\"'") for cell in line.split(separator)]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _number(cell: str) -> float:
    match = _NUMBER.fullmatch(cell.strip("{}[]"))
    return float(match.group(1)) if match else math.nan


def _checked(numbers: list[float]) -> NDArray[np.float64] | None:
    values = np.array(numbers, np.float64)
    return values if are_wavelengths(values) else None
