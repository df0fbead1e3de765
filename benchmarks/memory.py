"""Peak memory of training and labelling, by the number of scans on disk.

    python benchmarks/memory.py                       # all methods, 1, 10 and 40 scans
    python benchmarks/memory.py --methods dgc --layout hdf5 --size 400

Simulated leaves are written to files first (16 MB each: 200 x 200 pixels, 100 bands, float32).
Each method runs the commands ``train`` and ``segment`` on the first 1, 10 and 40 of them, each
in a process of its own. A figure is the most that was resident beyond what was there after the
same command had run on one scan of 24 x 24 pixels, which loads every library. "growth" is that
of the most scans over that of the fewest, "whole" the same with libraries included.

Layouts: "bil" is read in place, so is "hdf5" (chunks as they are); "gzip" has packed chunks.
"""

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
from big_scans import forget_peak, resident

from napari_dgc.clustering.registry import method_names
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.files import write_text
from napari_dgc.simulate import simulate_set

COMMANDS = ("train", "segment")
LAYOUTS = ("bil", "hdf5", "gzip")
_BANDS = 100
#: Leaves that are simulated; others are these with fresh noise.
_LEAVES = 5
_SMALL = 24


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--methods", nargs="+", choices=method_names(), default=method_names())
    parser.add_argument("--scans", type=int, nargs="+", default=[1, 10, 40])
    parser.add_argument("--size", type=int, default=200, help="rows and columns of a scan")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--layout", choices=LAYOUTS, default="bil")
    parser.add_argument("--preprocess", help="steps that scans go through first")
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=COMMANDS)
    parser.add_argument(
        "--folder", type=Path, help="for the scans, which are kept there (default: a temporary one)"
    )
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        small, command, *rest = options.measure
        print(json.dumps(measure(Path(small), command, rest)))
        return
    counts = sorted(options.scans)
    rows = []
    print(f"{'method':<12} {'command':<8}" + "".join(f"{n:>5} scans" for n in counts), end="")
    print(f" {'growth':>7} {'whole':>6} {'s':>5}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        scans = options.folder or Path(folder)
        paths = write_scans(scans, max(counts), options.size, options.layout)
        small = write_scans(scans, 1, _SMALL, options.layout)[0]
        for method in options.methods:
            model = Path(folder) / f"model-{method}"
            for command in options.commands:
                if command == "train":
                    extra = ["--method", method, "--epochs", str(options.epochs)]
                    extra += ["--clusters", "16", "--device", "cpu"]
                    if options.preprocess:
                        extra += ["--preprocess", options.preprocess]
                else:
                    extra = ["--out", str(Path(folder) / "labels")]
                begin = time.perf_counter()
                runs = [
                    in_process(small, command, [*paths[:n], "--model", str(model), *extra])
                    for n in counts
                ]
                seconds = time.perf_counter() - begin
                rows.append({"method": method, "command": command, "runs": runs})
                print(f"{method:<12} {command:<8}", end="")
                print("".join(f"{run['peak'] / 1e6:>8.0f} MB" for run in runs), end="")
                whole = [run["before"] + run["peak"] for run in runs]
                print(
                    f" {runs[-1]['peak'] / runs[0]['peak']:>7.2f} {whole[-1] / whole[0]:>6.2f}"
                    f" {seconds:>5.0f}",
                    flush=True,
                )
    if options.json:
        write_text(options.json, json.dumps(rows, indent=1))


def in_process(small: str, command: str, arguments: list[str]) -> dict[str, int]:
    """Measure one command in a process of its own; bytes."""
    run = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--measure", small, command, *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if run.returncode:
        raise SystemExit(run.stderr)
    found: dict[str, int] = json.loads(run.stdout.splitlines()[-1])
    return found


def measure(small: Path, command: str, arguments: list[str]) -> dict[str, int]:
    """Run a command on a small scan, then as wanted; returns what was resident, in bytes."""
    cubes = arguments[: arguments.index("--model")]
    rest = arguments[len(cubes) :]
    with tempfile.TemporaryDirectory() as folder:
        loading = list(rest)
        if command == "train":
            loading[1] = folder
        else:
            loading[loading.index("--out") + 1] = folder
        _quietly([command, str(small), *loading])
    before = resident("VmRSS")
    forget_peak()
    _quietly([command, *cubes, *rest])
    return {"before": before, "peak": resident("VmHWM") - before}


def _quietly(arguments: list[str]) -> None:
    from napari_dgc.cli import main as run

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = run(arguments)
    if status:
        raise SystemExit(said.getvalue())


def write_scans(folder: Path, count: int, size: int, layout: str) -> list[str]:
    """Write those scans that are not there yet, and return what to open."""
    folder = folder / f"{layout}-{size}"
    folder.mkdir(parents=True, exist_ok=True)
    paths = [
        folder / f"scan{number:02}.{'hdr' if layout == 'bil' else 'h5'}" for number in range(count)
    ]
    if all(path.exists() for path in paths):
        return [str(path) for path in paths]
    days = [0.0, 3.0, 5.0, 3.0, 5.0][: min(count, _LEAVES)]
    leaves = [
        leaf.cube for leaf in simulate_set(days=days, size=(size, size), bands=_BANDS, seed=1)
    ]
    for number, path in enumerate(paths):
        leaf = leaves[number % len(leaves)]
        data = np.asarray(leaf.read(slice(None), slice(None)))
        if number >= len(leaves):
            noise = np.random.default_rng(number).standard_normal(data.shape, np.float32)
            data = data + np.float32(0.01) * noise
        if layout == "bil":
            write_envi(HyperCube(data, path.stem, leaf.wavelengths, "nm"), path)
            continue
        with h5py.File(path, "w") as file:
            file.create_dataset(
                "cube",
                data=data,
                chunks=(_BANDS, min(32, size), min(32, size)),
                compression="gzip" if layout == "gzip" else None,
            )
    return [str(path) for path in paths]


if __name__ == "__main__":
    main()
