"""Many scans by a Dask cluster with a worker killed half-way, against one process.

    python benchmarks/cluster.py                       # 200 scans, 128 x 128 x 301, 2 workers
    python benchmarks/cluster.py --scans 20 --size 64 64 --bands 61
    python benchmarks/cluster.py --folder FOLDER   # simulated there once, and kept

Scans are simulated, a model learns from four of them, and ``segment`` and ``measure`` (with
spectra of the classes) are done by one process, and by workers that are processes of their own
beside a scheduler. In each of the two a worker is killed (SIGKILL) when half of the scans are
done. Then every map and every table is compared byte for byte, and the lists of what is done
are counted. Exits with 1 where anything is missing, twice or different.
"""

import argparse
import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from napari_dgc.batch.manifest import SUFFIX
from napari_dgc.files import write_text

_DAYS = ("0", "2", "4", "5")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scans", type=int, default=200)
    parser.add_argument("--size", type=int, nargs=2, default=[128, 128])
    parser.add_argument("--bands", type=int, default=301)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--method", default="dgc")
    parser.add_argument("--folder", type=Path, help="for the scans, which are kept")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        work = Path(place)
        os.environ["NAPARI_DGC_CACHE"] = str(work / "cache")
        scans = simulated(options, options.folder or work / "scans")
        model = work / "model"
        learning = ["--method", options.method, "--epochs", "1", "--device", "cpu"]
        few = map(str, scans[:: max(1, len(scans) // 4)][:4])
        command(["train", *few, "--model", str(model), *learning])
        seconds = {"alone": measured(lambda: both(scans, model, work / "alone"))}
        killed: list[int] = []
        seconds["cluster"] = measured(
            lambda: on_cluster(scans, model, work / "cluster", options.workers, killed)
        )
        found = compared(work / "alone", work / "cluster", len(scans))
    found |= {"workers": options.workers, "killed": len(killed), "seconds": seconds}
    print(json.dumps(found, indent=1))
    if options.json:
        write_text(options.json, json.dumps(found, indent=1))
    return 0 if found["right"] and len(killed) == 2 else 1


def simulated(options: argparse.Namespace, folder: Path) -> list[Path]:
    if not any(folder.glob("*.mat")):
        say(f"simulating {options.scans} scans in {folder}")
        repeat = -(-options.scans // len(_DAYS))
        size = ["--size", *map(str, options.size), "--bands", str(options.bands)]
        command(["simulate", str(folder), *size, "--severity", *_DAYS, "--repeat", str(repeat)])
    scans = sorted(folder.glob("*.mat"))[: options.scans]
    if len(scans) < options.scans:
        raise SystemExit(f"{folder} holds {len(scans)} scans; delete it, or ask for fewer")
    return scans


def segment(scans: list[Path], model: Path, out: Path, *more: str) -> list[str]:
    words = ["segment", *map(str, scans), "--model", str(model), "--out", str(out / "maps")]
    return [*words, "--suggest", *more]


def measure(scans: list[Path], out: Path, *more: str) -> list[str]:
    words = ["measure", str(out / "maps"), "--out", str(out / "table.csv"), "--lesions"]
    return [*words, "--cubes", *map(str, scans), *more]


def both(scans: list[Path], model: Path, out: Path, *more: str) -> None:
    say("segment and measure by one process")
    command(segment(scans, model, out, *more))
    command(measure(scans, out, *more))


def on_cluster(scans: list[Path], model: Path, out: Path, workers: int, killed: list[int]) -> None:
    with cluster(workers) as (address, running):
        more = ["--scheduler", address]
        for words in (segment(scans, model, out, *more), measure(scans, out, *more)):
            say(f"{words[0]} by {workers} workers")
            process = subprocess.Popen(
                [sys.executable, "-m", "napari_dgc", *words],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                text=True,
            )
            manifest = next_manifest(words[0], out)
            while process.poll() is None and lines(manifest) < len(scans) // 2:
                time.sleep(0.05)
            if process.poll() is None:
                victim = running.pop(0)
                victim.send_signal(signal.SIGKILL)
                victim.wait()
                killed.append(victim.pid)
                say(f"worker {victim.pid} killed after {lines(manifest)} scans")
                running.append(started(address))
            _, err = process.communicate()
            if process.returncode:
                raise SystemExit(err)


def next_manifest(name: str, out: Path) -> Path:
    return out / "maps" / f"segment{SUFFIX}" if name == "segment" else out / f"table{SUFFIX}"


def lines(manifest: Path) -> int:
    """Scans that are done; the first line says what the file is."""
    with contextlib.suppress(FileNotFoundError):
        return max(0, manifest.read_bytes().count(b"\n") - 1)
    return 0


@contextlib.contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list["subprocess.Popen[bytes]"]]]:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "scheduler.json"
        scheduler = dask("scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", file)
        running: list[subprocess.Popen[bytes]] = []
        try:
            while not file.exists() or not file.read_text():
                time.sleep(0.1)
            address = str(json.loads(file.read_text())["address"])
            running += [started(address) for _ in range(workers)]
            yield address, running
        finally:
            for process in [*running, scheduler]:
                process.terminate()
                process.wait()


def started(address: str) -> "subprocess.Popen[bytes]":
    alone = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "60")
    return dask("worker", address, *alone)


def dask(*words: object) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=tempfile.gettempdir(),
    )


def compared(alone: Path, cluster: Path, scans: int) -> dict[str, Any]:
    """Compare what was written, and count what is noted as done."""
    contents = [results(folder) for folder in (alone, cluster)]
    once = []
    for name in ("segment", "measure"):
        noted = next_manifest(name, cluster).read_text().splitlines()[1:]
        counts = Counter(json.loads(line)["scan"] for line in noted)
        once.append(len(counts) == scans and set(counts.values()) == {1})
    maps = sum(name.endswith(".tif") for name in contents[1])
    return {
        "scans": scans,
        "maps": maps,
        "files": len(contents[1]),
        "equal files": sum(contents[0].get(name) == got for name, got in contents[1].items()),
        "each noted once": once,
        "right": contents[0] == contents[1] and maps == scans and all(once),
    }


def results(folder: Path) -> dict[str, str]:
    """Return hashes of maps, their classes and all tables of figures."""
    found = {}
    for path in sorted(folder.rglob("*")):
        # Settings and sidecars tell the command and the time, lists of what is done the seconds.
        told = path.suffix in (".json", ".jsonl") or "settings" in path.name
        # A worker that was killed while it wrote leaves a hidden file.
        if path.is_file() and not told and not path.name.startswith("."):
            found[str(path.relative_to(folder))] = hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def command(words: list[str]) -> None:
    from napari_dgc.cli import main as run

    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()) as err,
    ):
        status = run(words)
    if status:
        raise SystemExit(err.getvalue())


def measured(work: Callable[[], None]) -> float:
    begin = time.perf_counter()
    work()
    return round(time.perf_counter() - begin, 1)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
