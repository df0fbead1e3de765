"""``napari-dgc evaluate``: compare label maps with ground truth."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.cli.options import seed
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_dgc.annotations import LabelImage
    from napari_dgc.annotations.read import Source
    from napari_dgc.evaluation import Assessment, Report, Scan

CLASS_TABLE = "classes.csv"


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


def run(args: argparse.Namespace) -> int:
    """Print the figures; returns the exit status."""
    from napari_dgc.cli.progress import say
    from napari_dgc.cli.provenance import beside, record_all
    from napari_dgc.evaluation import Scan, evaluate, format_table
    from napari_dgc.evaluation.assessment_tables import assessment_text
    from napari_dgc.evaluation.by_hand import read_mapping
    from napari_dgc.evaluation.maps import class_names

    _check_outputs(args)
    mapping = None if args.mapping is None else read_mapping(args.mapping)
    shared, judged, true, rest = _read_maps(args)
    names, found_names = class_names(true), class_names(judged)
    if not names:
        say(
            f"{truth_of(args.truth)} has no {CLASS_TABLE} (label,name): background and lesion are "
            "unknown"
        )
    pairs = zip(shared, true, judged, strict=True)
    scans = [Scan(stem, one.labels, other.labels) for stem, one, other in pairs]
    report = evaluate(scans, names)
    found = _assessed(args, scans, names, found_names, mapping, rest)
    for note in found.notes:
        say(note)
    _write(args, report, found)
    print(format_table(report) + "\n\n" + assessment_text(found))
    made = beside(args.json, args.csv, args.html)
    if made:
        read = [*files_read(args.pred, shared), *files_read(truth_of(args.truth), shared)]
        given = (args.mapping or "").removeprefix("@")
        by_hand = [Path(given)] if given != (args.mapping or "") else []
        record_all(args, made, inputs=[*read, *by_hand])
    return SUCCESS


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


def _read_maps(
    args: argparse.Namespace,
) -> tuple[list[str], list[LabelImage], list[LabelImage], int | None]:
    """Return names, predictions and truths of the scans that have both, and the class of --rest."""
    from napari_dgc.annotations.export import CONFIDENCE_SUFFIX
    from napari_dgc.annotations.label_image import numbered_alike
    from napari_dgc.cli.progress import say
    from napari_dgc.evaluation.maps import with_rest

    predicted = label_maps(args.pred)
    truth_folder = truth_of(args.truth)
    truth = label_maps(truth_folder)
    shared = [stem for stem in truth if stem in predicted]
    if not shared:
        raise UserError(
            f"No label map in {args.pred} has the name of one in {truth_folder} "
            f"(for instance {next(iter(truth))}); name both after the scan."
        )
    for stem in truth:
        if stem not in predicted:
            say(f"left out: {stem} has no prediction in {args.pred}")
    for stem in predicted:
        beside = stem.removesuffix(CONFIDENCE_SUFFIX)
        if stem not in truth and (beside == stem or beside not in predicted):
            say(f"left out: {stem} has no truth in {truth_folder}")
    judged = [predicted[stem](None) for stem in shared]
    true = [truth[stem](_shape(image)) for stem, image in zip(shared, judged, strict=True)]
    for note in dict.fromkeys(note for image in (*judged, *true) for note in image.notes):
        say(note)
    # Files of outlines count their classes each for itself.
    judged, true = numbered_alike(judged), numbered_alike(true)
    rest = None
    if args.rest:
        true, rest = with_rest(true, args.rest)
    return shared, judged, true, rest


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


def _shape(image: LabelImage) -> tuple[int, int]:
    rows, columns = image.labels.shape
    return rows, columns


def label_maps(path: Path) -> dict[str, Source]:
    """Find the label maps of a folder, or of a file that holds several, by name.

    Raises
    ------
    UserError
        When there are none, or two of one name.
    """
    from napari_dgc.annotations.read import open_labels

    found = open_labels(path) if path.is_file() else _maps_in(path)
    if not found:
        raise UserError(
            f"There are no label maps (.tif, .npy, .png, .mat, .pth, .hdr, .json) in {path}."
        )
    return found


def truth_of(folder: Path) -> Path:
    """Return the folder with the truth: its subfolder ``truth`` when it has no maps itself."""
    inner = folder / "truth"
    if inner.is_dir() and not any(
        path.suffix.lower() in (".tif", ".tiff", ".npy", ".png") for path in folder.iterdir()
    ):
        return inner
    return folder


def files_read(path: Path, scans: Iterable[str]) -> list[Path]:
    """Return the files that the label maps of some scans and their classes are read from.

    Parameters
    ----------
    path
        As of `label_maps`.
    scans
        Names of maps that it has.
    """
    from napari_dgc.annotations.read import open_labels
    from napari_dgc.annotations.tables import TABLE_SUFFIX

    wanted, found = set(scans), []
    for file in [path] if path.is_file() else _files_in(path):
        if not wanted.isdisjoint(open_labels(file)):
            found += [file, file.with_name(file.stem + TABLE_SUFFIX)]
    found.append((path.parent if path.is_file() else path) / CLASS_TABLE)
    return [file for file in found if file.is_file()]


def _files_in(folder: Path) -> list[Path]:
    from napari_dgc.annotations.read import holds_labels

    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    return [path for path in files if path.is_file() and holds_labels(path)]


def _maps_in(folder: Path) -> dict[str, Source]:
    from napari_dgc.annotations.read import open_labels

    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    found: dict[str, Source] = {}
    origin: dict[str, Path] = {}
    for path in _files_in(folder):
        for name, source in open_labels(path).items():
            if name in found:
                raise UserError(
                    f"{folder} holds two label maps named {name} "
                    f"({origin[name].name}, {path.name}); keep one."
                )
            found[name], origin[name] = source, path
    return found
