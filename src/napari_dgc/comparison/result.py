"""What a comparison found, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelClass
from napari_dgc.evaluation import matching, metrics

#: Two contenders by name, in the order in which they were given.
Pair = tuple[str, str]
Figure = Literal["ari", "nmi"]


@dataclass(frozen=True)
class Agreement:
    """How alike two maps are, whatever their labels are called.

    Parameters
    ----------
    ari
        Adjusted Rand index (Hubert and Arabie 1985): 1 for equal partitions, 0 by chance.
    nmi
        Mutual information over the arithmetic mean of both entropies, 0 to 1.
    pixels
        How many have a label in both. Figures are NaN with less than two.
    """

    ari: float
    nmi: float
    pixels: int

    @classmethod
    def of(cls, table: NDArray[np.int64]) -> Self:
        """Compute it from a table of counts, (labels, labels)."""
        pixels = int(table.sum())
        if pixels < 2:
            return cls(float("nan"), float("nan"), pixels)
        return cls(
            metrics.adjusted_rand_index(table),
            metrics.normalised_mutual_information(table),
            pixels,
        )


@dataclass(frozen=True)
class TruthScores:
    """How well a contender meets the truth, over all scans that have one.

    Parameters
    ----------
    overall_accuracy, mean_iou
        With clusters and classes paired one to one so that most pixels agree (Kuhn 1955), one
        pairing for all scans. What is paired with nothing, or has no data, is wrong.
    agreement
        ARI and NMI, for which no pairing is needed; no data is a label of its own here.
    """

    overall_accuracy: float
    mean_iou: float
    agreement: Agreement

    @classmethod
    def of(cls, table: NDArray[np.int64]) -> Self:
        """Compute them from a (classes, labels + 1) table, column 0 no data."""
        confusion = matching.apply_mapping(table, matching.hungarian(table))
        return cls(
            metrics.overall_accuracy(confusion),
            metrics.mean_iou(metrics.scores_by_class(confusion)),
            Agreement.of(table),
        )


@dataclass(frozen=True)
class ScanAgreement:
    """Agreement on one scan: between contenders, and of each with the truth where there is one."""

    name: str
    pairs: Mapping[Pair, Agreement]
    truth: Mapping[str, Agreement]


@dataclass(frozen=True)
class Comparison:
    """Contenders on the same scans.

    Parameters
    ----------
    contenders
        Their names; the first is the reference of the colours.
    scans
        Agreement on each scan that all contenders have labelled.
    pairs
        Agreement over all of these scans together.
    truth
        Scores of each contender by name, empty without truth.
    classes
        For each contender, by name, its labels that appear: their names where they have any, and
        their matched colours.
    truth_classes
        The same of the truth.
    """

    contenders: tuple[str, ...]
    scans: tuple[ScanAgreement, ...]
    pairs: Mapping[Pair, Agreement]
    truth: Mapping[str, TruthScores] = field(default_factory=dict)
    classes: Mapping[str, tuple[LabelClass, ...]] = field(default_factory=dict)
    truth_classes: tuple[LabelClass, ...] = ()

    def matrix(self, figure: Figure) -> NDArray[np.float64]:
        """Return the agreement of all with all, (contender, contender), 1 on the diagonal."""
        order = {name: place for place, name in enumerate(self.contenders)}
        found = np.eye(len(order))
        for (one, other), agreement in self.pairs.items():
            value = getattr(agreement, figure)
            found[order[one], order[other]] = found[order[other], order[one]] = value
        return found
