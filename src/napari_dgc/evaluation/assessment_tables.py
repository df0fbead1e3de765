"""An assessment as JSON, as a table and as text to read."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from napari_dgc import __version__
from napari_dgc.evaluation.assess import MATCHINGS, Assessment
from napari_dgc.evaluation.figures import CLASS_FIGURES, FIGURES, Figure, Scored
from napari_dgc.evaluation.intervals import Intervals, Range
from napari_dgc.evaluation.present import text_columns, unique_names
from napari_dgc.measure.tables import Cell, Table

FORMAT_VERSION = 1
#: Classes of the summary to read.
_READ = ("iou", "dice", "precision", "recall", "boundary_f1", "area_rmse")
NO_CLASS = "no class"


def assessment_json(found: Assessment) -> dict[str, object]:
    """Describe an assessment with plain JSON values; undefined figures are null."""
    names = unique_names(found.class_names)
    intervals = found.intervals
    return {
        "format": "napari-dgc assessment",
        "format_version": FORMAT_VERSION,
        "program": f"napari-dgc {__version__}",
        "matching": found.setup.matching,
        "boundary_tolerance_pixels": found.setup.tolerance,
        "classes": {str(number): name for number, name in found.class_names.items()},
        "mapping": {str(label): number for label, number in found.mapping.items()},
        "predicted_names": {str(n): name for n, name in found.label_names.items() if name},
        "notes": list(found.notes),
        "intervals": None if intervals is None else _intervals_json(intervals),
        "pooled": _scored_json(found.pooled, names, intervals),
        "scans": [_scored_json(scan, names, None) for scan in found.scans],
    }


def _intervals_json(intervals: Intervals) -> dict[str, object]:
    return {
        "method": "percentile bootstrap",
        "unit": intervals.unit,
        "block_pixels": list(intervals.block),
        "resamples": intervals.setup.resamples,
        "seed": intervals.setup.seed,
        "level": intervals.setup.level,
    }


def _scored_json(
    scored: Scored, names: Sequence[str], intervals: Intervals | None
) -> dict[str, object]:
    content: dict[str, object] = {
        "name": scored.name,
        "labelled_pixels": scored.pixels,
        "figures": {key: _number(value) for key, value in scored.figures.items()},
        "classes": {
            name: {key: _number(value) for key, value in figures.items()}
            for name, figures in zip(names, scored.classes, strict=True)
        },
        "confusion": scored.confusion.tolist(),
    }
    if intervals is not None:
        content["intervals"] = {
            "figures": _ranges_json(intervals.figures),
            "classes": {
                name: _ranges_json(ranges)
                for name, ranges in zip(names, intervals.classes, strict=True)
            },
        }
    return content


def _ranges_json(ranges: Mapping[str, Range]) -> dict[str, object]:
    return {key: [_number(low), _number(high)] for key, (low, high) in ranges.items()}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, 9)


def assessment_table(found: Assessment) -> Table:
    """Lay out all figures as one long table: a row for each figure of each scan and class."""
    names = unique_names(found.class_names)
    rows: list[tuple[Cell, ...]] = []

    def add(scored: Scored, intervals: Intervals | None) -> None:
        nothing: Mapping[str, Range] = {}
        rows.append((scored.name, "", "labelled_pixels", scored.pixels, None, None))
        for key, value in scored.figures.items():
            ranges = nothing if intervals is None else intervals.figures
            rows.append((scored.name, "", key, value, *ranges.get(key, (None, None))))
        for place, (name, figures) in enumerate(zip(names, scored.classes, strict=True)):
            ranges = nothing if intervals is None else intervals.classes[place]
            for key, value in figures.items():
                rows.append((scored.name, name, key, value, *ranges.get(key, (None, None))))

    add(found.pooled, found.intervals)
    for scan in found.scans:
        add(scan, None)
    columns = ("scan", "class", "figure", "value", "interval_low", "interval_high")
    return Table("figures", columns, tuple(rows))


def assessment_text(found: Assessment) -> str:
    """Lay out the figures of all scans together for reading."""
    ranges = {} if found.intervals is None else found.intervals.figures
    rows = [
        (
            f"  {figure.title}",
            [with_range(found.pooled.figures[figure.key], ranges.get(figure.key))],
        )
        for figure in FIGURES
    ]
    titles = [figure.title for figure in read_figures()]
    by_class: list[tuple[str, list[str]]] = [("class", titles)]
    for name, figures in zip(found.class_names.values(), found.pooled.classes, strict=True):
        by_class.append((f"  {name}", [number_text(figures[f.key]) for f in read_figures()]))
    return "\n".join([summary(found), text_columns(rows), "", text_columns(by_class)])


def read_figures() -> list[Figure]:
    """Return the figures of classes that summaries show."""
    return [figure for figure in CLASS_FIGURES if figure.key in _READ]


def summary(found: Assessment) -> str:
    """Say in a line how clusters were matched and what the intervals are."""
    return f"{MATCHINGS[found.setup.matching]}{_interval_words(found.intervals)}"


def _interval_words(intervals: Intervals | None) -> str:
    if intervals is None:
        return ""
    drawn = "scans" if intervals.unit == "scans" else "blocks of pixels"
    return f" (in brackets: {100 * intervals.setup.level:g} % of {drawn} drawn anew)"


def number_text(value: float) -> str:
    """Write a figure with three digits; a dash where it is undefined."""
    return "-" if math.isnan(value) else f"{value:.3f}"


def with_range(value: float, between: Range | None) -> str:
    """Write a figure and, where there is one, its interval."""
    if between is None or math.isnan(between[0]):
        return number_text(value)
    return f"{number_text(value)} [{between[0]:.3f}, {between[1]:.3f}]"


def mapping_rows(found: Assessment) -> list[tuple[str, str]]:
    """Return for each class what stands for it, and last what stands for none."""
    rows = []
    numbers: list[int | None] = [*found.class_names, None]
    for number in numbers:
        labels = [label for label, mapped in found.mapping.items() if mapped == number]
        title = NO_CLASS if number is None else found.class_names[number]
        if labels or number is not None:
            rows.append((title, ", ".join(label_title(found, label) for label in labels) or "none"))
    return rows


def label_title(found: Assessment, label: int) -> str:
    """Return number and name of a predicted label."""
    name = found.label_names.get(label, "")
    return f"{label} ({name})" if name else str(label)
