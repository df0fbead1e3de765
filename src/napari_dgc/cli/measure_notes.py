"""What ``napari-dgc measure`` says beside its tables: gaps, and how they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse
    from collections.abc import Collection, Mapping, Sequence

    from napari_dgc.annotations.label_image import LabelImage
    from napari_dgc.measure.details import ScanDetails
    from napari_dgc.measure.lesion_mask import MaskSettings
    from napari_dgc.measure.scales import OrdinalScale
    from napari_dgc.measure.severity import ScanSeverity
    from napari_dgc.measure.tables import Cell


def say_unnamed(scan: str, image: LabelImage) -> None:
    """Say how much has no name, as it may well be leaf."""
    from napari_dgc.batch.measure import unnamed_pixels
    from napari_dgc.cli.progress import say

    unnamed = unnamed_pixels(image)
    if unnamed:
        say(f"{scan}: {unnamed} pixels are of classes without a name and count as background")


def say_gaps(
    scans: Sequence[ScanSeverity],
    details: Mapping[str, ScanDetails],
    cubes: Collection[str],
) -> None:
    """Say which maps lack something, and what belongs to no map."""
    from napari_dgc.cli.progress import say

    names = {scan.scan for scan in scans}
    for scan in scans:
        if scan.total.percent is None:
            say(f"{scan.scan}: no leaf in sight, so there is no severity")
        elif scan.total.lesion_pixels == scan.total.leaf_pixels:
            say(
                f"{scan.scan}: all pixels of leaf are diseased; where some of it is healthy, "
                "name its class healthy tissue"
            )
        if details and scan.scan not in details:
            say(f"{scan.scan}: not in the details, so its plant and date are not known")
        if cubes and scan.scan not in cubes:
            say(f"{scan.scan}: its scan is not among the cubes, so it has no spectra")
    for name in details:
        if name not in names:
            say(f"left out: {name} is in the details, and no map has this name")
    for name in cubes:
        if name not in names:
            say(f"left out: {name} is a cube, and no map has this name")


def origin(
    args: argparse.Namespace, settings: MaskSettings, scales: Sequence[OrdinalScale]
) -> list[tuple[str, Cell]]:
    """Say what the tables were made with, for their last sheet."""
    from napari_dgc.measure.report import settings_lines

    lines: list[tuple[str, Cell]] = [
        *settings_lines(settings, args.min_leaf),
        ("pixel size (mm)", args.pixel_size),
        ("details", None if args.details is None else str(args.details)),
        ("class table", None if args.classes is None else str(args.classes)),
        ("template of names", None if args.template is None else str(args.template)),
        ("severity", "lesion area in percent of leaf area (doi:10.1186/s42483-020-00049-8)"),
        ("AUDPC", "trapezoids (doi:10.1094/Phyto-67-1051)"),
    ]
    for scale in scales:
        bounds = ", ".join(f"{bound:g}" for bound in scale.bounds)
        lines.append(
            (f"scale {scale.name}", f"grades {', '.join(scale.grades)}; bounds {bounds} %")
        )
    lines += [("map", str(path)) for path in args.maps]
    return lines
