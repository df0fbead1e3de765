"""Plots of a report: sizes of lesions, spectra of classes, progress of disease."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.measure.class_values import ClassValues
from napari_dgc.measure.progress import ProgressCurve
from napari_dgc.partition.palette import OKABE_ITO
from napari_dgc.report.axes import Axes, clear_line, round_up
from napari_dgc.report.drawing import Area, Dot, Drawing, Line, Point, Shape, box

WIDTH = 510.0
_HEIGHT, _SIZES, _KEY = 190.0, 125.0, 120.0
#: Yellow cannot be seen on paper.
_LINES = tuple(colour for colour in OKABE_ITO if colour != "#f0e442")
_UNTOLD = "no treatment given"


def lesion_sizes(pixels: Sequence[int], pixel_size_mm: float | None) -> Drawing:
    """Draw how many lesions are of which size.

    Parameters
    ----------
    pixels
        Area of every lesion; at least one.
    pixel_size_mm
        Side of a pixel; areas are in pixels where it is None.
    """
    scale = 1.0 if pixel_size_mm is None else pixel_size_mm**2
    areas = [scale * area for area in pixels]
    edges = size_classes(min(areas), max(areas))
    # The same arithmetic on both sides, so that an area on an edge belongs above it.
    counts = [
        sum(low <= area * (1 + 1e-9) < high for area in areas)
        for low, high in itertools.pairwise(edges)
    ]
    top = max(counts)
    axes = Axes(WIDTH, _SIZES, (0, len(counts)), (0, top * 1.05))
    step = max(1, math.ceil(round_up(top / 5)))
    unit = "pixels" if pixel_size_mm is None else "mm²"
    shapes = axes.frame(
        f"area of a lesion ({unit})",
        "lesions",
        [(place, f"{edge:.10g}") for place, edge in enumerate(edges)],
        [(value, str(value)) for value in range(0, top + 1, step)],
    )
    for place, count in enumerate(counts):
        if count:
            left, upper = axes.at(place + 0.08, count)
            right, base = axes.at(place + 0.92, 0)
            shapes.append(box(left, upper, right - left, base - upper, "#d55e00"))
    text = f"Histogram of the sizes of {len(pixels)} lesions, in {unit}"
    return Drawing(WIDTH, _SIZES, tuple(shapes), text)


def size_classes(least: float, largest: float) -> list[float]:
    """Return edges 1, 2, 5, 10, ... of classes of sizes that hold both."""
    power = math.floor(math.log10(least))
    edges: list[float] = []
    while not edges or edges[-1] <= largest * (1 + 1e-9):
        edges += [factor * 10.0**power for factor in (1, 2, 5)]
        power += 1
    while edges[-2] > largest * (1 + 1e-9):
        edges.pop()
    while len(edges) > 2 and edges[1] <= least * (1 + 1e-9):
        edges.pop(0)
    return edges


def class_spectra(
    classes: Sequence[ClassValues],
    colours: Sequence[str],
    centres_nm: NDArray[np.float64] | None,
    y_title: str,
) -> Drawing | None:
    """Draw mean ± SD of every class, or return None when no band has values.

    Parameters
    ----------
    classes
        The classes.
    colours
        One for each.
    centres_nm
        (bands,) band centres; bands are counted from 1 where they are None.
    y_title
        What the values are.
    """
    if not classes:
        return None
    x = np.arange(1.0, len(classes[0].mean) + 1) if centres_nm is None else centres_nm
    order = np.argsort(x, kind="stable")
    lows = np.concatenate([found.mean - found.sd for found in classes])
    highs = np.concatenate([found.mean + found.sd for found in classes])
    if not np.isfinite(highs).any():
        return None
    low, high = float(np.nanmin(lows)), float(np.nanmax(highs))
    # Reflectance begins at 0, unless values lie far from it.
    low = 0.0 if 0 <= low < high / 2 else low
    spread = (high - low) or abs(high) or 1.0
    first, last = float(x.min()), float(x.max())
    if first == last:
        first, last = first - 1, last + 1
    axes = Axes(WIDTH, _HEIGHT, (first, last), (low, low + 1.05 * spread), right=_KEY)
    title = "band" if centres_nm is None else "wavelength (nm)"
    shapes: list[Shape] = axes.frame(title, y_title)
    for found, colour in zip(classes, colours, strict=True):
        for bands in _without_gaps(order, np.isfinite(found.mean) & np.isfinite(found.sd)):
            upper = [axes.at(x[b], found.mean[b] + found.sd[b]) for b in bands]
            lower = [axes.at(x[b], found.mean[b] - found.sd[b]) for b in reversed(bands)]
            shapes.append(Area(tuple(upper + lower), colour, 0.18))
    for found, colour in zip(classes, colours, strict=True):
        for bands in _without_gaps(order, np.isfinite(found.mean)):
            line: list[Point] = [axes.at(x[b], found.mean[b]) for b in bands]
            if len(line) == 1:
                shapes.append(Dot(*line[0], 1.5, colour))
            else:
                shapes += clear_line(tuple(line), colour, 1.3)
    names = [found.name for found in classes]
    shapes += axes.key(list(zip(names, colours, strict=True)))
    return Drawing(WIDTH, _HEIGHT, tuple(shapes), f"Mean spectra of {', '.join(names)}")


def _without_gaps(order: NDArray[np.intp], known: NDArray[np.bool_]) -> list[list[int]]:
    """Return the bands with values in order, in pieces between which some are missing."""
    pieces: list[list[int]] = [[]]
    for band in order.tolist():
        if known[band]:
            pieces[-1].append(band)
        elif pieces[-1]:
            pieces.append([])
    return [piece for piece in pieces if piece]


def progress(curves: Sequence[ProgressCurve]) -> Drawing | None:
    """Draw severity over time, a line for each plant in the colour of its treatment.

    Returns
    -------
    Drawing or None
        None when no curve has a date.
    """
    curves = [curve for curve in curves if curve.dates]
    if not curves:
        return None
    start = min(curve.dates[0] for curve in curves)
    days = max((curve.dates[-1] - start).days for curve in curves)
    top = max(max(curve.severities) for curve in curves)
    high = min(100.0, round_up(top / 5) * math.ceil(top / round_up(top / 5) + 0.1)) if top else 1.0
    axes = Axes(WIDTH, _HEIGHT, (0, max(days, 1)), (0, high), right=_KEY)
    step = max(1, math.ceil(round_up(max(days, 1) / 8)))
    marks = [(float(day), str(day)) for day in range(0, max(days, 1) + 1, step)]
    shapes: list[Shape] = axes.frame(f"days since {start}", "severity (%)", marks)
    treatments = sorted({curve.treatment for curve in curves})
    colours = {name: _LINES[place % len(_LINES)] for place, name in enumerate(treatments)}
    for curve in curves:
        colour = colours[curve.treatment]
        points = tuple(
            axes.at((date - start).days, severity)
            for date, severity in zip(curve.dates, curve.severities, strict=True)
        )
        if len(points) > 1:
            shapes.append(Line(points, colour, 1.3))
        shapes += [Dot(*point, 2, colour) for point in points]
    if len(treatments) > 1 or treatments[0]:
        shapes += axes.key([(name or _UNTOLD, colours[name]) for name in treatments])
    text = f"Severity of {len(curves)} plants over {days} days"
    return Drawing(WIDTH, _HEIGHT, tuple(shapes), text)
