"""Does any balance of the paper's five losses keep the clusters, or does the objective have to go?

Trains the paper's method under every balance, with and without the loss that
contradicts another, and the default method, on simulated scans; scores the maps
of *every* epoch against the truth, so that clusters that appear and vanish again are seen.

    python benchmarks/loss_balance.py --sets 1 2 3 --seeds 0 1 2 [--json out.json]

Small scans, patches and steps, so that it ends within the hour on one core.
"""

import argparse
import itertools
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from simulated import pooled_scores

from napari_dgc.clustering import get_method
from napari_dgc.clustering.dgc_paper.config import WEIGHTINGS, PaperConfig
from napari_dgc.clustering.dgc_paper.estimator import PaperDGC
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.events import EpochFinished, LabelsReady, Notice
from napari_dgc.files import write_text
from napari_dgc.simulate import SimulatedScan, simulate_set


def arms(patch: int, batch: int, steps: int) -> dict[str, PaperConfig | None]:
    """Return what is compared; None is the default method."""
    published = PaperConfig(patch=patch, batch=batch, steps_per_epoch=steps)
    apart = PaperConfig.held_apart().weights
    # Does training add anything? Here only the centroids move.
    found: dict[str, PaperConfig | None] = {
        "encoder as drawn": replace(published, learning_rate=1e-6)
    }
    for name in WEIGHTINGS:
        found[f"{name}, five losses"] = replace(published, weighting=name)
    for name in WEIGHTINGS:
        found[f"{name}, no contradiction"] = replace(published, weighting=name, **apart)
    found["dgc"] = None
    return found


def run(model: Clusterer, scans: list[SimulatedScan]) -> dict[str, list[float]]:
    """Train; returns scores per epoch and whether the method said that it had collapsed."""
    maps: dict[int, np.ndarray] = {}
    history: dict[str, list[float]] = {"leaf": [], "lesion": [], "active": [], "told": [0.0]}
    for event in model.fit_iter([scan.cube for scan in scans]):
        match event:
            case LabelsReady():
                maps[event.scan] = event.labels
            case EpochFinished():
                pooled = pooled_scores([maps[number] for number in range(len(scans))], scans)
                history["leaf"].append(pooled.background_tissue_iou)
                history["lesion"].append(pooled.lesion_iou)
                history["active"].append(event.active)
            case Notice(message) if "collapsed" in message:
                history["told"] = [1.0]
    return history


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--clusters", type=int, default=16)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--steps", type=int, default=20, help="per epoch")
    parser.add_argument("--patch", type=int, default=32)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--bands", type=int, default=100)
    parser.add_argument("--days", type=float, nargs="+", default=[0, 3, 5])
    parser.add_argument("--only", nargs="+", help="names of what to compare, or their beginnings")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    compared = {
        name: config
        for name, config in arms(options.patch, options.batch, options.steps).items()
        if not options.only or name.startswith(tuple(options.only))
    }
    size = (options.size, options.size)
    sets = {
        number: simulate_set(days=options.days, size=size, bands=options.bands, seed=number)
        for number in options.sets
    }
    rows: list[dict[str, object]] = []
    table: dict[str, list[dict[str, list[float]]]] = {name: [] for name in compared}
    for seed, number, name in itertools.product(options.seeds, sets, compared):
        begin = time.perf_counter()
        common = {"clusters": options.clusters, "epochs": options.epochs, "seed": seed}
        config = compared[name]
        model = get_method("dgc")(**common) if config is None else PaperDGC(**common, config=config)
        history = run(model, sets[number])
        table[name].append(history)
        rows.append({"set": number, "seed": seed, "name": name, **history})
        if options.json:
            write_text(options.json, json.dumps(rows))
        print(
            f"set {number}, seed {seed}, {name}: {history['leaf'][-1]:.3f}, "
            f"{history['lesion'][-1]:.3f}, {time.perf_counter() - begin:.0f} s",
            flush=True,
        )
    print("\nmean (worst) over sets and seeds\n")
    print("| losses | bg/tissue | lesion | best - final leaf | lesion | active | collapse told |")
    print("|---|---|---|---|---|---|---|")
    for name, runs in table.items():
        cells = [name]
        for key in ("leaf", "lesion"):
            last = [history[key][-1] for history in runs]
            cells.append(f"{np.mean(last):.3f} ({np.min(last):.3f})")
        for key in ("leaf", "lesion"):
            lost = [max(history[key]) - history[key][-1] for history in runs]
            cells.append(f"{np.mean(lost):.3f} ({np.max(lost):.3f})")
        active = [history["active"][-1] for history in runs]
        cells.append(f"{np.mean(active):.1f} ({np.min(active):.0f})")
        cells.append(f"{sum(int(history['told'][0]) for history in runs)} of {len(runs)}")
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
