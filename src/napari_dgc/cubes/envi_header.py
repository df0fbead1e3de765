"""Reading the text header of an ENVI file."""

import io
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError

#: The longest real headers (thousands of bands, with names and gains) have some 300 kB.
MAX_BYTES = 2 << 20
#: Lists of more entries describe no bands and no classes.
MOST_ENTRIES = 100_000

Header = dict[str, str]

#: What decides how samples are read. A header that states one of these twice, differently,
#: is refused: nothing tells which one holds.
_DECISIVE = frozenset(
    {
        "samples",
        "lines",
        "bands",
        "header offset",
        "file type",
        "file compression",
        "data type",
        "interleave",
        "byte order",
        "wavelength",
        "wavelength units",
        "fwhm",
        "band names",
        "bbl",
        "default bands",
        "reflectance scale factor",
        "data ignore value",
        "data gain values",
        "data offset values",
        "data reflectance gain values",
        "data reflectance offset values",
        "classes",
        "class names",
        "class lookup",
    }
)


def is_envi_header(path: Path) -> bool:
    """Tell whether a file begins as an ENVI header does."""
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return False
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
        braces. Comment lines are left out. Of a key that is stated twice and
        decides nothing, the last value counts.

    Raises
    ------
    UserError
        The file cannot be read, is not an ENVI header, holds binary data, ends
        inside braces, or contradicts itself.
    """
    if not path.is_file():
        raise UserError(f"{path} does not exist; check its name and folder.")
    if not is_envi_header(path):
        raise UserError(
            f"{path} is not an ENVI header: its first line is not “ENVI”; "
            "other .hdr files (such as Esri's) are not supported; give the header of an ENVI scan."
        )
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UserError(f"{path} is too large to be an ENVI header; give another one.")
        content = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from error
    if b"\0" in content.rstrip(b"\0"):
        raise UserError(
            f"{path} begins as an ENVI header, but holds binary data; copy or export it again."
        )
    content = content.rstrip(b"\0")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    return _parse(text, path)


def _parse(text: str, path: Path) -> Header:
    header: Header = {}
    lines = io.StringIO(text.lstrip(), newline=None)
    next(lines)
    pending = ""
    for line in lines:
        if line.lstrip().startswith(";"):
            continue
        key, equals, value = line.partition("=")
        if pending and line.lstrip().startswith("{"):  # braces on the line after the key
            key, value = pending, line
        elif not equals:
            pending = pending if not line.strip() else ""
            continue
        key, value = " ".join(key.lower().split()), value.strip()
        pending = "" if value else key
        if value.startswith("{"):
            value = _in_braces(value, lines, key, path)
        elif key in _DECISIVE:
            value = value.partition(";")[0].rstrip()  # a remark behind the value
        if key in _DECISIVE and header.get(key, "") not in ("", value):
            raise UserError(
                f"The ENVI header {path} states “{key}” twice and differently; "
                "delete the line that is wrong."
            )
        header[key] = value
    return header


def _in_braces(value: str, lines: Iterator[str], key: str, path: Path) -> str:
    """Return what braces hold that open in `value`."""
    parts = [value]
    while "}" not in parts[-1]:
        following = next(lines, None)
        if following is None:
            raise UserError(
                f"The ENVI header {path} ends inside the braces of “{shown(key)}”; copy or "
                "export it again."
            )
        if not following.lstrip().startswith(";"):
            parts.append(following.rstrip("\n"))
    return "\n".join(parts)[1:].rpartition("}")[0].strip()


def shown(text: str) -> str:
    """Return the beginning of a value for a message, on one line."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text[:200])
    return " ".join(printable.split())[:40]


def header_count(header: Header, key: str, path: Path, default: int | None = None) -> int:
    """Return a whole number of the header, not negative."""
    text = header.get(key)
    if text is None:
        if default is None:
            raise UserError(f"The ENVI header {path} lacks “{key}”; add that line.")
        return default
    if not re.fullmatch(r"\+?\d{1,18}", text, re.ASCII):
        raise UserError(
            f"The ENVI header {path} gives “{key} = {shown(text)}”, which is not a whole number "
            "of 0 or more; correct that line."
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
    text = header.get(key, "")
    if text.count(",") + text.count("\n") + text.count(" ") > 4 * MOST_ENTRIES:
        return None
    items = [item for item in re.split(r"[,\s]+", text) if item]
    if not 0 < len(items) <= MOST_ENTRIES:
        return None
    try:
        return np.array([float(item) for item in items], np.float64)
    except ValueError:
        return None


def header_names(header: Header, key: str) -> list[str]:
    """Return a list of names of the header; empty where absent."""
    text = header.get(key, "")
    if not text or text.count(",") > MOST_ENTRIES:
        return []
    return [" ".join(name.split()) for name in text.split(",")]
