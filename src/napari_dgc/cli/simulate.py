"""``napari-dgc simulate``: write simulated scans with ground truth."""

import argparse
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.cli import COMMANDS
from napari_dgc.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    parser = subparsers.add_parser(
        "simulate",
        help=COMMANDS["simulate"],
        description="Simulate push-broom scans of tea leaves on dark cloth, 400-1000 nm, or "
        "another scene. Writes OUT/NAME.mat (MATLAB v7.3: cube, wavelengths) or, of other scenes, "
        "OUT/NAME.hdr and .dat (ENVI), OUT/truth/NAME.tif (labels) and OUT/truth/classes.csv.",
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to write to")
    parser.add_argument(
        "--scene",
        choices=("leaf", "nebula", "xrf"),
        default="leaf",
        help="leaf scans; or, as an ENVI cube of counts, emission-line nebulae (nebula) or the "
        "X-ray fluorescence of a painted page (xrf) (default: leaf)",
    )
    parser.add_argument(
        "--severity",
        metavar="DAY",
        type=float,
        nargs="+",
        default=None,
        help="days after infection, one scan each; 0 is healthy (default: 0 3 5); leaf scans only",
    )
    parser.add_argument(
        "--size",
        metavar=("H", "W"),
        type=int,
        nargs=2,
        default=None,
        help="rows and columns (default: 256 256; nebula and xrf 128 128)",
    )
    parser.add_argument("--bands", metavar="N", type=int, help="default: 301; nebula and xrf 256")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default: 0")
    parser.add_argument(
        "--repeat",
        metavar="N",
        type=int,
        default=1,
        help="scans for each day, or scenes of successive seeds (default: 1)",
    )
    parser.add_argument(
        "--difficulty",
        metavar="X",
        type=float,
        default=1.0,
        help="scales noise, stripes, smile and light effects; 0 is a perfect scan (default: 1)",
    )


def run(args: argparse.Namespace) -> int:
    """Write the scans one by one; print the path of every file written."""
    from napari_dgc.cli.folders import make_folder
    from napari_dgc.cubes.matlab_writer import write_matlab
    from napari_dgc.simulate import CLASS_NAMES, simulate_scan
    from napari_dgc.simulate.scan import check_arguments, plan_set

    leaf = args.scene == "leaf"
    rows_columns = args.size or ([256, 256] if leaf else [128, 128])
    size = (int(rows_columns[0]), int(rows_columns[1]))
    bands = args.bands if args.bands is not None else 301 if leaf else 256
    if args.repeat < 1:
        raise UserError(f"--repeat cannot be {args.repeat}: give 1 or more.")
    if not leaf:
        if args.severity is not None:
            raise UserError(f"--severity is for leaf scans; leave it out with {args.scene}.")
        return _scenes(args, size, bands)
    days = [0.0, 3.0, 5.0] if args.severity is None else args.severity
    check_arguments(days, size, bands, args.seed, args.difficulty)
    folder: Path = args.out
    truth_folder = folder / "truth"
    make_folder(truth_folder, "the scans")

    _write_names(truth_folder, CLASS_NAMES)
    plan = plan_set([day for day in days for _ in range(args.repeat)], args.seed)
    for number, (day, seed, name) in enumerate(plan, start=1):
        print(f"simulating {name} ({number} of {len(plan)})", file=sys.stderr, flush=True)
        scan = simulate_scan(
            day,
            size=size,
            bands=bands,
            seed=seed,
            difficulty=args.difficulty,
            camera_seed=args.seed,
            name=name,
        )
        truth_path = truth_folder / f"{name}.tif"
        _write_truth(truth_path, scan.truth)
        cube_path = folder / f"{name}.mat"
        write_matlab(cube_path, scan.cube.data[:], scan.cube.wavelengths)
        print(cube_path)
        print(truth_path, flush=True)
    return 0


def _scenes(args: argparse.Namespace, size: tuple[int, int], bands: int) -> int:
    """Write scenes of counts one by one; print the path of every file written."""
    from napari_dgc.cli.folders import make_folder
    from napari_dgc.cubes.envi_writer import planned_data_path, write_envi
    from napari_dgc.simulate import nebula, xrf
    from napari_dgc.simulate.scene import check_scene

    check_scene(size, bands, args.seed, args.difficulty)
    folder: Path = args.out
    make_folder(folder / "truth", "the scans")
    module = nebula if args.scene == "nebula" else xrf
    simulate = nebula.simulate_nebula if args.scene == "nebula" else xrf.simulate_xrf
    _write_names(folder / "truth", module.CLASS_NAMES)
    for number in range(args.repeat):
        name = f"{args.scene}_{number + 1}"
        print(f"simulating {name} ({number + 1} of {args.repeat})", file=sys.stderr, flush=True)
        scene = simulate(
            size=size,
            bands=bands,
            seed=args.seed + number,
            difficulty=args.difficulty,
            name=name,
        )
        header = folder / f"{name}.hdr"
        # ENVI knows no unit of energy, and readers would take keV for micrometres: the names of
        # the bands tell them.
        cube = scene.cube
        if cube.wavelength_unit is None:
            cube = replace(cube, wavelengths=None)
        planned_data_path(cube, header)
        for path in write_envi(cube, header, interleave="bip"):
            print(path)
        truth_path = folder / "truth" / f"{name}.tif"
        _write_truth(truth_path, scene.truth)
        print(truth_path, flush=True)
    return 0


def _write_names(folder: Path, names: Mapping[int, str]) -> None:
    """Write the names of the classes as OUT/truth/classes.csv."""
    from napari_dgc.files import write_text

    table = folder / "classes.csv"
    rows = [f"{label},{name}" for label, name in names.items()]
    write_text(table, "\n".join(["label,name", *rows]) + "\n")
    print(table, flush=True)


def _write_truth(path: Path, labels: "NDArray[np.uint8]") -> None:
    """Write a label map."""
    import tifffile

    from napari_dgc.files import write_atomically

    write_atomically(
        path,
        lambda temporary: tifffile.imwrite(
            temporary, labels, photometric="minisblack", datetime=False, software="napari-dgc"
        ),
    )
