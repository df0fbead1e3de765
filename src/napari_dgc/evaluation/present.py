"""An evaluation as JSON and as a table to read."""

import math
from collections.abc import Mapping, Sequence

from napari_dgc.evaluation.report import MappedScores, Report, Scores

FORMAT_VERSION = 1


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 6)


def _mapped_json(scores: MappedScores, names: Sequence[str]) -> dict[str, object]:
    return {
        "overall_accuracy": _number(scores.overall_accuracy),
        "kappa": _number(scores.kappa),
        "mean_iou": _number(scores.mean_iou),
        "classes": {
            name: {
                "iou": _number(score.iou),
                "dice": _number(score.dice),
                "precision": _number(score.precision),
                "recall": _number(score.recall),
            }
            for name, score in zip(names, scores.classes, strict=True)
        },
    }


def _scores_json(scores: Scores, names: Sequence[str]) -> dict[str, object]:
    return {
        "name": scores.name,
        "labelled_pixels": scores.labelled_pixels,
        "background_iou": _number(scores.background_iou),
        "tissue_iou": _number(scores.tissue_iou),
        "background_tissue_iou": _number(scores.background_tissue_iou),
        "lesion_iou": _number(scores.lesion_iou),
        "lesion_iou_best_single": _number(scores.lesion_iou_best_single),
        "lesion_pixels_truth": scores.lesion_pixels_truth,
        "lesion_pixels_predicted": scores.lesion_pixels_predicted,
        "lesion_area_error_percent": _number(scores.lesion_area_error),
        "ari": _number(scores.ari),
        "nmi": _number(scores.nmi),
        "vi_split": _number(scores.vi_split),
        "vi_merge": _number(scores.vi_merge),
        "majority": _mapped_json(scores.majority, names),
        "hungarian": _mapped_json(scores.hungarian, names),
    }


def unique_names(class_names: Mapping[int, str]) -> list[str]:
    """Names as JSON keys; a name used twice gets its label appended."""
    used = list(class_names.values())
    return [
        name if used.count(name) == 1 else f"{name} ({label})"
        for label, name in class_names.items()
    ]


def to_json(report: Report) -> dict[str, object]:
    """Describe a report with plain JSON values; undefined figures are null."""
    names = unique_names(report.class_names)
    return {
        "format": "napari-dgc evaluation",
        "format_version": FORMAT_VERSION,
        "classes": {str(label): name for label, name in report.class_names.items()},
        "mapping": {
            "majority": {str(label): c for label, c in report.majority.items()},
            "hungarian": {str(label): c for label, c in report.hungarian.items()},
        },
        "pooled": _scores_json(report.pooled, names),
        "scans": [_scores_json(scores, names) for scores in report.scans],
    }


def _cell(value: float, style: str = ".3f") -> str:
    return "-" if math.isnan(value) else format(value, style)


def format_table(report: Report) -> str:
    """Lay out a report for reading: one column per scan and one for all pooled."""
    columns = [*report.scans, report.pooled]
    rows: list[tuple[str, list[str]]] = [("", [scores.name for scores in columns])]

    def add(title: str, values: Sequence[float]) -> None:
        rows.append((title, [_cell(value) for value in values]))

    rows.append(("labelled pixels", [str(scores.labelled_pixels) for scores in columns]))
    add("background/tissue IoU (mean)", [scores.background_tissue_iou for scores in columns])
    add("  background IoU", [scores.background_iou for scores in columns])
    add("  tissue IoU", [scores.tissue_iou for scores in columns])
    add("lesion IoU", [scores.lesion_iou for scores in columns])
    add("lesion IoU (best single class)", [scores.lesion_iou_best_single for scores in columns])
    rows.append(
        (
            "lesion area error (% of pixels)",
            [f"{scores.lesion_area_error:+.3f}" if report.lesions else "-" for scores in columns],
        )
    )
    add("adjusted Rand index", [scores.ari for scores in columns])
    add("mutual information (normalised)", [scores.nmi for scores in columns])
    for title, chosen in (
        ("merged by majority", [scores.majority for scores in columns]),
        ("matched one to one", [scores.hungarian for scores in columns]),
    ):
        add(f"overall accuracy, {title}", [mapped.overall_accuracy for mapped in chosen])
        add(f"mean IoU, {title}", [mapped.mean_iou for mapped in chosen])
    for position, name in enumerate(report.class_names.values()):
        values = [scores.majority.classes[position].iou for scores in columns]
        add(f"  {name} IoU, merged by majority", values)
    by_class: list[tuple[str, list[str]]] = [
        ("all scans, merged by majority", ["IoU", "Dice", "precision", "recall"])
    ]
    for name, score in zip(
        report.class_names.values(), report.pooled.majority.classes, strict=True
    ):
        values = [score.iou, score.dice, score.precision, score.recall]
        by_class.append((f"  {name}", [_cell(value) for value in values]))
    return text_columns(rows) + "\n\n" + text_columns(by_class)


def text_columns(rows: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Line up cells under each other, numbers at their right."""
    first = max(len(title) for title, _ in rows)
    widths = [max(len(cells[i]) for _, cells in rows) for i in range(len(rows[0][1]))]
    return "\n".join(
        f"{title:<{first}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        for title, cells in rows
    )
