"""``napari-dgc info``: say what a cube file holds and how it is read."""

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cli.cube_options import add_cube_options, open_cubes_from
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.words import counted


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    parser = subparsers.add_parser(
        "info",
        help="say what a cube file holds",
        description="Say what a hyperspectral cube holds and how it is read: size, type, layout, "
        "wavelengths, and what was decided where the file leaves a choice.",
    )
    parser.add_argument("cube", metavar="CUBE", type=Path, help="file or folder of a scan")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_cube_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print what is known about one cube."""
    (cube,) = open_cubes_from(args, [args.cube])
    known = describe(cube)
    if args.json:
        print(json.dumps(known, ensure_ascii=False, allow_nan=False))
    else:
        print(_summary(known))
    return 0


def describe(cube: HyperCube) -> dict[str, Any]:
    """Return what ``info --json`` prints.

    Parameters
    ----------
    cube
        An open cube.

    Returns
    -------
    dict
        Values that JSON knows; no NaN.
    """
    no_data = cube.no_data if cube.no_data is None or math.isfinite(cube.no_data) else None
    return {
        "path": str(cube.path),
        "format": cube.format,
        "variable": cube.variable,
        "shape": [cube.n_bands, cube.rows, cube.columns],
        "dtype": cube.data.dtype.name,
        "layout": cube.layout,
        "wavelengths": _listed(cube.wavelengths),
        "wavelength_unit": cube.wavelength_unit,
        "no_data": no_data,
        "bad_bands": list(cube.bad_bands),
        "scale": cube.scale,
        "gains": _listed(cube.gains),
        "offsets": _listed(cube.offsets),
        "fwhm": _listed(cube.fwhm),
        "band_names": None if cube.band_names is None else list(cube.band_names),
        "default_bands": None if cube.default_bands is None else list(cube.default_bands),
        "exposure_ms": cube.exposure_ms,
        "pixel_size_mm": cube.pixel_size_mm,
        "references": None
        if cube.references is None
        else {
            kind: None if path is None else str(path)
            for kind, path in (("white", cube.references.white), ("dark", cube.references.dark))
        },
        "notes": list(cube.notes),
    }


def _summary(known: dict[str, Any]) -> str:
    bands, rows, columns = known["shape"]
    lines = [
        ("file", known["path"]),
        ("format", known["format"]),
        ("variable", known["variable"]),
        (
            "size",
            f"{counted(bands, 'band')}, {counted(rows, 'row')}, {counted(columns, 'column')}",
        ),
        ("type", known["dtype"]),
        ("layout", known["layout"]),
        ("wavelengths", _wavelengths(known["wavelengths"], known["wavelength_unit"])),
        ("no data", None if known["no_data"] is None else f"{known['no_data']:g}"),
        ("bad bands", _ranges([band + 1 for band in known["bad_bands"]])),
        ("scale", None if known["scale"] == 1 else f"samples are divided by {known['scale']:g}"),
        ("factors", _span(known["gains"])),
        ("offsets", _span(known["offsets"])),
        ("band widths", _span(known["fwhm"], known["wavelength_unit"])),
        ("band names", known["band_names"] and ", ".join(_ends(known["band_names"]))),
        ("shown bands", ", ".join(str(band + 1) for band in known["default_bands"] or ())),
        ("exposure", known["exposure_ms"] and f"{known['exposure_ms']:g} ms"),
        ("pixel size", known["pixel_size_mm"] and f"{known['pixel_size_mm']:g} mm"),
        *((kind, path) for kind, path in (known["references"] or {}).items()),
    ]
    shown = [f"{label + ':':13}{value}" for label, value in lines if value]
    return "\n".join(shown + [f"- {note}" for note in known["notes"]])


def _listed(values: NDArray[np.float64] | None) -> list[float] | None:
    return None if values is None else [float(value) for value in values]


def _span(values: list[float] | None, unit: str | None = None) -> str | None:
    """Write numbers as the least and the greatest of them."""
    if values is None:
        return None
    low, high = min(values), max(values)
    span = f"{low:g}" if low == high else f"{low:g} to {high:g}"
    return f"{span} {unit}" if unit else span


def _ends(names: list[str]) -> list[str]:
    """Return the first names and the last one."""
    return names if len(names) <= 4 else [*names[:3], "…", names[-1]]


def _wavelengths(values: list[float] | None, unit: str | None) -> str:
    if not values:
        return "unknown, bands are numbered"
    return f"{values[0]:g} to {values[-1]:g} {unit or '(unit unknown)'}"


def _ranges(bands: list[int]) -> str:
    """Write numbers of bands with runs as ``3-7``."""
    parts: list[str] = []
    start = 0
    for index in range(1, len(bands) + 1):
        if index == len(bands) or bands[index] != bands[index - 1] + 1:
            first, last = bands[start], bands[index - 1]
            parts.append(str(first) if first == last else f"{first}-{last}")
            start = index
    return f"{len(bands)} ({', '.join(parts)})" if bands else ""
