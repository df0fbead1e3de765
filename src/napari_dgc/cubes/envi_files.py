"""Which header belongs to which data file: ENVI cubes are pairs of files."""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from napari_dgc.cubes.envi_header import is_envi_header, read_header
from napari_dgc.cubes.envi_layout import SampleLayout, sample_layout
from napari_dgc.errors import UserError

DATA_SUFFIXES = (
    ".raw",
    ".dat",
    ".img",
    ".bil",
    ".bip",
    ".bsq",
    ".bin",
    ".cube",
    ".hyspex",
    ".envi",
)
_HEADWALL = re.compile(r"raw(_\d+)?(_r[df]|_or)*|\w*(white|dark)reference")


def find_header(path: Path) -> Path | None:
    """Return the ENVI header that belongs to a path, or None.

    Parameters
    ----------
    path
        A header, or a data file with its header beside it: ``scan.raw`` or
        ``scan`` with ``scan.hdr`` or ``scan.raw.hdr``. Upper and lower case of
        the suffixes do not matter. A file with an uncommon suffix must have
        exactly the size that the header describes.
    """
    if path.suffix.lower() == ".hdr":
        return path
    appended = _beside(path, [path.name + ".hdr"])
    replaced = _beside(path, [path.with_suffix(".hdr").name]) if path.suffix else []
    if path.suffix.lower() not in DATA_SUFFIXES:
        replaced = [header for header in replaced if _describes(header, path)]
    return next((header for header in appended + replaced if is_envi_header(header)), None)


def find_data(header_path: Path, layout: SampleLayout) -> Path:
    """Return the data file that belongs to a header.

    Parameters
    ----------
    header_path
        The header, ``scan.hdr`` or ``scan.raw.hdr``.
    layout
        What the header describes. Calibration panels and quick looks share the
        stem at times: the size tells.

    Raises
    ------
    UserError
        There is none.
    """
    base = header_path.with_suffix("")
    suffixes = ("", f".{layout.interleave}", *DATA_SUFFIXES)
    found = _beside(header_path, [base.name + suffix for suffix in suffixes])
    fitting = [file for file in found if file.stat().st_size == layout.needed_bytes]
    if not fitting:
        fitting = [
            file
            for file in _sharing_stem(header_path)
            if file.stat().st_size == layout.needed_bytes
        ]
    if not (fitting or found):
        raise UserError(
            f"The data file of {header_path} is missing: there is no {base.name} and no "
            f"{base.name}.raw, .dat, .img, .bil, .bip or .bsq beside it; copy it there."
        )
    return (fitting or found)[0]


def scan_stem(header_path: Path) -> str:
    """Return the name of a header without suffixes."""
    base = header_path.with_suffix("")
    return base.stem if base.suffix.lower() in DATA_SUFFIXES else base.name


def scan_name(header_path: Path) -> str:
    """Return what a scan is called: the name of its header without suffixes.

    Headwall names all scans ``raw_0``: those are called after their folder.
    """
    stem = scan_stem(header_path)
    if _HEADWALL.fullmatch(stem.lower()):
        return f"{header_path.absolute().parent.name}_{stem}"
    return stem


def _describes(header_path: Path, path: Path) -> bool:
    """Tell whether a header describes exactly as many bytes as a file has."""
    try:
        layout = sample_layout(read_header(header_path), header_path, [])
    except UserError:
        return False
    return layout.needed_bytes == path.stat().st_size


def _beside(path: Path, names: Sequence[str]) -> list[Path]:
    """Return the files in a path's folder with these names, whatever their case.

    They come in the order of the names; those written exactly so come first.
    """
    exact = [path.with_name(name) for name in names]
    wanted = {name.lower(): place for place, name in enumerate(names)}
    others = sorted(
        (wanted[entry.name.lower()], entry.name)
        for entry in _entries(path)
        if entry.name.lower() in wanted
    )
    found = dict.fromkeys([*exact, *(path.with_name(name) for _, name in others)])
    return [file for file in found if file.is_file() and file != path]


def _sharing_stem(header_path: Path) -> list[Path]:
    start = header_path.stem.lower() + "."
    names = sorted(entry.name for entry in _entries(header_path))
    others = [
        header_path.with_name(name)
        for name in names
        if name.lower().startswith(start) and not name.lower().endswith(".hdr")
    ]
    return [file for file in others if file.is_file()]


def _entries(path: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(path.parent) as entries:
            return list(entries)
    except OSError:
        return []


def is_file_of(path: Path, scan: Path) -> bool:
    """Tell whether a file is that of a scan, or its ENVI header.

    Parameters
    ----------
    path
        May be absent.
    scan
        The scan's own file.
    """
    return path.exists() and any(
        source is not None and source.exists() and path.samefile(source)
        for source in (scan, find_header(scan))
    )
