"""What do the clusters of real scans look like, next to classical clusterings?

Every scan is trained on alone, as it comes from the file.

Salinas-A
    Adjusted Rand index with the ground truth, on labelled pixels: the fine clusters after
    their best merge (each gets the class that most of its pixels have), and six classes found
    without the truth (tree cut at 6; baselines with K = 6).
Maize kernel
    Mean IoU of background and kernel with the hand mask in tests/data/maize_kernels: fine
    clusters after their best merge, and two classes (tree cut at 2; baselines with K = 2).
EnMAP tile
    Number of active clusters, share of the largest of six classes, and the adjusted Rand index
    of these classes between seeds.

Baselines are k-means on principal components of bands with unit variance (pca) and on minimum
noise fractions in units of the noise (mnf), and a Gaussian mixture with full covariances on the
latter. Salinas-A and EnMAP are not part of the project: --data names their folder.

    python benchmarks/real.py --seeds 0 1 2 --clusters 16 [--method dgc] [--data FOLDER]
"""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scenes import ENMAP, SALINAS, SALINAS_TRUTH, open_enmap, open_salinas

from napari_dgc.annotations.read import read_labels
from napari_dgc.clustering import get_method, method_names
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.noise import NoiseModel, sample_windows
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.read import open_cube
from napari_dgc.evaluation import hungarian, majority, pair_table
from napari_dgc.evaluation.matching import apply_mapping
from napari_dgc.evaluation.metrics import adjusted_rand_index, mean_iou, scores_by_class
from napari_dgc.files import write_text
from napari_dgc.partition import Partition, build_tree
from napari_dgc.samples import maize_kernels

PROJECT = Path(__file__).resolve().parents[1]
HAND_MASK = PROJECT / "tests" / "data" / "maize_kernels" / "mask.png"
BASELINES = ("pca k-means", "mnf k-means", "mnf mixture")
COMPONENTS = 10

Labels = NDArray[np.uint16]
#: Fine labels, and labels of a number of classes that were found without the truth.
Found = tuple[Labels, Labels]


def counts(truth: NDArray[np.integer], labels: Labels) -> NDArray[np.int64]:
    """Pair table of the labels that occur."""
    classes = [int(value) for value in np.unique(truth) if value]
    return pair_table(truth, labels, classes, [int(value) for value in np.unique(labels) if value])


def rand_index(truth: NDArray[np.integer], labels: Labels, *, merged: bool = False) -> float:
    """Adjusted Rand index on labelled pixels, of the labels or of their best merge."""
    table = counts(truth, labels)
    return adjusted_rand_index(apply_mapping(table, majority(table)) if merged else table)


def mask_iou(truth: NDArray[np.integer], labels: Labels, *, merged: bool = False) -> float:
    """Mean IoU, of the best merge or of classes paired with those of the truth one to one."""
    table = counts(truth, labels)
    mapping = majority(table) if merged else hungarian(table)
    return mean_iou(scores_by_class(apply_mapping(table, mapping)))


def train(
    cube: HyperCube, clusters: int, classes: int, seed: int, options: argparse.Namespace
) -> Found:
    """Label a scan with fine clusters and with a cut of their tree."""
    model = get_method(options.method)(clusters=clusters, epochs=options.epochs, seed=seed)
    model.fit([cube])
    assert model.summary is not None
    fine = model.predict(cube)
    partition = Partition.fine(model.n_clusters, build_tree(model.summary))
    return fine, partition.cut(min(classes, model.n_clusters)).apply(fine)


def baseline_features(cube: HyperCube) -> dict[str, NDArray[np.float64]]:
    """(row, column, dimensions) features of all pixels, which must all have data."""
    from sklearn.decomposition import PCA

    grid = BandGrid.from_cubes([cube])
    spectra = grid.read(cube, slice(None), slice(None))
    noise = NoiseModel.fit(
        sample_windows([cube], grid, seed=0), exponent=0.0, max_dimensions=COMPONENTS
    )
    pixels = spectra.reshape(len(spectra), -1).T.astype(np.float64)
    spread = pixels.std(axis=0)
    scaled = (pixels - pixels.mean(axis=0)) / np.where(spread > 0, spread, 1)
    components = PCA(COMPONENTS, svd_solver="full").fit_transform(scaled)
    return {
        "pca": components.reshape(cube.rows, cube.columns, -1),
        "mnf": noise.transform(spectra).transpose(1, 2, 0).astype(np.float64),
    }


def fit_baseline(name: str, features: NDArray[np.float64], clusters: int, seed: int) -> Labels:
    """Label every pixel (row, column) with 1..clusters."""
    from sklearn.cluster import KMeans
    from sklearn.mixture import GaussianMixture

    estimator: Any = KMeans(clusters, n_init=10, random_state=seed)
    if name.endswith("mixture"):
        estimator = GaussianMixture(clusters, random_state=seed, max_iter=200)
    labels = estimator.fit_predict(features.reshape(-1, features.shape[-1])) + 1
    return np.asarray(labels).astype(np.uint16).reshape(features.shape[:2])


def compare(
    cube: HyperCube,
    truth: NDArray[np.integer],
    classes: int,
    score: Callable[..., float],
    options: argparse.Namespace,
) -> Iterator[dict[str, Any]]:
    """Score the method and all baselines on a scan with truth."""
    try:
        features = baseline_features(cube)
    except ImportError:
        print("Baselines are left out: install scikit-learn to have them.")
        features = {}
    for clusters in options.clusters:
        for name in (options.method, *(BASELINES if features else ())):
            for seed in options.seeds:
                begin = time.perf_counter()
                if name == options.method:
                    found = train(cube, clusters, classes, seed, options)
                else:
                    space = features[name.split()[0]]
                    found = (
                        fit_baseline(name, space, clusters, seed),
                        fit_baseline(name, space, classes, seed),
                    )
                yield {
                    "scan": cube.name,
                    "method": name,
                    "clusters": clusters,
                    "seed": seed,
                    "best merge": score(truth, found[0], merged=True),
                    f"{classes} classes": score(truth, found[1]),
                    "active": len(np.unique(found[0][found[0] > 0])),
                    "seconds": time.perf_counter() - begin,
                }


def salinas(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    scene = open_salinas(options.data)
    yield from compare(scene.cubes[0], scene.truths[0], scene.classes, rand_index, options)


def maize(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    yield from compare(open_cube(maize_kernels()), read_labels(HAND_MASK), 2, mask_iou, options)


def enmap(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    (cube,) = open_enmap(options.data).cubes
    for clusters in options.clusters:
        maps = {}
        for seed in options.seeds:
            begin = time.perf_counter()
            fine, cut = train(cube, clusters, 6, seed, options)
            maps[seed] = cut
            yield {
                "scan": cube.name,
                "method": options.method,
                "clusters": clusters,
                "seed": seed,
                "active": len(np.unique(fine[fine > 0])),
                "largest of 6": float(np.bincount(cut[cut > 0]).max() / np.count_nonzero(cut)),
                "seconds": time.perf_counter() - begin,
            }
        for first, second in combinations(maps, 2):
            yield {
                "scan": cube.name,
                "method": options.method,
                "clusters": clusters,
                "seeds": [first, second],
                "agreement at 6": rand_index(maps[first], maps[second]),
            }


#: Name -> what measures it, and the files without which it is skipped.
SCANS: dict[str, tuple[Callable[[argparse.Namespace], Iterator[dict[str, Any]]], list[Path]]] = {
    "salinas": (salinas, [SALINAS, SALINAS_TRUTH]),
    "maize": (maize, [HAND_MASK]),
    "enmap": (enmap, [ENMAP]),
}


def show(rows: list[dict[str, Any]]) -> None:
    """Print mean (lowest .. highest) over seeds for every figure."""
    told = ("scan", "method", "clusters", "seed", "seeds")
    groups = dict.fromkeys((row["method"], row["clusters"]) for row in rows)
    for method, clusters in groups:
        same = [row for row in rows if (row["method"], row["clusters"]) == (method, clusters)]
        cells = []
        for key in dict.fromkeys(key for row in same for key in row if key not in told):
            values = [row[key] for row in same if key in row]
            digits = 0 if key == "active" else 1 if key == "seconds" else 3
            mean, low, high = (f"{f(values):.{digits}f}" for f in (np.mean, np.min, np.max))
            cells.append(f"{key} {mean} ({low} .. {high})")
        print(f"  {clusters:>3} clusters {method:>12}: " + ", ".join(cells))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scans", nargs="+", choices=tuple(SCANS), default=list(SCANS))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--clusters", type=int, nargs="+", default=[16])
    parser.add_argument("--method", choices=method_names(), default="dgc")
    parser.add_argument("--epochs", type=int, default=10)
    default = os.environ.get("NAPARI_DGC_DATA", PROJECT.parent / "shared" / "data")
    parser.add_argument("--data", type=Path, default=Path(default))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    found = []
    for name in options.scans:
        measure, needed = SCANS[name]
        absent = [options.data / path for path in needed if not (options.data / path).is_file()]
        if absent:
            print(f"{name}: skipped, because {absent[0]} is absent; name its folder with --data.")
            continue
        print(f"{name}: mean (lowest .. highest) of {len(options.seeds)} seeds", flush=True)
        rows = list(measure(options))
        show(rows)
        found += rows
    if options.json:
        write_text(options.json, json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
