"""Deep spectral clustering on simulated nebulae and X-ray fluorescence, next to k-means.

Every figure is over scenes of successive seeds, each clustered once with the scene's own seed.
k-means (scikit-learn, 5 starts, best inertia) is told the true number of classes; `dsc` finds it.
*roots* are square roots of spectra divided by their sum: what k-means can do with counts that
are scaled well, without any network. The ceiling is a classifier that knows the labels of half
the pixels (multilayer perceptron on 12 principal components of the roots, two-fold, pixels
drawn at random).
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import torch
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.neural_network import MLPClassifier

from napari_dgc.clustering.dsc.estimator import DeepSpectralClustering
from napari_dgc.simulate.nebula import simulate_nebula
from napari_dgc.simulate.scene import SimulatedScene
from napari_dgc.simulate.xrf import simulate_xrf

SCENES: dict[str, Callable[..., SimulatedScene]] = {"nebula": simulate_nebula, "xrf": simulate_xrf}


def deep(scene: SimulatedScene, seed: int, options: dict[str, object]) -> tuple[float, int, float]:
    """Return ARI, number of clusters and seconds of CPU."""
    begin = time.process_time()
    model = DeepSpectralClustering(seed=seed, device="cpu", **options).fit([scene.cube])
    labels = model.predict(scene.cube)
    spent = time.process_time() - begin
    return adjusted_rand_score(scene.truth.ravel(), labels.ravel()), len(np.unique(labels)), spent


def plain(scene: SimulatedScene, seed: int, ceiling: bool) -> dict[str, float]:
    """Return the ARI of what needs no network, and of a classifier that knows the truth."""
    spectra = np.asarray(scene.cube.data, np.float32).reshape(scene.cube.n_bands, -1).T
    truth = scene.truth.ravel()
    spread = spectra.std(axis=0)
    roots = np.sqrt(spectra / np.maximum(spectra.sum(axis=1, keepdims=True), 1))
    found = {}
    for name, values in (
        ("raw", spectra),
        ("z-scored", (spectra - spectra.mean(axis=0)) / np.where(spread > 0, spread, 1)),
        ("roots", roots),
    ):
        means = KMeans(len(np.unique(truth)), n_init=5, random_state=seed)
        found[name] = adjusted_rand_score(truth, means.fit_predict(values))
    if ceiling:
        few = PCA(12, random_state=seed).fit_transform(roots)
        known = MLPClassifier((64,), max_iter=60, random_state=seed)
        folds = KFold(2, shuffle=True, random_state=seed)
        guess = cross_val_predict(known, (few - few.mean(0)) / few.std(0), truth, cv=folds)
        found["ceiling"] = adjusted_rand_score(truth, guess)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[100, 101, 102, 103, 104])
    parser.add_argument("--scenes", nargs="+", choices=tuple(SCENES), default=list(SCENES))
    parser.add_argument("--difficulty", type=float, default=1.0)
    parser.add_argument("--variant", choices=("ae", "vae"), default="ae")
    parser.add_argument("--silhouette", type=float, help="weight of the silhouette term")
    parser.add_argument("--discrepancy", type=float, help="weight of the discrepancy term")
    parser.add_argument("--only-dsc", action="store_true")
    parser.add_argument("--ceiling", action="store_true", help="also train a classifier")
    args = parser.parse_args()
    torch.set_num_threads(1)
    options: dict[str, object] = {"variant": args.variant}
    for name in ("silhouette", "discrepancy"):
        if getattr(args, name) is not None:
            options[name] = getattr(args, name)
    for name in args.scenes:
        rows: dict[str, list[float]] = {}
        for seed in args.seeds:
            scene = SCENES[name](seed=seed, difficulty=args.difficulty)
            figures = {} if args.only_dsc else plain(scene, seed, args.ceiling)
            figures["dsc"], clusters, spent = deep(scene, seed, options)
            for key, value in figures.items():
                rows.setdefault(key, []).append(value)
            rows.setdefault("clusters", []).append(clusters)
            line = "  ".join(f"{key} {value:.3f}" for key, value in figures.items())
            counts = np.median(np.asarray(scene.cube.data).sum(axis=0))
            print(
                f"{name} {seed}: {line}  {clusters} clusters of {len(scene.class_names)}, "
                f"{spent:.0f} s, median {counts:.0f} counts per pixel",
                flush=True,
            )
        for key, values in rows.items():
            print(f"{name} {key}: {np.mean(values):.3f} ± {np.std(values):.3f}, {min(values):.3f}")


if __name__ == "__main__":
    main()
