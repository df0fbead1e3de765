"""A comparison for reading, for JSON, and as tables."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from napari_dgc.annotations.label_image import LabelClass
from napari_dgc.comparison.result import Agreement, Comparison, Figure
from napari_dgc.measure.tables import Cell, Table

FORMAT_VERSION = 1
#: Figures of a matrix, by what they are called in full.
FIGURES: dict[Figure, str] = {
    "ari": "adjusted Rand index",
    "nmi": "mutual information (normalised)",
}
ALL_SCANS, TRUTH = "all scans", "truth"


def format_table(comparison: Comparison) -> str:
    """Lay out the agreement over all scans, and the scores where there is truth."""
    names = comparison.contenders
    blocks: list[list[tuple[str, list[str]]]] = []
    if names[1:]:
        for figure, title in FIGURES.items():
            matrix = comparison.matrix(figure)
            rows = [(title, list(names))]
            rows += [
                (f"  {name}", [shown(float(value)) for value in line])
                for name, line in zip(names, matrix, strict=True)
            ]
            blocks.append(rows)
    if comparison.truth:
        rows = [("against the truth", ["accuracy", "mean IoU", "ARI", "NMI"])]
        for name in names:
            score = comparison.truth[name]
            figures = (
                *(score.overall_accuracy, score.mean_iou),
                *(score.agreement.ari, score.agreement.nmi),
            )
            rows.append((f"  {name}", [shown(value) for value in figures]))
        blocks.append(rows)
    return "\n\n".join(_columns(rows) for rows in blocks)


def shown(value: float) -> str:
    """Write a figure for reading; a dash where it is undefined."""
    return "-" if math.isnan(value) else f"{value:.3f}"


def _columns(rows: Sequence[tuple[str, list[str]]]) -> str:
    first = max(len(title) for title, _ in rows)
    widths = [max(len(cells[place]) for _, cells in rows) for place in range(len(rows[0][1]))]
    return "\n".join(
        f"{title:<{first}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
        for title, cells in rows
    )


def to_tables(comparison: Comparison) -> list[Table]:
    """Make tables for `write_tables`: agreement as a matrix, and every pair on every scan."""
    names = comparison.contenders
    scored = comparison.truth
    rows: list[tuple[Cell, ...]] = []
    for figure, title in FIGURES.items():
        for name, line in zip(names, comparison.matrix(figure), strict=True):
            met = getattr(scored[name].agreement, figure) if scored else None
            rows.append((title, name, *map(float, line), *([met] if scored else [])))
    if scored:
        blank = (None,) * len(names)
        for title, field in (("overall accuracy", "overall_accuracy"), ("mean IoU", "mean_iou")):
            rows += [(title, name, *blank, getattr(scored[name], field)) for name in names]
    columns = ("figure", "of", *names, *([TRUTH] if scored else []))
    return [Table("agreement", columns, tuple(rows)), _scan_table(comparison)]


def _scan_table(comparison: Comparison) -> Table:
    def line(scan: str, one: str, other: str, agreement: Agreement) -> tuple[Cell, ...]:
        return (scan, one, other, agreement.ari, agreement.nmi, agreement.pixels)

    rows = [line(ALL_SCANS, *pair, found) for pair, found in comparison.pairs.items()]
    rows += [line(ALL_SCANS, name, TRUTH, s.agreement) for name, s in comparison.truth.items()]
    for scan in comparison.scans:
        rows += [line(scan.name, *pair, found) for pair, found in scan.pairs.items()]
        rows += [line(scan.name, name, TRUTH, found) for name, found in scan.truth.items()]
    return Table("scans", ("scan", "first", "second", "ARI", "NMI", "pixels"), tuple(rows))


def to_json(comparison: Comparison, *, stopped: bool = False) -> dict[str, Any]:
    """Describe a comparison with plain JSON values; undefined figures are null."""
    return {
        "format": "napari-dgc comparison",
        "format_version": FORMAT_VERSION,
        "stopped": stopped,
        "contenders": [
            {"name": name, "clusters": _classes(comparison.classes[name])}
            for name in comparison.contenders
        ],
        "truth_classes": _classes(comparison.truth_classes),
        "agreement": [_pair(*pair, found) for pair, found in comparison.pairs.items()],
        "truth": [
            {
                "contender": name,
                "overall_accuracy": _known(score.overall_accuracy),
                "mean_iou": _known(score.mean_iou),
                **_figures(score.agreement),
            }
            for name, score in comparison.truth.items()
        ],
        "scans": [
            {
                "name": scan.name,
                "agreement": [_pair(*pair, found) for pair, found in scan.pairs.items()],
                "truth": [
                    {"contender": name, **_figures(found)} for name, found in scan.truth.items()
                ],
            }
            for scan in comparison.scans
        ],
    }


def _classes(classes: Sequence[LabelClass]) -> list[dict[str, Any]]:
    return [
        {"label": info.number, "name": info.name, "colour": info.shown_colour} for info in classes
    ]


def _pair(one: str, other: str, agreement: Agreement) -> dict[str, Any]:
    return {"contenders": [one, other], **_figures(agreement)}


def _figures(agreement: Agreement) -> dict[str, Any]:
    return {
        "ari": _known(agreement.ari),
        "nmi": _known(agreement.nmi),
        "pixels": agreement.pixels,
    }


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
