"""``napari-dgc choose-k``: how many clusters the scans hold."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, INTERRUPTED, SUCCESS
from napari_dgc.cli.options import count, seed
from napari_dgc.errors import UserError
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari_dgc.clustering.choice import Chosen, Measured

#: Methods to choose from, the default first, and the range that is tried (the names and bounds
#: of `clustering.choice`, which takes numpy along).
METHODS = ("mnf-kmeans", "gmm", "kmeans")
RANGE, BOUNDS = (2, 20), (2, 64)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.cube_options import add_cube_options

    parser = commands.add_parser(
        "choose-k",
        help=COMMANDS["choose-k"],
        description="Try numbers of clusters on a sample of all scans and recommend one, with its "
        "reason. Silhouette: how far clusters are apart, -1 to 1. Stability: how alike two halves "
        "of the pixels label all of them, 1 is the same. BIC: of a Gaussian mixture, per pixel; "
        "lower is better. Ctrl-C stops and weighs what was tried.",
    )
    parser.add_argument("cubes", nargs="+", type=Path, metavar="CUBE", help="scans to look at")
    parser.add_argument(
        "--method",
        choices=METHODS,
        default=METHODS[0],
        help=f"how clusters are found (default {METHODS[0]})",
    )
    parser.add_argument(
        "--range",
        nargs=2,
        type=count,
        default=RANGE,
        metavar=("LOW", "HIGH"),
        help=f"numbers of clusters to try, from {BOUNDS[0]} to {BOUNDS[1]} "
        f"(default {RANGE[0]} {RANGE[1]})",
    )
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="seed of everything random (default 0)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="also write the table here")
    add_cube_options(parser)


def run(args: argparse.Namespace) -> int:
    """Print table and recommendation; returns the exit status."""
    low, high = args.range
    if not BOUNDS[0] <= low <= high <= BOUNDS[1]:
        raise UserError(
            f"--range goes from {low} to {high}; give two numbers from {BOUNDS[0]} to "
            f"{BOUNDS[1]}, the smaller one first."
        )
    for path in (args.json, args.csv):
        if path is not None and path.is_dir():
            raise UserError(f"{path} is a folder; give a file for the figures.")

    from napari_dgc.cli.cube_options import open_cubes, say_decisions, unpacked
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine, say
    from napari_dgc.cli.provenance import beside, record_all
    from napari_dgc.clustering.choice import (
        ChoiceStarted,
        Chosen,
        Measured,
        json_text,
        table_text,
    )
    from napari_dgc.clustering.choose_k import choose_k
    from napari_dgc.clustering.events import Progress
    from napari_dgc.files import write_text

    chosen: Chosen | None = None
    with stop_on_interrupt("stopping; press Ctrl-C again to stop at once") as token:
        cubes = opened = open_cubes(args)
        say_decisions(cubes)
        line = ProgressLine()
        cubes = [unpacked(cube, token, line) for cube in cubes]
        for event in choose_k(
            cubes, range(low, high + 1), method=args.method, seed=args.seed, token=token
        ):
            match event:
                case Progress(stage, fraction):
                    line.show(stage, fraction)
                case ChoiceStarted():
                    line.clear()
                    say(
                        f"{event.method}: {counted(event.pixels, 'pixel')} of "
                        f"{counted(event.scans, 'scan')}"
                    )
                    print("clusters  silhouette  stability     SD        BIC", flush=True)
                case Measured():
                    line.clear()
                    print(_row(event), flush=True)
                case Chosen():
                    line.clear()
                    chosen = event
    assert chosen is not None
    if chosen.clusters is not None:
        print(f"recommended: {chosen.clusters}")
    print(chosen.reason)
    if chosen.measured and args.csv is not None:
        write_text(args.csv, table_text(chosen))
    if chosen.measured and args.json is not None:
        write_text(args.json, json_text(chosen, method=args.method, seed=args.seed))
    if chosen.measured:
        record_all(args, beside(args.csv, args.json), cubes=opened)
    return INTERRUPTED if chosen.stopped else SUCCESS


def _row(found: Measured) -> str:
    return (
        f"{found.clusters:8d}  {found.silhouette:10.3f}  {found.stability:9.3f}  "
        f"{found.spread:5.3f}  {found.bic:9.3f}"
    )
