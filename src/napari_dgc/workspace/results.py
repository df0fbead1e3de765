"""What a user's work makes of scans, as files: label maps, lesions, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.formats import FORMATS
from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.cubes import HyperCube
from napari_dgc.measure.tables import write_tables
from napari_dgc.workspace.label_images import (
    LESIONS_SUFFIX,
    class_image,
    knows_lesions,
    lesion_image,
)
from napari_dgc.workspace.measured import (
    MeasuredScan,
    corrected_classes,
    is_named,
    known_details,
    measure,
    painted_lesions,
    wish_for,
)
from napari_dgc.workspace.state import Workspace
from napari_dgc.workspace.tables import result_tables

#: Folders for maps of classes and of lesions, and the table of the scans.
LABELS, LESIONS, TABLE = "labels", "lesions", "severity.csv"


@dataclass(frozen=True)
class ScanResult:
    """What was written of a scan.

    Parameters
    ----------
    files
        Maps and tables of their classes.
    measured
        Its figures, None before classes are named.
    """

    files: tuple[Path, ...]
    measured: MeasuredScan | None


def write_scan(
    out: Path,
    work: Workspace,
    key: str,
    name: str,
    cube: HyperCube,
    predicted: NDArray[np.uint16],
    *,
    token: CancelToken | None = None,
) -> ScanResult:
    """Write maps of the classes and lesions of a scan, and measure it.

    The same work and map give the same bytes.

    Parameters
    ----------
    out
        Folder; files of the same names are replaced.
    work
        Classes, corrections, masks, leaves.
    key, name
        What the scan is called in the workspace, and in files and tables.
    cube
        The scan.
    predicted
        (row, column) fine clusters as the model gave them.
    token
        Asks for a stop.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    fine = corrected_classes(work, key, predicted)
    details = known_details(work, key, cube)
    size = details.pixel_size_mm
    write = FORMATS["tif"].write
    files = write(class_image(work, name, fine, pixel_size_mm=size), out / LABELS)
    if knows_lesions(work):
        image = lesion_image(work, key, name + LESIONS_SUFFIX, fine, pixel_size_mm=size)
        files += write(image, out / LESIONS)
    if not is_named(work):
        return ScanResult(tuple(files), None)
    painted = painted_lesions(work, key, (fine.shape[0], fine.shape[1]))
    wish = wish_for(work, key, name, fine, painted, size)
    measured = measure(wish, None, token or never_cancelled())
    return ScanResult(tuple(files), MeasuredScan.of(measured, details))


def write_result_tables(
    out: Path, found: Sequence[MeasuredScan], work: Workspace
) -> tuple[Path, ...]:
    """Write the tables of what was measured, without a date; nothing where nothing was."""
    if not found:
        return ()
    return tuple(write_tables(out / TABLE, result_tables(found, work, dated=False)))
