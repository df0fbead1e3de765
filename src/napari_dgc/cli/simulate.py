"""``napari-dgc simulate``: write simulated leaf scans with ground truth."""

import argparse
import sys
from pathlib import Path
from typing import Any

from napari_dgc.errors import UserError


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    parser = subparsers.add_parser(
        "simulate",
        help="write simulated leaf scans with ground truth",
        description="Simulate push-broom scans of tea leaves on dark cloth, 400-1000 nm. Writes "
        "OUT/NAME.mat (MATLAB v7.3: cube, wavelengths), OUT/truth/NAME.tif (labels) and "
        "OUT/truth/classes.csv.",
    )
    parser.add_argument("out", metavar="OUT", type=Path, help="folder to write to")
    parser.add_argument(
        "--severity",
        metavar="DAY",
        type=float,
        nargs="+",
        default=[0.0, 3.0, 5.0],
        help="days after infection, one scan each; 0 is healthy (default: 0 3 5)",
    )
    parser.add_argument(
        "--size",
        metavar=("H", "W"),
        type=int,
        nargs=2,
        default=[256, 256],
        help="rows and columns (default: 256 256)",
    )
    parser.add_argument("--bands", metavar="N", type=int, default=301, help="default: 301")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="default: 0")
    parser.add_argument(
        "--repeat", metavar="N", type=int, default=1, help="scans for each day (default: 1)"
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
    from napari_dgc.files import write_atomically, write_text
    from napari_dgc.simulate import CLASS_NAMES, simulate_scan
    from napari_dgc.simulate.scan import check_arguments, plan_set

    size = (int(args.size[0]), int(args.size[1]))
    if args.repeat < 1:
        raise UserError(f"--repeat cannot be {args.repeat}: give 1 or more.")
    check_arguments(args.severity, size, args.bands, args.seed, args.difficulty)
    folder: Path = args.out
    truth_folder = folder / "truth"
    make_folder(truth_folder, "the scans")

    import tifffile

    table = truth_folder / "classes.csv"
    rows = [f"{label},{name}" for label, name in CLASS_NAMES.items()]
    write_text(table, "\n".join(["label,name", *rows]) + "\n")
    print(table, flush=True)
    plan = plan_set([day for day in args.severity for _ in range(args.repeat)], args.seed)
    for number, (day, seed, name) in enumerate(plan, start=1):
        print(f"simulating {name} ({number} of {len(plan)})", file=sys.stderr, flush=True)
        scan = simulate_scan(
            day,
            size=size,
            bands=args.bands,
            seed=seed,
            difficulty=args.difficulty,
            camera_seed=args.seed,
            name=name,
        )
        labels = scan.truth
        truth_path = truth_folder / f"{name}.tif"
        write_atomically(
            truth_path,
            lambda temporary, labels=labels: tifffile.imwrite(  # type: ignore[misc]
                temporary, labels, photometric="minisblack", datetime=False, software="napari-dgc"
            ),
        )
        cube_path = folder / f"{name}.mat"
        write_matlab(cube_path, scan.cube.data[:], scan.cube.wavelengths)
        print(cube_path)
        print(truth_path, flush=True)
    return 0
