"""``napari-dgc evaluate``: compare label maps with ground truth."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.annotations import LabelImage
    from napari_dgc.annotations.read import Source

CLASS_TABLE = "classes.csv"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    parser = commands.add_parser(
        "evaluate",
        help=COMMANDS["evaluate"],
        description="Compare label maps with ground truth of the same file names. Maps are .tif, "
        ".npy, .png or .mat, ENVI classifications (.hdr), or annotations of labelme or COCO "
        "(.json); 0 in the truth, and what no outline covers, is not labelled and left out. A "
        "table classes.csv (label,name) beside the truth names its classes where the files do "
        "not; background and lesion are needed for the figures of that name.",
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
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures here")


def run(args: argparse.Namespace) -> int:
    """Print the figures; returns the exit status."""
    from napari_dgc.annotations.export import CONFIDENCE_SUFFIX
    from napari_dgc.annotations.label_image import numbered_alike
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
    judged = [predicted[stem](None) for stem in shared]
    true = [truth[stem](_shape(image)) for stem, image in zip(shared, judged, strict=True)]
    for note in dict.fromkeys(note for image in (*judged, *true) for note in image.notes):
        say(note)
    # Files of outlines count their classes each for itself.
    judged, true = numbered_alike(judged), numbered_alike(true)
    if args.rest:
        true = numbered_alike([_with_rest(image, args.rest) for image in true])
    names = {info.number: info.name for image in true for info in image.classes if info.name}
    if not names:
        say(f"{truth_folder} has no {CLASS_TABLE} (label,name): background and lesion are unknown")
    scans = zip(shared, true, judged, strict=True)
    report = evaluate([Scan(stem, one.labels, other.labels) for stem, one, other in scans], names)
    if args.json is not None:
        write_text(args.json, json.dumps(to_json(report), indent=1, allow_nan=False) + "\n")
    print(format_table(report))
    return SUCCESS


def _shape(image: LabelImage) -> tuple[int, int]:
    rows, columns = image.labels.shape
    return rows, columns


def _with_rest(image: LabelImage, name: str) -> LabelImage:
    """Give the pixels without a label to a class."""
    import numpy as np

    from napari_dgc.annotations.label_image import LabelClass, LabelImage

    called = [info.number for info in image.classes if info.name.casefold() == name.casefold()]
    free = max((info.number for info in image.classes), default=0) + 1
    number = called[0] if called else free
    labels = np.where(image.labels == 0, number, image.labels)
    classes = [*image.classes, *([] if called else [LabelClass(number, name)])]
    made = LabelImage.build(image.name, labels, classes)
    return replace(image, labels=made.labels, classes=made.classes)


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
        raise UserError(f"There are no label maps (.tif, .npy, .png, .mat, .hdr, .json) in {path}.")
    return found


def truth_of(folder: Path) -> Path:
    """Return the folder with the truth: its subfolder ``truth`` when it has no maps itself."""
    inner = folder / "truth"
    if inner.is_dir() and not any(
        path.suffix.lower() in (".tif", ".tiff", ".npy", ".png") for path in folder.iterdir()
    ):
        return inner
    return folder


def _maps_in(folder: Path) -> dict[str, Source]:
    from napari_dgc.annotations.read import holds_labels, open_labels

    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    found: dict[str, Source] = {}
    origin: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or not path.is_file() or not holds_labels(path):
            continue
        for name, source in open_labels(path).items():
            if name in found:
                raise UserError(
                    f"{folder} holds two label maps named {name} "
                    f"({origin[name].name}, {path.name}); keep one."
                )
            found[name], origin[name] = source, path
    return found
