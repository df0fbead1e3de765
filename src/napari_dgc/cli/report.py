"""``napari-dgc report``: severity with pictures, for paper."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable, Sequence

    from napari_dgc.annotations.label_image import LabelImage
    from napari_dgc.annotations.naming import Naming
    from napari_dgc.annotations.read import Source
    from napari_dgc.cubes import HyperCube
    from napari_dgc.measure.lesion_mask import MaskSettings
    from napari_dgc.measure.severity import ScanSeverity
    from napari_dgc.measure.tables import Cell


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.batch_options import add_dry_run
    from napari_dgc.cli.cube_options import add_cube_options
    from napari_dgc.cli.measure import add_map_options, add_mask_options

    parser = commands.add_parser(
        "report",
        help=COMMANDS["report"],
        description="Write what 'napari-dgc measure' finds as a report with pictures: summary, for "
        "every scan its picture beside its classes, leaves, sizes of lesions, and spectra, with "
        "dates the disease progress curves; what the figures mean, and how they were made. Takes "
        "the same maps. The same input gives the same file. Prints the file written.",
    )
    add_map_options(parser)
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="FILE",
        help=".html: one file that needs nothing else; .pdf",
    )
    parser.add_argument("--title", default="", metavar="TEXT", help="first line of the report")
    parser.add_argument(
        "--date",
        type=_date,
        metavar="DAY",
        help="date of the report, as in 2026-05-31, or 'today' (default: none)",
    )
    parser.add_argument(
        "--cubes",
        nargs="+",
        type=Path,
        default=[],
        metavar="CUBE",
        help="scans of the same names as the maps, or folders of them: also their pictures, and "
        "spectra of the classes",
    )
    add_mask_options(parser)
    add_dry_run(parser)
    add_cube_options(parser)


def _date(text: str) -> datetime.date:
    import datetime

    if text == "today":
        return datetime.date.today()
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no date; write it as in 2026-05-31, or 'today'"
        ) from None


def run(args: argparse.Namespace) -> int:
    """Write the report; returns the exit status."""
    from functools import partial

    from napari_dgc.annotations.read import open_labels
    from napari_dgc.batch.inputs import maps_of
    from napari_dgc.cli.batch_options import print_inputs
    from napari_dgc.cli.cube_options import open_cubes_from, say_decisions, scans_named
    from napari_dgc.cli.folders import make_folder, refuse_same_names, say_replaced
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.measure import settings_of
    from napari_dgc.cli.measure_notes import say_gaps
    from napari_dgc.cli.naming import naming_of
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.cli.provenance import record
    from napari_dgc.measure.details import read_details
    from napari_dgc.measure.leaves import LeafEdits
    from napari_dgc.measure.scales import find_scale
    from napari_dgc.provenance import sidecar_of
    from napari_dgc.report import (
        ReportProgress,
        ReportScan,
        ReportSetup,
        ReportWritten,
        check_report_path,
        write_report,
    )
    from napari_dgc.report.make import USUAL_TITLE

    check_report_path(args.out)
    scales = list(dict.fromkeys(find_scale(name) for name in args.scale))
    details = {} if args.details is None else read_details(args.details)
    settings = settings_of(args)
    naming = naming_of(args)
    files = maps_of(args.maps)
    _refuse_input_as_output(args, files)
    found = [source for path in files for source in open_labels(path).items()]
    refuse_same_names((name for name, _ in found), "pages of the report")
    paths = [item.path for item in scans_named(args, args.cubes)]
    if args.dry_run:
        return print_inputs("report on", [*files, *paths])
    cubes = {cube.name: cube for cube in open_cubes_from(args, paths)}
    make_folder(args.out.parent, "the report")
    say_decisions(list(cubes.values()))
    edits = LeafEdits(least_area=args.min_leaf)
    scans = [
        ReportScan(
            name,
            partial(_read, name, source, naming, settings, cubes.get(name), args.pixel_size),
            edits,
        )
        for name, source in found
    ]
    setup = ReportSetup(
        args.title or USUAL_TITLE,
        args.date,
        settings,
        args.min_leaf,
        tuple(scales),
        details,
        tuple(_origin(args, cubes.values())),
    )
    say_replaced(args.out)
    line = ProgressLine()
    measured: Sequence[ScanSeverity] = ()
    with stop_on_interrupt("stopping; nothing is written") as token:
        for event in write_report(args.out, scans, setup, token):
            if isinstance(event, ReportProgress):
                line.show(f"report: {event.stage}", event.fraction)
            elif isinstance(event, ReportWritten):
                measured = [pages.severity for pages in event.pages]
        line.clear()
    say_gaps(measured, details, cubes)
    print(args.out, flush=True)
    record(args, sidecar_of(args.out), [args.out], cubes=cubes.values(), inputs=files)
    return SUCCESS


def _read(
    name: str,
    source: Source,
    naming: Naming,
    settings: MaskSettings,
    cube: HyperCube | None,
    pixel_size_mm: float | None,
) -> LabelImage:
    from dataclasses import replace

    from napari_dgc.annotations.naming import read_map
    from napari_dgc.cli.measure_notes import say_unnamed

    image = read_map(source, naming, settings, cube)
    say_unnamed(name, image)
    size = pixel_size_mm or image.pixel_size_mm or (None if cube is None else cube.pixel_size_mm)
    return replace(image, name=name, scan=cube, pixel_size_mm=size)


def _refuse_input_as_output(args: argparse.Namespace, maps: Iterable[Path]) -> None:
    told = (args.classes, args.details, args.template)
    given = [path for path in told if path is not None]
    for path in (*given, *(Path(name) for name in args.scale), *maps, *args.cubes):
        if path.exists() and args.out.exists() and path.samefile(args.out):
            raise UserError(f"--out {args.out} would replace {path}; give another name.")


def _origin(args: argparse.Namespace, cubes: Iterable[HyperCube]) -> list[tuple[str, Cell]]:
    import shlex

    lines: list[tuple[str, Cell]] = [
        ("command", shlex.join(["napari-dgc", *args.arguments])),
        ("pixel size (mm)", args.pixel_size),
        ("details", None if args.details is None else str(args.details)),
        ("class table", None if args.classes is None else str(args.classes)),
        ("template of names", None if args.template is None else str(args.template)),
    ]
    lines += [("grades", name) for name in args.scale]
    lines += [("map", str(path)) for path in args.maps]
    lines += [("scan", str(cube.path or cube.name)) for cube in cubes]
    return [*lines, ("bad bands left out", args.bad_bands or None)]
