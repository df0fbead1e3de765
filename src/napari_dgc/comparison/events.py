"""What a comparison tells while it runs, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelClass
from napari_dgc.clustering.events import Notice, Progress
from napari_dgc.comparison.result import Comparison


@dataclass(frozen=True)
class ComparisonStarted:
    """What is compared, by name."""

    contenders: tuple[str, ...]
    scans: tuple[str, ...]


@dataclass(frozen=True)
class ContenderReady:
    """A contender is trained or loaded."""

    contender: str


@dataclass(frozen=True)
class ContenderFailed:
    """A contender is left out; `message` is a sentence for the user.

    Maps of it that were told before do not count any more.
    """

    contender: str
    message: str


@dataclass(frozen=True, eq=False)
class MapReady:
    """A label map of one contender on one scan.

    Parameters
    ----------
    scan
        Position of the scan.
    contender
        By name.
    labels
        (row, column), 0 for no data.
    classes
        Labels of the map, with names and colours where they have some of their own.
    """

    scan: int
    contender: str
    labels: NDArray[np.uint16]
    classes: tuple[LabelClass, ...]


@dataclass(frozen=True, eq=False)
class ScanCompared:
    """All contenders have labelled a scan; `comparison` tells of all such scans so far."""

    scan: int
    comparison: Comparison


@dataclass(frozen=True, eq=False)
class ComparisonFinished:
    """The end; `comparison` is None when it was stopped before a scan was compared."""

    comparison: Comparison | None
    stopped: bool


ComparisonEvent: TypeAlias = (
    ComparisonStarted
    | Progress
    | Notice
    | ContenderReady
    | ContenderFailed
    | MapReady
    | ScanCompared
    | ComparisonFinished
)
