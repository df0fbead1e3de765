"""``napari-dgc info``: say what a cube file holds and how it is read."""

import argparse
import json
import math
from pathlib import Path
from typing import Any

from napari_dgc.cli.cube_options import add_cube_options, open_cubes_from
from napari_dgc.cubes.cube import HyperCube


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    parser = subparsers.add_parser(
        "info",
        help="say what a cube file holds",
        description="Say what a hyperspectral cube holds and how it is read: size, type, layout, "
        "wavelengths, and what was decided where the file leaves a choice.",
    )
    parser.add_argument("cube", metavar="CUBE", type=Path, help="MATLAB .mat or ENVI .hdr file")
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
        "wavelengths": None if cube.wavelengths is None else cube.wavelengths.tolist(),
        "wavelength_unit": cube.wavelength_unit,
        "no_data": no_data,
        "bad_bands": list(cube.bad_bands),
        "scale": cube.scale,
        "notes": list(cube.notes),
    }


def _summary(known: dict[str, Any]) -> str:
    bands, rows, columns = known["shape"]
    lines = [
        ("file", known["path"]),
        ("format", known["format"]),
        ("variable", known["variable"]),
        ("size", f"{bands} bands, {rows} rows, {columns} columns"),
        ("type", known["dtype"]),
        ("layout", known["layout"]),
        ("wavelengths", _wavelengths(known["wavelengths"], known["wavelength_unit"])),
        ("no data", None if known["no_data"] is None else f"{known['no_data']:g}"),
        ("bad bands", _ranges(known["bad_bands"])),
        ("scale", None if known["scale"] == 1 else f"samples are divided by {known['scale']:g}"),
    ]
    shown = [f"{label + ':':13}{value}" for label, value in lines if value]
    return "\n".join(shown + [f"- {note}" for note in known["notes"]])


def _wavelengths(values: list[float] | None, unit: str | None) -> str:
    if not values:
        return "unknown, bands are numbered"
    return f"{values[0]:g} to {values[-1]:g} {unit or '(unit unknown)'}"


def _ranges(bands: list[int]) -> str:
    """Write band indices, counted from 0, with runs as ``3-7``."""
    parts: list[str] = []
    start = 0
    for index in range(1, len(bands) + 1):
        if index == len(bands) or bands[index] != bands[index - 1] + 1:
            first, last = bands[start], bands[index - 1]
            parts.append(str(first) if first == last else f"{first}-{last}")
            start = index
    return f"{len(bands)} ({', '.join(parts)})" if bands else ""
