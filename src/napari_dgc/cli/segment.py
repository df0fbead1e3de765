"""``napari-dgc segment``: label maps of scans with a trained model."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.cli.options import count
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.cubes import HyperCube
    from napari_dgc.partition import ClusterSummary, Partition


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.cube_options import add_cube_options

    parser = commands.add_parser(
        "segment",
        help=COMMANDS["segment"],
        description="Write one label map per scan, named after it: 0 is no data, clusters or "
        "classes count from 1. Prints the files written.",
    )
    parser.add_argument("cubes", nargs="+", type=Path, metavar="CUBE", help="scans to label")
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
    add_cube_options(parser)


def classes_option(text: str) -> int | Literal["auto"]:
    """Read the number of classes."""
    return "auto" if text == "auto" else count(text)


def run(args: argparse.Namespace) -> int:
    """Label every scan; returns the exit status."""
    from functools import partial

    from napari_dgc.annotations.export import (
        CONFIDENCE_SUFFIX,
        write_map,
        write_value_image,
    )
    from napari_dgc.annotations.formats import FORMATS
    from napari_dgc.annotations.label_image import LabelImage
    from napari_dgc.annotations.roles import with_roles
    from napari_dgc.cli.cube_options import open_cubes, say_decisions, unpacked
    from napari_dgc.cli.folders import make_folder, refuse_same_names, refuse_scans
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine, say
    from napari_dgc.cli.provenance import record
    from napari_dgc.clustering.events import Notice, Progress
    from napari_dgc.clustering.label_scans import Labelled, label_scans
    from napari_dgc.clustering.storage import load_model
    from napari_dgc.partition.template import PLANT_PATHOLOGY, read_template
    from napari_dgc.provenance import SUFFIX

    if args.template is not None and not args.suggest:
        raise UserError("A template tells about names; give --template together with --suggest.")
    template = PLANT_PATHOLOGY if args.template is None else read_template(args.template)
    cubes = open_cubes(args)
    endings = ("", CONFIDENCE_SUFFIX) if args.confidence else ("",)
    refuse_same_names((cube.name + ending for cube in cubes for ending in endings), "label map")
    estimator = load_model(args.model)
    partition = partition_of(estimator, args.classes)
    if args.suggest:
        partition = named(partition, estimator, cubes[0], merge=args.classes is None)
        partition = template.colours(partition)
    table = partition.compact_lookup()
    out: Path = args.out
    planned = [out / f"{cube.name}.{args.format}" for cube in cubes]
    if args.confidence:
        planned += [out / f"{cube.name}{CONFIDENCE_SUFFIX}.tif" for cube in cubes]
    refuse_scans(planned, cubes)
    make_folder(out, "the label maps")
    say_decisions(cubes)
    if estimator.preprocessing:
        say(f"the model prepares scans with {estimator.preprocessing}")
    line = ProgressLine()
    files: list[Path] = []
    with stop_on_interrupt("stopping; the maps written so far are kept") as token:
        ready = partial(unpacked, token=token, line=line)
        for step in label_scans(estimator, cubes, token=token, ready=ready):
            match step:
                case Progress(stage, fraction):
                    line.show(stage, fraction)
                case Notice(message):
                    line.clear()
                    say(message)
            if not isinstance(step, Labelled):
                continue
            cube, labels = step.cube, table[step.labels]
            path = out / f"{cube.name}.{args.format}"
            written = [path]
            if args.confidence:
                # First, so that a method without confidence leaves nothing half done.
                line.show(f"confidence of {cube.name}", (step.position + 0.5) / len(cubes))
                values = estimator.predict_confidence(cube, groups=table, token=token)
                written.append(out / f"{cube.name}{CONFIDENCE_SUFFIX}.tif")
                write_value_image(values, written[-1])
            image = LabelImage.of_partition(cube.name, labels, partition, compact=True)
            if args.suggest:
                image = with_roles(image, template)
                written += FORMATS[args.format].write(image, out)[1:]
            else:
                write_map(image, out, args.format)
            line.clear()
            files += written
            for file in written:
                print(file, flush=True)
    record(args, out / f"segment{SUFFIX}", files, cubes=cubes, model=estimator)
    return SUCCESS


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
