"""What a training run tells the world, as plain values.

The command line, the tests and the thread worker of the docks consume the same
generator of these events.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class TrainingStarted:
    """The run begins (or goes on, when `epoch` > 0)."""

    method: str
    device: str
    scans: int
    epoch: int
    epochs: int
    clusters: int


@dataclass(frozen=True)
class Progress:
    """Something moved; `fraction` of the current `stage` is done (0 to 1)."""

    stage: str
    fraction: float


@dataclass(frozen=True, eq=False)
class LabelsReady:
    """A label map of one scan: (row, column), 0 no data, fine clusters from 1."""

    scan: int
    epoch: int
    labels: NDArray[np.uint16]


@dataclass(frozen=True)
class EpochFinished:
    """One pass is complete; `losses` by term, `active` clusters that own pixels."""

    epoch: int
    epochs: int
    active: int
    losses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class ClustersChosen:
    """How many clusters there are, and why: `scores` (mean silhouette) of the numbers tried."""

    counts: tuple[int, ...]
    scores: tuple[float, ...]
    chosen: int


@dataclass(frozen=True)
class Notice:
    """A sentence that the user should read (collapse, fallback, skipped step)."""

    message: str


@dataclass(frozen=True)
class TrainingFinished:
    """The run ended after `epoch` epochs; `stopped` when it was asked to stop.

    `recommended_epoch` is the one to trust most, None where a method cannot tell.
    """

    epoch: int
    stopped: bool
    recommended_epoch: int | None = field(default=None, compare=False)


TrainingEvent: TypeAlias = (
    TrainingStarted
    | Progress
    | LabelsReady
    | EpochFinished
    | ClustersChosen
    | Notice
    | TrainingFinished
)
