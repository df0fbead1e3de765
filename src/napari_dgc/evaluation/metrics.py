"""Figures of agreement, from tables of counts.

Undefined figures (a class that is neither there nor predicted) are NaN.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ClassScores:
    """Agreement on one class."""

    iou: float
    dice: float
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; the same number as Dice."""
        return self.dice


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")


def class_scores(hits: int, truth: int, predicted: int) -> ClassScores:
    """Compare one class.

    Parameters
    ----------
    hits
        Pixels that have the class in truth and prediction.
    truth, predicted
        Pixels that have it in the one and in the other.
    """
    return ClassScores(
        iou=_ratio(hits, truth + predicted - hits),
        dice=_ratio(2 * hits, truth + predicted),
        precision=_ratio(hits, predicted),
        recall=_ratio(hits, truth),
    )


def scores_by_class(confusion: NDArray[np.int64]) -> list[ClassScores]:
    """Compare every class of a (classes, classes + 1) confusion table (see `apply_mapping`)."""
    return [
        class_scores(
            int(confusion[row, row]), int(confusion[row].sum()), int(confusion[:, row].sum())
        )
        for row in range(confusion.shape[0])
    ]


def mean_iou(scores: list[ClassScores]) -> float:
    """Average IoU over the classes for which it is defined."""
    values = [score.iou for score in scores if np.isfinite(score.iou)]
    return float(np.mean(values)) if values else float("nan")


def overall_accuracy(confusion: NDArray[np.int64]) -> float:
    """Return the share of the labelled pixels that have the right class."""
    return _ratio(np.trace(confusion), confusion.sum())


def kappa(confusion: NDArray[np.int64]) -> float:
    """Measure agreement beyond chance (Cohen, 1960); unmatched pixels are a class of their own."""
    total = float(confusion.sum())
    if not total:
        return float("nan")
    rows = confusion.sum(axis=1) / total
    columns = confusion.sum(axis=0) / total
    expected = float(rows @ columns[: rows.size])
    observed = float(np.trace(confusion)) / total
    return 1.0 if expected == 1.0 else (observed - expected) / (1.0 - expected)


def adjusted_rand_index(table: NDArray[np.int64]) -> float:
    """Compute the adjusted Rand index (Hubert and Arabie, 1985); 1 for equal partitions."""

    def pairs(counts: NDArray[np.int64]) -> float:
        wide = counts.astype(float)
        return float((wide * (wide - 1) / 2).sum())

    total = float(table.sum())
    if total < 2:
        return float("nan")
    together = pairs(table)
    rows, columns = pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    expected = rows * columns / (total * (total - 1) / 2)
    highest = (rows + columns) / 2
    return 1.0 if highest == expected else (together - expected) / (highest - expected)


def _entropy(counts: NDArray[np.int64]) -> float:
    shares = counts[counts > 0] / counts.sum()
    return float(-(shares * np.log2(shares)).sum())


def normalised_mutual_information(table: NDArray[np.int64]) -> float:
    """Divide mutual information by the arithmetic mean of both entropies (0 to 1)."""
    if not table.sum():
        return float("nan")
    truth, predicted = _entropy(table.sum(axis=1)), _entropy(table.sum(axis=0))
    if truth + predicted == 0.0:
        return 1.0
    shared = truth + predicted - _entropy(table.ravel())
    return max(0.0, 2 * shared / (truth + predicted))


def variation_of_information(table: NDArray[np.int64]) -> tuple[float, float]:
    """Compute the variation of information (Meila, 2007) in bits.

    Returns
    -------
    tuple of float
        What the prediction splits too far, H(prediction | truth), and what it
        merges wrongly, H(truth | prediction); their sum is the distance.
    """
    if not table.sum():
        return float("nan"), float("nan")
    joint = _entropy(table.ravel())
    split = joint - _entropy(table.sum(axis=1))
    merged = joint - _entropy(table.sum(axis=0))
    return max(0.0, split), max(0.0, merged)
