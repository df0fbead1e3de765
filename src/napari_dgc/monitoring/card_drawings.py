"""Drawings of a training card: curves over the epochs, small maps beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from napari_dgc.annotations.picture import png_bytes
from napari_dgc.clustering.events import ClustersChosen
from napari_dgc.monitoring.log import TrainingLog
from napari_dgc.monitoring.small_maps import coloured
from napari_dgc.partition import Partition
from napari_dgc.partition.palette import OKABE_ITO
from napari_dgc.report.axes import Axes, round_up
from napari_dgc.report.drawing import (
    GRID,
    Area,
    Dot,
    Drawing,
    Label,
    Line,
    Picture,
    Shape,
)
from napari_dgc.report.plots import WIDTH

_PANEL, _HIGH, _TITLE = 250.0, 130.0, 14.0
_LINE, _MARK = OKABE_ITO[0], OKABE_ITO[5]
_NAME, _CELL, _GAP, _CAPTION = 12.0, 84.0, 6.0, 22.0
_SHORT = 60

Points = Sequence[tuple[float, float]]


def curves(log: TrainingLog) -> Drawing | None:
    """Draw losses, active clusters and changed labels over the epochs, a panel for each.

    Returns
    -------
    Drawing or None
        None without epochs.
    """
    if not log.epochs:
        return None
    names = dict.fromkeys(name for one in log.epochs for name in one.losses)
    panels: list[tuple[str, Points]] = [
        (
            f"{name} (loss)",
            [(one.epoch, one.losses.get(name, math.nan)) for one in log.epochs],
        )
        for name in names
    ]
    panels.append(("active clusters", [(one.epoch, one.active) for one in log.epochs]))
    if any(one.changed is not None for one in log.epochs):
        changed = [
            (one.epoch, math.nan if one.changed is None else 100 * one.changed)
            for one in log.epochs
        ]
        panels.append(("pixels whose cluster changed (%)", changed))
    best = log.recommended
    marked = None if best is None else best.epoch
    return _side_by_side([(title, panel(points, marked)) for title, points in panels])


def silhouettes(chosen: ClustersChosen) -> Drawing:
    """Draw how well numbers of clusters that were tried stand apart; the chosen one is marked."""
    points = [
        (float(count), score) for count, score in zip(chosen.counts, chosen.scores, strict=True)
    ]
    shapes = panel(points, chosen.chosen, "number of clusters")
    return _side_by_side([("silhouette of each number of clusters", shapes)])


def panel(points: Points, marked: int | None, x_title: str = "epoch") -> list[Shape]:
    """Draw a curve in a frame of its own.

    Parameters
    ----------
    points
        (x, y); what is not finite interrupts the curve.
    marked
        Place on the x axis that gets a dashed line.
    x_title
        What is counted along x.
    """
    known = [y for _, y in points if math.isfinite(y)]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    room = 0.08 * (high - low) or 0.1 * abs(high) or 1.0
    low = 0.0 if 0 <= low < 0.5 * high else low - room
    first, last = points[0][0], points[-1][0]
    ends = (first - 0.5, last + 0.5)
    axes = Axes(_PANEL, _HIGH, ends, (low, high + room))
    step = max(1, math.ceil(round_up((last - first + 1) / 8)))
    marks = [(x, f"{x:.0f}") for x, _ in points if (x - 1) % step == 0 or len(points) <= 8]
    shapes = axes.frame(x_title, "", marks)
    if marked is not None and ends[0] < marked < ends[1]:
        line = (axes.at(marked, low), axes.at(marked, high + room))
        shapes.append(Line(line, _MARK, 1, dashed=True))
    piece: list[tuple[float, float]] = []
    for x, y in [*points, (last, math.nan)]:
        if math.isfinite(y):
            piece.append(axes.at(x, y))
            continue
        if len(piece) > 1:
            shapes.append(Line(tuple(piece), _LINE, 1.3))
        if len(points) <= 60 or len(piece) == 1:
            shapes += [Dot(*point, 1.6, _LINE) for point in piece]
        piece = []
    return shapes


def maps(log: TrainingLog, partition: Partition | None) -> Drawing | None:
    """Draw the maps of the kept epochs, a row for each scan; None where there are none.

    Parameters
    ----------
    log
        Holds the maps.
    partition
        Gives each cluster the colour of its class; None: that of its number.
    """
    kept = [one for one in log.maps if one.maps]
    scans = list(dict.fromkeys(scan for one in kept for scan in one.maps))
    if not scans:
        return None
    best = log.recommended
    cell = min(_CELL, (WIDTH - _GAP * (len(kept) - 1)) / len(kept))
    shapes: list[Shape] = []
    for place, one in enumerate(kept):
        left = place * (cell + _GAP)
        trusted = best is not None and best.epoch == one.epoch
        shapes.append(Label(left, 9, f"epoch {one.epoch}", 7.5, bold=trusted))
        if trusted:
            shapes.append(Label(left, 18, "recommended", 6.5, bold=True, colour=_MARK))
    top = _CAPTION
    for scan in scans:
        text = scan if len(scan) <= _SHORT else f"{scan[: _SHORT - 1]}…"
        shapes.append(Label(0, top + 8, text, 7.5))
        top += _NAME
        highest = 0.0
        for place, one in enumerate(kept):
            labels = one.maps.get(scan)
            if labels is None:
                continue
            rows, columns = labels.shape
            scale = cell / max(rows, columns)
            left, width, height = place * (cell + _GAP), columns * scale, rows * scale
            data = png_bytes(coloured(labels, partition))
            shapes.append(Picture(left, top, width, height, data))
            right, low = left + width, top + height
            corners = ((left, top), (right, top), (right, low), (left, low), (left, top))
            shapes.append(Line(corners, GRID, 0.5))
            highest = max(highest, height)
        top += highest + _GAP
    told = f"Maps of {len(scans)} scans after {len(kept)} epochs"
    return Drawing(max(len(kept) * (cell + _GAP), 60.0), top, tuple(shapes), told)


def _side_by_side(panels: Sequence[tuple[str, list[Shape]]]) -> Drawing:
    """Put panels with their titles into rows of two."""
    shapes: list[Shape] = []
    for place, (title, drawn) in enumerate(panels):
        across, down = (place % 2) * (_PANEL + 10), (place // 2) * (_HIGH + _TITLE + 6)
        text = title if len(title) <= _SHORT else f"{title[: _SHORT - 1]}…"
        shapes.append(Label(across + 4, down + 10, text, 8.5, bold=True))
        shapes += [_moved(shape, across, down + _TITLE) for shape in drawn]
    rows = -(-len(panels) // 2)
    width = WIDTH if len(panels) > 1 else _PANEL
    text = f"Curves: {', '.join(title for title, _ in panels)}"
    return Drawing(width, rows * (_HIGH + _TITLE + 6), tuple(shapes), text)


def _moved(shape: Shape, across: float, down: float) -> Shape:
    if isinstance(shape, Line | Area):
        return replace(shape, points=tuple((x + across, y + down) for x, y in shape.points))
    return replace(shape, x=shape.x + across, y=shape.y + down)
