"""Which figures an evaluation gives, what they are called and what they mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.evaluation import matching, metrics
from napari_dgc.evaluation.boundary import boundary_f1


@dataclass(frozen=True)
class Figure:
    """A figure.

    Parameters
    ----------
    key
        In files.
    title
        To read, with its unit.
    meaning
        One sentence, or a few.
    """

    key: str
    title: str
    meaning: str


#: Figures of all classes together.
FIGURES = (
    Figure(
        "overall_accuracy",
        "overall accuracy",
        "Share of the labelled pixels that have the right class.",
    ),
    Figure(
        "kappa",
        "Cohen's kappa",
        "Accuracy beyond what chance would give, 1 at best. Pixels without a class are a class of "
        "their own.",
    ),
    Figure("mean_iou", "mean IoU", "Mean of the classes' IoU, where it is defined."),
    Figure("mean_dice", "mean Dice", "Mean of the classes' Dice coefficients."),
    Figure("mean_precision", "mean precision", "Mean over the classes that were found at all."),
    Figure("mean_recall", "mean recall", "Mean over the classes that the truth has."),
    Figure("mean_f1", "mean F1", "Mean of the classes' F1; equal to the mean Dice coefficient."),
    Figure("mean_boundary_f1", "mean boundary F1", "Mean of the classes' boundary F1."),
    Figure(
        "mean_area_rmse",
        "mean area RMSE (% points)",
        "Mean of the classes' area RMSE.",
    ),
    Figure(
        "ari",
        "adjusted Rand index",
        "Agreement of the clusters with the classes before any is matched: 1 for equal maps, 0 on "
        "average by chance.",
    ),
    Figure(
        "nmi",
        "normalised mutual information",
        "What clusters and classes tell of each other, divided by the mean of both entropies.",
    ),
    Figure(
        "ami",
        "adjusted mutual information",
        "The same, corrected for chance: 1 for equal maps, 0 on average by chance.",
    ),
    Figure(
        "vi",
        "variation of information (bits)",
        "Distance of the two maps, 0 for equal ones: the sum of the two below.",
    ),
    Figure("vi_split", "  split too far (bits)", "H(clusters | classes)."),
    Figure(
        "vi_merge",
        "  wrongly merged (bits)",
        "H(classes | clusters): how mixed the clusters are, 0 for pure ones.",
    ),
    Figure("entropy_truth", "entropy of the classes (bits)", "0 for a single class."),
    Figure("entropy_predicted", "entropy of the clusters (bits)", "0 for a single cluster."),
)

#: Figures of one class.
CLASS_FIGURES = (
    Figure("iou", "IoU", "Pixels right, divided by those that have the class in either map."),
    Figure("dice", "Dice", "Twice the pixels right, divided by the sum of both areas."),
    Figure("precision", "precision", "Share of the pixels found that are right."),
    Figure("recall", "recall", "Share of the true pixels that were found."),
    Figure("f1", "F1", "Harmonic mean of precision and recall: the same number as Dice."),
    Figure(
        "boundary_f1",
        "boundary F1",
        "Harmonic mean of the shares of both borders that lie near the other border. Undefined "
        "where the truth shows no border, as where unlabelled pixels lie between its classes.",
    ),
    Figure(
        "area_rmse",
        "area RMSE (% points)",
        "Root mean square over the scans of found minus true area, each in percent of the "
        "labelled pixels of its scan. Of one scan: the error without its sign.",
    ),
    Figure("area_rmse_pixels", "area RMSE (pixels)", "The same in pixels."),
    Figure("pixels_truth", "true pixels", "Pixels that have the class in the truth."),
    Figure("pixels_predicted", "found pixels", "Labelled pixels that were given the class."),
)
#: Figures of classes that all-class figures average.
_MEANS = {
    "mean_iou": "iou",
    "mean_dice": "dice",
    "mean_precision": "precision",
    "mean_recall": "recall",
    "mean_f1": "f1",
    "mean_boundary_f1": "boundary_f1",
    "mean_area_rmse": "area_rmse",
}


@dataclass(frozen=True, eq=False)
class Counts:
    """What figures are made from.

    Parameters
    ----------
    table
        (classes, labels + 1) of `pair_table`.
    boundary
        (classes, 4) of `boundary_counts`.
    """

    table: NDArray[np.int64]
    boundary: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Scored:
    """Figures of one scan or of several together; NaN where undefined.

    Parameters
    ----------
    name
        Of the scan.
    pixels
        How many are labelled.
    figures
        By key of `FIGURES`.
    classes
        For each class, by key of `CLASS_FIGURES`.
    confusion
        (classes, classes + 1) pixels of each pair of true and found class, the last column
        for those that stand for no class.
    """

    name: str
    pixels: int
    figures: Mapping[str, float]
    classes: tuple[Mapping[str, float], ...]
    confusion: NDArray[np.int64]


def scored(
    name: str,
    scans: Sequence[Counts],
    mapping: NDArray[np.intp],
    expected: float | None = None,
) -> Scored:
    """Make all figures of some scans together.

    Parameters
    ----------
    name
        What they are called.
    scans
        Of each scan, with the same classes and labels: pixels add up, and the errors of areas are
        averaged over scans.
    mapping
        (labels + 1,) row of the class of each column, see `matching`.
    expected
        As of `adjusted_mutual_information`.
    """
    table = np.sum([counts.table for counts in scans], axis=0)
    confusion = matching.apply_mapping(table, mapping)
    single = [confusion]
    if len(scans) > 1:
        single = [matching.apply_mapping(counts.table, mapping) for counts in scans]
    columns = class_columns(confusion, single, np.sum([c.boundary for c in scans], axis=0))
    split, merged = metrics.variation_of_information(table)
    figures = {
        "overall_accuracy": metrics.overall_accuracy(confusion),
        "kappa": metrics.kappa(confusion),
        **{key: _mean(columns[source]) for key, source in _MEANS.items()},
        "ari": metrics.adjusted_rand_index(table),
        "nmi": metrics.normalised_mutual_information(table),
        "ami": metrics.adjusted_mutual_information(table, expected),
        "vi": split + merged,
        "vi_split": split,
        "vi_merge": merged,
        "entropy_truth": metrics.entropy(table.sum(axis=1)),
        "entropy_predicted": metrics.entropy(table.sum(axis=0)),
    }
    classes = tuple(
        {figure.key: float(columns[figure.key][row]) for figure in CLASS_FIGURES}
        for row in range(table.shape[0])
    )
    return Scored(name, int(table.sum()), figures, classes, confusion)


def class_columns(
    confusion: NDArray[np.int64],
    scans: Sequence[NDArray[np.int64]],
    boundary: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """Return (classes,) values by key of `CLASS_FIGURES`.

    Parameters
    ----------
    confusion
        Of all scans together.
    scans
        Of each of them.
    boundary
        (classes, 4) of all together.
    """
    scores = metrics.scores_by_class(confusion)
    classes = confusion.shape[0]
    columns = {
        key: np.array([getattr(score, key) for score in scores], float)
        for key in ("iou", "dice", "precision", "recall", "f1")
    }
    return columns | {
        "boundary_f1": boundary_f1(boundary),
        "area_rmse": metrics.area_rmse(scans, shares=True),
        "area_rmse_pixels": metrics.area_rmse(scans, shares=False),
        "pixels_truth": confusion.sum(axis=1).astype(float),
        "pixels_predicted": confusion[:, :classes].sum(axis=0).astype(float),
    }


def _mean(values: NDArray[np.float64]) -> float:
    defined = values[np.isfinite(values)]
    return float(defined.mean()) if defined.size else float("nan")
