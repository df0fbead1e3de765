"""``napari-dgc replay``: do again, without a window, what a project says was done."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, INTERRUPTED, SUCCESS

if TYPE_CHECKING:
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.project.replay import ReplayEvent


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.project import add_project_options

    parser = commands.add_parser(
        "replay",
        help=COMMANDS["replay"],
        description="Train the model of a project anew with its method and seed, label its scans, "
        "do every step of the work again and write label maps, lesions and tables. On a CPU, with "
        "the same versions, all is byte for byte as it was; what is not is said, and the exit "
        "status is 1. Prints the files written.",
    )
    add_project_options(parser)
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="folder for the results (default: a folder 'replay' inside the project)",
    )
    parser.add_argument(
        "--keep-model", action="store_true", help="use the model as it was saved, without training"
    )
    parser.add_argument(
        "--accept-changed",
        action="store_true",
        help="go on with scans whose files have changed since the project was saved",
    )


def run(args: argparse.Namespace) -> int:
    """Replay; returns the exit status."""
    from functools import partial

    from napari_dgc.cli.cube_options import unpacked
    from napari_dgc.cli.folders import make_folder
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.cli.project import DIFFERS, open_project
    from napari_dgc.project.parts import make_inside
    from napari_dgc.project.replay import replay
    from napari_dgc.workspace.results import LABELS, LESIONS

    project = open_project(args)
    out: Path = args.out or project.folder / "replay"
    if args.out is None:
        # A project comes from anywhere: its folders must not lead out of it.
        for inner in (LABELS, LESIONS):
            make_inside(project.folder, f"replay/{inner}")
    make_folder(out, "the results")
    line = ProgressLine()
    with stop_on_interrupt("stopping; what was written so far is kept") as token:
        events = replay(
            project,
            out,
            keep_model=args.keep_model,
            accept_changed=args.accept_changed,
            token=token,
            ready=partial(unpacked, token=token, line=line),
        )
        same = show(events, line)
    if same is None:
        return INTERRUPTED
    return SUCCESS if same else DIFFERS


def show(events: Iterator[ReplayEvent], line: ProgressLine) -> bool | None:
    """Print what a replay tells; returns whether all is the same, None without an end."""
    from napari_dgc.cli.progress import say
    from napari_dgc.cli.train import epoch_line
    from napari_dgc.clustering.events import EpochFinished, Notice, Progress
    from napari_dgc.project import ProjectProgress, ScanChanged
    from napari_dgc.project.replay import Compared, Done, Written

    told: list[str] = []
    try:
        for event in events:
            match event:
                case Progress(stage, fraction) | ProjectProgress(stage, fraction):
                    line.show(stage, fraction)
                case EpochFinished():
                    line.clear()
                    say(epoch_line(event))
                case Notice(message):
                    line.clear()
                    say(message)
                case ScanChanged(reason=reason):
                    line.clear()
                    say(reason)
                case Compared(what, same, reason):
                    line.clear()
                    told.append(what)
                    say(f"{what}: as in the project" if same else f"{what}: {reason}")
                case Written(path):
                    line.clear()
                    print(path, flush=True)
                case Done(same):
                    if told:
                        say("all is as it was" if same else "not all is as it was, see above")
                    return same
    finally:
        line.clear()
    return None
