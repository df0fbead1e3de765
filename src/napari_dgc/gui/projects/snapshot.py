"""All of a session that belongs into a project, taken at one moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.gui.projects.record import get_record
from napari_dgc.gui.projects.view import take_view
from napari_dgc.project import EpochHistory, Project, Training
from napari_dgc.project.parts import Part

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.session import Session
    from napari_dgc.project.scans import StoredScan
    from napari_dgc.workspace import History


@dataclass(frozen=True, eq=False)
class Snapshot:
    """What a session holds now; another thread may make a project of it.

    Fields are those of `Project.create`.
    """

    scans: Mapping[str, HyperCube]
    names: Mapping[str, str]
    model: Clusterer | None
    labels: Mapping[str, NDArray[np.uint16]]
    history: History | None
    training: Training | None
    epochs: EpochHistory
    view: Mapping[str, Any]

    def project(self, folder: Path, before: Project | None, absent: frozenset[str]) -> Project:
        """Put the project together.

        Parameters
        ----------
        folder
            Where it will lie, unless it lies somewhere already.
        before
            As it was opened or saved last, or None.
        absent
            Scans of it whose files were missing; they stay in it, with their label maps.

        Raises
        ------
        UserError
            When something cannot be saved.
        """
        made = Project.create(
            folder if before is None else before.folder,
            self.scans,
            model=self.model,
            labels=self.labels,
            history=self.history,
            training=self.training,
            epochs=self.epochs,
            view=self.view,
            names=self.names,
            title="" if before is None else before.title,
        )
        if before is None:
            return made
        contents = made.contents
        kept = [scan for scan in before.scans if scan.key in absent - self.scans.keys()]
        if kept:
            maps: dict[str, Part] = dict(contents.labels)
            if self.model is not None:
                known = before.contents.labels
                maps |= {scan.key: known[scan.key] for scan in kept if scan.key in known}
            scans = _in_order((*contents.scans, *kept), before.keys)
            contents = replace(contents, scans=scans, labels=maps)
        return replace(made, contents=contents, state=before.state)


def take(session: Session, absent: frozenset[str] = frozenset()) -> Snapshot:
    """Take all that a session holds now; `absent` are scans that the project has besides."""
    record = get_record(session)
    labelled = session.labelled
    shown = [*session.scans, *(scan for scan in labelled if scan not in session.scans)]
    scans = {scan.key: scan.cube for scan in shown}
    training = record.training
    for key, cube in record.cubes.items():
        if scans.setdefault(key, cube).path != cube.path:
            training = None  # another scan has taken the name: nobody could train again
    model = session.model if isinstance(session.model, Clusterer) else None
    epochs = record.epochs
    if model is None:
        training, epochs = None, EpochHistory()
    elif training is not None:
        training = training.upto(model.epoch)
        if not (scans.keys() | absent).issuperset(training.scans):
            training = None
    return Snapshot(
        scans,
        {scan.key: scan.name for scan in shown},
        model,
        {scan.key: scan.predicted for scan in labelled if scan.predicted is not None},
        session.saved_history(),
        training,
        _of_scans(epochs, scans.keys() | absent),
        take_view(session),
    )


def _of_scans(epochs: EpochHistory, keys: frozenset[str] | set[str]) -> EpochHistory:
    """Return epochs without the maps of scans that the project does not have."""
    kept = (
        replace(one, labels={key: part for key, part in one.labels.items() if key in keys})
        for one in epochs.kept
    )
    return replace(epochs, kept=tuple(kept))


def _in_order(scans: tuple[StoredScan, ...], keys: tuple[str, ...]) -> tuple[StoredScan, ...]:
    """Return scans as they lay in the project, new ones last."""
    places = {key: place for place, key in enumerate(keys)}
    return tuple(sorted(scans, key=lambda scan: places.get(scan.key, len(places))))
