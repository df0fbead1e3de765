"""Which score, computed without any truth, tells good label maps from bad ones?

Trains the default method with good and bad options, seeds, K and epochs, the paper's method
and classical clusterings on simulated scans of three difficulties; computes every candidate
on the maps of every epoch, in features fixed before training, and compares it with the
truth: rank correlation (Spearman) over runs, and what the epoch that it chooses costs.

    python benchmarks/trust.py --sets 1 2 3 --difficulties 1 1.3 2 --json trust.json
    python benchmarks/trust.py --read trust.json

The first takes about three minutes per set and difficulty on one core, the second prints the
tables again. All K share one mean shift, which does not know K.
"""

import argparse
import itertools
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.stats import spearmanr
from sklearn.cluster import MiniBatchKMeans
from sklearn.metrics import adjusted_rand_score, davies_bouldin_score

from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.dgc.centroids import Centroids
from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.dgc.features import FeatureSpace
from napari_dgc.clustering.dgc.kmeans import nearest
from napari_dgc.clustering.dgc.pixel_model import PixelModel
from napari_dgc.clustering.dgc_paper.config import PaperConfig
from napari_dgc.clustering.dgc_paper.estimator import PaperDGC
from napari_dgc.clustering.events import EpochFinished, LabelsReady
from napari_dgc.clustering.labelling import summarise
from napari_dgc.clustering.noise import NoiseModel, sample_windows
from napari_dgc.clustering.trust import HeldBackPixels
from napari_dgc.cubes import HyperCube
from napari_dgc.evaluation.matching import majority, pair_table
from napari_dgc.files import write_text
from napari_dgc.partition import Partition, build_tree
from napari_dgc.partition.recommended import recommended_cut
from napari_dgc.simulate import simulate_set

Maps = list[np.ndarray]
CLUSTERS = (4, 8, 16, 32, 64)
EPOCHS = 4
DEFAULT = "default"
#: Options of the default method that are compared, and the seed.
ARMS: dict[str, tuple[int, dict[str, float]]] = {
    DEFAULT: (0, {}),
    "seed 1": (1, {}),
    "mixed pixels as any": (0, {"reach": 0}),
    "contrast 20": (0, {"contrast": 20.0}),
    "noise units": (0, {"exponent": 0.0}),
    "white signal": (0, {"exponent": 1.0}),
    "fast learning": (0, {"learning_rate": 0.3}),
}
#: The kernel made wider with every epoch, by powers of e: what is rare drowns.
WIDER = "kernel ever wider"
_PAPER = {"patch": 32, "batch": 2, "steps_per_epoch": 10}


def quality(maps: Maps, truths: Maps) -> dict[str, float]:
    """Score against background, leaf and lesion after the best merge of the labels."""
    truth = np.concatenate([np.array([0, 1, 2, 2, 3])[t].ravel() for t in truths])
    labels = np.concatenate([m.ravel() for m in maps])
    table = pair_table(truth, labels, (1, 2, 3), range(1, int(labels.max()) + 1))
    merged = majority(table)
    ious = []
    for row in range(3):
        chosen = table[:, merged == row]
        hits = chosen[row].sum()
        ious.append(hits / max(table[row].sum() + chosen.sum() - hits, 1))
    single = table[2] / (table.sum(axis=0) + table[2].sum() - table[2])
    return {"miou": float(np.mean(ious)), "lesion": float(ious[2]), "single": float(single.max())}


class Ruler:
    """All candidates, in the noise-whitened features of some scans."""

    def __init__(self, cubes: Sequence[HyperCube]) -> None:
        grid = BandGrid.from_cubes(cubes)
        noise = NoiseModel.fit(sample_windows(cubes, grid, seed=0))
        self.space = FeatureSpace(grid, noise)
        stacks = []
        for cube in cubes:
            features, valid = self.space.read(cube, slice(None), slice(None))
            stacks.append((features[None], valid[None]))
        self.pixels = {
            exponent: HeldBackPixels.choose(stacks, noise.ratios, seed=0, exponent=exponent)
            for exponent in (0.0, 0.5, 1.0)
        }
        self.features = np.concatenate(
            [features[0].reshape(features.shape[1], -1).T for features, _ in stacks]
        )
        columns = [np.indices(valid.shape)[2].ravel() for _, valid in stacks]
        self.halves = np.concatenate(columns) // 4 % 2 == 0
        self.sample = np.random.default_rng(0).choice(
            len(self.halves), min(12_000, len(self.halves)), replace=False
        )

    def measure(self, maps: Maps) -> dict[str, float]:
        """Return every candidate; the higher, the better a map should be."""
        white = self.pixels[1.0]
        found = {
            "explained elsewhere, noise units": 1 - self.pixels[0.0].unexplained(maps),
            "explained elsewhere, half white": 1 - self.pixels[0.5].unexplained(maps),
            "explained elsewhere": 1 - white.unexplained(maps),
            "halves of the columns agree": white.agreement(maps),
            "1 - doubt": 1 - white.doubt(maps),
        }
        labels = np.concatenate([m.ravel() for m in maps]).astype(np.intp)
        labels = labels[self.sample]
        scale = self.space.noise.ratios**-0.25
        half = self.halves[self.sample]
        points = self.features[self.sample] * scale
        size = int(labels.max()) + 1
        means = []
        for chosen in (half, ~half):
            count = np.bincount(labels[chosen], minlength=size)
            sums = [np.bincount(labels[chosen], v, minlength=size) for v in points[chosen].T]
            mean = np.stack(sums, axis=1) / np.maximum(count, 1)[:, None]
            mean[count == 0] = 1e6
            means.append(mean.astype(np.float32))
        guess = nearest(points, means[0])[0]
        rest = sum(
            ((points[chosen] - mean[labels[chosen]].clip(-1e3, 1e3)) ** 2).sum()
            for chosen, mean in zip((~half, half), means, strict=True)
        )
        found["explained variance"] = 1 - float(rest / ((points - points.mean(0)) ** 2).sum())
        found["relabelled by half the columns"] = adjusted_rand_score(guess[~half], labels[~half])
        found["mixture, own likelihood"] = self._likelihood(points, labels, half)
        several = len(np.unique(labels)) > 1
        found["Davies-Bouldin"] = -davies_bouldin_score(points, labels) if several else -99.0
        share = np.bincount(labels) / len(labels)
        share = share[share > 0]
        found["entropy of sizes"] = float(-(share * np.log(share)).sum())
        same = [(m[:, 1:] == m[:, :-1]).mean() for m in maps]
        found["neighbours agree"] = float(np.mean(same))
        return {name: float(value) for name, value in found.items()}

    @staticmethod
    def _likelihood(points: np.ndarray, labels: np.ndarray, half: np.ndarray) -> float:
        """Mean log-likelihood of held-back columns under one normal density per label."""
        total = 0.0
        size = points.shape[1]
        for chosen in (half, ~half):
            spread = np.cov(points[chosen].T)
            terms = []
            for label in np.unique(labels[chosen]):
                own = points[chosen & (labels == label)].astype(float)
                middle = own.mean(0)
                covariance = (own - middle).T @ (own - middle) + 0.1 * (size + 2) * spread
                root = np.linalg.cholesky(covariance / (len(own) + size + 2))
                away = np.linalg.solve(root, (points[~chosen] - middle).T)
                height = np.log(len(own) / chosen.sum()) - np.log(np.diag(root)).sum()
                terms.append(height - (away**2).sum(0) / 2)
            total += float(np.logaddexp.reduce(np.stack(terms), axis=0).sum())
        return total / len(points)


class View:
    """What a mean shift makes of some scans: label maps for any centroids."""

    def __init__(self, model: PixelModel, cubes: Sequence[HyperCube], noise: float = 0.0) -> None:
        self.model = model
        random = np.random.default_rng(0)
        self.stacks = []
        for cube in cubes:
            features, valid = model.space.read(cube, slice(None), slice(None))
            features = features + noise * random.standard_normal(features.shape, np.float32)
            self.stacks.append((features[None], valid[None]))
        self.looks = [model.look(*stack) for stack in self.stacks]

    def maps(self, centroids: Centroids) -> Maps:
        """Label the scans; the model keeps its own centroids."""
        own, look = self.model.centroids, self.model.look
        self.model.centroids = centroids
        found = []
        for stack, seen in zip(self.stacks, self.looks, strict=True):
            self.model.look = lambda *_, seen=seen: seen  # type: ignore[method-assign]
            found.append(self.model.labels(*stack)[0])
        self.model.centroids, self.model.look = own, look  # type: ignore[method-assign]
        return found


def fit(points: np.ndarray, clusters: int, seed: int, before: Centroids | None = None) -> Centroids:
    generator = np.random.default_rng(seed)
    drawn = np.ascontiguousarray(points[generator.permutation(len(points))[:40_000]])
    return Centroids.fit(
        drawn, prototypes=256, clusters=clusters, generator=generator, before=before
    )


def stability(
    model: PixelModel,
    points: np.ndarray,
    views: tuple[View, View],
    cubes: Sequence[HyperCube],
    centroids: Centroids,
    truths: Maps,
) -> dict[str, Any]:
    """Fit anew to half of the pixels, and label noisier scans; compare fine maps and cuts."""
    clusters = len(centroids.fine)
    half = points[np.random.default_rng(1).permutation(len(points))[: len(points) // 2]]
    trees, maps = [], []
    for one in (centroids, fit(half, clusters, 1)):
        maps.append(views[0].maps(one))
        summary = summarise(cubes, maps[-1], clusters, model.space.grid, model.space.noise)
        trees.append(build_tree(summary))
    noisy = views[1].maps(centroids)

    def agree(first: Maps, second: Maps) -> float:
        pair = [np.concatenate([m.ravel()[::3] for m in which]) for which in (first, second)]
        return float(adjusted_rand_score(*pair))

    found: dict[str, Any] = {
        "recommended": recommended_cut(trees[0]),
        "heights": [merge.height for merge in trees[0].merges],
        "refit": agree(*maps),
        "noise": agree(maps[0], noisy),
        "cuts": {},
    }
    for groups in range(2, min(clusters, 13)):
        own, anew = (Partition.fine(clusters, tree).cut(groups) for tree in trees)
        merged = [own.apply(m) for m in maps[0]]
        found["cuts"][str(groups)] = {
            **quality(merged, truths),
            "refit": agree(merged, [anew.apply(m) for m in maps[1]]),
            "noise": agree(merged, [own.apply(m) for m in noisy]),
        }
    return found


def runs(cubes: list[HyperCube], truths: Maps, ruler: Ruler) -> Iterator[dict[str, Any]]:
    """Yield what is known of the maps of every epoch of every run on one set of scans."""

    def row(name: str, clusters: int, seed: int, epoch: int, maps: Maps) -> dict[str, Any]:
        return {
            "name": name,
            "clusters": clusters,
            "seed": seed,
            "epoch": epoch,
            **quality(maps, truths),
            "scores": ruler.measure(maps),
        }

    for name, (seed, options) in ARMS.items():
        base = DeepGlobalClustering(clusters=4, epochs=EPOCHS, seed=seed, **options)
        held: dict[int, Centroids | None] = dict.fromkeys(CLUSTERS)
        sample = None
        for event in base.fit_iter(cubes, previews=False):
            if not isinstance(event, EpochFinished):
                continue
            model = base.model
            assert model is not None
            if sample is None:
                windows = sample_windows(cubes, model.space.grid, seed=seed)
                sample = model.space.stacks(windows)
            points = model.points(sample)
            view = View(model, cubes)
            last = event.epoch == EPOCHS
            views = (view, View(model, cubes, noise=1.0)) if last else None
            for clusters in CLUSTERS:
                centroids = fit(points, clusters, seed, held[clusters])
                held[clusters] = centroids
                found = row(name, clusters, seed, event.epoch, view.maps(centroids))
                found["surprise"] = event.losses["surprise"]
                if views:
                    found |= stability(model, points, views, cubes, centroids, truths)
                yield found
        if name != DEFAULT:
            continue
        assert sample is not None
        learned = model.network.log_bandwidth.detach().clone()
        wide: dict[int, Centroids | None] = dict.fromkeys((8, 16, 32))
        for epoch in range(1, EPOCHS + 1):
            with torch.no_grad():
                model.network.log_bandwidth.copy_(learned + 0.5 * (epoch - 1))
            points = model.points(sample)
            view = View(model, cubes)
            for clusters in wide:
                centroids = fit(points, clusters, seed, wide[clusters])
                wide[clusters] = centroids
                yield row(WIDER, clusters, seed, epoch, view.maps(centroids))
    held_apart = {"orthogonality": 0.1, "uniform_assignment": 0.0}
    for name, extra in (("paper", {}), ("paper, held apart", held_apart)):
        config = PaperConfig(**_PAPER, **extra)  # type: ignore[arg-type]
        shown: dict[int, np.ndarray] = {}
        for event in PaperDGC(clusters=16, epochs=3, seed=0, config=config).fit_iter(cubes):
            if isinstance(event, LabelsReady):
                shown[event.scan] = event.labels
            elif isinstance(event, EpochFinished):
                yield row(name, 16, 0, event.epoch, [shown[i] for i in range(len(cubes))])
    spectra = np.concatenate(
        [
            ruler.space.grid.read(c, slice(None), slice(None)).reshape(-1, c.rows * c.columns).T
            for c in cubes
        ]
    )
    sizes = np.cumsum([m.size for m in truths])[:-1]
    spaces = {
        "k-means, standardised": (spectra - spectra.mean(0)) / spectra.std(0),
        "k-means, noise units": ruler.features,
        "k-means, half white": ruler.features * ruler.space.noise.ratios**-0.25,
    }
    for (name, values), clusters in itertools.product(spaces.items(), (4, 16, 32)):
        estimator = MiniBatchKMeans(clusters, n_init=1, random_state=0, batch_size=2048)
        labels = (estimator.fit_predict(values) + 1).astype(np.uint16)
        parts = np.split(labels, sizes)
        yield row(
            name, clusters, 0, 1, [m.reshape(t.shape) for m, t in zip(parts, truths, strict=True)]
        )


def tables(rows: list[dict[str, Any]]) -> None:
    """Print rank correlations, regrets and cuts."""
    runs: dict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for found in rows:
        key = (found["set"], found["difficulty"], found["name"], found["clusters"], found["seed"])
        runs[key].append(found)
    last = [max(run, key=lambda r: r["epoch"]) for run in runs.values()]
    scenes: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    alike: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for found in last:
        scene = (found["set"], found["difficulty"])
        scenes[scene].append(found)
        if found["clusters"] in (8, 16, 32):
            alike[(scene, found["clusters"])].append(found)

    def rank(groups: Iterable[list[dict[str, Any]]], name: str, truth: str) -> float:
        pairs = [([r["scores"][name] for r in g], [r[truth] for r in g]) for g in groups]
        both = [p for p in pairs if len(set(p[0])) > 1 and len(set(p[1])) > 1]
        return float(np.mean([spearmanr(*pair)[0] for pair in both])) if both else float("nan")

    default = [run for run in runs.values() if len(run) == EPOCHS]
    print(f"\n{len(last)} runs on {len(scenes)} sets of scans; regret over {len(default)} runs\n")
    print("| score | mIoU, set | mIoU, all | mIoU, same K | lesion, set | lesion, same K |", end="")
    print(" regret: mean | worst | at most 0.01 |")
    print("|---" * 9 + "|")

    def regrets(key: Callable[[dict[str, Any]], float]) -> str:
        lost = [max(r["miou"] for r in run) - max(run, key=key)["miou"] for run in default]
        share = np.mean([value <= 0.01 for value in lost])
        return f"{np.mean(lost):.4f} | {np.max(lost):.3f} | {share:.2f}"

    for name in last[0]["scores"]:
        cells = [
            rank(scenes.values(), name, "miou"),
            rank([last], name, "miou"),
            rank(alike.values(), name, "miou"),
            rank(scenes.values(), name, "lesion"),
            rank(alike.values(), name, "lesion"),
        ]
        text = " | ".join(f"{value:.2f}" for value in cells)
        print(f"| {name} | {text} | {regrets(lambda r, n=name: r['scores'][n])} |")
    print(f"| the last epoch | | | | | | {regrets(lambda r: r['epoch'])} |")
    print(f"| the first epoch | | | | | | {regrets(lambda r: -r['epoch'])} |")

    cut = [r for r in last if r.get("cuts") and r["clusters"] >= 8 and r["lesion"] > 0.5]
    if not cut:
        return
    print(f"\nlesion in one class, {len(cut)} runs whose fine clusters know it\n")
    print("| classes | how many | lesion IoU | worst | at least 0.8 of the fine clusters' |")
    print("|---|---|---|---|---|")
    for rule in (3, 4, 5, 6, 8, None):
        chosen = [rule or r["recommended"] for r in cut]
        single = [
            r["cuts"][str(min(n, r["clusters"] - 1))]["single"]
            for r, n in zip(cut, chosen, strict=True)
        ]
        kept = np.mean([s >= 0.8 * r["lesion"] for s, r in zip(single, cut, strict=True)])
        print(
            f"| {rule or 'recommended'} | {np.mean(chosen):.1f} | {np.mean(single):.3f} "
            f"| {np.min(single):.3f} | {kept:.2f} |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--difficulties", type=float, nargs="+", default=[1.0, 1.3, 2.0])
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--bands", type=int, default=100)
    parser.add_argument("--days", type=float, nargs="+", default=[0, 3, 5])
    parser.add_argument("--json", type=Path)
    parser.add_argument("--read", type=Path, nargs="+", help="print tables of earlier results")
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for path in options.read or ():
        rows += json.loads(path.read_text(encoding="utf-8"))
    for number, difficulty in itertools.product(
        options.sets if not options.read else (), options.difficulties
    ):
        begin = time.perf_counter()
        scans = simulate_set(
            options.days,
            size=(options.size, options.size),
            bands=options.bands,
            seed=number,
            difficulty=difficulty,
        )
        cubes = [scan.cube for scan in scans]
        for found in runs(cubes, [scan.truth for scan in scans], Ruler(cubes)):
            rows.append({"set": number, "difficulty": difficulty, **found})
        print(
            f"set {number}, difficulty {difficulty:g}: {time.perf_counter() - begin:.0f} s",
            flush=True,
        )
        if options.json:
            write_text(options.json, json.dumps(rows))
    tables(rows)


if __name__ == "__main__":
    main()
