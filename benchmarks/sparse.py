"""Do clusters stay off where they are not needed, and does that cost any lesion?

Every set is trained on with and without switching off superfluous clusters (pruning) and
labelled with and without asking for a patch in each scan (gate). The lesion class is that
class of the tree's cut which holds most true lesion pixels of the training scans. "Early" are
scans of days 1 to 2 that were never trained on, with lesions of a few pixels.

    python benchmarks/sparse.py --sets 1 2 3 4 --clusters 16 32 64 --seeds 0 1
    python benchmarks/sparse.py --sets 5 --clusters 16 32 64 --seeds 0 1 --difficulty 1.3
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simulated import BACKGROUND, LESION, pooled_scores, set_options

from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.labelling import summarise
from napari_dgc.clustering.presence import keep_present
from napari_dgc.files import write_text
from napari_dgc.partition import Partition, build_tree
from napari_dgc.partition.tree import MergeTree
from napari_dgc.simulate import SimulatedScan, simulate_set

EARLY = (1, 1.5, 2)
PATCHES = (0, 3, 4)
PRUNING: dict[str, dict[str, Any]] = {"off": {"least_distance": 0.0, "least_pixels": 0}, "on": {}}


def figures(
    maps: Sequence[NDArray[np.uint16]],
    scans: Sequence[SimulatedScan],
    tree: MergeTree,
    lesion: dict[int, int],
) -> dict[str, float]:
    """Measure the maps of fine clusters of one part.

    Parameters
    ----------
    lesion
        Lesion class of each cut.
    """
    fine = Partition.fine(tree.clusters, tree)
    counts = [len(np.unique(labels[labels > 0])) for labels in maps]
    ill = [bool((scan.truth == LESION).any()) for scan in scans]
    found = {
        "lesion_iou": pooled_scores(maps, scans).lesion_iou,
        "active": len(np.unique(np.concatenate([m[m > 0] for m in maps]))),
        "active_ill": float(np.mean([c for c, sick in zip(counts, ill, strict=True) if sick])),
    }
    if not all(ill):
        found["active_healthy"] = float(
            np.mean([c for c, sick in zip(counts, ill, strict=True) if not sick])
        )
    for groups, number in lesion.items():
        chosen = [fine.cut(groups).apply(labels) == number for labels in maps]
        true = [scan.truth == LESION for scan in scans]
        union = sum(int((c | t).sum()) for c, t in zip(chosen, true, strict=True))
        both = sum(int((c & t).sum()) for c, t in zip(chosen, true, strict=True))
        found[f"lesion_iou_{groups}"] = both / max(union, 1)
        shares = [
            float(c[scan.truth != BACKGROUND].mean())
            for c, scan, sick in zip(chosen, scans, ill, strict=True)
            if not sick
        ]
        if shares:
            found[f"healthy_{groups}"] = max(shares)
    return found


def lesion_class(
    maps: Sequence[NDArray[np.uint16]], scans: Sequence[SimulatedScan], tree: MergeTree
) -> dict[int, int]:
    """Return the lesion class of the cuts at 3 and 4."""
    result = {}
    for groups in (3, 4):
        partition = Partition.fine(tree.clusters, tree).cut(groups)
        inside = [partition.apply(m)[s.truth == LESION] for m, s in zip(maps, scans, strict=True)]
        result[groups] = int(np.bincount(np.concatenate(inside)).argmax())
    return result


def main() -> None:
    parser = set_options(__doc__)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--pruning", choices=list(PRUNING), nargs="+", default=list(PRUNING))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    rows: list[dict[str, Any]] = []
    for number in options.sets:
        scans = simulate_set(
            days=[*options.days, *options.days, *EARLY],
            size=(options.size, options.size),
            seed=number,
            difficulty=options.difficulty,
        )
        half = len(options.days)
        parts = {"training": scans[:half], "unseen": scans[half : 2 * half]}
        parts["early"] = scans[2 * half :]
        for clusters in options.clusters:
            for seed in options.seeds:
                for pruning in options.pruning:
                    model = DeepGlobalClustering(
                        clusters=clusters,
                        epochs=options.epochs,
                        seed=seed,
                        least_patch=0,
                        **PRUNING[pruning],
                    )
                    cubes = [scan.cube for scan in parts["training"]]
                    for _ in model.fit_iter(cubes, previews=False):
                        pass
                    rows += [
                        {"set": number, "clusters": clusters, "seed": seed, "pruning": pruning}
                        | row
                        for row in gated(model, parts)
                    ]
                print(f"set {number}, {clusters} clusters, seed {seed}", flush=True)
    table(rows)
    if options.json:
        write_text(options.json, json.dumps(rows, indent=1))


def gated(
    model: DeepGlobalClustering, parts: dict[str, list[SimulatedScan]]
) -> list[dict[str, Any]]:
    """Label all parts once and measure every size of patch."""
    assert model.model is not None
    assert model.model.centroids is not None
    space = model.model.space
    means = model.model.centroids.fine * space.metric
    raw = {part: [model.predict(scan.cube) for scan in scans] for part, scans in parts.items()}
    rows = []
    for patch in PATCHES:
        maps = {p: [keep_present(m, patch, means) for m in found] for p, found in raw.items()}
        training = [scan.cube for scan in parts["training"]]
        tree = build_tree(
            summarise(training, maps["training"], model.n_clusters, space.grid, space.noise)
        )
        lesion = lesion_class(maps["training"], parts["training"], tree)
        rows += [
            {"patch": patch, "part": part, **figures(maps[part], scans, tree, lesion)}
            for part, scans in parts.items()
        ]
    return rows


def table(rows: list[dict[str, Any]]) -> None:
    """Print means over sets and seeds; the worst, too, of IoU and healthy leaves."""
    for key in dict.fromkeys((r["clusters"], r["part"], r["pruning"], r["patch"]) for r in rows):
        same = [r for r in rows if (r["clusters"], r["part"], r["pruning"], r["patch"]) == key]
        cells = []
        for name in same[0]:
            if not name.startswith(("lesion_iou", "healthy", "active")):
                continue
            values = [r[name] for r in same]
            worst = max(values) if name.startswith("healthy") else min(values)
            digits = 1 if name.startswith("active") else 4
            cells.append(f"{name} {np.mean(values):.{digits}f} ({worst:.{digits}f})")
        clusters, part, pruning, patch = key
        print(f"K {clusters:>2} {part:>8} pruning {pruning:>3} gate {patch}: " + "  ".join(cells))


if __name__ == "__main__":
    main()
