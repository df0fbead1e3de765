"""What cameras write into their ENVI headers about how a scan was taken."""

import re

from napari_dgc.cubes.envi_header import Header, header_number
from napari_dgc.cubes.pixel_sizes import square_pixel_mm


def exposure_ms(header: Header) -> float | None:
    """Return the integration time in milliseconds, or None where it is not known.

    Parameters
    ----------
    header
        As `read_header` returns it.

    Notes
    -----
    Specim writes ``tint`` in milliseconds, Resonon ``shutter`` with ``shutter
    units``, by default milliseconds, HySpex a line ``Integration time`` in
    microseconds into the description, next to ``Frameperiod`` in the same unit.
    A Specim camera of two detectors (``tint1``, ``tint2``) has no one time, and its headers
    do not say which bands belong to which detector: scan and references must then be taken
    with the same times.
    """
    value = header_number(header, "tint")
    if value is None and header.get("shutter units", "ms").lower() in ("ms", "milliseconds"):
        value = header_number(header, "shutter")
    description = header.get("description", "")
    if value is None and re.search(r"^\s*Frameperiod\s*=", description, re.MULTILINE):
        found = re.search(r"^\s*Integration time\s*=\s*(\d+(?:\.\d+)?)\s*$", description, re.M)
        value = float(found.group(1)) / 1e3 if found else None
    return value if value is not None and value > 0 else None


#: Projections whose pixel size is no length, or may be none.
_NO_LENGTH = ("arbitrary", "geographic", "pixel")


def pixel_size_mm(header: Header) -> float | None:
    """Return the side of a pixel in millimetres, or None where it is not known or not square.

    Parameters
    ----------
    header
        As `read_header` returns it: ``pixel size``, in metres unless it names other units,
        or else the sixth and seventh entry of ``map info``.
    """
    given = [item.strip() for item in header.get("pixel size", "").strip("{} \n").split(",")]
    sizes, rest = given[:2], given[2:]
    if len(sizes) < 2:
        placed = [item.strip() for item in header.get("map info", "").strip("{} \n").split(",")]
        sizes, rest = placed[5:7], placed[7:]
        units = any(item.casefold().startswith("units") for item in rest)
        if placed[0].casefold().startswith(_NO_LENGTH) and not units:
            return None
    unit = "meters"
    for item in rest:
        key, _, value = item.partition("=")
        if key.strip().casefold() == "units":
            unit = value.strip().casefold()
    return square_pixel_mm(sizes[0], sizes[1], unit) if len(sizes) == 2 else None


def note_on_dark_lines(header: Header, rows: int) -> str | None:
    """Say that a scan ends with lines taken with the shutter closed, or None.

    Specim's airborne and core scanners append such lines and write where they
    begin into ``autodarkstartline``.
    """
    start = header_number(header, "autodarkstartline")
    if start is None or not 0 < start < rows:
        return None
    return f"From line {start:g} on the shutter was closed (autodarkstartline): a dark reference."
