"""Tables of what was measured: scans, leaves, lesions, disease progress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.progress import ProgressPoint, progress_curves, treatment_progress
from napari_dgc.measure.scales import OrdinalScale
from napari_dgc.measure.severity import LeafSeverity, ScanSeverity
from napari_dgc.measure.tables import Cell, Table

#: Titles and figures of areas, in pixels and where a pixel's size is known in mm².
_AREAS = (
    "leaf_area",
    "lesion_area",
    "halo_area",
    "lesion_mean",
    "lesion_lower_quartile",
    "lesion_median",
    "lesion_upper_quartile",
    "lesion_largest",
)
_SHARES = ("severity_percent", "halo_percent", "lesion_count")
_WHO = ("scan", "plant", "treatment", "date")
_PROGRESS = (
    "treatment",
    "plant",
    "dates",
    "first_date",
    "last_date",
    "audpc_percent_days",
    "standardised_audpc_percent",
    "notes",
)
_TREATMENTS = (
    "treatment",
    "plants",
    "audpc_mean_percent_days",
    "audpc_sd_percent_days",
    "standardised_audpc_mean_percent",
    "standardised_audpc_sd_percent",
)


def scan_table(
    scans: Sequence[ScanSeverity],
    details: Mapping[str, ScanDetails],
    scales: Sequence[OrdinalScale] = (),
) -> Table:
    """Return one row for each scan: who and when, severity, areas, sizes, grades.

    Parameters
    ----------
    scans
        In the order of the rows.
    details
        By name of the scan; those of other scans are left out.
    scales
        Each adds the grade and the percent it stands for.
    """
    millimetres = any(scan.pixel_size_mm is not None for scan in scans)
    rows = [
        (
            *_who(scan.scan, details),
            len(scan.leaves),
            *_figures(scan.total, scales, millimetres),
            scan.outside_pixels,
            scan.pixel_size_mm,
        )
        for scan in scans
    ]
    columns = (
        *_WHO,
        "leaves",
        *_figure_titles(scales, millimetres),
        "diseased_outside_leaves_px",
        "pixel_size_mm",
    )
    return Table("scans", columns, tuple(rows))


def leaf_table(
    scans: Sequence[ScanSeverity],
    details: Mapping[str, ScanDetails],
    scales: Sequence[OrdinalScale] = (),
) -> Table:
    """Return one row for each leaf (see `scan_table`)."""
    millimetres = any(scan.pixel_size_mm is not None for scan in scans)
    rows = [
        (*_who(scan.scan, details), leaf.leaf, *_figures(leaf, scales, millimetres))
        for scan in scans
        for leaf in scan.leaves
    ]
    return Table("leaves", (*_WHO, "leaf", *_figure_titles(scales, millimetres)), tuple(rows))


def lesion_table(scans: Sequence[ScanSeverity]) -> Table:
    """Return one row for each lesion: where it lies and how large it is."""
    millimetres = any(scan.pixel_size_mm is not None for scan in scans)
    rows: list[tuple[Cell, ...]] = []
    for scan in scans:
        total = scan.total
        for lesion in scan.lesions:
            area = (total.mm2(lesion.pixels),) if millimetres else ()
            place = (lesion.row, lesion.column)
            rows.append((scan.scan, lesion.leaf, lesion.lesion, lesion.pixels, *area, *place))
    area_titles = ("area_px", "area_mm2") if millimetres else ("area_px",)
    columns = ("scan", "leaf", "lesion", *area_titles, "centre_row", "centre_column")
    return Table("lesions", columns, tuple(rows))


def progress_points(
    scans: Sequence[ScanSeverity], details: Mapping[str, ScanDetails]
) -> list[ProgressPoint]:
    """Return the severity over all leaves of every scan as a point of a progress curve."""
    points = []
    for scan in scans:
        known = details.get(scan.scan, ScanDetails(scan.scan))
        points.append(
            ProgressPoint(known.plant, known.date, scan.total.percent, known.treatment, scan.scan)
        )
    return points


def settings_lines(settings: MaskSettings, least_leaf: int) -> list[tuple[str, Cell]]:
    """Say in words how lesions and leaves were made; `least_leaf` in pixels."""
    return [
        ("diseased classes", ", ".join(settings.names)),
        ("least area of a lesion (px)", settings.least_area),
        ("holes filled up to (px)", settings.fill_holes),
        ("smoothing radius (px)", settings.smooth),
        ("touching lesions split", "yes" if settings.split_touching else "no"),
        ("lesions inside leaves only", "yes" if settings.inside_leaf else "no"),
        ("least area of a leaf (px)", least_leaf),
    ]


def progress_tables(
    scans: Sequence[ScanSeverity], details: Mapping[str, ScanDetails]
) -> tuple[Table, ...]:
    """Return the areas under the progress curves by plant and by treatment.

    Parameters
    ----------
    scans
        Their severity over all leaves makes the points of the curves.
    details
        Plant, treatment and date by name of the scan. Scans without a plant are taken
        for one plant.

    Returns
    -------
    tuple of Table
        ``progress`` and ``treatments``; none when no scan has a date.
    """
    points = progress_points(scans, details)
    if not any(point.date for point in points):
        return ()
    curves = progress_curves(points)
    plants = tuple(
        (
            curve.treatment,
            curve.plant,
            len(curve.dates),
            curve.dates[0] if curve.dates else None,
            curve.dates[-1] if curve.dates else None,
            curve.audpc,
            curve.standardised_audpc,
            "; ".join(curve.notes),
        )
        for curve in curves
    )
    treatments = tuple(
        (
            found.treatment,
            found.plants,
            found.mean,
            found.sd,
            found.standardised_mean,
            found.standardised_sd,
        )
        for found in treatment_progress(curves)
    )
    return (
        Table("progress", _PROGRESS, plants),
        Table("treatments", _TREATMENTS, treatments),
    )


def _who(scan: str, details: Mapping[str, ScanDetails]) -> tuple[Cell, ...]:
    known = details.get(scan, ScanDetails(scan))
    return (scan, known.plant or None, known.treatment or None, known.date)


def _figure_titles(scales: Sequence[OrdinalScale], millimetres: bool) -> tuple[str, ...]:
    units = ("px", "mm2") if millimetres else ("px",)
    grades: list[str] = []
    for scale in scales:
        slug = _slug(scale.name)
        while f"grade_{slug}" in grades:
            slug += "_too"
        grades += [f"grade_{slug}", f"midpoint_{slug}_percent"]
    return (*_SHARES, *(f"{title}_{unit}" for unit in units for title in _AREAS), *grades)


def _figures(
    leaf: LeafSeverity, scales: Sequence[OrdinalScale], millimetres: bool
) -> tuple[Cell, ...]:
    sizes = leaf.sizes
    areas: tuple[float | None, ...] = (
        leaf.leaf_pixels,
        leaf.lesion_pixels,
        leaf.halo_pixels,
        sizes.mean,
        sizes.lower_quartile,
        sizes.median,
        sizes.upper_quartile,
        sizes.largest,
    )
    metric = tuple(leaf.mm2(area) for area in areas) if millimetres else ()
    percent = leaf.percent
    grades: list[Cell] = []
    for scale in scales:
        grades += (
            [None, None]
            if percent is None
            else [_grade(scale.grade(percent)), scale.midpoint(percent)]
        )
    return (percent, leaf.halo_percent, leaf.lesion_count, *areas, *metric, *grades)


def _grade(text: str) -> Cell:
    """Return a grade as a number where it is one, for sums in spreadsheets."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text


def _slug(name: str) -> str:
    return "_".join("".join(c if c.isalnum() else " " for c in name.casefold()).split()) or "scale"
