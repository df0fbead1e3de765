"""``napari-dgc layout``: pages of pseudo-colour pictures beside label maps."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, SUCCESS

if TYPE_CHECKING:
    from napari_dgc.annotations.label_image import LabelImage
    from napari_dgc.batch import Item
    from napari_dgc.batch.reading import Reading


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.batch_options import add_dry_run
    from napari_dgc.cli.cube_options import add_cube_options

    parser = commands.add_parser(
        "layout",
        help=COMMANDS["layout"],
        description="Draw label maps in the colours of their classes on pages, 20 on each; with "
        "--cubes 10, each beside a pseudo-colour picture of its scan. What cannot be drawn is "
        "said and left out. Prints the files written.",
    )
    parser.add_argument(
        "maps",
        nargs="+",
        type=Path,
        metavar="MAP",
        help="label maps, folders of them, or patterns such as 'day*/*.tif'",
    )
    parser.add_argument(
        "--cubes",
        nargs="+",
        type=Path,
        default=[],
        metavar="CUBE",
        help="scans of the same names as the maps, or folders of them",
    )
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="FILE",
        help=".pdf: all pages; .png: the first page, the others are FILE_2.png and so on",
    )
    parser.add_argument("--title", default="", metavar="TEXT", help="of the PDF")
    add_dry_run(parser)
    add_cube_options(parser)


def run(args: argparse.Namespace) -> int:
    """Write the pages; returns the exit status."""
    from functools import partial

    from napari_dgc.batch.inputs import maps_of
    from napari_dgc.batch.measure import map_items
    from napari_dgc.cli.batch_options import SOME_FAILED, print_inputs
    from napari_dgc.cli.cube_options import reading_of, scans_named
    from napari_dgc.cli.folders import make_folder, refuse_scans
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine, say
    from napari_dgc.report.layout import LayoutScan, LayoutWritten, layout_paths, write_layout
    from napari_dgc.report.make import ReportProgress

    scans = {item.name: item.path for item in scans_named(args, args.cubes)}
    items = map_items(maps_of(args.maps), scans)
    planned = layout_paths(args.out, len(items), pictures=bool(scans))
    refuse_scans(planned, [*(item.path for item in items), *scans.values()])
    if args.dry_run:
        return print_inputs("draw", [item.path for item in items])
    make_folder(args.out.parent, "the pages")
    reading = reading_of(args)
    drawn = [LayoutScan(item.name, partial(_read, item, reading)) for item in items]
    line = ProgressLine()
    skipped: tuple[str, ...] = ()
    with stop_on_interrupt("stopping; pages that are complete are kept") as token:
        events = write_layout(args.out, drawn, pictures=bool(scans), title=args.title, token=token)
        for event in events:
            if isinstance(event, ReportProgress):
                line.show(f"drawing {event.stage}", event.fraction)
            elif isinstance(event, LayoutWritten):
                line.clear()
                skipped = event.skipped
                for file in event.files:
                    print(file, flush=True)
    for sentence in skipped:
        say(f"left out: {sentence}")
    return SOME_FAILED if skipped else SUCCESS


def _read(item: Item, reading: Reading) -> LabelImage:
    from dataclasses import replace

    from napari_dgc.annotations.read import open_labels

    cube = None if item.scan is None else reading.open(item.scan)
    source = open_labels(item.path)[item.name]
    return replace(source(None if cube is None else (cube.rows, cube.columns)), scan=cube)
