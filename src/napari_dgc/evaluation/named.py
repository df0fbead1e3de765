"""Named classes against annotations with names: what a user sees, class by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelImage, numbered_alike
from napari_dgc.evaluation.metrics import ClassScores, class_scores
from napari_dgc.evaluation.report import Scan, evaluate

#: Stands for the pixels that have no label.
_REST = "(rest)"


@dataclass(frozen=True)
class NamedScore:
    """How well one annotated class is met.

    Parameters
    ----------
    name
        Of the annotated class.
    pixels
        How many are annotated as it.
    named
        Figures of the classes that have its name; None where none has.
    merged
        Figures of the best merge: every class stands for what most of its pixels are.
    """

    name: str
    pixels: int
    named: ClassScores | None
    merged: ClassScores


@dataclass(frozen=True)
class Comparison:
    """Classes of some scans against annotations.

    Parameters
    ----------
    classes
        The annotated classes.
    adjusted_rand_index
        Agreement that needs no names, 1 for equal maps.
    pixels
        How many were compared.
    """

    classes: tuple[NamedScore, ...]
    adjusted_rand_index: float
    pixels: int


def compare_named(
    truth: Sequence[LabelImage],
    predicted: Sequence[NDArray[np.integer]],
    names: Mapping[int, str],
    *,
    rest: bool = False,
) -> Comparison:
    """Compare class maps with annotations, over all scans together.

    Parameters
    ----------
    truth
        Annotations of each scan; 0 is not labelled.
    predicted
        (row, column) class numbers of each scan, 0 for no data.
    names
        Names of these classes; upper and lower case are the same.
    rest
        Whether pixels without a label count, as none of the annotated classes; else they are
        left out.

    Raises
    ------
    UserError
        When maps differ in size or nothing is labelled.
    """
    images = numbered_alike(truth)
    titles = {info.number: info.title for image in images for info in image.classes}
    other = max(titles, default=0) + 1
    maps = [
        np.where(image.labels > 0, image.labels, other if rest else 0).astype(np.uint32)
        for image in images
    ]
    scans = [
        Scan(image.name, labels, found)
        for image, labels, found in zip(images, maps, predicted, strict=True)
    ]
    report = evaluate(scans, titles | {other: _REST})
    same: dict[str, list[int]] = {}
    for number, name in names.items():
        if name:
            same.setdefault(name.casefold(), []).append(number)
    rows = []
    for number, merged in zip(report.class_names, report.pooled.majority.classes, strict=True):
        if number == other:
            continue
        mine = same.get(titles[number].casefold())
        pixels, figures = _figures(scans, number, mine or [])
        rows.append(NamedScore(titles[number], pixels, figures if mine else None, merged))
    return Comparison(tuple(rows), report.pooled.ari, report.pooled.labelled_pixels)


def _figures(scans: Sequence[Scan], number: int, classes: Sequence[int]) -> tuple[int, ClassScores]:
    """Count the pixels of an annotated class, and compare it with the union of classes."""
    hits = true = found = 0
    for scan in scans:
        annotated = scan.truth == number
        shown = np.isin(scan.predicted, classes) & (scan.truth > 0)
        hits += int((annotated & shown).sum())
        true += int(annotated.sum())
        found += int(shown.sum())
    return true, class_scores(hits, true, found)
