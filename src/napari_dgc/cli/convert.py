"""``napari-dgc convert``: write a cube as an ENVI file."""

import argparse
from pathlib import Path
from typing import Any

from napari_dgc.cli.cube_options import add_cube_options, open_cubes_from, say_decisions

_TYPES = ("uint8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64")


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    parser = subparsers.add_parser(
        "convert",
        help="write a cube as an ENVI file",
        description="Write any cube that opens as an ENVI header and a data file, which every "
        "program for hyperspectral images reads. Samples are not changed; wavelengths, bad "
        "bands, scale and the value for missing samples go into the header.",
    )
    parser.add_argument("cube", metavar="CUBE", type=Path, help="the cube to read")
    parser.add_argument(
        "--out",
        metavar="FILE.hdr",
        type=Path,
        required=True,
        help="header to write; the samples go beside it, into FILE.dat",
    )
    parser.add_argument(
        "--interleave",
        choices=("bsq", "bil", "bip"),
        default="bil",
        help="whether samples lie band by band (bsq), line by line (bil, as cameras write "
        "them) or pixel by pixel (bip) (default: bil)",
    )
    parser.add_argument(
        "--dtype",
        metavar="TYPE",
        choices=_TYPES,
        help=f"type of the samples: {', '.join(_TYPES)} (default: the cube's own)",
    )
    add_cube_options(parser)


def run(args: argparse.Namespace) -> int:
    """Write the cube; print the paths of the files written."""
    from napari_dgc.cli.folders import say_replaced
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine
    from napari_dgc.cli.provenance import record
    from napari_dgc.cubes.envi_writer import planned_data_path, write_envi
    from napari_dgc.provenance import sidecar_of

    cubes = open_cubes_from(args, [args.cube])
    say_decisions(cubes)
    planned_data_path(cubes[0], args.out)  # refuses other data before anything is said of it
    say_replaced(args.out)
    line = ProgressLine()
    try:
        with stop_on_interrupt("stopping; what was there stays as it was") as token:
            written = write_envi(
                cubes[0],
                args.out,
                interleave=args.interleave,
                dtype=args.dtype,
                progress=lambda done: line.show(f"writing {args.out.name}", done),
                token=token,
            )
    finally:
        line.clear()
    for path in written:
        print(path)
    record(args, sidecar_of(args.out), written, cubes=cubes)
    return 0
