"""What cameras write into their ENVI headers about how a scan was taken."""

import re

from napari_dgc.cubes.envi_header import Header, header_number


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


def note_on_dark_lines(header: Header, rows: int) -> str | None:
    """Say that a scan ends with lines taken with the shutter closed, or None.

    Specim's airborne and core scanners append such lines and write where they
    begin into ``autodarkstartline``.
    """
    start = header_number(header, "autodarkstartline")
    if start is None or not 0 < start < rows:
        return None
    return f"From line {start:g} on the shutter was closed (autodarkstartline): a dark reference."
