"""Every method on every scene: the table of docs/benchmarks.md, by one command.

    python benchmarks/methods.py --data FOLDER --out runs.jsonl --page docs/benchmarks.md

Every run (scene, method, seed) has a process of its own, one thread and the CPU. It is added to
--out as one line of JSON when it is done: a command that was interrupted goes on where it
stopped. --again METHOD measures a method anew where its runs are of another commit. The tables
are printed, and put into --page between its two marks.

Number of clusters
    The number of classes in the truth (EnMAP: 6). Methods that over-cluster find 16, and their
    merge tree is cut at that number. A method that can find the number by itself is also asked
    to ("automatic").
Pixels
    All pixels of a scan are trained on and labelled; only those with a class in the truth are
    scored.
Training
    The methods' defaults. Only dgc-paper has 2 of its 10 epochs, because it alone would take two
    hours; --epochs 10 gives it all.
Time
    Processor time of training and labelling.
Memory
    The most that was resident while training and labelling, beyond what was there before: the
    libraries (the method has run on 24 x 24 pixels) and the scans.
"""

import argparse
import base64
import ctypes
import json
import multiprocessing
import os
import subprocess
import time
import zlib
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from big_scans import forget_peak, resident
from methods_page import put_into, tables
from numpy.typing import NDArray
from scenes import KINDS, Scene

from napari_dgc.clustering import get_method, method_names
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.evaluation import Scan, evaluate
from napari_dgc.files import write_text
from napari_dgc.partition import Partition, build_tree

PROJECT = Path(__file__).resolve().parents[1]
#: Fine clusters of the methods that over-cluster.
FINE = {"dgc": 16, "dgc-paper": 16}
EPOCHS = {"dgc-paper": 2}
DEFAULT_EPOCHS = 10
#: Measured last, whatever the order of the registry.
SLOWEST = "dgc-paper"
_WARM_UP = 24
#: What tells one run from another.
KEYS = ("scene", "scene_seed", "size", "method", "clusters", "epochs", "seed")

Run = dict[str, Any]


def plan(options: argparse.Namespace) -> Iterator[Run]:
    """Yield what is to be run."""
    for method in sorted(options.methods, key=lambda name: name == SLOWEST):
        asked = ["classes", "automatic"] if get_method(method).chooses_clusters else ["classes"]
        for scene in options.scenes:
            first = KINDS[scene].first_seed
            for clusters in asked:
                for seed in options.seeds:
                    yield {
                        "scene": scene,
                        "scene_seed": None if first is None else first + seed,
                        "size": None if first is None else options.size,
                        "method": method,
                        "clusters": clusters,
                        "epochs": options.epochs or EPOCHS.get(method, DEFAULT_EPOCHS),
                        "seed": seed,
                    }


def label(cubes: Sequence[HyperCube], wanted: Run, classes: int) -> list[NDArray[np.uint16]]:
    """Train on scans and label them."""
    automatic = wanted["clusters"] == "automatic"
    fine = "auto" if automatic else max(FINE.get(wanted["method"], classes), classes)
    model = get_method(wanted["method"])(
        clusters=fine,  # type: ignore[arg-type]
        epochs=wanted["epochs"],
        seed=wanted["seed"],
        device="cpu",
    ).fit(cubes)
    maps = [model.predict(cube) for cube in cubes]
    if automatic or fine == classes:
        return maps
    assert model.summary is not None
    partition = Partition.fine(model.n_clusters, build_tree(model.summary)).cut(classes)
    return [partition.apply(labels) for labels in maps]


def measure(wanted: Run, data: Path) -> Run:
    """Do one run; to be called in a process of its own."""
    import torch

    torch.set_num_threads(1)
    scene = KINDS[wanted["scene"]].make(data, wanted["scene_seed"] or 0, wanted["size"] or 0)
    corner = scene.cubes[0]
    part = np.array(corner.data[:, :_WARM_UP, :_WARM_UP])
    with suppress(UserError):
        label([replace(corner, data=part)], wanted | {"epochs": 1}, 2)
    # What simulating has left free would be used again, and not be seen.
    ctypes.CDLL(None).malloc_trim(0)
    before = resident("VmRSS")
    forget_peak()
    begin, begin_wall = time.process_time(), time.perf_counter()
    maps = label(scene.cubes, wanted, scene.classes)
    return {
        **figures(maps, scene),
        "seconds": round(time.process_time() - begin, 3),
        "wall": round(time.perf_counter() - begin_wall, 3),
        "megabytes": round((resident("VmHWM") - before) / 1e6, 1),
    }


def figures(maps: Sequence[NDArray[np.uint16]], scene: Scene) -> Run:
    """Compare maps with the truth; those of scenes that are the same for all seeds are kept."""
    stacked = np.concatenate([labels.ravel() for labels in maps])
    found: Run = {"classes": scene.classes, "found": len(np.unique(stacked[stacked > 0]))}
    if scene.truths:
        scans = [
            Scan(cube.name, truth, labels)
            for cube, truth, labels in zip(scene.cubes, scene.truths, maps, strict=True)
        ]
        scores = evaluate(scans, scene.class_names).pooled
        found |= {
            "oa": scores.hungarian.overall_accuracy,
            "nmi": scores.nmi,
            "ari": scores.ari,
            "miou": scores.hungarian.mean_iou,
        }
    if len(maps) == 1 and not scene.class_names:
        packed = zlib.compress(stacked.astype(np.uint8).tobytes(), 9)
        found["map"] = base64.b64encode(packed).decode()
    return found


def commit() -> str:
    """Return the commit of the code, with "+" where it was changed since."""

    def git(*arguments: str) -> str:
        run = subprocess.run(
            ["git", *arguments], cwd=PROJECT, capture_output=True, text=True, check=True
        )
        return run.stdout.strip()

    try:
        changed = git("status", "--porcelain", "--", "src", "benchmarks/*.py")
        return git("rev-parse", "--short=7", "HEAD") + ("+" if changed else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def key(run: Run) -> tuple[Any, ...]:
    return tuple(run[name] for name in KEYS)


def read_runs(path: Path) -> dict[tuple[Any, ...], Run]:
    """Read the runs that are done, by their keys."""
    if not path.exists():
        return {}
    runs = (json.loads(line) for line in path.read_text().splitlines() if line.strip())
    return {key(run): run for run in runs}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    default = os.environ.get("NAPARI_DGC_DATA", PROJECT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=Path(default), help="folder of real scenes")
    parser.add_argument("--out", type=Path, required=True, help="file of runs, JSON lines")
    parser.add_argument("--page", type=Path, help="Markdown page that the tables are put into")
    parser.add_argument("--scenes", nargs="+", choices=tuple(KINDS), default=list(KINDS))
    parser.add_argument("--methods", nargs="+", choices=method_names(), default=method_names())
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--again", nargs="+", choices=method_names(), default=[])
    parser.add_argument("--epochs", type=int, help="of every method")
    parser.add_argument("--size", type=int, default=128, help="rows, columns of simulated scenes")
    options = parser.parse_args()

    for name in list(options.scenes):
        absent = [path for path in KINDS[name].needed if not (options.data / path).is_file()]
        if absent:
            print(f"{KINDS[name].title}: left out, {options.data / absent[0]} is absent.")
            options.scenes.remove(name)
    code = commit()
    runs = read_runs(options.out)
    todo = [
        wanted
        for wanted in plan(options)
        if key(wanted) not in runs
        or (wanted["method"] in options.again and runs[key(wanted)]["commit"] != code)
    ]
    # Before any process is started: threads would get in each other's way.
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, [str(Path(__file__).parent), os.environ.get("PYTHONPATH")])
    )
    # Libraries are loaded once, in a server that every process of a run is forked from.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "sklearn.cluster", "sklearn.mixture", "methods"])
    begin = time.perf_counter()
    for number, wanted in enumerate(todo, start=1):
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            try:
                result = pool.submit(measure, wanted, options.data.resolve()).result()
            except (UserError, BrokenProcessPool) as error:
                result = {"error": str(error)}
        runs[key(wanted)] = wanted | result | {"commit": code}
        write_text(options.out, "".join(json.dumps(run) + "\n" for run in runs.values()))
        told = result.get("error") or f"{result['seconds']:.1f} s, ARI {result.get('ari')}"
        print(
            f"{number} of {len(todo)}, {(time.perf_counter() - begin) / 60:.0f} min: "
            f"{' '.join(str(wanted[name]) for name in KEYS)}: {told}",
            flush=True,
        )
    text = tables(list(runs.values()), {name: kind.title for name, kind in KINDS.items()})
    print(text)
    if options.page:
        put_into(options.page, text)


if __name__ == "__main__":
    main()
