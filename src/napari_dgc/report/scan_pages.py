"""The pages of one scan: pictures, leaves, lesions, spectra."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelImage
from napari_dgc.annotations.roles import roles_in
from napari_dgc.cancel import CancelToken
from napari_dgc.errors import UserError
from napari_dgc.measure.class_values import class_values
from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.leaves import LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.report import leaf_table, lesion_table
from napari_dgc.measure.scales import OrdinalScale
from napari_dgc.measure.scan_areas import scan_areas
from napari_dgc.measure.severity import ScanSeverity, measure_objects
from napari_dgc.measure.tables import Table
from napari_dgc.report.blocks import Block, Column, Figure, Grid, Heading, Text
from napari_dgc.report.measured_grids import LEAVES, LESIONS, grid, written
from napari_dgc.report.pictures import scan_pictures
from napari_dgc.report.plots import class_spectra, lesion_sizes
from napari_dgc.words import counted

#: So many lesions of a scan, the largest, have a number and a line.
NUMBERED = 12
#: Leaves of a scan that have a line.
_LINES = 200


@dataclass(frozen=True, eq=False)
class ReportScan:
    """A scan for a report.

    Parameters
    ----------
    name
        Of the scan.
    read
        Gives its label map with names and colours of the classes, and with its scan where
        that is at hand, for the picture and the spectra. Called when its turn comes.
    edits
        Leaves split and joined by hand.
    painted
        (row, column) lesions corrected by hand (see `measure.scan_areas`).
    """

    name: str
    read: Callable[[], LabelImage]
    edits: LeafEdits | None = None
    painted: NDArray[np.integer[Any]] | None = None


@dataclass(frozen=True, eq=False)
class ScanPages:
    """What a report says about one scan.

    Parameters
    ----------
    severity
        Its figures.
    blocks
        Its pages.
    unnamed
        Pixels of classes without a name.
    spectra
        Whether there are spectra.
    diseased, leaf
        Names of classes that count as such.
    """

    severity: ScanSeverity
    blocks: tuple[Block, ...]
    unnamed: int
    spectra: bool
    diseased: tuple[str, ...]
    leaf: frozenset[str]


def scan_pages(
    scan: ReportScan,
    anchor: str,
    settings: MaskSettings,
    scales: Sequence[OrdinalScale],
    details: Mapping[str, ScanDetails],
    token: CancelToken | None = None,
) -> ScanPages:
    """Measure a scan and describe it.

    Raises
    ------
    UserError
        When its map cannot be read or is not of the size of its scan.
    InterruptedError
        When asked to stop.
    """
    image = scan.read()
    shape = image.labels.shape
    cube = image.scan
    if cube is not None and shape != (cube.rows, cube.columns):
        raise UserError(
            f"The map {scan.name} has {shape[0]} x {shape[1]} pixels and its scan {cube.rows} x "
            f"{cube.columns}; give the map of this scan."
        )
    names = {info.number: info.name for info in image.classes}
    known = details.get(scan.name, ScanDetails(scan.name))
    settings, leaf = roles_in(image, settings)
    objects = scan_areas(image.labels, names, settings, scan.edits, leaf).objects(scan.painted)
    severity = measure_objects(
        *(objects.leaves, objects.lesions, objects.leaf, objects.halo),
        diseased=objects.diseased,
        pixel_size_mm=known.pixel_size_mm or image.pixel_size_mm,
        scan=scan.name,
    )
    largest = sorted(severity.lesions, key=lambda lesion: (-lesion.pixels, lesion.lesion))
    largest = largest[:NUMBERED]
    picture = scan_pictures(image, objects, largest, severity.pixel_size_mm, token)
    blocks: list[Block] = [
        Heading(scan.name, 2, anchor, new_page=True),
        Text(_summary(severity, known)),
        Figure(picture, _caption(severity, len(largest))),
        _legend(image),
    ]
    one = {scan.name: known}
    if severity.leaves:
        leaves = leaf_table([severity], one, scales)
        cut = Table(leaves.name, leaves.columns, leaves.rows[:_LINES])
        blocks += [Heading("Leaves", 3), grid("leaves", cut, LEAVES, scales)]
        if len(leaves.rows) > _LINES:
            blocks.append(Text(f"{len(leaves.rows) - _LINES} more leaves are left out here.", True))
    if severity.lesions:
        sizes = [lesion.pixels for lesion in severity.lesions]
        blocks.append(Heading("Lesions", 3))
        said = f"{counted(len(sizes), 'lesion')} by area; each bar holds its left edge."
        blocks.append(Figure(lesion_sizes(sizes, severity.pixel_size_mm), said))
        table = lesion_table([severity])
        ordered = sorted(zip(severity.lesions, table.rows, strict=True),
                         key=lambda pair: (-pair[0].pixels, pair[0].lesion))  # fmt: skip
        rows = tuple(row for _, row in ordered[:NUMBERED])
        blocks.append(grid("largest lesions", Table(table.name, table.columns, rows), LESIONS))
    spectra = _spectra(image, names, token)
    if spectra is not None:
        blocks += [Heading("Spectra of the classes", 3), spectra]
    counts = image.counts()
    unnamed = sum(int(counts[info.number]) for info in image.classes if not info.name)
    return ScanPages(severity, tuple(blocks), unnamed, spectra is not None, settings.names, leaf)


def _summary(severity: ScanSeverity, known: ScanDetails) -> str:
    total = severity.total
    who = [
        known.plant and f"plant {written(known.plant)}",
        known.treatment and f"treatment {written(known.treatment)}",
        known.date and str(known.date),
    ]
    told = ", ".join(part for part in who if part)
    if total.percent is None:
        found = "No leaf is in sight, so there is no severity"
    else:
        found = (
            f"Severity {total.percent:.2f} % of {counted(len(severity.leaves), 'leaf')}"
            if len(severity.leaves) == 1
            else f"Severity {total.percent:.2f} % of {len(severity.leaves)} leaves"
        )
        found += f", {counted(total.lesion_count, 'lesion')}"
    return f"{told}. {found}." if told else f"{found}."


def _caption(severity: ScanSeverity, numbered: int) -> str:
    if not severity.leaves:
        return ""
    said = "Leaves are outlined in white, lesions in black; background is not painted."
    if numbered and numbered == len(severity.lesions):
        return f"{said} Lesions have the numbers of the table below."
    if numbered:
        return f"{said} The {numbered} largest lesions have the numbers of the table below."
    return said


def _legend(image: LabelImage) -> Grid:
    counts = image.counts()
    total = max(1, image.labels.size)
    rows = tuple(
        (
            info.shown_colour,
            info.title,
            str(int(counts[info.number])),
            f"{100 * int(counts[info.number]) / total:.2f}",
        )
        for info in image.present
    )
    columns = (
        Column("", colours=True),
        Column("Class"),
        Column("Area (px)", numbers=True),
        Column("% of the scan", numbers=True),
    )
    return Grid("classes", columns, rows)


def _spectra(
    image: LabelImage, names: Mapping[int, str], token: CancelToken | None
) -> Figure | None:
    cube = image.scan
    if cube is None:
        return None
    found = class_values(cube, image.labels, names, token=token)
    # Labels of one name are one class, in the colour of the first.
    colours: dict[str, str] = {}
    for info in image.present:
        colours.setdefault(info.title.casefold(), info.shown_colour)
    shades = [colours.get(values.name.casefold(), "#222222") for values in found]
    drawing = class_spectra(found, shades, cube.wavelengths_nm, "mean ± SD")
    if drawing is None:
        return None
    return Figure(drawing, "Mean ± SD over the pixels of each class, in the units of the scan.")
