"""An assessment as an HTML report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from napari_dgc.errors import UserError
from napari_dgc.evaluation.assess import MATCHINGS, Assessment
from napari_dgc.evaluation.assessment_tables import (
    NO_CLASS,
    mapping_rows,
    number_text,
    read_figures,
    with_range,
)
from napari_dgc.evaluation.figures import CLASS_FIGURES, FIGURES
from napari_dgc.evaluation.intervals import ENOUGH_SCANS, Intervals
from napari_dgc.files import write_bytes
from napari_dgc.report.blocks import Block, Column, Document, Figure, Grid, Heading, Points, Text
from napari_dgc.report.drawing import Drawing, Label, Shape, box
from napari_dgc.report.html_page import html_bytes
from napari_dgc.words import counted

TITLE = "Classes against the truth"
#: Most scans in the table of single scans, and most classes that a drawing shows.
_MOST_SCANS, _MOST_DRAWN = 500, 14
_SIDE, _LEFT, _TOP = 34.0, 110.0, 62.0
_SCAN_FIGURES = ("overall_accuracy", "kappa", "mean_iou", "mean_f1", "mean_boundary_f1", "ari")


def write_page(path: Path, found: Assessment, origin: Sequence[tuple[str, str]] = ()) -> None:
    """Write an assessment as one HTML file that needs nothing else.

    Parameters
    ----------
    path
        An earlier file is replaced.
    found
        The figures.
    origin
        Further lines on how they came about, such as commands and files.

    Raises
    ------
    UserError
        When the file cannot be written.
    """
    try:
        write_bytes(path, html_bytes(document(found, origin)))
    except OSError as error:
        raise UserError(
            f"{path} cannot be written: {error.strerror or error}; choose another place."
        ) from error


def document(found: Assessment, origin: Sequence[tuple[str, str]] = ()) -> Document:
    """Say what an assessment found; the same assessment gives the same report."""
    names = list(found.class_names.values())
    pixels = f"{found.pooled.pixels:,}"
    blocks: list[Block] = [
        Heading(TITLE, 1),
        Text(
            f"{counted(len(found.scans), 'scan')}, {pixels} labelled pixels. Matching: "
            f"{MATCHINGS[found.setup.matching]}; one mapping for all scans."
        ),
    ]
    if found.notes:
        blocks.append(Points(found.notes))
    blocks += [Heading("All classes"), _all_classes(found), Text(_interval_text(found), small=True)]
    blocks += [Heading("Class by class"), *_by_class(found)]
    blocks += [Heading("What was taken for what"), *_confusion(found, names)]
    blocks += [
        Heading("What stands for which class"),
        Grid("Mapping", (Column("class of the truth"), Column("clusters")), _rows(found)),
        Heading("Scan by scan"),
        *_scans(found),
        Heading("What the figures mean"),
        Points(tuple(f"{f.title.strip()}: {f.meaning}" for f in (*FIGURES, *CLASS_FIGURES))),
        Text(
            "Only labelled pixels count. Pixels without data in the prediction and those of "
            "clusters that stand for no class are wrong. A border pixel of a class has the class "
            "and, above, below, left or right of it, a labelled neighbour of another class; it is "
            f"near the other border within {found.setup.tolerance:g} pixels.",
            small=True,
        ),
    ]
    if origin:
        cells = (Column("setting"), Column("value"))
        blocks += [Heading("How it was made"), Grid("How it was made", cells, tuple(origin))]
    return Document(TITLE, tuple(blocks))


def _rows(found: Assessment) -> tuple[tuple[str, ...], ...]:
    return tuple(mapping_rows(found))


def _all_classes(found: Assessment) -> Grid:
    ranges = {} if found.intervals is None else found.intervals.figures
    rows = tuple(
        (figure.title.strip(), with_range(found.pooled.figures[figure.key], ranges.get(figure.key)))
        for figure in FIGURES
    )
    return Grid("Figures of all classes", (Column("figure"), Column("value", numbers=True)), rows)


def _interval_text(found: Assessment) -> str:
    intervals = found.intervals
    if intervals is None:
        return "No confidence intervals were asked for."
    return f"In brackets: {100 * intervals.setup.level:g} % intervals. {_drawn(intervals)}"


def _drawn(intervals: Intervals) -> str:
    setup = intervals.setup
    how = f"{setup.resamples} times, with replacement, from the seed {setup.seed}"
    if intervals.unit == "scans":
        return f"Scans were drawn {how}; the mapping stays as it is."
    sides = " and ".join(str(side) for side in sorted(set(intervals.block)))
    return (
        f"Blocks of {sides} x {sides} pixels were drawn within each scan {how}; the mapping stays "
        f"as it is. They tell how figures vary between places of these scans, not between scans: "
        f"that takes {ENOUGH_SCANS} scans or more."
    )


def _by_class(found: Assessment) -> list[Block]:
    shown = read_figures()
    columns = (Column("class"), *(Column(figure.title, numbers=True) for figure in shown))
    rows = []
    for place, name in enumerate(found.class_names.values()):
        ranges = {} if found.intervals is None else found.intervals.classes[place]
        figures = found.pooled.classes[place]
        rows.append((name, *(with_range(figures[f.key], ranges.get(f.key)) for f in shown)))
    return [
        Grid("Figures of each class", columns, tuple(rows)),
        Text("F1 is the same number as Dice.", small=True),
    ]


def _confusion(found: Assessment, names: Sequence[str]) -> list[Block]:
    columns = (
        Column("truth \\ found"),
        *(Column(name, numbers=True) for name in (*names, NO_CLASS)),
    )
    confusion = found.pooled.confusion
    rows = tuple(
        (name, *(f"{count:,}" for count in confusion[row].tolist()))
        for row, name in enumerate(names)
    )
    grid = Grid("Pixels of each true and found class", columns, rows)
    if len(names) > _MOST_DRAWN:
        return [grid]
    caption = "Share of the pixels of each true class, in percent: each row adds up to 100."
    return [Figure(_drawing(found, names), caption), grid]


def _drawing(found: Assessment, names: Sequence[str]) -> Drawing:
    """Draw the shares of each true class as squares."""
    shapes: list[Shape] = []
    titles = [*names, NO_CLASS]
    for place, title in enumerate(titles):
        x = _LEFT + (place + 0.5) * _SIDE
        shapes.append(Label(x + 3, _TOP - 4, _short(title, 11), 7, "start", upwards=True))
    for row, name in enumerate(names):
        y = _TOP + row * _SIDE
        shapes.append(Label(_LEFT - 5, y + _SIDE / 2 + 3, _short(name, 22), 8, "end"))
        counts = found.pooled.confusion[row]
        total = max(1, int(counts.sum()))
        for place, count in enumerate(counts.tolist()):
            share, x = count / total, _LEFT + place * _SIDE
            colour = "#009e73" if place == row else "#d55e00"
            shapes.append(box(x, y, _SIDE - 1, _SIDE - 1, "#f2f2f2"))
            if share:
                shapes.append(box(x, y, _SIDE - 1, _SIDE - 1, colour, 0.15 + 0.75 * share))
            middle = x + _SIDE / 2
            text = f"{100 * share:.1f}"
            shapes.append(Label(middle, y + _SIDE / 2 + 3, text, 8, "middle", halo="#ffffff"))
    width = _LEFT + _SIDE * len(titles)
    text = f"What pixels of {', '.join(names)} were taken for"
    return Drawing(width, _TOP + _SIDE * len(names), tuple(shapes), text)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _scans(found: Assessment) -> list[Block]:
    shown = [figure for figure in FIGURES if figure.key in _SCAN_FIGURES]
    columns = (
        Column("scan"),
        Column("labelled pixels", numbers=True),
        *(Column(figure.title, numbers=True) for figure in shown),
    )
    rows = tuple(
        (
            scan.name,
            f"{scan.pixels:,}",
            *(number_text(scan.figures[figure.key]) for figure in shown),
        )
        for scan in found.scans[:_MOST_SCANS]
    )
    blocks: list[Block] = [Grid("Figures of each scan", columns, rows)]
    left = len(found.scans) - _MOST_SCANS
    if left > 0:
        blocks.append(Text(f"{left} more scans are in the table of figures (CSV).", small=True))
    return blocks
