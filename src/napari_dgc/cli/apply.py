"""``napari-dgc apply``: model, classes and masks of a project for other scans."""

from __future__ import annotations

import argparse
from pathlib import Path

from napari_dgc.cli import COMMANDS, INTERRUPTED, SUCCESS


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.cube_options import add_cube_options

    parser = commands.add_parser(
        "apply",
        help=COMMANDS["apply"],
        description="Label other scans with the model of a project and write their classes, "
        "lesions and tables as the project has them: names, colours, how lesions are made, least "
        "area of a leaf. Corrections by hand stay with the scans they were made on. Prints the "
        "files written.",
    )
    parser.add_argument("project", type=Path, metavar="PROJECT", help="folder of a saved project")
    parser.add_argument("cubes", nargs="+", type=Path, metavar="CUBE", help="scans to label")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder for the results"
    )
    add_cube_options(parser)


def run(args: argparse.Namespace) -> int:
    """Apply; returns the exit status."""
    from functools import partial

    from napari_dgc.cli.cube_options import open_cubes, say_decisions, unpacked
    from napari_dgc.cli.folders import make_folder, refuse_same_names, refuse_scans
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.cli.replay import show
    from napari_dgc.files import file_stems
    from napari_dgc.project import Project
    from napari_dgc.project.replay import apply
    from napari_dgc.workspace.results import LABELS

    project = Project.open(args.project)
    cubes = open_cubes(args)
    refuse_same_names((cube.name for cube in cubes), "label map")
    stems = file_stems([cube.name for cube in cubes])
    refuse_scans([args.out / LABELS / f"{stem}.tif" for stem in stems], cubes)
    make_folder(args.out, "the results")
    say_decisions(cubes)
    line = ProgressLine()
    with stop_on_interrupt("stopping; what was written so far is kept") as token:
        ready = partial(unpacked, token=token, line=line)
        done = show(apply(project, cubes, args.out, token=token, ready=ready), line)
    return INTERRUPTED if done is None else SUCCESS
