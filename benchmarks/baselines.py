"""What do classical clusterings reach on the scans that the default method is measured on?

Every baseline sees the same training scans as ``quality.py`` and labels the same unseen
ones. `fit_baseline` gives anything that is measured beside the default method:

zscore-kmeans
    Each band divided by its standard deviation over all scans, principal components,
    k-means.
mnf-kmeans
    The method of that name: minimum noise fraction (Green et al. 1988), components in units of
    the sensor's noise, those with more than 1.5 times the noise's variance and at most ten.
mnf-half-kmeans
    The same, each component divided by the fourth root of its variance.
mixture
    The method gmm: Gaussian mixture with full covariances in the space of mnf-kmeans.

k-means and mixture are the product's own (`clustering.classical`), on one draw of pixels that
all its epochs share; what is projected before is kept, so that many K and seeds are quick.

Noise is estimated from differences of neighbouring pixels in both directions, so that the
stripes of columns are noise; names that end in ``-along`` use differences along the scan
only (rows of one column), in which stripes cancel and remain as signal.

    python benchmarks/baselines.py --sets 1 2 3 --seeds 0 1 2 --clusters 4 8 16 32 64
    python benchmarks/baselines.py --sets 1 2 3 --ceiling

The second command trains classifiers with the truth, pixel by pixel, on the unseen scans and
tests them on the training scans: more than that no clustering of single pixels can reach.
"""

import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from simulated import LESION, halves, score, set_options

from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.classical.fitted import Centroids, Clusters, Mixture, run
from napari_dgc.clustering.noise import NoiseModel, sample_windows
from napari_dgc.cubes import HyperCube, valid_pixels
from napari_dgc.files import write_text
from napari_dgc.partition import Partition
from napari_dgc.partition.tree import MergeTree, ward_tree
from napari_dgc.simulate import SimulatedScan

COMPONENTS = 10
#: Training pixels of k-means and of the mixture, over all scans.
SAMPLE = 60_000
MIXTURE_SAMPLE = 30_000
EPOCHS = 10

ALONG = "-along"
_SPACES = {
    "zscore-kmeans": "zscore",
    "mnf-kmeans": "mnf",
    "mnf-half-kmeans": "mnf-half",
    "mixture": "mnf",
}
BASELINES = tuple(_SPACES) + tuple(f"{name}{ALONG}" for name in list(_SPACES)[1:])


@dataclass(frozen=True, eq=False)
class Space:
    """A linear projection of spectra, the same for all scans.

    Parameters
    ----------
    grid
        Bands of the training scans.
    mean, components
        (bands,) and (dimensions, bands).
    """

    grid: BandGrid
    mean: NDArray[np.float32]
    components: NDArray[np.float32]

    def features(self, cube: HyperCube) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return (row, column, dimensions), NaN without data, and where there are data."""
        parts = []
        for top in range(0, cube.rows, 64):
            window = self.grid.read(cube, slice(top, min(top + 64, cube.rows)), slice(None))
            part = np.tensordot(window - self.mean[:, None, None], self.components, ([0], [1]))
            parts.append(part)
        features = np.concatenate(parts)
        return features, np.isfinite(features).all(axis=-1)


def fit_space(baseline: str, cubes: Sequence[HyperCube]) -> Space:
    """Fit the projection that a baseline works in; takes no seed, all seeds share it."""
    grid = BandGrid.from_cubes(cubes)
    windows = sample_windows(cubes, grid, seed=0)
    kind = _SPACES[baseline.removesuffix(ALONG)]
    if kind == "zscore":
        pixels = np.concatenate([window[:, valid_pixels(window)] for window in windows], axis=1)
        mean, spread = pixels.mean(axis=1), pixels.std(axis=1)
        pixels = (pixels - mean[:, None]) / spread[:, None]
        _, vectors = np.linalg.eigh(pixels @ pixels.T / pixels.shape[1])
        return Space(grid, mean, np.ascontiguousarray(vectors[:, -COMPONENTS:].T / spread))
    noise = NoiseModel.fit(
        _single_columns(windows) if baseline.endswith(ALONG) else windows,
        exponent=0.5 if kind == "mnf-half" else 0.0,
        max_dimensions=COMPONENTS,
    )
    return Space(grid, noise.mean, noise.components)


def _single_columns(windows: Iterable[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
    """Cut windows so that all neighbours are neighbours along the scan."""
    for window in windows:
        for column in range(window.shape[2]):
            yield window[:, :, column : column + 1]


@dataclass(frozen=True, eq=False)
class Baseline:
    """A fitted baseline.

    Parameters
    ----------
    space
        Where it clusters.
    found
        Its clusters.
    centroids, mass
        (clusters, dimensions) and (clusters,) training pixels.
    """

    space: Space
    found: Clusters
    centroids: NDArray[np.float64]
    mass: NDArray[np.float64]

    @property
    def clusters(self) -> int:
        """Number of fine clusters."""
        return len(self.centroids)

    def predict(self, cube: HyperCube) -> NDArray[np.uint16]:
        """Label a scan (row, column) with 1..clusters, 0 without data."""
        return self.label(*self.space.features(cube))

    def label(self, features: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.uint16]:
        """Label pixels whose features (see `Space.features`) are known already."""
        labels = np.zeros(valid.shape, np.uint16)
        if valid.any():
            labels[valid] = self.found.assign(features[valid])
        return labels

    def tree(self) -> MergeTree:
        """Return Ward's (1963) merge tree of the centroids, weighted by their pixels."""
        return ward_tree(self.centroids, self.mass, exponent=1.0)


def fit_baseline(
    name: str,
    cubes: Sequence[HyperCube],
    clusters: int,
    seed: int,
    *,
    space: Space | None = None,
    pixels: NDArray[np.float32] | None = None,
) -> Baseline:
    """Fit one of `BASELINES` to scans.

    Parameters
    ----------
    name
        See the module.
    cubes
        Training scans.
    clusters
        Number of clusters.
    seed
        Decides which pixels are drawn, and where the clusters start.
    space, pixels
        What `fit_space` and `all_pixels` give for these scans, to save time.
    """
    if space is None:
        space = fit_space(name, cubes)
    if pixels is None:
        pixels = all_pixels(space.features(cube) for cube in cubes)
    mixture = name.startswith("mixture")
    count = min(len(pixels), MIXTURE_SAMPLE if mixture else SAMPLE)
    drawn = pixels[np.random.default_rng(seed).choice(len(pixels), count, replace=False)]
    generator = np.random.default_rng((seed, clusters))
    found: Clusters = (Mixture if mixture else Centroids).start(drawn, clusters, generator)
    for _ in range(EPOCHS):
        found = run(found.refined(drawn[generator.permutation(count)]))
    centroids = found.means if isinstance(found, Mixture) else found.centroids.astype(np.float64)
    mass = np.bincount(found.assign(drawn), minlength=clusters + 1)[1:].astype(np.float64)
    return Baseline(space, found, centroids, mass)


def all_pixels(
    features: Iterable[tuple[NDArray[np.float32], NDArray[np.bool_]]],
) -> NDArray[np.float32]:
    """Stack the pixels with data of several scans (pixels, dimensions)."""
    return np.concatenate([values[valid] for values, valid in features])


def measure(
    name: str,
    parts: dict[str, list[SimulatedScan]],
    clusters: Sequence[int],
    seeds: Sequence[int],
) -> Iterator[dict[str, Any]]:
    """Score a baseline at every K and seed: fine clusters, and cuts of its own tree."""
    cubes = [scan.cube for scan in parts["training"]]
    space = fit_space(name, cubes)
    known = {part: [space.features(scan.cube) for scan in scans] for part, scans in parts.items()}
    pixels = all_pixels(known["training"])
    for count in clusters:
        for seed in seeds:
            begin = time.perf_counter()
            fitted = fit_baseline(name, cubes, count, seed, space=space, pixels=pixels)
            seconds = time.perf_counter() - begin
            views = {"fine": Partition.fine(count, fitted.tree())}
            for groups in (6, 4, 3, 2):
                if groups < count:
                    views[f"cut {groups}"] = views["fine"].cut(groups)
            for part, scans in parts.items():
                fine = [fitted.label(*features) for features in known[part]]
                for view, partition in views.items():
                    found = score([partition.apply(labels) for labels in fine], scans)
                    row = {"baseline": name, "clusters": count, "seed": seed, "part": part}
                    yield {**row, "view": view, **found, "seconds": seconds}


def ceiling(parts: dict[str, list[SimulatedScan]]) -> dict[str, float]:
    """Return the lesion IoU of per-pixel classifiers that were trained with the truth."""
    from sklearn.discriminant_analysis import (
        LinearDiscriminantAnalysis,
        QuadraticDiscriminantAnalysis,
    )
    from sklearn.ensemble import HistGradientBoostingClassifier

    space = fit_space("mnf-kmeans", [scan.cube for scan in parts["training"]])
    known = {part: [space.features(s.cube)[0] for s in scans] for part, scans in parts.items()}
    points = np.concatenate([f.reshape(-1, f.shape[-1]) for f in known["unseen"]])
    truth = np.concatenate([scan.truth.ravel() for scan in parts["unseen"]])
    found = {}
    for title, classifier in {
        "linear discriminant": LinearDiscriminantAnalysis(),
        "quadratic discriminant": QuadraticDiscriminantAnalysis(),
        "boosted trees": HistGradientBoostingClassifier(max_iter=60, random_state=0),
    }.items():
        classifier.fit(points, truth)
        hits = union = 0
        for features, scan in zip(known["training"], parts["training"], strict=True):
            guess = classifier.predict(features.reshape(-1, features.shape[-1])) == LESION
            lesion = scan.truth.ravel() == LESION
            hits += int((guess & lesion).sum())
            union += int((guess | lesion).sum())
        found[title] = hits / union
    return found


def _table(rows: list[dict[str, Any]]) -> None:
    print("\nmean (worst .. best) over sets and seeds")
    columns = ("background_tissue_iou", "lesion_iou", "lesion_iou_single_class")
    spatial = ("stripes", "speckle")
    heads = ("bg/tissue", "lesion, best merge", "lesion, one class")
    print(
        f"{'baseline':>22} {'K':>3} {'part':>9} {'view':>6} "
        + " ".join(f"{head:>22}" for head in heads)
        + " ".join(f"{head:>8}" for head in spatial)
    )
    keys = list(dict.fromkeys((r["baseline"], r["clusters"], r["part"], r["view"]) for r in rows))
    for key in keys:
        name, clusters, part, view = key
        same = [r for r in rows if (r["baseline"], r["clusters"], r["part"], r["view"]) == key]
        cells = []
        for column in columns:
            values = [r[column] for r in same]
            cells.append(f"{np.mean(values):.3f} ({min(values):.3f} .. {max(values):.3f})")
        print(
            f"{name:>22} {clusters:>3} {part:>9} {view:>6} "
            + " ".join(f"{cell:>22}" for cell in cells)
            + " ".join(f"{np.mean([r[c] for r in same]):>8.4f}" for c in spatial)
        )


def main() -> None:
    parser = set_options(__doc__, clusters=(4, 8, 16, 32, 64))
    parser.add_argument("--baselines", nargs="+", choices=BASELINES, default=list(_SPACES))
    parser.add_argument("--ceiling", action="store_true", help="classifiers that know the truth")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    rows: list[dict[str, Any]] = []
    for number in options.sets:
        parts = halves(number, options.days, options.size, options.difficulty)
        if options.ceiling:
            for title, value in ceiling(parts).items():
                print(f"set {number}, {title}: lesion IoU {value:.3f}", flush=True)
            continue
        for name in options.baselines:
            begin = time.perf_counter()
            rows += [
                {"set": number, **row}
                for row in measure(name, parts, options.clusters, options.seeds)
            ]
            print(f"set {number}, {name}: {time.perf_counter() - begin:.0f} s", flush=True)
    if rows:
        _table(rows)
    if options.json and rows:
        write_text(options.json, json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
