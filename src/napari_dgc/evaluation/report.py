"""All figures of one evaluation, as values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError
from napari_dgc.evaluation import matching, metrics
from napari_dgc.partition.partition import BACKGROUND, DISEASED_NAMES


@dataclass(frozen=True, eq=False)
class Scan:
    """The truth and the prediction of one scan, maps of the same shape."""

    name: str
    truth: NDArray[np.integer]
    predicted: NDArray[np.integer]


@dataclass(frozen=True)
class MappedScores:
    """Figures under one mapping of predicted labels to classes."""

    overall_accuracy: float
    kappa: float
    mean_iou: float
    classes: tuple[metrics.ClassScores, ...]


@dataclass(frozen=True)
class Scores:
    """Figures of one scan, or of all scans pooled. NaN where undefined.

    `lesion_area_error` is predicted minus true lesion area in percent of the
    labelled pixels; `vi_split` and `vi_merge` are in bits.
    """

    name: str
    labelled_pixels: int
    background_iou: float
    tissue_iou: float
    lesion_iou: float
    lesion_iou_best_single: float
    lesion_pixels_truth: int
    lesion_pixels_predicted: int
    lesion_area_error: float
    ari: float
    nmi: float
    vi_split: float
    vi_merge: float
    majority: MappedScores
    hungarian: MappedScores

    @property
    def background_tissue_iou(self) -> float:
        """Mean of background and tissue IoU."""
        return (self.background_iou + self.tissue_iou) / 2


@dataclass(frozen=True)
class Report:
    """An evaluation: one mapping for all scans, figures per scan and pooled.

    `majority` and `hungarian` tell for each predicted label the class of the
    truth it stands for (None: no class).
    """

    class_names: dict[int, str]
    majority: dict[int, int | None]
    hungarian: dict[int, int | None]
    scans: tuple[Scores, ...]
    pooled: Scores
    background: int | None
    lesions: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class _Mappings:
    """The mappings learned from all scans together."""

    majority: NDArray[np.intp]
    hungarian: NDArray[np.intp]
    leaf: NDArray[np.intp] | None
    lesion_rows: tuple[int, ...]
    best_lesion: int | None
    background_row: int | None


def _binary(table: NDArray[np.int64], rows: Sequence[int]) -> NDArray[np.int64]:
    """Merge the classes of a table to (others, these rows)."""
    chosen = np.zeros(table.shape[0], bool)
    chosen[list(rows)] = True
    return np.stack([table[~chosen].sum(axis=0), table[chosen].sum(axis=0)])


def _mapped(table: NDArray[np.int64], mapping: NDArray[np.intp]) -> MappedScores:
    confusion = matching.apply_mapping(table, mapping)
    scores = metrics.scores_by_class(confusion)
    return MappedScores(
        metrics.overall_accuracy(confusion),
        metrics.kappa(confusion),
        metrics.mean_iou(scores),
        tuple(scores),
    )


def _scores(name: str, table: NDArray[np.int64], maps: _Mappings) -> Scores:
    nan = float("nan")
    background = tissue = lesion = single = area_error = nan
    lesion_truth = lesion_predicted = 0
    if maps.background_row is not None and maps.leaf is not None:
        leaf = matching.apply_mapping(_binary(table, [maps.background_row]), maps.leaf)
        tissue, background = (score.iou for score in metrics.scores_by_class(leaf))
    if maps.lesion_rows:
        pair = _binary(table, maps.lesion_rows)
        columns = np.isin(maps.majority, maps.lesion_rows)
        lesion_truth, lesion_predicted = int(pair[1].sum()), int(pair[:, columns].sum())
        hits = int(pair[1, columns].sum())
        lesion = metrics.class_scores(hits, lesion_truth, lesion_predicted).iou
        if maps.best_lesion is not None:
            column = pair[:, maps.best_lesion]
            single = metrics.class_scores(int(column[1]), lesion_truth, int(column.sum())).iou
        elif lesion_truth:
            single = 0.0
        if table.any():
            area_error = 100.0 * (lesion_predicted - lesion_truth) / int(table.sum())
    split, merged = metrics.variation_of_information(table)
    return Scores(
        name=name,
        labelled_pixels=int(table.sum()),
        background_iou=background,
        tissue_iou=tissue,
        lesion_iou=lesion,
        lesion_iou_best_single=single,
        lesion_pixels_truth=lesion_truth,
        lesion_pixels_predicted=lesion_predicted,
        lesion_area_error=area_error,
        ari=metrics.adjusted_rand_index(table),
        nmi=metrics.normalised_mutual_information(table),
        vi_split=split,
        vi_merge=merged,
        majority=_mapped(table, maps.majority),
        hungarian=_mapped(table, maps.hungarian),
    )


def evaluate(scans: Sequence[Scan], class_names: Mapping[int, str]) -> Report:
    """Compare predictions with the truth, with one mapping of labels for all scans.

    Parameters
    ----------
    scans
        At least one; 0 in the truth is not labelled and left out, 0 in the
        prediction is no data and an error wherever the truth is labelled.
    class_names
        Names of the truth's labels. "background" makes the background/tissue
        figures possible (tissue: every other class), "lesion" and "necrosis"
        the lesion figures.

    Raises
    ------
    UserError
        When maps differ in size or nothing is labelled.
    """
    check_sizes(scans)
    classes = present_numbers(scan.truth for scan in scans)
    labels = present_numbers(scan.predicted for scan in scans)
    if not classes:
        raise UserError("Nothing is labelled in the truth: every pixel is 0.")
    names = {c: class_names.get(c) or f"class {c}" for c in classes}
    tables = [matching.pair_table(scan.truth, scan.predicted, classes, labels) for scan in scans]
    total = np.sum(tables, axis=0)
    background = _named(names, {BACKGROUND})
    lesions = _named(names, DISEASED_NAMES)
    lesion_rows = tuple(classes.index(c) for c in lesions)
    background_row = classes.index(background[0]) if background else None
    maps = _Mappings(
        majority=matching.majority(total),
        hungarian=matching.hungarian(total),
        leaf=None
        if background_row is None
        else matching.majority(_binary(total, [background_row])),
        lesion_rows=lesion_rows,
        best_lesion=matching.best_single(_binary(total, lesion_rows), 1) if lesion_rows else None,
        background_row=background_row,
    )

    def legend(mapping: NDArray[np.intp]) -> dict[int, int | None]:
        rows = mapping[1:].tolist()
        return {
            label: None if row == matching.UNMATCHED else classes[row]
            for label, row in zip(labels, rows, strict=True)
        }

    return Report(
        class_names=names,
        majority=legend(maps.majority),
        hungarian=legend(maps.hungarian),
        scans=tuple(
            _scores(scan.name, table, maps) for scan, table in zip(scans, tables, strict=True)
        ),
        pooled=_scores("all scans", total, maps),
        background=background[0] if background else None,
        lesions=lesions,
    )


def check_sizes(scans: Sequence[Scan]) -> None:
    """Refuse maps of different sizes.

    Raises
    ------
    UserError
        Names the first scan whose maps differ.
    """
    for scan in scans:
        if scan.truth.shape != scan.predicted.shape:
            raise UserError(
                f"The maps of {scan.name} differ in size: truth {_size(scan.truth)}, "
                f"prediction {_size(scan.predicted)}; both must be of the same scan."
            )


def present_numbers(maps: Iterable[NDArray[np.integer]]) -> list[int]:
    """Return the numbers above 0 that any of some maps has, ascending."""
    return sorted({int(number) for labels in maps for number in np.unique(labels)} - {0})


def _size(labels: NDArray[np.integer]) -> str:
    return " x ".join(str(length) for length in labels.shape)


def _named(names: Mapping[int, str], wanted: frozenset[str] | set[str]) -> tuple[int, ...]:
    return tuple(c for c, name in names.items() if name.strip().casefold() in wanted)
