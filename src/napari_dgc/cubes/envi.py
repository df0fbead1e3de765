"""Opening ENVI cubes: text header beside flat binary samples, mapped, not loaded.

The header is parsed here and not by Spectral Python, which refuses headers
without ``byte order`` (PlantCV and FT-IR instruments write such), accepts
negative sizes and files that are shorter than their header says, and keeps the
unit of wavelengths as free text.
"""

from pathlib import Path

import numpy as np

from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.envi_acquisition import exposure_ms, note_on_dark_lines
from napari_dgc.cubes.envi_bands import (
    bad_bands,
    band_centres,
    band_names,
    band_widths,
    default_bands,
    scaling,
)
from napari_dgc.cubes.envi_header import (
    Header,
    header_count,
    header_number,
    is_envi_header,
    read_header,
    shown,
)
from napari_dgc.cubes.mapped import MappedCube
from napari_dgc.errors import UserError

DATA_SUFFIXES = (".raw", ".dat", ".img", ".bil", ".bip", ".bsq", ".bin", ".cube")
DATA_TYPES = {
    1: "u1",
    2: "i2",
    3: "i4",
    4: "f4",
    5: "f8",
    12: "u2",
    13: "u4",
    14: "i8",
    15: "u8",
}
COMPLEX_TYPES = (6, 9)
# How the axes of a file follow each other, and how to bring them to (band, row, column).
_INTERLEAVES = {"bsq": (0, 1, 2), "bil": (1, 0, 2), "bip": (2, 0, 1)}


def find_header(path: Path) -> Path | None:
    """Return the ENVI header that belongs to a path, or None.

    Parameters
    ----------
    path
        A header, or a data file with its header beside it
        (``scan.raw`` with ``scan.hdr`` or ``scan.raw.hdr``).
    """
    if path.suffix.lower() == ".hdr":
        return path
    beside = [path.with_name(path.name + suffix) for suffix in (".hdr", ".HDR")]
    if path.suffix.lower() in DATA_SUFFIXES:
        beside += [path.with_suffix(suffix) for suffix in (".hdr", ".HDR")]
    return next((header for header in beside if is_envi_header(header)), None)


def open_envi(path: Path) -> HyperCube:
    """Open an ENVI cube by its header or its data file.

    Parameters
    ----------
    path
        Either file of the pair.

    Returns
    -------
    HyperCube
        `data` stays in the file and is read by windows, axes (band, row, column).

    Raises
    ------
    UserError
        Not an ENVI cube, or header and data do not fit.
    """
    header_path = find_header(path)
    if header_path is None:
        raise UserError(f"{path} has no ENVI header (.hdr) beside it.")
    header = read_header(header_path)
    _refuse_other_types(header, header_path)
    notes: list[str] = []
    dtype, offset = _sample_type(header, header_path, notes)
    rows, columns, bands = (
        header_count(header, key, header_path) for key in ("lines", "samples", "bands")
    )
    if min(rows, columns, bands) < 1:
        raise UserError(
            f"The ENVI header {header_path} describes an empty image: {rows} lines, "
            f"{columns} samples, {bands} bands."
        )
    interleave = header.get("interleave", "").lower()
    if interleave not in _INTERLEAVES:
        raise UserError(
            f"The ENVI header {header_path} gives “interleave = {shown(interleave)}”; "
            "expected bsq, bil or bip."
        )
    needed = offset + rows * columns * bands * dtype.itemsize
    data_path = path if path != header_path else _find_data(header_path, interleave, needed)
    centres = band_centres(header, bands)
    data = _map_samples(data_path, header_path, dtype, offset, (rows, columns, bands), interleave)
    extra = data_path.stat().st_size - needed
    if extra:
        notes.append(f"{data_path.name} is {extra} bytes longer than its header says.")
    dark_lines = note_on_dark_lines(header, rows)
    if dark_lines:
        notes.append(dark_lines)
    scaled = scaling(header, bands, notes)
    return HyperCube(
        data=data,
        name=_stem(header_path),
        wavelengths=centres.values,
        wavelength_unit=centres.unit,
        path=path,
        format="ENVI",
        layout=interleave,
        no_data=header_number(header, "data ignore value"),
        bad_bands=bad_bands(header, bands, notes),
        scale=scaled.scale,
        gains=scaled.gains,
        offsets=scaled.offsets,
        fwhm=band_widths(header, centres, bands, notes),
        band_names=band_names(header, bands, notes),
        default_bands=default_bands(header, bands, notes),
        exposure_ms=exposure_ms(header),
        notes=(*notes, *centres.notes),
    )


def _refuse_other_types(header: Header, path: Path) -> None:
    kind = " ".join(header.get("file type", "ENVI Standard").split())
    words = kind.lower()
    if "spectral library" in words:
        raise UserError(f"{path} is an ENVI spectral library, not an image.")
    if "classification" in words:
        raise UserError(f"{path} is an ENVI classification (a label image), not a cube.")
    if words not in ("envi standard", "envi", "standard", ""):
        raise UserError(f"{path} has the file type “{shown(kind)}”, which is not an ENVI image.")
    if header.get("file compression", "0").strip() not in ("0", ""):
        raise UserError(f"{path} describes compressed data, which is not supported; save it plain.")
    for key in ("major frame offsets", "minor frame offsets"):
        if any(header.get(key, "").strip("{} ").replace(",", " ").replace("0", " ").split()):
            raise UserError(f"{path} describes frames with “{key}”, which is not supported.")


def _sample_type(header: Header, path: Path, notes: list[str]) -> tuple[np.dtype[np.generic], int]:
    code = header_count(header, "data type", path)
    if code in COMPLEX_TYPES:
        raise UserError(f"{path} describes complex numbers (data type {code}), not a cube.")
    if code not in DATA_TYPES:
        known = ", ".join(map(str, DATA_TYPES))
        raise UserError(
            f"The ENVI header {path} gives the unknown data type {code}; known are {known}."
        )
    order = header_count(header, "byte order", path, default=0)
    if order not in (0, 1):
        raise UserError(f"The ENVI header {path} gives “byte order = {order}”; expected 0 or 1.")
    absent = [key for key in ("byte order", "header offset") if key not in header]
    dtype = np.dtype(("<" if order == 0 else ">") + DATA_TYPES[code])
    if "byte order" in absent and dtype.itemsize > 1:
        notes.append("The header does not state the byte order; little endian is assumed.")
    if "header offset" in absent:
        notes.append("The header does not state a header offset; 0 is assumed.")
    return dtype, header_count(header, "header offset", path, default=0)


def _find_data(header_path: Path, interleave: str, needed: int) -> Path:
    base = header_path.with_suffix("")
    preferred = (f".{interleave}", *DATA_SUFFIXES)
    names = ["", *preferred, *(suffix.upper() for suffix in preferred)]
    found = [
        candidate
        for candidate in dict.fromkeys(base.with_name(base.name + name) for name in names)
        if candidate.is_file()
    ]
    if not found:
        raise UserError(
            f"The data file of {header_path} is missing: there is no {base.name} and no "
            f"{base.name}.raw, .dat, .img, .bil, .bip or .bsq beside it."
        )
    # Calibration panels and quick looks share the stem at times: the size tells.
    return next((file for file in found if file.stat().st_size == needed), found[0])


def _map_samples(
    data_path: Path,
    header_path: Path,
    dtype: np.dtype[np.generic],
    offset: int,
    shape: tuple[int, int, int],
    interleave: str,
) -> MappedCube:
    rows, columns, bands = shape
    if not data_path.is_file():
        raise UserError(f"{data_path} does not exist.")
    size = data_path.stat().st_size
    needed = offset + rows * columns * bands * dtype.itemsize
    if size < needed:
        raise UserError(
            f"{data_path} is too short: its header describes {bands} bands of {rows}×{columns} "
            f"samples, which is {needed} bytes, but the file has {size}."
        )
    stored = {
        "bsq": (bands, rows, columns),
        "bil": (rows, bands, columns),
        "bip": (rows, columns, bands),
    }[interleave]
    return MappedCube(data_path, dtype, offset, stored, _INTERLEAVES[interleave])


def _stem(header_path: Path) -> str:
    base = header_path.with_suffix("")
    return base.stem if base.suffix.lower() in DATA_SUFFIXES else base.name
