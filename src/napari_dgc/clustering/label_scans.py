"""Labelling scans with a model, one after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.events import Notice, Progress
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.reflectance import other_units


@dataclass(frozen=True, eq=False)
class Labelled:
    """A scan and what the model says of it.

    Parameters
    ----------
    position
        Of the scan among those that were given.
    cube
        The scan, as it is read fast.
    labels
        (row, column) fine clusters, 0 for no data.
    """

    position: int
    cube: HyperCube
    labels: NDArray[np.uint16]


def label_scans(
    model: Clusterer,
    scans: Sequence[HyperCube | Callable[[], HyperCube]],
    *,
    token: CancelToken | None = None,
    ready: Callable[[HyperCube], HyperCube] = lambda cube: cube,
) -> Iterator[Progress | Notice | Labelled]:
    """Label scans, holding one map at a time.

    Parameters
    ----------
    model
        Trained.
    scans
        Scans, or what opens them when their turn comes.
    token
        Asks for a stop.
    ready
        Makes a scan quick to read, such as by a copy of it.

    Raises
    ------
    UserError
        When the model does not fit a scan.
    InterruptedError
        When asked to stop.
    """
    for position, scan in enumerate(scans):
        cube = ready(scan if isinstance(scan, HyperCube) else scan())
        if (other := other_units(model.units, [cube])) is not None:
            yield Notice(other)
        yield Progress(f"labelling {cube.name}", position / len(scans))
        yield Labelled(position, cube, model.predict(cube, token=token))
