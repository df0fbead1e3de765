"""Options that every command shares that reads cubes."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cancel import CancelToken
from napari_dgc.cli.options import count
from napari_dgc.cli.progress import ProgressLine, say
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.batch import Item
    from napari_dgc.batch.reading import Reading


def add_cube_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--variable``, ``--wavelengths``, ``--layout`` and the like to a command."""
    group = parser.add_argument_group("reading cubes")
    group.add_argument(
        "--variable",
        metavar="NAME",
        help="which variable of a MATLAB file, or dataset of an HDF5, Zarr, .npz or TIFF file, "
        "is the cube (default: 'cube', or the only one possible)",
    )
    group.add_argument(
        "--wavelengths",
        metavar="FILE",
        type=Path,
        help="band centres in place of the file's own: .txt, .csv (one number per band) "
        "or an ENVI header",
    )
    group.add_argument(
        "--layout",
        choices=(
            "auto",
            *("band-row-column", "row-column-band", "row-band-column"),
            *("column-by-column", "row-by-row"),
        ),
        default="auto",
        help="order of the axes where the file does not tell it, or of the pixels in a matrix "
        "(default: found by itself)",
    )
    group.add_argument(
        "--rows-columns",
        metavar=("ROWS", "COLUMNS"),
        nargs=2,
        type=count,
        help="size of the image whose pixels a matrix of pixels × bands holds, where nothing in "
        "the file tells it, as in '--rows-columns 145 145'",
    )
    group.add_argument(
        "--bad-bands",
        metavar="LIST",
        default="",
        help="bands to leave out, besides those that the file marks as bad: numbers from 1, "
        "ranges and wavelengths, as in '1-5, 96, 1350-1450 nm'",
    )


def open_cubes(args: argparse.Namespace) -> list[HyperCube]:
    """Open the scans that files, folders and patterns of ``cubes`` stand for.

    See `open_cubes_from`.
    """
    return open_cubes_from(args, [item.path for item in scans_named(args, args.cubes)])


def open_cubes_from(args: argparse.Namespace, paths: Iterable[Path | str]) -> list[HyperCube]:
    """Open the cubes that a command names, with the shared options applied.

    Parameters
    ----------
    args
        Parsed arguments with those of `add_cube_options`.
    paths
        Files to open.

    Returns
    -------
    list of HyperCube
        In the order of `paths`.

    Raises
    ------
    UserError
        A file cannot be opened; the sentence names it.
    """
    reading = reading_of(args)
    line = ProgressLine()
    try:
        return [
            reading.open(path, progress=partial(line.show, f"unpacking {Path(path).name}"))
            for path in paths
        ]
    finally:
        line.clear()


def reading_of(args: argparse.Namespace) -> Reading:
    """Return how the shared options say that scans are opened."""
    from napari_dgc.batch.reading import Reading
    from napari_dgc.cubes.wavelengths import read_wavelengths

    wavelengths, unit = (None, None)
    if args.wavelengths is not None:
        wavelengths, unit = read_wavelengths(args.wavelengths)
    return Reading(
        args.variable,
        args.layout,
        None if wavelengths is None else tuple(float(centre) for centre in wavelengths),
        unit,
        None if args.rows_columns is None else tuple(args.rows_columns),
        args.bad_bands,
    )


def scans_named(args: argparse.Namespace, paths: Sequence[Path]) -> list[Item]:
    """Return the scans that files, folders and patterns stand for (see `batch.inputs.scans_of`)."""
    from napari_dgc.batch.inputs import scans_of

    return scans_of(paths, open_folders=args.variable is not None)


def say_decisions(cubes: Sequence[HyperCube]) -> None:
    """Print to stderr what was decided while opening; what holds for several scans once."""
    from napari_dgc.cli.progress import say
    from napari_dgc.cubes.notes import grouped

    for line in grouped([(cube.name, cube.notes) for cube in cubes]):
        say(line)


def unpacked(cube: HyperCube, token: CancelToken, line: ProgressLine) -> HyperCube:
    """Return a cube that is read quickly by patches, from a copy where its file is not.

    Without room for a copy it is read from its file, and that is said.

    Parameters
    ----------
    cube
        As it was opened.
    token
        Stops with an InterruptedError.
    line
        Shows progress.
    """
    from napari_dgc.cubes.scan_cache import quick_to_read

    stage = f"unpacking {cube.name}"
    try:
        return quick_to_read(cube, token=token, progress=lambda share: line.show(stage, share))
    except UserError as error:
        say(f"{error} {cube.name} is read from its file, slowly.")
        return cube
    finally:
        line.clear()
