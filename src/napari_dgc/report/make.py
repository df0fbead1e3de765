"""Measure scans and write the report."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from napari_dgc.cancel import CancelToken
from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes
from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.leaves import LEAST_LEAF
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.progress import progress_curves
from napari_dgc.measure.report import (
    progress_points,
    progress_tables,
    scan_table,
    settings_lines,
)
from napari_dgc.measure.scales import OrdinalScale
from napari_dgc.measure.tables import Cell
from napari_dgc.report.blocks import Block, Document, Figure, Heading, Text
from napari_dgc.report.explained import definitions, limits, origin
from napari_dgc.report.measured_grids import PROGRESS, SCANS, TREATMENTS, grid
from napari_dgc.report.plots import progress
from napari_dgc.report.scan_pages import ReportScan, ScanPages, scan_pages
from napari_dgc.words import counted

#: Endings of the files that a report can be.
REPORT_SUFFIXES: tuple[str, ...] = (".html", ".pdf")
USUAL_TITLE = "Disease severity of leaves"


@dataclass(frozen=True)
class ReportSetup:
    """What a report says besides what is measured, and how that is done.

    Parameters
    ----------
    title
        First line.
    date
        Of the report. None says none, so that the same input gives the same file.
    settings
        How lesions are made.
    least_leaf
        Least area of a leaf in pixels, for the list of settings; the scans' edits hold it.
    scales
        Each adds its grades.
    details
        Plant, treatment, date and pixel size by name of the scan.
    origin
        Further lines on how it was made: commands, files.
    """

    title: str = USUAL_TITLE
    date: datetime.date | None = None
    settings: MaskSettings = field(default_factory=MaskSettings)
    least_leaf: int = LEAST_LEAF
    scales: tuple[OrdinalScale, ...] = ()
    details: Mapping[str, ScanDetails] = field(default_factory=dict)
    origin: tuple[tuple[str, Cell], ...] = ()


@dataclass(frozen=True)
class ReportProgress:
    """`fraction` (0 to 1) of the report is done, and `stage` is next."""

    stage: str
    fraction: float


@dataclass(frozen=True, eq=False)
class ReportWritten:
    """The file is complete; `pages` of its scans hold the figures."""

    path: Path
    pages: tuple[ScanPages, ...]


def check_report_path(path: Path) -> None:
    """Refuse a file that cannot be a report.

    Raises
    ------
    UserError
        When its name ends otherwise, or it is a folder.
    """
    if path.suffix.casefold() not in REPORT_SUFFIXES:
        raise UserError(f"{path} is no report; give a name that ends in .html or .pdf.")
    if path.is_dir():
        raise UserError(f"{path} is a folder; give a file for the report.")


def write_report(
    path: Path,
    scans: Sequence[ReportScan],
    setup: ReportSetup | None = None,
    token: CancelToken | None = None,
) -> Iterator[ReportProgress | ReportWritten]:
    """Measure scans and write a report with pictures, complete or not at all.

    One scan at a time is held in memory. The same input gives the same bytes.

    Parameters
    ----------
    path
        ``.html``: one file that needs nothing else; ``.pdf``. An earlier one is replaced.
    scans
        At least one, in the order of the report, of different names.
    setup
        Title, settings, details; the usual ones when None.
    token
        Asks for a stop; nothing is written then.

    Yields
    ------
    ReportProgress or ReportWritten
        The latter once, at the end.

    Raises
    ------
    UserError
        When a map cannot be used, or the file cannot be written.
    InterruptedError
        When asked to stop.
    """
    setup = setup or ReportSetup()
    check_report_path(path)
    pages: list[ScanPages] = []
    for place, scan in enumerate(scans):
        yield ReportProgress(scan.name, place / (len(scans) + 1))
        _check_stop(token)
        anchor = f"scan-{place + 1}"
        found = scan_pages(scan, anchor, setup.settings, setup.scales, setup.details, token)
        pages.append(found)
    yield ReportProgress(path.name, len(scans) / (len(scans) + 1))
    _check_stop(token)
    content = report_bytes(report_document(pages, setup), path.suffix)
    _check_stop(token)
    try:
        write_bytes(path, content)
    except OSError as error:
        raise UserError(
            f"{error.filename or path} cannot be written: {error.strerror or error}; close it "
            "elsewhere, or choose another place."
        ) from error
    yield ReportWritten(path, tuple(pages))


def report_bytes(document: Document, suffix: str) -> bytes:
    """Return a report as a file of one of `REPORT_SUFFIXES`."""
    if suffix.casefold() == ".pdf":
        from napari_dgc.report.pdf_pages import pdf_bytes

        return pdf_bytes(document)
    from napari_dgc.report.html_page import html_bytes

    return html_bytes(document)


def report_document(pages: Sequence[ScanPages], setup: ReportSetup) -> Document:
    """Put the pages of scans together: summary first, explanations last."""
    scans = [found.severity for found in pages]
    # Names that lead nowhere cannot be: each scan has a heading.
    links = tuple(f"scan-{place + 1}" for place in range(len(pages)))
    title = setup.title.strip() or USUAL_TITLE
    said = [str(setup.date)] if setup.date else []
    said.append(counted(len(scans), "scan"))
    blocks: list[Block] = [
        Heading(title, 1),
        Text(" · ".join(said)),
        Heading("Summary", 2),
        grid("scans", scan_table(scans, setup.details, setup.scales), SCANS, setup.scales, links),
    ]
    curves = _progress(blocks, pages, setup)
    for found in pages:
        blocks += found.blocks
    sizes = [scan.pixel_size_mm is not None for scan in scans]
    diseased = dict.fromkeys(name for found in pages for name in found.diseased)
    settings = replace(setup.settings, names=tuple(diseased) or setup.settings.names)
    blocks += [
        Heading("What the figures mean", 2, "meaning", new_page=True),
        definitions(
            settings,
            setup.scales,
            frozenset[str]().union(*(found.leaf for found in pages)),
            progress=curves,
            millimetres=any(sizes),
            spectra=any(found.spectra for found in pages),
        ),
        Heading("What they cannot say", 2, "limits"),
        limits(
            millimetres=all(sizes),
            some_millimetres=any(sizes),
            outside=sum(scan.outside_pixels for scan in scans),
            unnamed=sum(found.unnamed for found in pages),
        ),
        Heading("How this report was made", 2, "origin"),
        origin([*settings_lines(settings, setup.least_leaf), *setup.origin]),
    ]
    return Document(title, tuple(blocks))


def _progress(blocks: list[Block], pages: Sequence[ScanPages], setup: ReportSetup) -> bool:
    """Add the progress curves, where scans have dates; tell whether they do."""
    scans = [found.severity for found in pages]
    tables = progress_tables(scans, setup.details)
    if not tables:
        return False
    blocks.append(Heading("Disease progress", 2, "progress"))
    drawing = progress(progress_curves(progress_points(scans, setup.details)))
    if drawing is not None:
        blocks.append(Figure(drawing, "Severity of each plant; a colour for each treatment."))
    plants, treatments = tables
    blocks.append(grid("progress by plant", plants, PROGRESS))
    if any(name and plants_with_area for name, plants_with_area, *_ in treatments.rows):
        blocks += [Heading("By treatment", 3), grid("by treatment", treatments, TREATMENTS)]
    return True


def _check_stop(token: CancelToken | None) -> None:
    if token is not None and token.cancelled:
        raise InterruptedError("stopped by the user")
