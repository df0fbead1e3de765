"""``napari-dgc segment``: label maps of scans with a trained model."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from napari_dgc.cli import COMMANDS, INTERRUPTED
from napari_dgc.cli.options import count
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari_dgc.batch import Item
    from napari_dgc.batch.reading import Reading
    from napari_dgc.batch.segment import SegmentTask
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.cubes import HyperCube
    from napari_dgc.partition import ClusterSummary, Partition


#: What is done, in the folder of the maps.
MANIFEST = "segment.batch.jsonl"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.batch_options import add_batch_options
    from napari_dgc.cli.cube_options import add_cube_options

    parser = commands.add_parser(
        "segment",
        help=COMMANDS["segment"],
        description="Write one label map per scan, named after it: 0 is no data, clusters or "
        "classes count from 1. Prints the files written.",
    )
    parser.add_argument(
        "cubes",
        nargs="+",
        type=Path,
        metavar="CUBE",
        help="scans to label: files, folders of scans, or patterns such as 'day*/*.hdr'",
    )
    parser.add_argument(
        "--model", required=True, type=Path, metavar="DIR", help="folder that train wrote"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder for the label maps"
    )
    parser.add_argument(
        "--classes",
        type=classes_option,
        metavar="N",
        help="merge the clusters to N classes, or 'auto': cut the merge tree at its widest gap "
        "(default: the fine clusters)",
    )
    parser.add_argument(
        "--suggest",
        action="store_true",
        help="name what is clearly background, healthy tissue, halo or lesion, for measure; "
        "without --classes, clusters of one name become one class. Also writes CUBE_classes.csv",
    )
    parser.add_argument(
        "--template",
        type=Path,
        metavar="FILE",
        help="with --suggest: template of names, as saved by the plugin, that tells colours and "
        "what is leaf and diseased (default: that of plant pathology)",
    )
    parser.add_argument(
        "--format", choices=("tif", "npy", "png"), default="tif", help="of the maps (default tif)"
    )
    parser.add_argument(
        "--confidence",
        action="store_true",
        help="also write how probable each pixel's class is, 0 to 1, NaN where there are no data, "
        "as float32 CUBE_confidence.tif",
    )
    add_batch_options(parser, f"DIR/{MANIFEST}")
    add_cube_options(parser)


def classes_option(text: str) -> int | Literal["auto"]:
    """Read the number of classes."""
    return "auto" if text == "auto" else count(text)


def run(args: argparse.Namespace) -> int:
    """Label every scan; returns the exit status."""
    from napari_dgc.batch import Manifest
    from napari_dgc.cli.batch_options import print_plan, run_and_tell, take_absolute_paths
    from napari_dgc.cli.cube_options import scans_named
    from napari_dgc.cli.folders import make_folder, refuse_same_names, refuse_scans
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import say
    from napari_dgc.cli.provenance import record_batch
    from napari_dgc.clustering.storage import load_model
    from napari_dgc.provenance import SUFFIX

    take_absolute_paths(args)
    if args.template is not None and not args.suggest:
        raise UserError("A template tells about names; give --template together with --suggest.")
    items = scans_named(args, args.cubes)
    estimator = load_model(args.model)
    task = _task(args, estimator, items)
    planned = [(item.name, file) for item in items for file in task.planned(item.name)]
    refuse_same_names((file.stem for _, file in planned), "label map")
    refuse_scans((file for _, file in planned), (item.path for item in items))
    out: Path = args.out
    manifest = Manifest(out / MANIFEST)
    if args.dry_run:
        return print_plan(args, task, items, manifest)
    make_folder(out, "the label maps")
    if estimator.preprocessing:
        say(f"the model prepares scans with {estimator.preprocessing}")
    with stop_on_interrupt("stopping; the maps written so far are kept") as token:
        outcome = run_and_tell(args, task, items, manifest, token)
    if outcome.status != INTERRUPTED:
        entries = manifest.entries(task, items)
        record_batch(args, out / f"segment{SUFFIX}", entries, model=estimator)
    return outcome.status


def _task(
    args: argparse.Namespace, estimator: "Clusterer", items: "Sequence[Item]"
) -> "SegmentTask":
    """Return what is done to each scan, as the options say."""
    from napari_dgc.batch.segment import SegmentTask
    from napari_dgc.cli.cube_options import reading_of
    from napari_dgc.partition.template import PLANT_PATHOLOGY, read_template
    from napari_dgc.provenance import model_sha256

    reading = reading_of(args)
    partition = partition_of(estimator, args.classes)
    template = None
    if args.suggest:
        template = PLANT_PATHOLOGY if args.template is None else read_template(args.template)
        cube = _first(items, reading)
        partition = named(partition, estimator, cube, merge=args.classes is None)
        partition = template.colours(partition)
    return SegmentTask(
        args.model,
        model_sha256(estimator),
        partition,
        args.out,
        args.format,
        template,
        args.confidence,
        reading,
    )


def _first(items: "Sequence[Item]", reading: "Reading") -> "HyperCube":
    """Return the first scan that can be opened, for its wavelengths."""
    for item in items[:-1]:
        try:
            return reading.open(item.path)
        except UserError:
            continue  # said when its turn comes
    return reading.open(items[-1].path)


def partition_of(estimator: "Clusterer", classes: int | Literal["auto"] | None) -> "Partition":
    """Return the fine clusters of a model, or its merge tree cut to some classes.

    Raises
    ------
    UserError
        When the model cannot be cut to so many classes.
    """
    from napari_dgc.partition import Partition, build_tree
    from napari_dgc.partition.recommended import recommended_cut

    fine = Partition.fine(estimator.n_clusters)
    if classes is None:
        return fine
    if classes != "auto" and classes > estimator.n_clusters:
        raise UserError(
            f"The model has {estimator.n_clusters} fine clusters and cannot give {classes} "
            f"classes; choose --classes from 1 to {estimator.n_clusters}."
        )
    tree = build_tree(_summary(estimator, "--classes"))
    groups = recommended_cut(tree) if classes == "auto" else classes
    return Partition.fine(estimator.n_clusters, tree).cut(groups)


def named(
    partition: "Partition", estimator: "Clusterer", cube: "HyperCube", *, merge: bool
) -> "Partition":
    """Name the classes that are clear.

    Parameters
    ----------
    partition
        Classes of the model's clusters.
    estimator, cube
        The model, and a scan with the wavelengths that it was trained on.
    merge
        Make one class of all clusters of one name.

    Raises
    ------
    UserError
        When the training of the model was cut short.
    """
    from napari_dgc.measure.suggest import suggest_names, suggest_partition, summary_wavelengths

    summary = _summary(estimator, "--suggest")
    wavelengths = summary_wavelengths(summary, cube)
    if merge:
        return suggest_partition(summary, partition.tree, wavelengths)
    return suggest_names(summary, partition, wavelengths)


def _summary(estimator: "Clusterer", option: str) -> "ClusterSummary":
    if estimator.summary is None:
        raise UserError(
            "The model has no merge tree yet because its training was cut short; "
            f"go on with train --resume, or leave {option} out."
        )
    return estimator.summary
