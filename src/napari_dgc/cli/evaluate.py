"""``napari-dgc evaluate``: compare label maps with ground truth."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.cli.batch_options import SOME_FAILED, add_dry_run
from napari_dgc.cli.evaluate_maps import CLASS_TABLE, files_read, paired, read_pairs, truth_of
from napari_dgc.cli.options import seed
from napari_dgc.errors import UserError
from napari_dgc.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_dgc.evaluation import Assessment, Report, Scan


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    parser = commands.add_parser(
        "evaluate",
        help=COMMANDS["evaluate"],
        description="Compare label maps with ground truth of the same file names. Maps are .tif, "
        ".npy, .png, .mat or .pth (a tensor), ENVI classifications (.hdr), or annotations of "
        "labelme or COCO (.json); 0 in the truth, and what no outline covers, is not labelled and "
        "left out. A table classes.csv (label,name) beside the truth names its classes where the "
        "files do not; background and lesion are needed for the figures of that name. The figures "
        "are explained in the report that --html writes.",
    )
    parser.add_argument(
        "--pred",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of label maps to judge, or a file of COCO",
    )
    parser.add_argument(
        "--truth",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of true label maps, one that simulate wrote, or a file of COCO",
    )
    parser.add_argument(
        "--rest",
        metavar="NAME",
        help="class of all pixels that are not labelled in the truth, such as background, where "
        "only lesions were outlined (default: they are left out)",
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--match",
        choices=("majority", "hungarian", "names"),
        default="majority",
        help="which class a predicted label stands for, over all scans: the one that most of its "
        "pixels have (default), one to one so that most pixels agree, or the one of its name",
    )
    how.add_argument(
        "--mapping",
        metavar="JSON",
        help='give it by hand, such as \'{"background": [1, 2], "lesion": [7]}\' (names or '
        "numbers of classes of the truth, with predicted labels), or @FILE that holds it",
    )
    parser.add_argument(
        "--tolerance",
        type=pixels_apart,
        default=2.0,
        metavar="PIXELS",
        help="borders so far apart agree, for the boundary F1 (default: 2)",
    )
    parser.add_argument(
        "--resamples",
        type=resample_count,
        default=1000,
        metavar="N",
        help="draws for the 95 %% intervals: of scans where there are 5 or more, else of blocks of "
        "pixels; 0 for none (default: 1000)",
    )
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="of these draws (default: 0)"
    )
    for name, what in (
        ("json", "all figures as JSON"),
        ("csv", "all figures as a table"),
        ("html", "a report: figures, confusion of classes, what the figures mean"),
    ):
        parser.add_argument(f"--{name}", type=Path, metavar="FILE", help=f"also write {what}")
    add_dry_run(parser)
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help="also write what happens, one JSON object a line"
    )


def run(args: argparse.Namespace) -> int:
    """Print the figures; returns the exit status, 1 where some label maps could not be read."""
    from napari_dgc.cli.progress import say
    from napari_dgc.cli.provenance import beside, record_all
    from napari_dgc.evaluation import Scan, evaluate, format_table
    from napari_dgc.evaluation.assessment_tables import assessment_text
    from napari_dgc.evaluation.by_hand import read_mapping
    from napari_dgc.evaluation.maps import class_names

    _check_outputs(args)
    mapping = None if args.mapping is None else read_mapping(args.mapping)
    pairs = paired(args.pred, args.truth)
    if args.dry_run:
        for stem in pairs:
            print(f"would evaluate: {stem}")
        say(f"{counted(len(pairs), 'scan')} to read; nothing was written")
        return SUCCESS
    read = read_pairs(pairs, rest=args.rest, log=args.log)
    shared, judged, true = read.names, read.judged, read.true
    names, found_names = class_names(true), class_names(judged)
    if not names:
        say(
            f"{truth_of(args.truth)} has no {CLASS_TABLE} (label,name): background and lesion are "
            "unknown"
        )
    whole = zip(shared, true, judged, strict=True)
    scans = [Scan(stem, one.labels, other.labels) for stem, one, other in whole]
    report = evaluate(scans, names)
    found = _assessed(args, scans, names, found_names, mapping, read.rest)
    for note in found.notes:
        say(note)
    _write(args, report, found)
    print(format_table(report) + "\n\n" + assessment_text(found))
    made = beside(args.json, args.csv, args.html)
    if made:
        maps = [*files_read(args.pred, shared), *files_read(truth_of(args.truth), shared)]
        given = (args.mapping or "").removeprefix("@")
        by_hand = [Path(given)] if given != (args.mapping or "") else []
        record_all(args, made, inputs=[*maps, *by_hand])
    return SOME_FAILED if read.failed else SUCCESS


def _check_outputs(args: argparse.Namespace) -> None:
    """Refuse files that cannot be written, before anything is read."""
    outputs = {name: getattr(args, name) for name in ("json", "csv", "html")}
    for name, path in outputs.items():
        if path is not None and path.is_dir():
            what = "figures" if name != "html" else "report"
            raise UserError(f"{path} is a folder; give a file for the {what}.")
    used = [path.resolve() for path in outputs.values() if path is not None]
    if len(set(used)) < len(used):
        raise UserError(f"{used[0]} is given twice; give each of --json, --csv, --html its own.")


def _assessed(
    args: argparse.Namespace,
    scans: Sequence[Scan],
    names: Mapping[int, str],
    found_names: Mapping[int, str],
    mapping: Mapping[str, Sequence[int]] | None,
    rest: int | None,
) -> Assessment:
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.evaluation.assess import BY_HAND, Assessed, AssessSetup, assess
    from napari_dgc.evaluation.intervals import IntervalSetup

    setup = AssessSetup(
        args.match if mapping is None else BY_HAND,
        mapping or {},
        rest,
        args.tolerance,
        IntervalSetup(args.resamples, args.seed),
    )
    line = ProgressLine()
    with stop_on_interrupt("stopping; nothing is written") as token:
        for event in assess(scans, names, setup, label_names=found_names, token=token):
            if isinstance(event, Assessed):
                line.clear()
                return event.assessment
            if sys.stderr.isatty():
                line.show(event.stage, event.fraction)
    raise AssertionError("an assessment always ends with its figures")


def _write(args: argparse.Namespace, report: Report, found: Assessment) -> None:
    from napari_dgc.evaluation import to_json
    from napari_dgc.evaluation.assessment_tables import assessment_json, assessment_table
    from napari_dgc.evaluation.page import write_page
    from napari_dgc.files import write_text
    from napari_dgc.measure.tables import table_text

    if args.json is not None:
        content = to_json(report) | {"assessment": assessment_json(found)}
        write_text(args.json, json.dumps(content, indent=1, allow_nan=False) + "\n")
    if args.csv is not None:
        write_text(args.csv, table_text(assessment_table(found)))
    if args.html is not None:
        files = [("prediction", str(args.pred)), ("truth", str(args.truth))]
        write_page(args.html, found, files)


def pixels_apart(text: str) -> float:
    """Read a tolerance of the boundary F1."""
    with contextlib.suppress(ValueError):
        value = float(text)
        if 0 <= value <= 1000:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is no number of pixels from 0 to 1000")


def resample_count(text: str) -> int:
    """Read a number of draws."""
    with contextlib.suppress(ValueError):
        value = int(text)
        if value == 0 or 20 <= value <= 100_000:
            return value
    raise argparse.ArgumentTypeError(f"{text!r} is neither 0 nor a number from 20 to 100000")
