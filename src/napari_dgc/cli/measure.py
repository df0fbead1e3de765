"""``napari-dgc measure``: lesions, severity and disease progress from label maps."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, INTERRUPTED
from napari_dgc.cli.options import millimetres
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari_dgc.batch import Item, Manifest
    from napari_dgc.batch.measure import MeasureTask
    from napari_dgc.measure.details import ScanDetails
    from napari_dgc.measure.lesion_mask import MaskSettings
    from napari_dgc.measure.scales import OrdinalScale
    from napari_dgc.measure.severity import ScanSeverity


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.batch_options import add_batch_options
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
        help="scans of the same names as the maps, or folders of them: also a table of mean ± SD "
        "spectra by class",
    )
    group.add_argument(
        "--index", nargs="+", default=[], metavar="NAME", help="also indices of the classes"
    )
    add_batch_options(parser, "NAME.batch.jsonl beside the table")
    add_cube_options(parser)


def add_map_options(parser: argparse.ArgumentParser) -> None:
    """Add the maps, and what tells names, sizes of pixels, details and grades."""
    parser.add_argument(
        "maps",
        nargs="+",
        type=Path,
        metavar="MAP",
        help="label maps (.tif, .npy, .png, .mat, ENVI classifications, labelme, COCO), folders "
        "of them, or patterns such as 'day*/*.tif'",
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
    from napari_dgc.batch import Manifest
    from napari_dgc.batch.inputs import maps_of
    from napari_dgc.batch.manifest import SUFFIX
    from napari_dgc.batch.measure import MeasureTask, map_items
    from napari_dgc.cli.batch_options import print_plan, run_and_tell, take_absolute_paths
    from napari_dgc.cli.cube_options import reading_of, scans_named
    from napari_dgc.cli.folders import make_folder, refuse_same_names
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.naming import naming_of
    from napari_dgc.indices import find_index
    from napari_dgc.measure.details import read_details
    from napari_dgc.measure.scales import find_scale

    take_absolute_paths(args)
    scales = list(dict.fromkeys(find_scale(name) for name in args.scale))
    details = {} if args.details is None else read_details(args.details)
    settings = settings_of(args)
    files = maps_of(args.maps)
    _refuse_input_as_output(args, files)
    if args.index and not args.cubes:
        raise UserError("Indices are computed from scans; give them with --cubes.")
    scans = {item.name: item.path for item in scans_named(args, args.cubes)}
    items = map_items(files, scans)
    refuse_same_names((item.name for item in items), "line of the table")
    sizes = {name: known.pixel_size_mm for name, known in details.items()}
    task = MeasureTask(
        naming_of(args),
        settings,
        args.min_leaf,
        {name: size for name, size in sizes.items() if size is not None},
        args.pixel_size,
        tuple(dict.fromkeys(find_index(name) for name in args.index)),
        reading_of(args),
    )
    manifest = Manifest(args.out.with_name(args.out.stem + SUFFIX))
    if args.dry_run:
        return print_plan(args, task, items, manifest)
    make_folder(args.out.parent, "the tables")
    with stop_on_interrupt("stopping; what was measured so far is kept, no table") as token:
        outcome = run_and_tell(args, task, items, manifest, token)
    if outcome.status != INTERRUPTED and outcome.any_done:
        _write(args, task, manifest, items, scans, details, scales)
    return outcome.status


def _write(
    args: argparse.Namespace,
    task: MeasureTask,
    manifest: Manifest,
    items: Sequence[Item],
    scans: Mapping[str, Path],
    details: Mapping[str, ScanDetails],
    scales: Sequence[OrdinalScale],
) -> None:
    """Write the tables of all maps that were measured, and say what they lack."""
    from dataclasses import replace

    from napari_dgc.batch.measure import MeasuredMap
    from napari_dgc.cli.folders import say_replaced
    from napari_dgc.cli.measure_notes import origin, say_gaps
    from napari_dgc.cli.provenance import record_batch
    from napari_dgc.measure.class_values import ScanClassValues, indices_table, spectra_table
    from napari_dgc.measure.report import leaf_table, lesion_table, progress_tables, scan_table
    from napari_dgc.measure.tables import origin_table, write_tables
    from napari_dgc.provenance import sidecar_of

    found: list[ScanSeverity] = []
    diseased: dict[str, None] = {}
    values: list[ScanClassValues] = []
    for entry in manifest.entries(task, items):
        measured = MeasuredMap.of(entry)
        found.append(measured.severity)
        diseased |= dict.fromkeys(measured.diseased)
        values += [] if measured.values is None else [measured.values]
    say_gaps(found, details, scans)
    tables = [scan_table(found, details, scales)]
    if args.leaves:
        tables.append(leaf_table(found, details, scales))
    if args.lesions:
        tables.append(lesion_table(found))
    tables += progress_tables(found, details)
    if scans:
        tables += [spectra_table(values), *([indices_table(values)] if args.index else [])]
    masks = replace(task.masks, names=tuple(diseased) or task.masks.names)
    tables.append(origin_table(origin(args, masks, scales)))
    say_replaced(args.out)
    written = write_tables(args.out, tables)
    for file in written:
        print(file, flush=True)
    record_batch(args, sidecar_of(args.out), manifest.entries(task, items), written)


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
