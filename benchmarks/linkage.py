"""Which criterion builds the best merge tree?

For every set, K and seed a model is trained; the same fine clusters are merged by each
criterion of `napari_dgc.partition.tree.LINKAGES`, without and with the truth's help only
in scoring: background/tissue at two classes, the lesion as one class at 3, 4 and 6.

Beside them stand criteria that were tried and not taken, made of how much the soft assignments
of two clusters overlap, the sum over all pixels of the product of their probabilities:

overlap
    that sum over the smaller of the two sums of squares, about 1 where two clusters are one;
confusion
    that sum itself, which is how much doubt a merge takes away;
angle-overlap
    angle-border with the overlap in the place of the shared border.

    python benchmarks/linkage.py --sets 1 2 3 --seeds 0 1 --clusters 8 16 32 64
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from simulated import halves, score, set_options

from napari_dgc.clustering.confidence import memberships, second_side
from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.cubes import HyperCube
from napari_dgc.partition import ClusterSummary, MergeTree, Partition, build_tree
from napari_dgc.partition.tree import LINKAGES, Merge, euclidean


def soft_overlap(
    model: DeepGlobalClustering, cubes: Sequence[HyperCube], softer: float
) -> NDArray[np.float64]:
    """Return (clusters, clusters) sums over all pixels of the products of two probabilities.

    The probabilities are those of the confidence: calibrated, and mixed pixels between two ends;
    `softer` times the fitted temperature.
    """
    assert model.model is not None
    assert model.model.centroids is not None
    pixels, calibration = model.model, model.model.calibration
    centroids = model.model.centroids.fine
    total = np.zeros((len(centroids), len(centroids)))
    for cube in cubes:
        features, valid = pixels.space.read(cube, slice(None), slice(None))
        points, borders = pixels.look(features[None], valid[None])
        stands = points[borders.nearer] * pixels.space.scale
        squared = (centroids**2).sum(axis=1) - 2 * stands @ centroids.T
        belongs = memberships(squared, softer * calibration.temperature)
        mixed = borders.mixed
        second = second_side(borders.share[mixed], calibration.slope)[:, None]
        one, other = belongs[borders.first[mixed]], belongs[borders.second[mixed]]
        belongs[mixed] = (1 - second) * one + second * other
        known = belongs[valid.ravel()]
        total += known.T @ known
    return total


def shared_part(overlap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the overlap of all pairs over the smaller one's overlap with itself."""
    own = np.diag(overlap)
    smaller = np.minimum(own[:, None], own)
    # Clusters that are off go first.
    return np.divide(overlap, smaller, out=np.ones_like(overlap), where=smaller > 0)


def shared_mass(overlap: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the overlap of all pairs as a part of the whole."""
    off = np.diag(overlap) == 0
    return np.where(off[:, None] | off, 1, overlap / overlap.sum())


def overlap_tree(
    summary: ClusterSummary,
    overlap: NDArray[np.float64],
    shared: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> MergeTree:
    """Merge those clusters first that share most; the spectral distance decides between equals."""
    points, weights = np.nan_to_num(summary.features), summary.mass.astype(float)
    names = list(range(1, len(points) + 1))
    merges: list[Merge] = []
    for _ in range(len(points) - 1):
        distance = euclidean(points)
        cost = 1 - shared(overlap) + 1e-9 * distance / max(float(distance.max()), 1e-9)
        cost[np.tril_indices(len(names))] = np.inf
        first, second = divmod(int(cost.argmin()), len(names))
        height = max(float(cost[first, second]), merges[-1].height if merges else 0.0)
        both = names[first], names[second]
        merges.append(Merge(min(both), max(both), height))
        names[first] = summary.n_clusters + len(merges)
        part = weights[second] / max(weights[first] + weights[second], 1)
        points[first] += part * (points[second] - points[first])
        weights[first] += weights[second]
        # Probabilities of a merged cluster are the sum of its parts'.
        overlap[first] += overlap[second]
        overlap[:, first] += overlap[:, second]
        overlap = np.delete(np.delete(overlap, second, axis=0), second, axis=1)
        points, weights = np.delete(points, second, axis=0), np.delete(weights, second)
        del names[second]
    return MergeTree(summary.n_clusters, tuple(merges))


def trees(
    model: DeepGlobalClustering, cubes: Sequence[HyperCube], softer: float
) -> dict[str, MergeTree]:
    """Build the merge tree of a model by every criterion."""
    summary = model.summary
    assert summary is not None
    overlap = soft_overlap(model, cubes, softer)
    in_pixels = replace(summary, adjacency=np.rint(overlap).astype(np.int64))
    return {
        **{name: build_tree(summary, name) for name in LINKAGES},
        "overlap": overlap_tree(summary, overlap.copy(), shared_part),
        "confusion": overlap_tree(summary, overlap.copy(), shared_mass),
        "angle-overlap": build_tree(in_pixels, "angle-border"),
    }


def main() -> None:
    parser = set_options(__doc__, clusters=(8, 16, 32, 64))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--softer", type=float, default=1, help="factor of the temperature")
    options = parser.parse_args()

    found: dict[str, list[list[float]]] = defaultdict(list)
    for number in options.sets:
        scans = halves(number, options.days, options.size, options.difficulty)["training"]
        cubes = [scan.cube for scan in scans]
        for clusters in options.clusters:
            for seed in options.seeds:
                model = DeepGlobalClustering(clusters=clusters, epochs=options.epochs, seed=seed)
                model.fit(cubes)
                fine = [model.predict(cube) for cube in cubes]
                for name, tree in trees(model, cubes, options.softer).items():
                    whole = Partition.fine(clusters, tree)
                    row = []
                    for groups in (2, 3, 4, 6):
                        view = whole.cut(groups)
                        figures = score([view.apply(labels) for labels in fine], scans)
                        key = "background_tissue_iou" if groups == 2 else "lesion_iou_single_class"
                        row.append(figures[key])
                    found[name].append(row)
    print(f"mean (worst) of {len(found['angle'])} runs")
    heads = ("bg/tissue at 2", "lesion at 3", "at 4", "at 6")
    print(f"{'linkage':>14} " + " ".join(f"{head:>15}" for head in heads))
    for name, rows in found.items():
        cells = [
            f"{np.mean(column):.3f} ({np.min(column):.3f})" for column in zip(*rows, strict=True)
        ]
        print(f"{name:>14} " + " ".join(f"{cell:>15}" for cell in cells))


if __name__ == "__main__":
    main()
