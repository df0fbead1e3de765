"""Opening ENVI cubes: text header beside flat binary samples, read from where they lie.

The header is parsed here and not by a library: which of them fails on which
files is in docs/decisions/0008-envi-reader.md.
"""

from pathlib import Path

import numpy as np

from napari_dgc.cubes.camera_references import FoundReferences, find_references
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.derived import DerivedArray
from napari_dgc.cubes.envi_acquisition import exposure_ms, note_on_dark_lines, pixel_size_mm
from napari_dgc.cubes.envi_bands import (
    BandCentres,
    bad_bands,
    band_centres,
    band_names,
    band_widths,
    default_bands,
    scaling,
)
from napari_dgc.cubes.envi_files import find_data, find_header, scan_name
from napari_dgc.cubes.envi_header import Header, header_number, header_numbers, read_header, shown
from napari_dgc.cubes.envi_layout import SampleLayout, sample_layout
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.cubes.wavelengths import HOW_TO_GIVE
from napari_dgc.errors import UserError
from napari_dgc.words import counted

__all__ = ["find_header", "open_envi", "open_samples"]


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
        raise UserError(f"{path} has no ENVI header (.hdr) beside it; put it there.")
    header = read_header(header_path)
    _refuse_other_kinds(header, header_path)
    notes: list[str] = []
    layout = sample_layout(header, header_path, notes)
    stored = open_samples(path, header_path, layout, notes)
    data = _magnitude(stored, notes) if layout.dtype.kind == "c" else stored
    bands, rows, _ = layout.shape
    centres = band_centres(header, bands)
    dark_lines = note_on_dark_lines(header, rows)
    if dark_lines:
        notes.append(dark_lines)
    scaled = scaling(header, bands, notes)
    raw = layout.dtype.kind in "iu" and not scaled.changes
    beside = find_references(header_path, header) if raw else FoundReferences()
    return HyperCube(
        data=data,
        name=scan_name(header_path),
        wavelengths=centres.values,
        wavelength_unit=centres.unit,
        path=path,
        format="ENVI",
        layout=layout.interleave,
        no_data=_no_data(header, notes),
        bad_bands=bad_bands(header, bands, notes),
        scale=scaled.scale,
        gains=scaled.gains,
        offsets=scaled.offsets,
        fwhm=band_widths(header, centres, bands, notes),
        band_names=band_names(header, bands, notes),
        default_bands=default_bands(header, bands, notes),
        exposure_ms=exposure_ms(header),
        pixel_size_mm=pixel_size_mm(header),
        references=beside.references,
        notes=(*notes, *_with_remedy(centres), *beside.notes),
    )


def open_samples(
    path: Path, header_path: Path, layout: SampleLayout, notes: list[str]
) -> PlainCube:
    """Open the data file of a header.

    Parameters
    ----------
    path
        The data file, or the header where the data file is to be found.
    header_path
        The header.
    layout
        What it describes.
    notes
        Gets a sentence where the data file is longer than described.

    Returns
    -------
    PlainCube
        Axes (band, row, column).

    Raises
    ------
    UserError
        There is no data file, or it is too short.
    """
    data_path = path if path != header_path else find_data(header_path, layout)
    if not data_path.is_file():
        raise UserError(f"{data_path} does not exist; copy it beside its header.")
    size, needed = data_path.stat().st_size, layout.needed_bytes
    bands, rows, columns = layout.shape
    if size < needed:
        raise UserError(
            f"{data_path} is too short: its header describes {counted(bands, 'band')} of "
            f"{rows}×{columns} samples, which is {needed} bytes, but the file has {size}; copy "
            "it again, or correct the header."
        )
    if size > needed:
        notes.append(f"{data_path.name} is {size - needed} bytes longer than its header says.")
    return PlainCube(data_path, layout.dtype, layout.offset, layout.stored_shape, layout.axes)


def _magnitude(stored: PlainCube, notes: list[str]) -> DerivedArray:
    """Return the magnitude of complex samples, which is what can be shown and clustered."""
    notes.append("The samples are complex numbers; their magnitude is shown.")
    return DerivedArray(
        lambda bands, rows, columns: np.abs(stored[bands, rows, columns]),
        stored.shape,  # type: ignore[arg-type]
        dtype=np.empty(0, stored.dtype).real.dtype.newbyteorder("="),
    )


def _refuse_other_kinds(header: Header, path: Path) -> None:
    kind = " ".join(header.get("file type", "ENVI Standard").split())
    words = kind.lower()
    if "spectral library" in words:
        raise UserError(f"{path} is an ENVI spectral library, not an image; give a scan's header.")
    if "classification" in words:
        raise UserError(
            f"{path} is an ENVI classification (a label image), not a cube; give the header of "
            "the scan, or open it in napari, as labels."
        )
    if words not in ("envi standard", "envi", "standard", ""):
        raise UserError(
            f"{path} has the file type “{shown(kind)}”, which is not an ENVI image; give the "
            "header of a scan."
        )


def _no_data(header: Header, notes: list[str]) -> float | None:
    """Return the value of missing samples; some writers repeat it for every band."""
    value = header_number(header, "data ignore value")
    if value is not None or not header.get("data ignore value"):
        return value
    values = header_numbers(header, "data ignore value")
    if values is not None and (values == values[0]).all():
        return float(values[0])
    if values is None or not bool((values != values).all()):
        notes.append("The header's data ignore value is not one number and is ignored.")
    return None


def _with_remedy(centres: BandCentres) -> list[str]:
    """Return what was decided about the band centres, with what to do where there are none."""
    if centres.values is not None:
        return list(centres.notes)
    return [
        note if "give them" in note else f"{note.rstrip('.')}; {HOW_TO_GIVE}."
        for note in centres.notes
    ]
