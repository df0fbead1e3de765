"""``napari-dgc measure``: lesions, severity and disease progress from label maps."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.cli.options import millimetres
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from napari_dgc.annotations.label_image import LabelImage
    from napari_dgc.cancel import CancelToken
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.cubes import HyperCube
    from napari_dgc.indices import Index
    from napari_dgc.measure.lesion_mask import MaskSettings
    from napari_dgc.measure.severity import ScanSeverity
    from napari_dgc.measure.tables import Table


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.cube_options import add_cube_options

    parser = commands.add_parser(
        "measure",
        help=COMMANDS["measure"],
        description="Measure label maps whose classes are named: background, healthy tissue, "
        "halo, lesion, necrosis. The names stand in the file, or in MAP_classes.csv or classes.csv "
        "(label,name) beside it. Writes a table of scans: severity in percent of the leaf, areas, "
        "number and sizes of lesions; with dates also the area under the disease progress "
        "curve. Prints the files written.",
    )
    add_map_options(parser)
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="FILE",
        help=".xlsx: all tables in one workbook; .csv: the scans, the other tables beside it",
    )
    parser.add_argument("--leaves", action="store_true", help="also a table of single leaves")
    parser.add_argument("--lesions", action="store_true", help="also a table of single lesions")
    add_mask_options(parser)
    group = parser.add_argument_group("spectra and indices of the classes")
    group.add_argument(
        "--cubes",
        nargs="+",
        type=Path,
        default=[],
        metavar="CUBE",
        help="scans of the same names as the maps: also a table of mean ± SD spectra by class",
    )
    group.add_argument(
        "--index", nargs="+", default=[], metavar="NAME", help="also indices of the classes"
    )
    add_cube_options(parser)


def add_map_options(parser: argparse.ArgumentParser) -> None:
    """Add the maps, and what tells names, sizes of pixels, details and grades."""
    parser.add_argument(
        "maps",
        nargs="+",
        type=Path,
        metavar="MAP",
        help="label maps (.tif, .npy, .png, .mat, ENVI classifications, labelme, COCO), or folders "
        "of them",
    )
    parser.add_argument(
        "--classes", type=Path, metavar="FILE", help="one class table (label,name) for all maps"
    )
    parser.add_argument(
        "--template",
        type=Path,
        metavar="FILE",
        help="template of names, as saved by the plugin: which names are leaf, and which diseased "
        "(default: as the column 'role' of the class tables says, where they have one)",
    )
    parser.add_argument(
        "--pixel-size",
        type=millimetres,
        metavar="MM",
        help="side of a pixel in mm, for areas in mm² (default: what the map or its scan tells); "
        "the details may give another one by scan",
    )
    parser.add_argument(
        "--details",
        type=Path,
        metavar="FILE",
        help="CSV with the columns scan, plant, treatment, date (2026-05-31), pixel_size_mm; "
        "scan is the name of a map without its suffix",
    )
    parser.add_argument(
        "--scale",
        action="append",
        default=[],
        metavar="NAME|FILE",
        help="also give grades of an ordinal scale: horsfall-barratt, 0-5, or a CSV file with the "
        "columns grade, from, to in percent; may be repeated",
    )


def add_mask_options(parser: argparse.ArgumentParser) -> None:
    """Add how lesions and leaves are made."""
    from napari_dgc.measure.leaves import LEAST_LEAF
    from napari_dgc.measure.lesion_mask import LARGEST_RADIUS

    group = parser.add_argument_group("lesions and leaves")
    group.add_argument(
        "--diseased",
        nargs="+",
        metavar="NAME",
        help="classes that are diseased (default: as --template or the class tables "
        "say, else lesion, necrosis)",
    )
    group.add_argument(
        "--min-area", type=pixels, default=0, metavar="N", help="least pixels of a lesion"
    )
    group.add_argument(
        "--fill-holes",
        type=pixels,
        default=0,
        metavar="N",
        help="fill holes in lesions up to so many pixels",
    )
    group.add_argument(
        "--smooth",
        type=pixels,
        default=0,
        metavar="N",
        help="smooth lesions: a pixel becomes what most pixels within this radius are, "
        f"at most {LARGEST_RADIUS}",
    )
    group.add_argument(
        "--split-touching", action="store_true", help="tell lesions apart at narrow necks"
    )
    group.add_argument(
        "--min-leaf",
        type=pixels,
        default=LEAST_LEAF,
        metavar="N",
        help=f"least pixels of a leaf; smaller areas are left out (default {LEAST_LEAF})",
    )


def pixels(text: str) -> int:
    """Read a number of pixels, at least 0."""
    from napari_dgc.measure.lesion_mask import LARGEST_AREA

    try:
        number = int(text)
    except ValueError:
        number = -1
    if not 0 <= number <= LARGEST_AREA:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of pixels, 0 or more")
    return number


def run(args: argparse.Namespace) -> int:
    """Write the tables; returns the exit status."""
    from dataclasses import replace
    from functools import partial

    from napari_dgc.annotations.read import open_labels
    from napari_dgc.annotations.roles import roles_in
    from napari_dgc.cli.cube_options import open_cubes_from, say_decisions
    from napari_dgc.cli.folders import make_folder, refuse_same_names, say_replaced
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.measure_notes import origin, say_gaps, say_unnamed
    from napari_dgc.cli.naming import naming_of, read_map
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.cli.provenance import record
    from napari_dgc.indices import find_index
    from napari_dgc.measure.details import read_details
    from napari_dgc.measure.leaves import LeafEdits
    from napari_dgc.measure.report import leaf_table, lesion_table, progress_tables, scan_table
    from napari_dgc.measure.scales import find_scale
    from napari_dgc.measure.severity import measure_scan
    from napari_dgc.measure.tables import origin_table, write_tables
    from napari_dgc.provenance import sidecar_of

    scales = list(dict.fromkeys(find_scale(name) for name in args.scale))
    details = {} if args.details is None else read_details(args.details)
    settings = settings_of(args)
    naming = naming_of(args)
    files = maps_of(args.maps)
    _refuse_input_as_output(args, files)
    found = [source for path in files for source in open_labels(path).items()]
    refuse_same_names((name for name, _ in found), "line of the table")
    maps = {name: partial(read_map, source, naming, settings) for name, source in found}
    if args.index and not args.cubes:
        raise UserError("Indices are computed from scans; give them with --cubes.")
    indices = list(dict.fromkeys(find_index(name) for name in args.index))
    cubes = {cube.name: cube for cube in open_cubes_from(args, args.cubes)}
    make_folder(args.out.parent, "the tables")
    say_decisions(list(cubes.values()))
    edits = LeafEdits(least_area=args.min_leaf)
    scans: list[ScanSeverity] = []
    diseased: dict[str, None] = {}
    measured: list[Table] = []
    line = ProgressLine()
    with stop_on_interrupt("stopping; nothing is written") as token:
        for place, (name, read) in enumerate(maps.items()):
            if token.cancelled:
                raise InterruptedError
            line.show(f"measuring {name}", place / len(maps))
            cube = cubes.get(name)
            image = read(cube)
            names = {info.number: info.name for info in image.classes}
            say_unnamed(name, image.labels, names)
            known = details.get(name)
            told, leaf = roles_in(image, settings)
            diseased |= dict.fromkeys(told.names)
            scans.append(
                measure_scan(
                    image.labels,
                    names,
                    settings=told,
                    leaf_names=leaf,
                    edits=edits,
                    pixel_size_mm=(known and known.pixel_size_mm)
                    or args.pixel_size
                    or image.pixel_size_mm
                    or (None if cube is None else cube.pixel_size_mm),
                    scan=name,
                )
            )
        if cubes:
            measured = _class_tables(maps, cubes, indices, token, line)
        line.clear()
    say_gaps(scans, details, cubes)
    tables = [scan_table(scans, details, scales)]
    if args.leaves:
        tables.append(leaf_table(scans, details, scales))
    if args.lesions:
        tables.append(lesion_table(scans))
    tables += [*progress_tables(scans, details), *measured]
    tables.append(
        origin_table(
            origin(args, replace(settings, names=tuple(diseased) or settings.names), scales)
        )
    )
    say_replaced(args.out)
    written = write_tables(args.out, tables)
    for file in written:
        print(file, flush=True)
    record(args, sidecar_of(args.out), written, cubes=cubes.values(), inputs=files)
    return SUCCESS


def maps_of(paths: Iterable[Path]) -> list[Path]:
    """Return the label maps that are named, or lie in a folder that is.

    Maps of confidence are left out where they lie beside their label map.
    """
    from napari_dgc.annotations.export import CONFIDENCE_SUFFIX
    from napari_dgc.annotations.read import holds_labels

    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = [
                file
                for file in sorted(path.iterdir())
                if not file.name.startswith(".") and file.is_file() and holds_labels(file)
            ]
            if not inside:
                raise UserError(f"There are no label maps in {path}.")
            found += inside
        else:
            found.append(path)
    stems = {path.stem for path in found}
    return [
        path
        for path in found
        if not path.stem.endswith(CONFIDENCE_SUFFIX)
        or path.stem.removesuffix(CONFIDENCE_SUFFIX) not in stems
    ]


def settings_of(args: argparse.Namespace) -> MaskSettings:
    """Return the settings that the options of `add_mask_options` say."""
    from napari_dgc.measure.lesion_mask import LARGEST_RADIUS, MaskSettings

    if args.smooth > LARGEST_RADIUS:
        raise UserError(f"--smooth cannot be {args.smooth}: give at most {LARGEST_RADIUS} pixels.")
    return MaskSettings(
        names=MaskSettings().names if args.diseased is None else tuple(args.diseased),
        least_area=args.min_area,
        fill_holes=args.fill_holes,
        smooth=args.smooth,
        split_touching=args.split_touching,
    )


def _refuse_input_as_output(args: argparse.Namespace, maps: Iterable[Path]) -> None:
    from napari_dgc.annotations.tables import FOLDER_TABLE, TABLE_SUFFIX
    from napari_dgc.measure.tables import planned_files

    names = ("scans", "leaves", "lesions", "progress", "treatments", "spectra", "indices")
    planned = {file.resolve() for file in planned_files(args.out, (*names, "settings"))}
    given = (args.classes, args.details, args.template)
    inputs = [path for path in given if path is not None]
    inputs += [Path(name) for name in args.scale]
    for path in maps:
        inputs += [path.with_name(path.stem + TABLE_SUFFIX), path.with_name(FOLDER_TABLE)]
    for path in inputs:
        if path.exists() and path.resolve() in planned:
            raise UserError(f"--out {args.out} would replace {path}; give another name.")
    if args.out.is_dir():
        raise UserError(f"{args.out} is a folder; give a file for the tables.")


def _class_tables(
    maps: Mapping[str, Callable[[HyperCube | None], LabelImage]],
    cubes: Mapping[str, HyperCube],
    indices: Sequence[Index],
    token: CancelToken,
    line: ProgressLine,
) -> list[Table]:
    """Measure spectra and indices of the classes, for every map that has its scan."""
    from napari_dgc.measure.class_values import class_values, indices_table, spectra_table

    found = []
    for place, name in enumerate(maps):
        cube = cubes.get(name)
        if cube is None:
            continue
        line.show(f"spectra of {name}", place / len(maps))
        image = maps[name](cube)
        labels, names = image.labels, {info.number: info.name for info in image.classes}
        if labels.shape != (cube.rows, cube.columns):
            raise UserError(
                f"The map {name} has {labels.shape[0]} x {labels.shape[1]} pixels and its scan "
                f"{cube.rows} x {cube.columns}; give the map of this scan."
            )
        found.append((cube, class_values(cube, labels, names, indices, token=token)))
    return [spectra_table(found), *([indices_table(found)] if indices else [])]
