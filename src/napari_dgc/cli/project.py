"""``napari-dgc project``: what a saved project holds."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari_dgc.project import Project

#: Exit status where something is not as it was saved.
DIFFERS = 1


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    parser = commands.add_parser("project", help=COMMANDS["project"])
    actions = parser.add_subparsers(title="actions", metavar="ACTION", dest="action", required=True)
    info = actions.add_parser(
        "info",
        help="say what a project holds",
        description="Say what a project holds: scans, model, epochs, classes, steps.",
    )
    add_project_options(info)
    info.add_argument(
        "--check",
        action="store_true",
        help="also compare the files of the scans with their hashes; exit status 1 where one has "
        "changed or is missing",
    )
    info.add_argument("--json", action="store_true", help="as one JSON object")


def add_project_options(parser: argparse.ArgumentParser) -> None:
    """Add the project, and where its scans are now."""
    parser.add_argument("project", type=Path, metavar="PROJECT", help="folder of a saved project")
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help="folder in which missing scans are now; one is enough for all of them",
    )


def open_project(args: argparse.Namespace) -> Project:
    """Open the project of `add_project_options`, with its scans where they are now."""
    from napari_dgc.project import Project

    project = Project.open(args.project)
    return project.found(lambda missing: args.data)


def run(args: argparse.Namespace) -> int:
    """Print what a project holds; returns the exit status."""
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.project import ProjectProgress, ScanChanged, check_scans

    project = open_project(args)
    changed: list[ScanChanged] = []
    if args.check:
        line = ProgressLine()
        try:
            with stop_on_interrupt("stopping") as token:
                for event in check_scans(project, token=token):
                    match event:
                        case ProjectProgress(stage, fraction):
                            line.show(stage, fraction)
                        case ScanChanged():
                            changed.append(event)
        finally:
            line.clear()
    about = described(project)
    if args.check:
        about["changed"] = [{"scan": one.scan, "reason": one.reason} for one in changed]
    if args.json:
        print(json.dumps(about, indent=1, ensure_ascii=False))
    else:
        for text in _lines(about):
            print(text)
    return DIFFERS if changed else SUCCESS


def described(project: Project) -> dict[str, Any]:
    """Describe a project with plain values."""
    missing = {file.path for file in project.missing()}
    training, history = project.training, project.history()
    best = project.epochs.recommended
    scans = []
    for scan in project.scans:
        gone = [file.path for file in scan.files().values() if file.path in missing]
        details = None if history is None else history.work.details_of(scan.key)
        scans.append(
            {
                "name": scan.key,
                "path": scan.file.path,
                "bands_rows_columns": list(scan.shape),
                "variable": scan.reading.variable,
                "calibrated": scan.calibration is not None,
                "sha256": [one.sha256 for one in scan.file.contents],
                "labelled": scan.key in project.contents.labels,
                "details": None if details is None else details.to_json(),
                "missing": gone,
            }
        )
    classes = [] if history is None else history.partition.classes
    return {
        "project": str(project.folder),
        "title": project.title,
        "scans": scans,
        "model_sha256": project.model_sha256,
        "training": None if training is None else training.to_json(),
        "epochs_kept": [one.epoch for one in project.epochs.kept],
        "epoch_recommended": None if best is None else {"epoch": best.epoch, "reason": best.reason},
        "classes": [{"name": info.name, "clusters": list(info.members)} for info in classes],
        "steps": [] if history is None else list(history.titles),
    }


def _lines(about: dict[str, Any]) -> list[str]:
    lines = [f"project: {about['project']}"]
    if about["title"]:
        lines.append(f"title: {about['title']}")
    lines.append(counted(len(about["scans"]), "scan"))
    for scan in about["scans"]:
        bands, rows, columns = scan["bands_rows_columns"]
        told = [f"{rows} × {columns} pixels, {bands} bands"]
        told += ["reflectance computed from counts"] if scan["calibrated"] else []
        told += ["labelled"] if scan["labelled"] else []
        told += [f"missing: {path}" for path in scan["missing"]]
        lines.append(f"  {scan['name']}: {scan['path']} ({', '.join(told)})")
    training = about["training"]
    if training is not None:
        last = training["runs"][-1]["epochs"] if training["runs"] else 0
        steps = f", after {training['preprocessing']}" if training["preprocessing"] else ""
        lines.append(
            f"model: {training['method']}{steps}, {counted(last, 'epoch')}, "
            f"seed {training['configuration'].get('seed')}"
        )
    elif about["model_sha256"]:
        lines.append("model: trained elsewhere")
    if about["epochs_kept"]:
        lines.append("epochs kept: " + ", ".join(map(str, about["epochs_kept"])))
    best = about["epoch_recommended"]
    if best is not None:
        lines.append(f"epoch recommended: {best['epoch']}: {best['reason']}")
    named = [info["name"] for info in about["classes"] if info["name"]]
    if about["classes"]:
        names = f", named: {', '.join(dict.fromkeys(named))}" if named else ""
        lines.append(f"classes: {len(about['classes'])}{names}")
    lines.append(counted(len(about["steps"]), "step") + " of work")
    lines += [f"changed: {one['scan']}: {one['reason']}" for one in about.get("changed", ())]
    return lines
