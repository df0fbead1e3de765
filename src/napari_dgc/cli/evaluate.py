"""``napari-dgc evaluate``: compare label maps with ground truth."""

import argparse
import json
from pathlib import Path

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.errors import UserError

CLASS_TABLE = "classes.csv"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser of ``napari-dgc``."""
    parser = commands.add_parser(
        "evaluate",
        help=COMMANDS["evaluate"],
        description="Compare label maps with ground truth of the same file names. Maps are .tif, "
        ".npy, .png or .mat; 0 in the truth is not labelled and left out. A table classes.csv "
        "(label,name) beside the truth names its classes; background and lesion are needed for "
        "the figures of that name.",
    )
    parser.add_argument(
        "--pred", required=True, type=Path, metavar="DIR", help="folder of label maps to judge"
    )
    parser.add_argument(
        "--truth",
        required=True,
        type=Path,
        metavar="DIR",
        help="folder of true label maps, or one that simulate wrote",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")


def run(args: argparse.Namespace) -> int:
    """Print the figures; returns the exit status."""
    from napari_dgc.annotations.export import CONFIDENCE_SUFFIX
    from napari_dgc.annotations.read import read_class_table, read_labels
    from napari_dgc.cli.progress import say
    from napari_dgc.evaluation import Scan, evaluate, format_table, to_json
    from napari_dgc.files import write_text

    if args.json is not None and args.json.is_dir():
        raise UserError(f"{args.json} is a folder; give a file for the figures.")
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
    table = truth_folder / CLASS_TABLE
    names = read_class_table(table) if table.is_file() else {}
    if not names:
        say(f"{truth_folder} has no {CLASS_TABLE} (label,name): background and lesion are unknown")
    report = evaluate(
        [Scan(stem, read_labels(truth[stem]), read_labels(predicted[stem])) for stem in shared],
        names,
    )
    if args.json is not None:
        write_text(args.json, json.dumps(to_json(report), indent=1, allow_nan=False) + "\n")
    print(format_table(report))
    return SUCCESS


def label_maps(folder: Path) -> dict[str, Path]:
    """Find the label maps in a folder, by stem.

    Raises
    ------
    UserError
        When there are none, or two of one name.
    """
    found = _maps_in(folder)
    if not found:
        raise UserError(f"There are no label maps (.tif, .npy, .png, .mat) in {folder}.")
    return found


def truth_of(folder: Path) -> Path:
    """Return the folder with the truth: its subfolder ``truth`` when it has no maps itself."""
    inner = folder / "truth"
    if inner.is_dir() and not any(
        path.suffix.lower() in (".tif", ".tiff", ".npy", ".png") for path in folder.iterdir()
    ):
        return inner
    return folder


def _maps_in(folder: Path) -> dict[str, Path]:
    from napari_dgc.annotations.read import LABEL_SUFFIXES

    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in LABEL_SUFFIXES or path.name.startswith("."):
            continue
        if path.stem in found:
            raise UserError(
                f"{folder} holds two label maps named {path.stem} "
                f"({found[path.stem].name}, {path.name}); keep one."
            )
        found[path.stem] = path
    return found
