"""``napari-dgc index``: maps of vegetation indices."""

from __future__ import annotations

import argparse
import csv
import io
import math
from dataclasses import astuple, fields
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_dgc.cancel import CancelToken
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.cubes import HyperCube
    from napari_dgc.indices import Index

#: Table of the figures of all scans, in the folder of the maps.
TABLE = "indices.csv"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.cube_options import add_cube_options

    parser = commands.add_parser(
        "index",
        help=COMMANDS["index"],
        description="Write one map per scan and index, CUBE_INDEX.tif (float32), and "
        f"{TABLE} with mean, spread and percentiles over all pixels that have a value, background "
        "included. Where there are no data, or where noise hides what is divided by (as on dark "
        "background), the value is NaN. Prints the files written.",
    )
    parser.add_argument("cubes", nargs="*", type=Path, metavar="CUBE", help="scans")
    parser.add_argument("--index", nargs="+", metavar="NAME", help="indices, such as NDVI PRI")
    parser.add_argument("--out", type=Path, metavar="DIR", help="folder for the maps")
    parser.add_argument(
        "--average",
        type=bandwidth,
        default=0.0,
        metavar="NM",
        help="average all bands within so many nanometres about each wavelength, at most 20 "
        "(default: the nearest band alone)",
    )
    parser.add_argument(
        "--list", action="store_true", help="print all indices with formula and source, and end"
    )
    add_cube_options(parser)


def bandwidth(text: str) -> float:
    """Read a width in nanometres, 0 to 20."""
    from napari_dgc.indices.index import WIDEST_NM

    try:
        width = float(text)
    except ValueError:
        width = math.nan
    if not 0 <= width <= WIDEST_NM:
        raise argparse.ArgumentTypeError(f"{text!r} is not a width from 0 to {WIDEST_NM:g} nm")
    return width


def run(args: argparse.Namespace) -> int:
    """Write the maps; returns the exit status."""
    from napari_dgc.cli.cube_options import open_cubes, say_decisions
    from napari_dgc.cli.folders import make_folder, refuse_same_names, refuse_scans
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine, say
    from napari_dgc.cli.provenance import record
    from napari_dgc.cubes.reflectance import holds_reflectance
    from napari_dgc.indices import find_index, why_not
    from napari_dgc.provenance import SUFFIX

    if args.list:
        print(table())
        return SUCCESS
    if not args.cubes or not args.index or args.out is None:
        raise UserError(
            "Name scans, --index and --out, as in 'napari-dgc index leaf.hdr --index NDVI --out "
            "maps'; --list shows the indices."
        )
    # What is named twice is written once.
    indices = list(dict.fromkeys(find_index(name) for name in args.index))
    cubes = open_cubes(args)
    refuse_same_names((cube.name for cube in cubes), "map")
    calibrated = [holds_reflectance(cube) for cube in cubes]
    for cube, reflectance in zip(cubes, calibrated, strict=True):
        for index in indices:
            reason = why_not(index, cube, reflectance=reflectance, bandwidth_nm=args.average)
            if reason is not None:
                raise UserError(reason)
    refuse_scans((_map_path(args.out, cube, index) for cube in cubes for index in indices), cubes)
    make_folder(args.out, "the maps")
    say_decisions(cubes)
    for cube, reflectance in zip(cubes, calibrated, strict=True):
        if not reflectance:
            say(
                f"{cube.name}: the values are no reflectance between 0 and 1, so the indices are "
                "uncalibrated: compare them within this scan only."
            )
    figures: list[list[object]] = []
    line = ProgressLine()
    with stop_on_interrupt("stopping; the maps written so far are kept") as token:
        for cube, reflectance in zip(cubes, calibrated, strict=True):
            maps = _compute(cube, indices, args.average, token, line)
            figures += _write_maps(cube, indices, maps, reflectance, args.out)
            _write_table(figures, args.out / TABLE)
    print(args.out / TABLE, flush=True)
    written = [_map_path(args.out, cube, index) for cube in cubes for index in indices]
    record(args, args.out / f"index{SUFFIX}", [*written, args.out / TABLE], cubes=cubes)
    return SUCCESS


def table() -> str:
    """Return all indices in words."""
    from napari_dgc.indices import GROUPS, INDICES

    lines: list[str] = []
    for group in GROUPS:
        lines += [group, ""]
        for index in INDICES:
            if index.group == group:
                lines += [
                    f"  {index.name:8}{index.title}",
                    f"          {index.formula}",
                    f"          {index.meaning}",
                    f"          Values {index.value_range}; bands to {index.tolerance_nm:g} nm off",
                    f"          {index.source}" + (f", {index.link}" if index.link else ""),
                    "",
                ]
    return "\n".join(lines).rstrip()


def _compute(
    cube: HyperCube,
    indices: Sequence[Index],
    bandwidth_nm: float,
    token: CancelToken,
    line: ProgressLine,
) -> list[NDArray[np.float32]]:
    import numpy as np

    from napari_dgc.indices import index_blocks

    maps = [np.empty((cube.rows, cube.columns), np.float32) for _ in indices]
    for rows, blocks in index_blocks(cube, indices, token, bandwidth_nm=bandwidth_nm):
        for whole, block in zip(maps, blocks, strict=True):
            whole[rows] = block
        line.show(f"indices of {cube.name}", rows.stop / cube.rows)
    line.clear()
    return maps


def _write_maps(
    cube: HyperCube,
    indices: Sequence[Index],
    maps: Sequence[NDArray[np.float32]],
    reflectance: bool,
    out: Path,
) -> list[list[object]]:
    """Write the maps of a scan and return its lines of the table."""
    from napari_dgc.annotations.export import write_value_image
    from napari_dgc.indices.summary import summarise

    found: list[list[object]] = []
    for index, values in zip(indices, maps, strict=True):
        path = _map_path(out, cube, index)
        uncalibrated = "" if reflectance else ", uncalibrated"
        write_value_image(values, path, f"{index.name} = {index.formula}{uncalibrated}")
        print(path, flush=True)
        numbers = [_number(value) for value in astuple(summarise(values))]
        found.append([cube.name, index.name, "yes" if reflectance else "no", *numbers])
    return found


def _map_path(out: Path, cube: HyperCube, index: Index) -> Path:
    return out / f"{cube.name}_{index.name}.tif"


def _number(value: float | int) -> str:
    return "" if math.isnan(value) else f"{value:.6g}" if isinstance(value, float) else str(value)


def _write_table(lines: Sequence[Sequence[object]], path: Path) -> None:
    from napari_dgc.files import write_text
    from napari_dgc.indices.summary import Summary

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["scan", "index", "calibrated", *(column.name for column in fields(Summary))])
    writer.writerows(lines)
    write_text(path, text.getvalue())
