"""One open scan, and where training stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.workspace import CorrectedMap

if TYPE_CHECKING:
    from napari.layers import Image, Labels


class TrainingState(Enum):
    """Where the training of a viewer stands."""

    IDLE = "idle"
    TRAINING = "training"
    STOPPING = "stopping"
    STOPPED = "stopped"
    DONE = "done"
    FAILED = "failed"

    @property
    def running(self) -> bool:
        """Whether a worker is busy."""
        return self in (TrainingState.TRAINING, TrainingState.STOPPING)


@dataclass(eq=False)
class Scan:
    """One open cube and its layers.

    Parameters
    ----------
    cube
        The scan.
    image
        Its layer, axes (band, row, column).
    composite
        True-colour layer, or None when the user removed it.
    labels
        Layer that shows the classes, or None before the first label map.
    key
        What the scan is called in the workspace; stays when its layer is renamed.
    corrected
        Its fine label map as the model gave it, and the corrections over it; None before
        the first label map.
    superseded
        Whether a calibrated scan was made of it, which is used in its place.
    """

    cube: HyperCube
    image: Image
    composite: Image | None = None
    labels: Labels | None = None
    key: str = ""
    corrected: CorrectedMap | None = field(default=None, repr=False)
    superseded: bool = False
    # Where the session put the first pixel; elsewhere the user has moved the scan.
    place: tuple[float, float] | None = field(default=None, repr=False)

    @property
    def name(self) -> str:
        """Name of the cube's layer; unique in its viewer."""
        return str(self.image.name)

    @property
    def fine(self) -> NDArray[np.uint16] | None:
        """(row, column) fine clusters with the user's corrections, 0 for no data.

        None before the first label map; another array after every change.
        """
        return None if self.corrected is None else self.corrected.values

    @property
    def predicted(self) -> NDArray[np.uint16] | None:
        """The same as the model gave it."""
        return None if self.corrected is None else self.corrected.base
