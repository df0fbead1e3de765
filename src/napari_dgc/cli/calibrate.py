"""``napari-dgc calibrate``: counts to reflectance with white and dark references."""

import argparse
import math
from pathlib import Path
from typing import Any

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.errors import UserError


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.cube_options import add_cube_options

    parser = subparsers.add_parser(
        "calibrate",
        help=COMMANDS["calibrate"],
        description="Turn the counts of a scan into reflectance, (scan - dark) / (white - dark) "
        "times the panel's reflectance, each column with its own references. References that "
        "the camera wrote beside the scan are found by themselves. Nothing is clipped: glints "
        "give more than 1, noise less than 0. Prints the files written.",
    )
    parser.add_argument("cube", metavar="CUBE", type=Path, help="the scan, in counts")
    parser.add_argument(
        "--out", metavar="FILE.hdr", type=Path, required=True, help="ENVI header to write"
    )
    references = parser.add_argument_group("references")
    references.add_argument(
        "--white", metavar="FILE", type=Path, help="scan of the white panel (default: found)"
    )
    references.add_argument(
        "--dark", metavar="FILE", type=Path, help="scan with the shutter closed (default: found)"
    )
    references.add_argument(
        "--white-dark",
        metavar="FILE",
        type=Path,
        help="scan with the shutter closed for the white reference, where it was taken with "
        "another integration time than the scan",
    )
    references.add_argument(
        "--white-rectangle",
        nargs=4,
        type=int,
        metavar=("ROW0", "COLUMN0", "ROW1", "COLUMN1"),
        help="where the panel lies on the white scan, or without --white on CUBE: rows ROW0 to "
        "ROW1 - 1 and columns COLUMN0 to COLUMN1 - 1, counted from 0; across all columns, each "
        "column gets its own reference",
    )
    references.add_argument(
        "--panel",
        type=_panel,
        default=1.0,
        metavar="R|FILE",
        help="reflectance of the panel, such as 0.99, or a file with two columns: wavelength in "
        "nm and reflectance (default 1)",
    )
    parser.add_argument(
        "--exposure",
        type=_milliseconds,
        metavar="MS",
        help="integration time of the scan in ms (default: as its header says)",
    )
    parser.add_argument(
        "--white-exposure",
        type=_milliseconds,
        metavar="MS",
        help="integration time of the white reference in ms (default: as its header says)",
    )
    parser.add_argument(
        "--saturation",
        type=_saturation,
        metavar="COUNT",
        help="count from which the sensor is saturated and there are no data, or 'none' "
        "(default: found from the counts that pile up)",
    )
    parser.add_argument(
        "--dead",
        choices=("interpolate", "no-data"),
        default="interpolate",
        help="what becomes of detector pixels that hardly see the panel: interpolated from the "
        "columns beside them, or without data (default interpolate)",
    )
    parser.add_argument(
        "--clip", action="store_true", help="cut reflectance off below 0 and above 1"
    )
    parser.add_argument(
        "--scale",
        type=float,
        metavar="N",
        help="write whole numbers (int16) of N times the reflectance, such as 10000 "
        "(default: reflectance as float32)",
    )
    add_cube_options(parser)


def _panel(text: str) -> float | Path:
    try:
        return float(text)
    except ValueError:
        return Path(text)


def _milliseconds(text: str) -> float:
    value = float(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time above 0 ms")
    return value


def _saturation(text: str) -> float:
    value = math.inf if text == "none" else float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a count above 0")
    return value


def run(args: argparse.Namespace) -> int:
    """Write the reflectance; returns the exit status."""
    from napari_dgc.calibration import (
        CalibrationOptions,
        Rectangle,
        as_integers,
        calibration_for,
        count_flagged,
        doubts,
    )
    from napari_dgc.cli.cube_options import open_cubes_from, say_decisions
    from napari_dgc.cli.folders import say_replaced
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.cli.provenance import record
    from napari_dgc.cubes.envi_writer import planned_data_path, write_envi
    from napari_dgc.cubes.read import open_cube
    from napari_dgc.provenance import sidecar_of

    (cube,) = open_cubes_from(args, [args.cube])
    found = cube.references
    dark = args.dark or (found.dark if found else None)
    white = args.white
    if white is None and args.white_rectangle is None:
        white = found.white if found else None
        if white is None:
            raise UserError(
                f"No white reference was found beside {args.cube}; give --white FILE, or "
                f"--white-rectangle where the panel is in the picture."
            )
    planned_data_path(cube, args.out, (white, dark, args.white_dark))  # refuses before it begins
    line = ProgressLine()
    try:
        with stop_on_interrupt("stopping; what was there stays as it was") as token:
            line.show("reading the references", 0.0)
            closed, white_closed = (
                None if path is None else open_cube(path) for path in (dark, args.white_dark)
            )
            calibration = calibration_for(
                cube,
                cube if white is None else open_cube(white),
                closed,
                white_closed,
                CalibrationOptions(
                    rectangle=Rectangle(*args.white_rectangle) if args.white_rectangle else None,
                    panel=args.panel,
                    exposure_ms=args.exposure,
                    white_exposure_ms=args.white_exposure,
                    saturation=args.saturation,
                    dead=args.dead,
                    clip=args.clip,
                ),
                token=token,
            )
            reflectance = calibration.apply(cube)
            unsure = doubts(cube, count_flagged(calibration, cube))
            line.clear()
            say_decisions([_with_notes(reflectance, white, dark, unsure)])
            say_replaced(args.out)
            if args.scale is not None:
                reflectance = as_integers(reflectance, args.scale)
            written = write_envi(
                reflectance,
                args.out,
                progress=lambda done: line.show(f"writing {args.out.name}", done),
                token=token,
            )
    finally:
        line.clear()
    for path in written:
        print(path)
    references = [path for path in (white, dark, args.white_dark) if path is not None]
    record(args, sidecar_of(args.out), written, cubes=[cube], inputs=references)
    return SUCCESS


def _with_notes(
    cube: HyperCube, white: Path | None, dark: Path | None, unsure: tuple[str, ...]
) -> HyperCube:
    """Add to the notes which files served as references, and what is unsure."""
    from dataclasses import replace

    used = [f"{what} {path.name}" for what, path in (("white", white), ("dark", dark)) if path]
    served = (f"References: {', '.join(used)}.",) if used else ()
    return replace(cube, notes=(*cube.notes, *served, *unsure))
