"""Peak memory of labelling many scans in one go.

    python benchmarks/batch.py                  # 100 and 1,000 scans, one process
    python benchmarks/batch.py --jobs 2         # the same by two processes

A small simulated leaf (24 x 24 pixels, 30 bands) is copied so often; a model learns from it, and
the command ``segment`` labels the folder of the copies, each number of them in a process of its
own. "peak" is the most that was resident (VmHWM) in the process of the command at its end, of
workers the largest; "growth" is against the fewest scans. Files and figures are deleted.
"""

import argparse
import contextlib
import io
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from big_scans import resident

from napari_dgc.files import write_text


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scans", type=int, nargs="+", default=[100, 1000])
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--method", default="kmeans")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(run(options.measure)))
        return
    rows = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["NAPARI_DGC_CACHE"] = str(folder / "cache")
        leaf = simulated(folder)
        model = folder / "model"
        learning = ["--method", options.method, "--epochs", "1", "--clusters", "16"]
        run(["train", str(leaf), "--model", str(model), *learning, "--device", "cpu"])
        print(f"{'scans':>6} {'peak':>9} {'growth':>9} {'workers':>9} {'s':>6}")
        for number in sorted(options.scans):
            scans = folder / f"scans-{number}"
            scans.mkdir()
            for place_in_row in range(number):
                shutil.copyfile(leaf, scans / f"leaf{place_in_row:05}{leaf.suffix}")
            command = ["segment", str(scans), "--model", str(model), "--jobs", str(options.jobs)]
            begin = time.perf_counter()
            found = in_process([*command, "--out", str(folder / f"maps-{number}")])
            seconds = time.perf_counter() - begin
            rows.append({"scans": number, "jobs": options.jobs, "seconds": seconds, **found})
            growth = found["peak"] - rows[0]["peak"]
            print(
                f"{number:>6} {found['peak'] / 1e6:>6.1f} MB {growth / 1e6:>6.1f} MB "
                f"{found['workers'] / 1e6:>6.1f} MB {seconds:>6.0f}",
                flush=True,
            )
            shutil.rmtree(scans)
    if options.json:
        write_text(options.json, json.dumps(rows, indent=1))


def simulated(folder: Path) -> Path:
    from napari_dgc.cli import main as command

    size = ["--size", "24", "24", "--bands", "30", "--severity", "5"]
    with contextlib.redirect_stdout(io.StringIO()):
        command(["simulate", str(folder / "leaf"), *size])
    (leaf,) = (folder / "leaf").glob("*.mat")
    return leaf


def in_process(arguments: list[str]) -> dict[str, int]:
    """Run a command in a process of its own; returns bytes."""
    found = subprocess.run(
        [sys.executable, "-W", "ignore", __file__, "--measure", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise SystemExit(found.stderr)
    answer: dict[str, int] = json.loads(found.stdout.splitlines()[-1])
    return answer


def run(arguments: list[str]) -> dict[str, int]:
    """Run a command here; returns what was resident at most, in bytes."""
    from napari_dgc.cli import main as command

    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        status = command(arguments)
    if status:
        raise SystemExit(err.getvalue())
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    return {"peak": resident("VmHWM"), "workers": workers}


if __name__ == "__main__":
    main()
