"""How good are clusters, automatic cuts and suggested names against the simulator's truth?

For every set of scans and every seed a model is trained; on the training scans and on
others that it never saw the fine clusters, the tree cut at 2, 4 and 6 classes, and the
suggested classes are scored over all scans together.

    python benchmarks/quality.py --sets 1 2 --seeds 0 1 --clusters 8 16 [--method dgc]

Keep sets and seeds of a final figure apart from those looked at while developing.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

from napari_dgc.clustering import get_method, method_names
from napari_dgc.evaluation.report import Scan, evaluate
from napari_dgc.files import write_text
from napari_dgc.measure.suggest import suggest_partition, summary_wavelengths
from napari_dgc.partition import Partition, build_tree
from napari_dgc.simulate import CLASS_NAMES, simulate_set


def scores(maps: list[np.ndarray], truths: list[np.ndarray]) -> dict[str, float]:
    scans = [
        Scan(str(number), truth, labels)
        for number, (labels, truth) in enumerate(zip(maps, truths, strict=True))
    ]
    pooled = evaluate(scans, CLASS_NAMES).pooled
    return {
        "background_tissue_iou": pooled.background_tissue_iou,
        "lesion_iou": pooled.lesion_iou,
        "lesion_iou_single_class": pooled.lesion_iou_best_single,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, nargs="+", default=[1])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--clusters", type=int, nargs="+", default=[16])
    parser.add_argument("--method", choices=method_names(), default="dgc")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--days", type=float, nargs="+", default=[0, 0, 3, 3, 5, 5])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    rows = []
    for number in options.sets:
        # One camera and cultivar; the second half is never trained on.
        both = simulate_set(days=options.days * 2, size=(options.size, options.size), seed=number)
        half = len(options.days)
        parts = {"training": both[:half], "unseen": both[half:]}
        for clusters in options.clusters:
            for seed in options.seeds:
                begin = time.perf_counter()
                model = get_method(options.method)(
                    clusters=clusters, epochs=options.epochs, seed=seed
                )
                model.fit([scan.cube for scan in parts["training"]])
                seconds = time.perf_counter() - begin
                assert model.summary is not None
                tree = build_tree(model.summary)
                nanometres = summary_wavelengths(model.summary, both[0].cube)
                views = {"fine": Partition.fine(clusters, tree)}
                for groups in (2, 4, 6):
                    views[f"cut {groups}"] = views["fine"].cut(groups)
                views["suggested"] = suggest_partition(model.summary, tree, nanometres)
                for part, scans in parts.items():
                    fine = [model.predict(scan.cube) for scan in scans]
                    truths = [scan.truth for scan in scans]
                    for view, partition in views.items():
                        found = scores([partition.apply(labels) for labels in fine], truths)
                        rows.append(
                            {
                                "set": number,
                                "seed": seed,
                                "clusters": clusters,
                                "part": part,
                                "view": view,
                                **found,
                            }
                        )
                print(
                    f"set {number}, {clusters} clusters, seed {seed}: {seconds:.0f} s", flush=True
                )
    print(f"\n{options.method}, {options.epochs} epochs, mean (worst) over sets and seeds")
    print(
        f"{'clusters':>8} {'part':>9} {'view':>10} "
        + " ".join(f"{title:>14}" for title in ("bg/tissue", "lesion", "one class"))
    )
    for clusters in options.clusters:
        for part in ("training", "unseen"):
            for view in ("fine", "cut 2", "cut 4", "cut 6", "suggested"):
                chosen = [
                    r
                    for r in rows
                    if (r["clusters"], r["part"], r["view"]) == (clusters, part, view)
                ]
                cells = [
                    f"{np.mean(values):.3f} ({np.min(values):.3f})"
                    for key in (
                        "background_tissue_iou",
                        "lesion_iou",
                        "lesion_iou_single_class",
                    )
                    for values in [[r[key] for r in chosen]]
                ]
                print(f"{clusters:>8} {part:>9} {view:>10} " + " ".join(f"{c:>14}" for c in cells))
    if options.json:
        write_text(options.json, json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
