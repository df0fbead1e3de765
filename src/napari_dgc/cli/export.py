"""``napari-dgc export``: label maps in the formats of other programs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.cli.options import millimetres
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.annotations import LabelImage
    from napari_dgc.annotations.read import Source
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.cubes import HyperCube

#: As `annotations.formats.FORMATS`, which loads more than ``--help`` should.
FORMATS = (
    *("tif", "png", "overlay", "npy", "envi"),
    *("labelme", "coco", "coco-rle", "masks", "spectra"),
)


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.cube_options import add_cube_options

    parser = commands.add_parser(
        "export",
        help=COMMANDS["export"],
        description="Write label maps for other programs, with names, colours and pixel size. "
        "Maps are .tif, .png, .npy or .mat, with a table MAP_classes.csv or classes.csv beside "
        "them (label,name); ENVI classifications (.hdr); or annotations of labelme or COCO "
        "(.json). Prints the files written.",
    )
    parser.add_argument("maps", nargs="+", type=Path, metavar="MAP", help="label maps")
    parser.add_argument(
        "--format",
        nargs="+",
        required=True,
        choices=FORMATS,
        metavar="FORMAT",
        help="labelme: outlines that labelme opens; coco: one file for all maps, outlines, and "
        "run lengths for objects with holes; coco-rle: run lengths for all; envi: "
        "classification; tif, png, npy: class numbers with a class table; masks: a PNG for each "
        "class; overlay: picture of the scan with the classes over it; spectra: mean spectrum "
        "of each class (the last two need --cubes)",
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder for the files"
    )
    parser.add_argument(
        "--cubes",
        nargs="+",
        type=Path,
        default=[],
        metavar="CUBE",
        help="the scans, named as the maps: for pictures, also those that labelme shows, and "
        "for spectra",
    )
    parser.add_argument(
        "--pixel-size",
        type=millimetres,
        metavar="MM",
        help="side of a pixel in millimetres (default: as the map says)",
    )
    parser.add_argument(
        "--classes",
        type=Path,
        metavar="FILE",
        help="table of class names (label,name,colour) in place of the one beside each map",
    )
    add_cube_options(parser)


def run(args: argparse.Namespace) -> int:
    """Write the files; returns the exit status."""
    from napari_dgc.annotations.formats import FORMATS as WRITERS
    from napari_dgc.annotations.formats import export, planned
    from napari_dgc.annotations.read import open_labels
    from napari_dgc.cli.cube_options import open_cubes_from, say_decisions
    from napari_dgc.cli.folders import make_folder, refuse_same_names
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.cli.provenance import record
    from napari_dgc.provenance import SUFFIX

    found = [source for path in args.maps for source in open_labels(path).items()]
    names = [name for name, _ in found]
    refuse_same_names(names, "files")
    cubes = open_cubes_from(args, args.cubes)
    refuse_same_names((cube.name for cube in cubes), "files")
    scans = {cube.name: cube for cube in cubes}
    lacking = [name for name in names if name not in scans]
    if lacking and any(WRITERS[name].needs_scan for name in args.format):
        raise UserError(
            f"The scan of {lacking[0]} is needed for overlay and spectra; name it with --cubes."
        )
    _keep(planned(names, args.out, args.format), [*args.maps, *args.cubes])
    make_folder(args.out, "the files")
    say_decisions(cubes)
    line = ProgressLine()
    files: list[Path] = []
    images = _read(found, scans, args, line)
    try:
        with stop_on_interrupt("stopping; the files written so far are kept") as token:
            for path in export(images, args.out, dict.fromkeys(args.format), token=token):
                line.clear()
                files.append(path)
                print(path, flush=True)
    finally:
        line.clear()
    record(args, args.out / f"export{SUFFIX}", files, cubes=cubes, inputs=args.maps)
    return SUCCESS


def _keep(targets: Sequence[Path], sources: Sequence[Path]) -> None:
    """Refuse to write over what is read."""
    for target in targets:
        for source in sources:
            if target.exists() and source.exists() and target.samefile(source):
                raise UserError(
                    f"{target} would be written over itself; choose another folder for --out."
                )


def _read(
    found: Sequence[tuple[str, Source]],
    scans: Mapping[str, HyperCube],
    args: argparse.Namespace,
    line: ProgressLine,
) -> Iterator[LabelImage]:
    from napari_dgc.annotations.label_image import LabelImage
    from napari_dgc.annotations.tables import read_classes, with_classes
    from napari_dgc.cli.progress import say

    given = [] if args.classes is None else read_classes(args.classes)
    for position, (name, source) in enumerate(found):
        line.show(f"writing {name}", position / len(found))
        scan = scans.get(name)
        size = None if scan is None else (scan.rows, scan.columns)
        image = source(size)
        if image.notes:
            line.clear()
        for note in image.notes:
            say(note)
        if size is not None and image.labels.shape != size:
            rows, columns = image.labels.shape
            raise UserError(
                f"The label map {name} is {rows} x {columns} pixels, its scan "
                f"{size[0]} x {size[1]}; both must be of the same scan."
            )
        if given:
            present = [info for info in given if info.number in {i.number for i in image.classes}]
            classes = with_classes(image.classes, present)
            made = LabelImage.build(name, image.labels, classes)
            image = replace(image, classes=made.classes)
        yield replace(image, scan=scan, pixel_size_mm=args.pixel_size or image.pixel_size_mm)
