"""Spectra as a table for a spreadsheet, with where each of them came from."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.files import write_text

#: Columns of the table of sources.
SOURCE_COLUMNS = (
    "curve",
    "kind",
    "scan",
    "file",
    "variable",
    "row",
    "column",
    "pixels",
    "bad_bands",
)


@dataclass(frozen=True, eq=False)
class NamedSpectrum:
    """A spectrum and where it came from.

    Parameters
    ----------
    name
        Title of its columns.
    kind
        What it is the spectrum of, in a word: pixel, shape, label.
    scan
        Name of the scan.
    cube
        The scan.
    mean
        (bands,) reflectance.
    sd
        (bands,) standard deviation over the pixels, or None for a single pixel.
    row, column
        The pixel, or the middle of the region, counted from 0.
    pixels
        Number of pixels.
    """

    name: str
    kind: str
    scan: str
    cube: HyperCube
    mean: NDArray[np.floating]
    sd: NDArray[np.floating] | None
    row: float
    column: float
    pixels: int


def write_spectra(path: Path, spectra: Sequence[NamedSpectrum]) -> list[Path]:
    """Write spectra as CSV, and beside it a table of where they came from.

    The table of spectra has one row per band: its wavelength in nanometres (empty where
    unknown), its number from 1, whether it is marked bad (1), then mean and standard
    deviation of every curve. Scans with other bands have rows of their own.

    Parameters
    ----------
    path
        File of the spectra, ending in ``.csv``; the sources go to ``*_sources.csv``
        beside it.
    spectra
        At least one.

    Returns
    -------
    list of Path
        The two files.

    Raises
    ------
    UserError
        The files cannot be written.
    """
    sources = path.with_name(f"{path.stem}_sources.csv")
    names = _unique(spectrum.name for spectrum in spectra)
    try:
        write_text(path, _table(spectra, names))
        write_text(sources, _sources(spectra, names))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path} cannot be written: {reason}; choose another place.") from error
    return [path, sources]


#: A band as rows are matched: wavelength in nm to a thousandth (NaN where unknown), number.
_Row = tuple[float, int]


def _table(spectra: Sequence[NamedSpectrum], names: Sequence[str]) -> str:
    cells: dict[_Row, dict[str, str]] = {}
    bad: dict[_Row, bool] = {}
    for name, spectrum in zip(names, spectra, strict=True):
        for band, row in enumerate(_rows(spectrum.cube)):
            entry = cells.setdefault(row, {})
            entry[f"{name} mean"] = _number(spectrum.mean[band])
            if spectrum.sd is not None:
                entry[f"{name} SD"] = _number(spectrum.sd[band])
            bad[row] = bad.get(row, False) or band in spectrum.cube.bad_bands
    columns = [title for name in names for title in (f"{name} mean", f"{name} SD")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["wavelength_nm", "band", "bad_band", *columns])
    # Rows without a wavelength come last, as NaN compares with nothing.
    for row in sorted(cells, key=lambda key: (np.isnan(key[0]), np.nan_to_num(key[0]), key[1])):
        wavelength, band = row
        writer.writerow(
            [
                "" if np.isnan(wavelength) else f"{wavelength:g}",
                band,
                int(bad[row]),
                *(cells[row].get(title, "") for title in columns),
            ]
        )
    return text.getvalue()


def _rows(cube: HyperCube) -> list[_Row]:
    centres = cube.wavelengths_nm
    if centres is None:
        # The same object for all: NaN as a key is found again by identity only.
        return [(np.nan, band + 1) for band in range(cube.n_bands)]
    return [(round(float(centre), 3), band + 1) for band, centre in enumerate(centres)]


def _sources(spectra: Sequence[NamedSpectrum], names: Sequence[str]) -> str:
    from napari_dgc.cubes.bad_bands import format_bands

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(SOURCE_COLUMNS)
    for name, spectrum in zip(names, spectra, strict=True):
        cube = spectrum.cube
        writer.writerow(
            [
                name,
                spectrum.kind,
                spectrum.scan,
                "" if cube.path is None else str(cube.path),
                cube.variable or "",
                f"{spectrum.row:g}",
                f"{spectrum.column:g}",
                spectrum.pixels,
                format_bands(cube.bad_bands),
            ]
        )
    return text.getvalue()


def _number(value: float) -> str:
    return f"{value:.7g}" if np.isfinite(value) else ""


def _unique(names: Iterable[str]) -> list[str]:
    """Return the names, numbered where they occur twice: every column has its own title."""
    found: list[str] = []
    for name in names:
        title, number = name, 2
        while title in found:
            title, number = f"{name} ({number})", number + 1
        found.append(title)
    return found
