"""Opening a project: everything is read first, and only then shown in place of what is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.events import EpochFinished
from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.errors import UserError
from napari_dgc.gui.background import wait_for
from napari_dgc.gui.layers import LayerTuple, layer_data
from napari_dgc.gui.projects.keeper import get_keeper
from napari_dgc.gui.projects.record import get_record
from napari_dgc.gui.projects.view import open_train_dock, restore_view, train_dock_of
from napari_dgc.gui.scan_copies import get_scan_copies, movable
from napari_dgc.gui.worker import get_trainer
from napari_dgc.project import Project
from napari_dgc.project.data_files import DataFile

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.workspace import History

#: Given the project and its missing files: a folder with them, or None to leave them out;
#: raises InterruptedError to open nothing.
AskFolder = Callable[[Project, tuple[DataFile, ...]], Path | None]


@dataclass(eq=False)
class Read:
    """All of a project that the window shows."""

    project: Project
    model: Clusterer | None = None
    history: History | None = None
    cubes: dict[str, HyperCube] = field(default_factory=dict)
    layers: dict[str, list[LayerTuple]] = field(default_factory=dict)
    labels: dict[str, NDArray[np.uint16]] = field(default_factory=dict)
    #: Why scans could not be opened, by name in the workspace.
    problems: dict[str, str] = field(default_factory=dict)


def open_project(session: Session, folder: Path, ask: AskFolder) -> list[str]:
    """Open a project in place of what is open in a session.

    Parameters
    ----------
    session
        What is open in it is closed once the whole project is read.
    folder
        The project.
    ask
        Called at most once, when files are missing.

    Returns
    -------
    list of str
        What could not be opened, a sentence each. Such scans stay in the project.

    Raises
    ------
    UserError
        The project is damaged; nothing has changed then.
    InterruptedError
        The user cancelled; nothing has changed then.
    """
    if session.state.running:
        raise UserError("Training runs; stop it or wait until it is done, then open a project.")
    project = wait_for(lambda token, progress: Project.open(folder), f"Opening {folder.name}")
    missing = project.missing()
    answer = ask(project, missing) if missing else None
    if answer is not None:
        project = project.relocated(answer)
    read = wait_for(lambda token, progress: _read(project, token, progress), f"Opening {folder}")
    _show(session, read)
    return list(read.problems.values())


def _read(project: Project, token: CancelToken, progress: Callable[[float], None]) -> Read:
    """Read everything; work of a thread."""
    read = Read(project, project.model(), project.history())
    for done, key in enumerate(project.keys):
        if token.cancelled:
            raise InterruptedError
        progress(done / len(project.keys))
        labels = project.labels(key)
        try:
            cube = movable(project.open_scan(key, token=token))
            layers = layer_data(cube)
        except UserError as error:
            read.problems[key] = str(error)
            continue
        read.cubes[key], read.layers[key] = cube, layers
        if labels is not None:
            read.labels[key] = labels
    return read


def _show(session: Session, read: Read) -> None:
    """Show what was read; nothing of it takes long."""
    viewer, project = session.viewer, read.project
    if viewer is None:
        return
    get_scan_copies(session)
    get_record(session).clear()
    session.clear()
    scans: dict[str, Scan] = {}
    for key, layers in read.layers.items():
        place = len(session.scans)
        for data, options, kind in layers:
            (viewer.add_labels if kind == "labels" else viewer.add_image)(data, **options)
        scans[key] = session.scans[place]
        scans[key].key = key
    if read.history is not None:
        session.set_history(read.history)
    for key, labels in read.labels.items():
        session.set_fine_labels(scans[key], labels)
    session.model = read.model
    training = project.training
    learned = () if training is None else training.scans
    figures = project.epochs.figures
    last = 0 if read.model is None else read.model.epochs
    get_trainer(session).restore(
        [scans[key] for key in learned if key in scans],
        [EpochFinished(one.epoch, last, one.active, dict(one.losses)) for one in figures],
    )
    get_record(session).set(project.epochs, training, read.cubes)
    open_train_dock(session)
    train = train_dock_of(session)
    if train is not None and read.model is not None:
        inner = read.model
        steps = inner.pipeline.steps if isinstance(inner, Preprocessed) else ()
        train.show_model(inner.method, inner.configuration, steps)
    restore_view(session, project.view)
    get_keeper(session).opened(project, read.problems)
