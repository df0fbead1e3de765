"""Telling scans, white and dark references, and processed scans apart by their names.

What is known of the names that cameras give, and where it is documented:

- Specim (Lumo recorders and the IQ): ``capture/`` holds ``X.hdr`` and ``.raw``,
  ``WHITEREF_X`` and ``DARKREF_X``, ``results/`` holds ``REFLECTANCE_X`` with
  ``.dat`` (Specim IQ user manual; a listing is at
  https://fligt.github.io/iqcampy/reading-iqcam-data.html).
- Headwall (Hyperspec): one folder per scan with ``raw_0`` and, for long scans,
  ``raw_2000`` and so on by the number of the first frame; ``darkReference``,
  ``whiteReference`` or ``sceneWhiteReference`` beside them, or folders
  ``dark_DATE`` and ``white_DATE`` with a ``raw_0`` of their own. Radiance,
  reflectance and orthorectified results end in ``_rd``, ``_rf``, ``_or``. The
  maker's manual is not public; these names are those of published data.
- Resonon (Spectronon): ``X.bil`` with ``X.bil.hdr``
  (https://docs.resonon.com/spectronon/SpectrononUserManual/html/AdvancedDataAnalysis.html);
  references are cubes that the user names.
- HySpex: ``X_raw.hyspex`` with ``X_raw.hdr``, radiance in ``X_rad``; the dark
  background is in the data file before the samples, in a form that is not public.
"""

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from napari_dgc.cubes.envi_files import scan_stem
from napari_dgc.cubes.envi_header import Header, header_number, is_envi_header, read_header
from napari_dgc.cubes.references import References
from napari_dgc.errors import UserError

#: How the note begins that says so.
CAN_BE_CALIBRATED = "It can be calibrated"
SCAN, WHITE, DARK, PROCESSED = "scan", "white", "dark", "processed"

_SPECIM = (("whiteref_", WHITE), ("darkref_", DARK), ("whitedarkref_", DARK))
# White mould and dark spots are diseases: the colour alone makes no reference.
_REFERENCE = re.compile(
    r"(?<![a-z])(?:scene)?(white|dark|black)[ _-]?"
    r"(?:ref(?:erence)?s?|standard|panel|tile|board|current|frame|cal(?:ib(?:ration)?)?)(?![a-z])"
)
_BARE_REFERENCE = re.compile(r"(white|dark|black)[ _-]*[\d _-]*")
_PROCESSED = re.compile(r"reflectance_.*|.*[ _-](?:rd|rf|or|rad|radiance|refl?|reflectance)")


def role(name: str) -> str:
    """Return what a capture is by its name without suffixes: a scan, a reference, processed.

    Parameters
    ----------
    name
        Stem of a header, or name of the folder of a capture.
    """
    lower = name.lower()
    for prefix, kind in _SPECIM:
        if lower.startswith(prefix):
            return kind
    found = _REFERENCE.search(lower) or _BARE_REFERENCE.fullmatch(lower)
    if found:
        return WHITE if found.group(1) == "white" else DARK
    return PROCESSED if _PROCESSED.fullmatch(lower) else SCAN


@dataclass(frozen=True)
class FoundReferences:
    """The references of a scan, and what could not be decided.

    Parameters
    ----------
    references
        None where there are none.
    notes
        One sentence each.
    """

    references: References | None = None
    notes: tuple[str, ...] = ()


def find_references(header_path: Path, header: Header) -> FoundReferences:
    """Find the white and the dark reference that lie beside a scan.

    Parameters
    ----------
    header_path
        Header of the scan.
    header
        Its content; references must have its bands and columns.
    """
    stem = scan_stem(header_path)
    if role(stem) != SCAN or role(header_path.absolute().parent.name) in (WHITE, DARK):
        return FoundReferences()
    notes: list[str] = []
    beside = headers_in(header_path.parent)
    white, dark = (
        _own(beside, stem, kind, header)
        or _only(beside, kind, header, notes)
        or _only(_in_sibling_folders(header_path, kind), kind, header, notes)
        for kind in (WHITE, DARK)
    )
    if not (white or dark):
        return FoundReferences(None, tuple(notes))
    kinds = " and ".join(kind for kind, path in ((WHITE, white), (DARK, dark)) if path)
    notes.append(f"{CAN_BE_CALIBRATED}: a {kinds} reference lies beside it.")
    return FoundReferences(References(white, dark), tuple(notes))


def headers_in(folder: Path) -> list[Path]:
    """Return the ENVI headers in a folder, by name."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.name.lower().endswith(".hdr"))
    except OSError:
        return []
    return [folder / name for name in names if is_envi_header(folder / name)]


def _own(headers: Iterable[Path], stem: str, kind: str, scan: Header) -> Path | None:
    """Return the reference that bears the name of the scan, as Specim's do."""
    prefix = "whiteref_" if kind == WHITE else "darkref_"
    name = prefix + stem.lower()
    return next(
        (one for one in headers if scan_stem(one).lower() == name and _fits(one, scan)), None
    )


def _only(headers: Iterable[Path], kind: str, scan: Header, notes: list[str]) -> Path | None:
    """Return the one reference that fits; of several, none."""
    found = [
        one
        for one in headers
        if kind in (role(scan_stem(one)), role(one.parent.name))
        and not scan_stem(one).lower().startswith(("whiteref_", "darkref_", "whitedarkref_"))
        and _fits(one, scan)
    ]
    if len(found) > 1:
        notes.append(f"There are {len(found)} {kind} references; choose one for calibration.")
    return found[0] if len(found) == 1 else None


def _in_sibling_folders(header_path: Path, kind: str) -> list[Path]:
    """Return headers ``raw_0`` in folders beside the scan's that are references, as Headwall's."""
    if not re.fullmatch(r"raw(_\d+)?", scan_stem(header_path).lower()):
        return []
    parent = header_path.absolute().parent.parent
    try:
        with os.scandir(parent) as entries:
            names = sorted(
                entry.name
                for entry in entries
                if role(entry.name) == kind and entry.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []
    return [
        header
        for name in names
        for header in headers_in(parent / name)
        if re.fullmatch(r"raw(_0)?", scan_stem(header).lower())
    ]


def _fits(header_path: Path, scan: Header) -> bool:
    """Tell whether a reference has the bands and columns of a scan."""
    try:
        header = read_header(header_path)
    except UserError:
        return False
    return all(
        header_number(header, key) == header_number(scan, key) for key in ("bands", "samples")
    )
