"""``napari-dgc demo``: the whole job on simulated leaves."""

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import COMMANDS, INTERRUPTED, SUCCESS
from napari_dgc.cli.options import seed

if TYPE_CHECKING:
    from napari_dgc.partition import Partition

#: Large enough for lesions to show, small enough for two processor cores.
DAYS = ("0", "3", "5")
SIZE, BANDS, CLUSTERS, EPOCHS = 192, 301, 16, 4
TOUR = "napari_dgc.gui.tour"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser of ``napari-dgc``."""
    parser = commands.add_parser(
        "demo",
        help=COMMANDS["demo"],
        description="Simulate scans of tea leaves (healthy, day 3, day 5 after infection), learn "
        "clusters, name them, measure severity. Opens napari; without a display it does so on a "
        "virtual one, or without windows, and says which files and pictures it wrote.",
    )
    parser.add_argument("--headless", action="store_true", help="without any window")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("demo-output"),
        metavar="DIR",
        help="folder for everything (default demo-output)",
    )
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="of leaves and training (default 0)"
    )


def run(args: argparse.Namespace) -> int:
    """Show the job in napari where possible, else without windows."""
    from napari_dgc.cli.progress import say

    if not args.headless:
        command = tour_command(args.out, args.seed)
        if command is None:
            say("no display and no virtual one (xvfb-run): going on without windows")
        else:
            status = subprocess.run(command, check=False).returncode
            if status in (SUCCESS, INTERRUPTED):
                return status
            say(f"the tour in napari ended with status {status}: going on without windows")
    return headless(args.out, args.seed)


def tour_command(out: Path, number: int) -> list[str] | None:
    """Return the command that shows the tour in napari, or None when no window can open.

    The tour runs in a process of its own, so that nothing here loads Qt.
    """
    bindings = ("PyQt6", "PySide6", "PyQt5", "PySide2")
    if find_spec(TOUR) is None or not any(find_spec(name) for name in bindings):
        return None
    command = [sys.executable, "-m", TOUR, "--out", str(out), "--seed", str(number)]
    if sys.platform in ("darwin", "win32"):
        return command
    if os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return command
    virtual = shutil.which("xvfb-run")
    if virtual is None:
        return None
    # Nobody sees the windows there, so they close by themselves.
    return [virtual, "-a", "-s", "-screen 0 1600x1000x24", *command, "--close"]


def headless(out: Path, number: int) -> int:
    """Do the whole job with the commands that a user would type; returns the exit status."""
    scans, model, clusters = out / "scans", out / "model", out / "clusters"
    stems = ("healthy_1", "day3_1", "day5_1")
    cubes = [str(scans / f"{stem}.mat") for stem in stems]
    size = (str(SIZE), str(SIZE))
    steps: list[list[str]] = [
        ["simulate", str(scans), "--severity", *DAYS, "--size", *size, "--bands", str(BANDS)],
        ["train", *cubes, "--model", str(model), "--clusters", str(CLUSTERS)],
        ["segment", *cubes, "--model", str(model), "--out", str(clusters)],
    ]
    steps[0] += ["--seed", str(number)]
    steps[1] += ["--epochs", str(EPOCHS), "--seed", str(number)]
    for step in steps:
        status = _command(step)
        if status != SUCCESS:
            return status
    print("\nnaming the clusters from spectra and neighbourhood, measuring severity")
    for path in name_and_measure(scans, stems, model, clusters, out):
        print(path)
    print()
    print((out / "severity.csv").read_text(encoding="utf-8").rstrip())
    judged = ["evaluate", "--pred", str(out / "classes"), "--truth", str(scans)]
    status = _command([*judged, "--json", str(out / "evaluation.json")])
    print(f"\nEverything is in {out.resolve()}; look at {out / 'overview'}/*.png first.")
    return status


def _command(arguments: Sequence[str]) -> int:
    from napari_dgc.cli import main

    print("\n$ napari-dgc " + shlex.join(arguments), flush=True)
    return main(arguments)


def name_and_measure(
    scans: Path, stems: Sequence[str], model: Path, clusters: Path, out: Path
) -> list[Path]:
    """Name the clusters, measure severity, draw pictures; returns the files written.

    The truth is used only for the column ``true_severity_percent``.
    """
    import csv
    import io
    import json

    from napari_dgc.annotations import export_labels, read_labels
    from napari_dgc.annotations.picture import colour_labels, overlay, write_overview
    from napari_dgc.clustering.storage import load_model
    from napari_dgc.composites import true_colour
    from napari_dgc.cubes.read import open_cube
    from napari_dgc.errors import UserError
    from napari_dgc.files import write_text
    from napari_dgc.measure.lesions import count_lesions
    from napari_dgc.measure.severity import severity
    from napari_dgc.measure.suggest import suggest_partition, summary_wavelengths
    from napari_dgc.partition import Partition, build_tree

    summary = load_model(model).summary
    if summary is None:
        raise UserError(f"The model in {model} has no merge tree; run the demo once more.")
    cubes = [open_cube(scans / f"{stem}.mat") for stem in stems]
    tree = build_tree(summary)
    partition = suggest_partition(summary, tree, summary_wavelengths(summary, cubes[0]))
    written = [out / "partition.json"]
    write_text(written[0], json.dumps(partition.to_json(), indent=1))
    fine = Partition.fine(summary.n_clusters)
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(
        [
            "scan",
            "leaf_pixels",
            "lesion_pixels",
            "lesions",
            "severity_percent",
            "true_severity_percent",
        ]
    )
    for stem, cube in zip(stems, cubes, strict=True):
        labels = read_labels(clusters / f"{stem}.tif")
        classes = partition.apply(labels)
        measured = severity(classes, partition)
        written += export_labels(classes, partition, out / "classes", stem)
        percent = "" if measured.percent is None else f"{measured.percent:.2f}"
        true = _true_severity(scans / "truth" / f"{stem}.tif", scans / "truth" / "classes.csv")
        lesions = count_lesions(classes, partition)
        writer.writerow(
            [stem, measured.leaf_pixels, measured.lesion_pixels, lesions, percent, true]
        )
        colours = true_colour(cube)
        picture = out / "overview" / f"{stem}.png"
        write_overview(
            picture,
            f"{stem}: severity {measured}",
            [
                ("true colour", colours),
                (f"{fine.clusters} clusters", colour_labels(labels, fine)),
                ("classes", overlay(colours, colour_labels(classes, partition), 0.55)),
            ],
            _legend(partition),
        )
        written.append(picture)
    written.append(out / "severity.csv")
    write_text(written[-1], table.getvalue())
    return written


def _legend(partition: "Partition") -> list[tuple[str, str]]:
    from napari_dgc.partition.partition import PRESET_NAMES

    named = [info for info in partition.classes if info.name in PRESET_NAMES]
    named.sort(key=lambda info: PRESET_NAMES.index(info.name))
    others = [info for info in partition.classes if info.name not in PRESET_NAMES]
    # More would not fit below the panels.
    return [(info.title, info.shown_colour) for info in [*named, *others[:6]]]


def _true_severity(truth: Path, table: Path) -> str:
    import numpy as np

    from napari_dgc.annotations import read_class_table, read_labels
    from napari_dgc.measure.severity import severity
    from napari_dgc.partition import ClassInfo, Partition

    names = read_class_table(table)
    classes = tuple(ClassInfo((label,), names.get(label, "")) for label in range(1, max(names) + 1))
    found = severity(np.asarray(read_labels(truth)), Partition(max(names), classes)).percent
    return "" if found is None else f"{found:.2f}"
