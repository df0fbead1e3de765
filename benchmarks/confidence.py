"""Is a pixel's confidence how often its class is right, and does it find the errors?

The classes are those of the merge tree cut at 4 after their best merge: each is given the true
class that most of its pixels have, and classes of one true class are one. Halo counts as healthy
tissue, as in the evaluation of three classes. "Mixed" pixels are those that mix two materials.
Every set gives a table with

error
    part of the pixels whose class is wrong;
confidence
    its mean;
ECE
    expected calibration error over ten bins of equal width (Guo et al. 2017,
    arXiv 1706.04599);
log loss
    mean negative logarithm of the probability given to what was the case;
AUROC
    probability that a wrong pixel is less confident than a right one;

with the calibration that training found without labels, with the values it starts from
("as started"), and without any (temperature 1, a mixed pixel as certain as one pixel's noise
makes it);
then the reliability of all sets together.

    python benchmarks/confidence.py --sets 1 2 3 [--clusters 16] [--size 256]
"""

import argparse
from collections import defaultdict

import numpy as np
from numpy.typing import NDArray
from simulated import halves

from napari_dgc.clustering.confidence import Calibration
from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.partition import Partition, build_tree
from napari_dgc.simulate import SimulatedScan

BINS = 10
HALO, TISSUE = 3, 2
#: No calibration: the slope with which only noise, one unit at a usual distance of the ends of
#: 100 units, makes a mixed pixel's side doubtful (logistic with that standard deviation).
UNCALIBRATED = Calibration(1.0, 180.0)


def reliability(
    confidence: NDArray[np.float32], right: NDArray[np.bool_]
) -> list[tuple[int, float, float]]:
    """Return pixels, mean confidence and part that is right of every bin."""
    place = np.minimum((confidence * BINS).astype(int), BINS - 1)
    return [
        (int(inside.sum()), float(confidence[inside].mean()), float(right[inside].mean()))
        for inside in (place == number for number in range(BINS))
        if inside.any()
    ]


def calibration_error(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    bins = reliability(confidence, right)
    return sum(count * abs(mean - part) for count, mean, part in bins) / len(right)


def log_loss(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    given = np.where(right, confidence, 1 - confidence).astype(float)
    return float(-np.log(np.clip(given, 1e-6, 1)).mean())


def auroc(confidence: NDArray[np.float32], right: NDArray[np.bool_]) -> float:
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(right, confidence)) if 0 < right.sum() < len(right) else np.nan


def look(
    model: DeepGlobalClustering, scans: list[SimulatedScan], table: NDArray[np.uint16]
) -> tuple[NDArray[np.uint16], NDArray[np.uint8], NDArray[np.bool_]]:
    """Return class, true class and mixed or not of all pixels."""
    assert model.model is not None
    classes, truth, mixed = [], [], []
    for scan in scans:
        classes.append(table[model.predict(scan.cube)].ravel())
        truth.append(np.where(scan.truth == HALO, TISSUE, scan.truth).ravel())
        features, valid = model.model.space.read(scan.cube, slice(None), slice(None))
        mixed.append(model.model.look(features[None], valid[None])[1].share > 0)
    return np.concatenate(classes), np.concatenate(truth), np.concatenate(mixed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--clusters", type=int, default=16)
    parser.add_argument("--classes", type=int, default=4)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--difficulty", type=float, default=1.0)
    options = parser.parse_args()
    days = [0, 0, 3, 3, 5, 5]
    kept = defaultdict(list)
    print(
        f"{'set':>3} {'scans':>8} {'calibration':>13} {'T':>5} {'slope':>5} {'pixels':>6}"
        f" {'error':>7} {'confidence':>10} {'ECE':>7} {'log loss':>8} {'AUROC':>6}"
    )
    for number in options.sets:
        parts = halves(number, days, options.size, options.difficulty)
        model = DeepGlobalClustering(clusters=options.clusters, epochs=options.epochs, seed=0)
        model.fit([scan.cube for scan in parts["training"]])
        assert model.summary is not None
        assert model.model is not None
        tree = build_tree(model.summary)
        table = Partition.fine(options.clusters, tree).cut(options.classes).compact_lookup()
        mapping = None
        found = model.model.calibration
        for part, scans in parts.items():
            classes, truth, mixed = look(model, scans, table)
            if mapping is None:
                counts = np.zeros((options.classes + 1, int(truth.max()) + 1))
                np.add.at(counts, (classes, truth), 1)
                mapping = counts.argmax(axis=1)
                mapping[0] = 0
            right = mapping[classes] == truth
            for title, calibration in (
                ("none", UNCALIBRATED),
                ("as started", Calibration()),
                ("fitted", found),
            ):
                model.model.calibration = calibration
                confidence = np.concatenate(
                    [
                        model.predict_confidence(scan.cube, groups=mapping[table]).ravel()
                        for scan in scans
                    ]
                )
                for pixels, chosen in (("all", np.full(len(right), True)), ("mixed", mixed)):
                    values, hits = confidence[chosen], right[chosen]
                    kept[part, title, pixels].append((values, hits))
                    print(
                        f"{number:>3} {part:>8} {title:>13} {calibration.temperature:>5.1f}"
                        f" {calibration.slope:>5.1f} {pixels:>6} {1 - hits.mean():>7.4f}"
                        f" {values.mean():>10.4f} {calibration_error(values, hits):>7.4f}"
                        f" {log_loss(values, hits):>8.4f} {auroc(values, hits):>6.3f}",
                        flush=True,
                    )
    for (part, title, pixels), pairs in kept.items():
        values, hits = (np.concatenate(items) for items in zip(*pairs, strict=True))
        print(
            f"\n{part}, {title}, {pixels} pixels of all sets: ECE"
            f" {calibration_error(values, hits):.4f}, log loss {log_loss(values, hits):.4f},"
            f" AUROC {auroc(values, hits):.3f}\n    pixels  confidence   right"
        )
        for count, mean, part_right in reliability(values, hits):
            print(f"{count:>10} {mean:>11.3f} {part_right:>7.3f}")


if __name__ == "__main__":
    main()
