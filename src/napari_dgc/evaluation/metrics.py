"""Figures of agreement, from tables of counts.

Undefined figures (a class that is neither there nor predicted) are NaN.
"""

from collections.abc import Sequence
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


def adjusted_mutual_information(table: NDArray[np.int64], expected: float | None = None) -> float:
    """Adjust mutual information for chance (Vinh, Epps and Bailey, 2010).

    Divided by the arithmetic mean of both entropies: 1 for equal partitions, 0 on average for
    labels drawn at random with the same counts.

    Parameters
    ----------
    table
        Counts of the pairs.
    expected
        What `expected_information` gives, where it is known: finding it takes longest.
    """
    if not table.sum():
        return float("nan")
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    truth, predicted = _entropy(rows), _entropy(columns)
    highest = (truth + predicted) / 2
    if highest == 0.0:
        return 1.0
    shared = max(0.0, truth + predicted - _entropy(table.ravel()))
    if expected is None:
        expected = expected_information(table)
    room = highest - expected
    # All pixels alone in their class and cluster: equal, and nothing else was possible.
    return 1.0 if room <= 1e-12 else (shared - expected) / room


def expected_information(table: NDArray[np.int64]) -> float:
    """Return the mean mutual information, in bits, of all tables with the same sums.

    A cell of such a table follows a hypergeometric distribution. Only counts that occur are
    summed up: those within nine standard deviations of the mean, and some more for
    skewed ones.
    """
    from scipy.special import gammaln

    total = int(table.sum())
    if total < 2:
        return 0.0
    rows, columns = table.sum(axis=1), table.sum(axis=0)
    expected = 0.0
    for row in rows[rows > 0].tolist():
        for column in columns[columns > 0].tolist():
            mean = row * column / total
            spread = np.sqrt(mean * (1 - row / total) * (total - column) / (total - 1))
            away = 9 * spread + 30
            counts = np.arange(
                max(0, row + column - total, int(mean - away)),
                min(row, column, int(mean + away)) + 1,
                dtype=float,
            )
            weights = -(
                gammaln(counts + 1)
                + gammaln(row - counts + 1)
                + gammaln(column - counts + 1)
                + gammaln(total - row - column + counts + 1)
            )
            # All that can be sums up to 1, which spares the constants of the distribution.
            weights = np.exp(weights - weights.max())
            counts[counts == 0] = mean  # adds nothing, whatever its weight
            gains = counts / total * np.log2(counts / mean)
            expected += float(gains @ weights / weights.sum())
    return expected


def entropy(counts: NDArray[np.int64]) -> float:
    """Compute the entropy (Shannon, 1948) of a division into classes in bits; NaN of nothing."""
    return _entropy(counts) if counts.sum() else float("nan")


def area_rmse(confusions: Sequence[NDArray[np.int64]], *, shares: bool) -> NDArray[np.float64]:
    """Compute by how much the areas of the classes are off, as root mean square over scans.

    Parameters
    ----------
    confusions
        (classes, classes + 1) of each scan, see `apply_mapping`; scans without a labelled
        pixel are left out.
    shares
        Whether areas are percent of the labelled pixels of their scan, else pixels.

    Returns
    -------
    ndarray
        (classes,) percentage points or pixels; NaN without scans.
    """
    used = [confusion for confusion in confusions if confusion.any()]
    if not used:
        return np.full(confusions[0].shape[0] if confusions else 0, np.nan)
    errors = np.stack([area_errors(confusion, shares=shares) for confusion in used])
    rmse: NDArray[np.float64] = np.sqrt(np.mean(errors**2, axis=0))
    return rmse


def area_errors(confusion: NDArray[np.int64], *, shares: bool) -> NDArray[np.float64]:
    """Return predicted minus true area of each class, as `area_rmse` counts it."""
    classes = confusion.shape[0]
    off = confusion[:, :classes].sum(axis=0) - confusion.sum(axis=1)
    errors: NDArray[np.float64] = off * (100.0 / float(confusion.sum()) if shares else 1.0)
    return errors
