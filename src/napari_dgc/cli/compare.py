"""``napari-dgc compare``: several methods and models side by side on the same scans."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, INTERRUPTED, SUCCESS
from napari_dgc.cli.options import count, seed
from napari_dgc.cli.train import CLUSTERS, EPOCHS, SEED, PreprocessAction, clusters_option
from napari_dgc.clustering.registry import method_names
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.annotations.label_image import LabelImage
    from napari_dgc.comparison import ComparisonFinished, Contender
    from napari_dgc.cubes import HyperCube


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.cube_options import add_cube_options

    parser = commands.add_parser(
        "compare",
        help=COMMANDS["compare"],
        description="Train methods, load models and read label maps, and say how far they agree "
        "on the same scans: adjusted Rand index and normalised mutual information, over all "
        "scans together. Ctrl-C stops and keeps the scans that were compared.",
    )
    parser.add_argument("cubes", nargs="+", type=Path, metavar="CUBE", help="scans to compare on")
    parser.add_argument(
        "--method",
        nargs="+",
        action="extend",
        default=[],
        choices=method_names(),
        metavar="NAME",
        help=f"methods to train on the scans now: {', '.join(method_names())}",
    )
    parser.add_argument(
        "--model",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="DIR",
        help="folders that train wrote",
    )
    parser.add_argument(
        "--maps",
        nargs="+",
        action="extend",
        default=[],
        type=Path,
        metavar="DIR",
        help="folders of label maps named after the scans, as segment writes them",
    )
    parser.add_argument(
        "--clusters",
        type=clusters_option,
        metavar="K",
        help=f"fine clusters of the methods that are trained (default {CLUSTERS}; dsc: auto)",
    )
    parser.add_argument(
        "--epochs", type=count, default=EPOCHS, metavar="N", help=f"epochs (default {EPOCHS})"
    )
    parser.add_argument(
        "--seed",
        type=seed,
        default=SEED,
        metavar="N",
        help=f"seed of everything random (default {SEED})",
    )
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda or mps (default auto: the fastest)"
    )
    parser.add_argument(
        "--preprocess",
        action=PreprocessAction,
        metavar="STEPS",
        help="steps that scans go through before a method is trained, such as "
        "snv,savgol:window=11:order=2; 'help' lists them (default: none). Saved models keep theirs",
    )
    parser.add_argument(
        "--truth",
        type=Path,
        metavar="DIR",
        help="folder of true label maps named after the scans, one that simulate wrote, or a file "
        "of COCO: also say how far each one meets it",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="also write the label maps, DIR/NAME/CUBE.tif, and a contact sheet with all of them; "
        "colours follow the first one that is compared",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")
    parser.add_argument(
        "--csv",
        type=Path,
        metavar="FILE",
        help="also write the tables here (.csv, with those by scan in FILE_scans.csv, or .xlsx)",
    )
    add_cube_options(parser)


def run(args: argparse.Namespace) -> int:
    """Compare; returns the exit status."""
    _check(args)
    from napari_dgc.cli.compare_files import MapFiles
    from napari_dgc.cli.cube_options import open_cubes, say_decisions, unpacked
    from napari_dgc.cli.folders import make_folder, refuse_same_names, refuse_scans
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine, say
    from napari_dgc.clustering.devices import resolve_device
    from napari_dgc.clustering.events import Notice, Progress
    from napari_dgc.comparison import (
        ComparisonFinished,
        ContenderFailed,
        ContenderReady,
        MapReady,
        compare,
    )
    from napari_dgc.comparison.present import format_table

    resolve_device(args.device)
    line = ProgressLine()
    files: MapFiles | None = None
    finished: ComparisonFinished | None = None
    with stop_on_interrupt("stopping; press Ctrl-C again to stop at once") as token:
        cubes = opened = open_cubes(args)
        refuse_same_names((cube.name for cube in cubes), "label map")
        contenders = _contenders(args, cubes)
        truth = None if args.truth is None else _maps_of(args.truth, cubes, truth=True)
        if args.out is not None:
            files = MapFiles(args.out, cubes)
            refuse_scans(files.planned(contender.name for contender in contenders), cubes)
            make_folder(args.out, "the label maps")
        say_decisions(cubes)
        try:
            cubes = [unpacked(cube, token, line) for cube in cubes]
        except InterruptedError:
            say("stopped before there was anything to keep; nothing was written")
            return INTERRUPTED
        for event in compare(cubes, contenders, truth=truth, token=token):
            match event:
                case Progress(stage, fraction):
                    line.show(stage, fraction)
                    continue
                case MapReady():
                    if files is not None:
                        files.keep(event)
                    continue
            line.clear()
            match event:
                case Notice(message):
                    say(message)
                case ContenderReady(name):
                    say(f"{name} is ready")
                case ContenderFailed(name, message):
                    say(f"{name} is left out: {message}")
                case ComparisonFinished():
                    finished = event
    assert finished is not None
    if finished.comparison is None:
        say("stopped before a scan was compared; nothing was written")
        return INTERRUPTED
    print(format_table(finished.comparison), flush=True)
    figures = _write_figures(args, finished)
    maps = [] if files is None else files.finish(finished.comparison, truth)
    for path in maps:
        print(path)
    compared = {scan.name for scan in finished.comparison.scans}
    _record(args, figures, maps, [cube for cube in opened if cube.name in compared])
    if finished.stopped:
        say(f"stopped after {len(finished.comparison.scans)} of {len(cubes)} scans")
        return INTERRUPTED
    return SUCCESS


def _check(args: argparse.Namespace) -> None:
    """Refuse what cannot work before anything is read."""
    from napari_dgc.measure.tables import planned_files

    number = len(set(args.method)) + len(args.model) + len(args.maps)
    if number < (2 if args.truth is None else 1):
        raise UserError(
            "There is too little to compare; give two or more of --method, --model and --maps, "
            "as in '--method dgc kmeans', or one of them with --truth."
        )
    for path in (args.json, args.csv):
        if path is not None and path.is_dir():
            raise UserError(f"{path} is a folder; give a file for the figures.")
    if args.csv is not None:
        planned_files(args.csv, [])


def _contenders(args: argparse.Namespace, cubes: Sequence[HyperCube]) -> list[Contender]:
    from napari_dgc.clustering.storage import read_model
    from napari_dgc.comparison import LabelMaps, NewModel, SavedModel, told_apart

    methods = list(dict.fromkeys(args.method))
    folders = [*args.model, *args.maps]
    names = told_apart([*methods, *(folder.resolve().name or "maps" for folder in folders)])
    models = names[len(methods) : len(methods) + len(args.model)]
    found: list[Contender] = []
    for name, method in zip(names, methods, strict=False):
        new = NewModel(
            *(name, method, args.clusters, args.epochs, args.seed, args.device, args.preprocess)
        )
        # Refuses options that the method does not have.
        new.estimator()
        found.append(new)
    for name, folder in zip(models, args.model, strict=True):
        read_model(folder)
        found.append(SavedModel(name, folder))
    for name, folder in zip(names[len(found) :], args.maps, strict=True):
        found.append(LabelMaps(name, _maps_of(folder, cubes)))
    return found


def _maps_of(
    path: Path, cubes: Sequence[HyperCube], *, truth: bool = False
) -> Callable[[int], LabelImage | None]:
    """Return what reads the label image of a scan; each scan needs one, but not in the truth."""
    from napari_dgc.cli.evaluate_maps import label_maps, truth_of

    sources = label_maps(truth_of(path) if truth else path)
    missing = [cube.name for cube in cubes if cube.name not in sources]
    if missing and (not truth or len(missing) == len(cubes)):
        raise UserError(
            f"There is no label map of {missing[0]} in {path}; name maps after their scans."
        )

    def read(scan: int) -> LabelImage | None:
        cube = cubes[scan]
        source = sources.get(cube.name)
        return None if source is None else source((cube.rows, cube.columns))

    return read


def _write_figures(args: argparse.Namespace, finished: ComparisonFinished) -> list[Path]:
    """Return the tables; the file of --json is known."""
    from napari_dgc.comparison.present import to_json, to_tables
    from napari_dgc.files import write_text
    from napari_dgc.measure.tables import write_tables

    assert finished.comparison is not None
    if args.json is not None:
        document = to_json(finished.comparison, stopped=finished.stopped)
        write_text(args.json, json.dumps(document, indent=1, allow_nan=False) + "\n")
    if args.csv is not None:
        return write_tables(args.csv, to_tables(finished.comparison))
    return []


def _record(
    args: argparse.Namespace, tables: Sequence[Path], maps: Sequence[Path], cubes: list[HyperCube]
) -> None:
    from napari_dgc.cli.evaluate_maps import files_read, truth_of
    from napari_dgc.cli.provenance import beside, record_all
    from napari_dgc.clustering.storage import MODEL_FILE
    from napari_dgc.provenance import SUFFIX

    # All tables are told of beside the first one.
    made = beside(args.json, *tables[:1])
    if tables:
        made[next(iter(beside(tables[0])))] += tables[1:]
    if maps:
        made.setdefault(args.out / f"compare{SUFFIX}", []).extend(maps)
    if not made:
        return
    names = [cube.name for cube in cubes]
    folders = [*args.maps, *([] if args.truth is None else [truth_of(args.truth)])]
    read = [file for folder in folders for file in files_read(folder, names)]
    # The description of a model names its tensors by their hash.
    models = [folder / MODEL_FILE for folder in args.model]
    record_all(args, made, cubes=cubes, inputs=[*models, *read])
