"""Leaves, lesions and severity of scans as a user's work has them; one way for all windows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.leaves import LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.scan_areas import AUTOMATIC, ScanAreas, ScanObjects, scan_areas
from napari_dgc.measure.severity import ScanSeverity, measure_objects
from napari_dgc.partition.partition import HALO
from napari_dgc.workspace.corrections import CorrectedMap
from napari_dgc.workspace.state import Workspace

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.cubes import HyperCube


@dataclass(frozen=True, eq=False)
class Wish:
    """What the figures of a scan depend on.

    Parameters
    ----------
    fine
        (row, column) fine clusters.
    names
        Name of each fine cluster that has one with a meaning.
    leaf_names
        Names that are leaf.
    settings, edits
        How lesions and leaves are made.
    painted
        (row, column) corrections of the lesions by hand.
    pixel_size_mm
        Side of a pixel, or None.
    scan
        What the scan is called now.
    """

    fine: NDArray[np.uint16]
    names: Mapping[int, str]
    leaf_names: frozenset[str]
    settings: MaskSettings
    edits: LeafEdits
    painted: NDArray[np.uint16]
    pixel_size_mm: float | None
    scan: str

    def same_areas(self, other: Wish) -> bool:
        """Tell whether leaves and lesions are made of the same."""
        return self.fine is other.fine and (
            (self.names, self.leaf_names, self.settings, self.edits)
            == (other.names, other.leaf_names, other.settings, other.edits)
        )

    def same(self, other: Wish) -> bool:
        """Tell whether all is the same."""
        return (
            self.same_areas(other)
            and self.painted is other.painted
            and (self.pixel_size_mm, self.scan) == (other.pixel_size_mm, other.scan)
        )


@dataclass(frozen=True, eq=False)
class Measured:
    """What was found on a scan, and for which wish."""

    wish: Wish
    areas: ScanAreas
    objects: ScanObjects
    severity: ScanSeverity


@dataclass(frozen=True)
class MeasuredScan:
    """The figures of a scan, and what was done to it by hand.

    Parameters
    ----------
    severity
        Its figures.
    details
        What is known about it, under the name that tables show.
    edits
        Leaves split and joined by hand.
    corrected
        Pixels whose lesions were corrected by brush.
    """

    severity: ScanSeverity
    details: ScanDetails
    edits: LeafEdits
    corrected: int

    @classmethod
    def of(cls, measured: Measured, details: ScanDetails) -> MeasuredScan:
        """Take the figures out of what was found on a scan, so that its maps may go."""
        wish = measured.wish
        return cls(
            measured.severity,
            replace(details, scan=measured.severity.scan),
            wish.edits,
            int((wish.painted != AUTOMATIC).sum()),
        )


def measure(wish: Wish, before: Measured | None, token: CancelToken) -> Measured:
    """Do what has changed since `before`.

    Raises
    ------
    InterruptedError
        When `token` was cancelled.
    """
    if before is not None and wish.same_areas(before.wish):
        areas = before.areas
    else:
        areas = scan_areas(wish.fine, wish.names, wish.settings, wish.edits, wish.leaf_names)
    if token.cancelled:
        raise InterruptedError
    if before is not None and areas is before.areas and wish.painted is before.wish.painted:
        objects = before.objects
    else:
        objects = areas.objects(wish.painted)
    severity = measure_objects(
        objects.leaves,
        objects.lesions,
        objects.leaf,
        objects.halo,
        pixel_size_mm=wish.pixel_size_mm,
        scan=wish.scan,
        diseased=objects.diseased,
    )
    return Measured(wish, areas, objects, severity)


def wish_for(
    work: Workspace,
    key: str,
    name: str,
    fine: NDArray[np.uint16],
    painted: NDArray[np.uint16],
    pixel_size_mm: float | None,
) -> Wish:
    """Say what the figures of a scan depend on.

    Parameters
    ----------
    work
        Classes, masks, leaves; its names must have a meaning (see `is_named`).
    key, name
        What the scan is called in the workspace, and in tables.
    fine
        (row, column) fine clusters with the corrections by brush.
    painted
        (row, column) corrections of the lesions by brush, see `painted_lesions`.
    pixel_size_mm
        Side of a pixel, or None.
    """
    leaf = work.template.leaf
    meant = {name.casefold() for name in (*leaf, *work.masks.names, HALO)}
    names = {
        member: info.name.casefold()
        for info in work.partition.classes
        if info.name.casefold() in meant
        for member in info.members
    }
    return Wish(fine, names, leaf, work.masks, work.leaf_edits(key), painted, pixel_size_mm, name)


def corrected_classes(work: Workspace, key: str, fine: NDArray[np.uint16]) -> NDArray[np.uint16]:
    """Return the fine label map of a scan, (row, column), with the corrections by brush."""
    shown = CorrectedMap(fine)
    shown.move(work.painted_classes(key))
    return shown.values


def painted_lesions(work: Workspace, key: str, shape: tuple[int, int]) -> NDArray[np.uint16]:
    """Return the corrections of the lesions of a scan by brush, (row, column)."""
    shown = CorrectedMap(np.zeros(shape, np.uint16))
    shown.move(work.painted_lesions(key))
    return shown.values


def is_named(work: Workspace) -> bool:
    """Tell whether classes are named so that severity can be read.

    Which of the diseased ones make lesions is another question; none of them is an answer.
    """
    diseased = {*work.masks.names, *work.template.diseased}
    healthy = {name for name in work.template.leaf if name not in diseased} - {HALO}
    return bool(work.partition.named(diseased) and work.partition.named(healthy))


def known_details(work: Workspace | None, key: str, cube: HyperCube | None) -> ScanDetails:
    """Return what is known about a scan, its pixel size from the file where nobody gave one."""
    known = ScanDetails(key) if work is None else work.details_of(key)
    if known.pixel_size_mm is not None or cube is None:
        return known
    return replace(known, pixel_size_mm=cube.pixel_size_mm)
