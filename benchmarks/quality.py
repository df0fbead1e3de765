"""How good are clusters, automatic cuts and suggested names against the simulator's truth?

For every set of scans, number of clusters and seed a model is trained; on the training
scans and on as many that it never saw all figures of the table are taken, over the scans
together. "Epochs" are the training scans' 3-class mIoU (background, tissue, lesion, best
merge) after each epoch. Seeds are compared by the 3-class maps of the tree.

    python benchmarks/quality.py --sets 1 2 --seeds 0 1 --clusters 8 16 [--baselines]

Keep sets and seeds of a final figure apart from those looked at while developing.
"""

import argparse
import json
import os
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from baselines import all_pixels, fit_baseline, fit_space
from numpy.typing import NDArray
from simulated import BACKGROUND, LESION, halves, score, set_options

from napari_dgc.clustering import get_method, method_names
from napari_dgc.clustering.events import EpochFinished, LabelsReady, TrainingFinished
from napari_dgc.evaluation.matching import pair_table
from napari_dgc.evaluation.metrics import adjusted_rand_index
from napari_dgc.evaluation.spatial import speckle, stripes
from napari_dgc.files import write_text
from napari_dgc.measure.suggest import suggest_partition, summary_wavelengths
from napari_dgc.partition import Partition, build_tree
from napari_dgc.simulate import SimulatedScan

BASELINES = ("mnf-kmeans", "mnf-half-kmeans", "mixture")
VIEWS = ("fine", "cut 2", "cut 3", "cut 4", "cut 6", "suggested")
Maps = Sequence[NDArray[np.integer]]
Parts = dict[str, list[SimulatedScan]]


def three_class_iou(maps: Maps, scans: Sequence[SimulatedScan]) -> float:
    """Mean IoU of background, tissue (with halo) and lesion after the best merge."""
    truth = np.concatenate([scan.truth.ravel() for scan in scans])
    labels = np.concatenate([values.ravel() for values in maps])
    table = np.zeros((int(labels.max()) + 1, 3))
    np.add.at(table, (labels, np.array([0, 0, 1, 1, 2])[truth]), 1)
    found = table.argmax(axis=1)[labels]
    true = np.array([0, 0, 1, 1, 2])[truth]
    return float(
        np.mean(
            [
                ((found == k) & (true == k)).sum() / ((found == k) | (true == k)).sum()
                for k in range(3)
            ]
        )
    )


def spatial(maps: Maps, scans: Sequence[SimulatedScan]) -> dict[str, float]:
    """Stripes, speckle, and lesions on healthy leaves, of 3-class maps."""
    table = np.zeros((4, 5))
    for labels, scan in zip(maps, scans, strict=True):
        np.add.at(table, (labels, scan.truth), 1)
    lesion = int((table[:, LESION] / np.maximum(table.sum(axis=1), 1)).argmax())
    healthy = [
        (labels[scan.truth > 1] == lesion)
        for labels, scan in zip(maps, scans, strict=True)
        if not (scan.truth == LESION).any()
    ]
    return {
        "stripes": stripes(maps, [scan.truth == BACKGROUND for scan in scans]),
        "speckle": speckle(maps),
        "healthy": float(np.concatenate(healthy).mean()) if healthy else float("nan"),
    }


def run(parts: Parts, clusters: int, seed: int, method: str, epochs: int) -> dict[str, Any]:
    """Train once; returns the rows of all views and parts, epochs and 3-class maps."""
    training = parts["training"]
    cubes = [scan.cube for scan in training]
    begin = time.perf_counter()
    model = get_method(method)(clusters=clusters, epochs=epochs, seed=seed)
    quality: list[float] = []
    active, chosen = 0, epochs
    maps: dict[int, NDArray[np.uint16]] = {}
    for event in model.fit_iter(cubes):
        if isinstance(event, LabelsReady):
            maps[event.scan] = event.labels
        elif isinstance(event, EpochFinished):
            quality.append(three_class_iou([maps[n] for n in range(len(training))], training))
            active = event.active
        elif isinstance(event, TrainingFinished):
            chosen = getattr(event, "recommended_epoch", None) or event.epoch
    assert model.summary is not None
    tree = build_tree(model.summary)
    views = {"fine": Partition.fine(clusters, tree)}
    for groups in (2, 3, 4, 6):
        views[f"cut {groups}"] = views["fine"].cut(groups)
    views["suggested"] = suggest_partition(
        model.summary, tree, summary_wavelengths(model.summary, cubes[0])
    )
    rows, cuts = [], {}
    for part, scans in parts.items():
        fine = [model.predict(scan.cube) for scan in scans]
        for view, partition in views.items():
            found = [partition.apply(labels) for labels in fine]
            rows.append({"part": part, "view": view, **score(found, scans)})
            if view == "cut 3":
                # Classes keep the number of one of their clusters.
                numbers = np.unique(np.stack(found), return_inverse=True)[1]
                cuts[part] = (numbers.reshape(len(found), *found[0].shape) + 1).astype(np.uint8)
                rows[-1] |= spatial(list(cuts[part]), scans)
    final = three_class_iou([maps[n] for n in range(len(training))], training)
    return {
        "clusters": clusters,
        "seed": seed,
        "rows": rows,
        "active": active,
        "epochs": quality,
        "lost": max(quality) - final,
        "regret": max(quality) - quality[min(chosen, len(quality)) - 1],
        "seconds": time.perf_counter() - begin,
        "cuts": cuts,
    }


def run_baselines(parts: Parts, clusters: int, seed: int) -> list[dict[str, Any]]:
    """Score the classical baselines' fine clusters."""
    rows = []
    for name in BASELINES:
        cubes = [scan.cube for scan in parts["training"]]
        space = fit_space(name, cubes)
        known = {p: [space.features(s.cube) for s in scans] for p, scans in parts.items()}
        fitted = fit_baseline(
            name, cubes, clusters, seed, space=space, pixels=all_pixels(known["training"])
        )
        for part, scans in parts.items():
            maps = [fitted.label(*features) for features in known[part]]
            rows.append({"part": part, "view": name, **score(maps, scans)})
    return rows


def job(number: int, clusters: Sequence[int], seed: int, options: argparse.Namespace) -> list[Any]:
    """All runs of one set and seed."""
    parts = halves(number, options.days, options.size, options.difficulty)
    found = []
    for count in clusters:
        result = run(parts, count, seed, options.method, options.epochs) | {"set": number}
        if options.baselines:
            result["rows"] += run_baselines(parts, count, seed)
        print(f"set {number}, {count} clusters, seed {seed}: {result['seconds']:.0f} s", flush=True)
        found.append(result)
    return found


def spread(values: Sequence[float], *, high_is_bad: bool = False, digits: int = 3) -> str:
    """Mean (worst)."""
    worst = np.nanmax(values) if high_is_bad else np.nanmin(values)
    return f"{np.nanmean(values):.{digits}f} ({worst:.{digits}f})"


def agreement(results: Sequence[dict[str, Any]], part: str) -> list[float]:
    """ARI of the 3-class maps of all pairs of seeds with the same set and K."""
    found = []
    for first, second in combinations(results, 2):
        if (first["set"], first["clusters"]) == (second["set"], second["clusters"]):
            classes = [1, 2, 3]
            table = pair_table(first["cuts"][part], second["cuts"][part], classes, classes)
            found.append(adjusted_rand_index(table))
    return found


def show(results: Sequence[dict[str, Any]], title: str) -> None:
    """Print the table over these runs."""
    print(f"\n{title}: {len(results)} runs, mean (worst)")
    keys = ("background_tissue_iou", "lesion_iou", "lesion_iou_single_class")
    heads = ("bg/tissue", "lesion, merged", "lesion, one class")
    print(f"{'part':>9} {'view':>16} " + " ".join(f"{head:>18}" for head in heads))
    names = (*VIEWS, *BASELINES)
    for part in ("training", "unseen"):
        for view in names:
            rows = [r for x in results for r in x["rows"] if (r["part"], r["view"]) == (part, view)]
            if rows:
                cells = [spread([row[key] for row in rows]) for key in keys]
                print(f"{part:>9} {view:>16} " + " ".join(f"{cell:>18}" for cell in cells))
        cut = [r for x in results for r in x["rows"] if (r["part"], r["view"]) == (part, "cut 3")]
        told = [
            f"{key} {spread([r[key] for r in cut], high_is_bad=True, digits=4)}"
            for key in ("stripes", "speckle", "healthy")
        ]
        pairs = agreement(results, part)
        if pairs:
            told.append(f"seeds agree {spread(pairs)}")
        print(f"{part:>9} at cut 3: " + ", ".join(told))
    regret = np.array([x["regret"] for x in results])
    print(
        f"best epoch minus final {spread([x['lost'] for x in results], high_is_bad=True)}, "
        f"regret of the chosen epoch {spread(list(regret), high_is_bad=True)}, "
        f"at most 0.01 in {(regret <= 0.01).mean():.1%}; "
        f"active clusters {min(x['active'] for x in results)} to "
        f"{max(x['active'] for x in results)}"
    )


def main() -> None:
    parser = set_options(__doc__)
    parser.add_argument("--method", choices=method_names(), default="dgc")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--baselines", action="store_true", help="classical methods beside it")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    todo = [(number, seed) for number in options.sets for seed in options.seeds]
    if options.jobs > 1:
        # Threads of several processes would only get in each other's way.
        os.environ["OMP_NUM_THREADS"] = "1"
    results: list[dict[str, Any]] = []
    with ProcessPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(job, n, options.clusters, seed, options) for n, seed in todo]
        for task in waiting:
            results += task.result()
    for clusters in options.clusters:
        show([x for x in results if x["clusters"] == clusters], f"{options.method}, {clusters}")
    if len(options.clusters) > 1:
        show(results, f"{options.method}, all")
    if options.json:
        kept = [{key: x[key] for key in x if key != "cuts"} for x in results]
        write_text(options.json, json.dumps(kept, indent=1))


if __name__ == "__main__":
    main()
