"""Doing again, without a window, what a project says was done; and the same to new scans."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.events import Notice, Progress, TrainingEvent
from napari_dgc.clustering.label_scans import Labelled, label_scans
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.files import file_stems
from napari_dgc.measure.leaves import LeafEdits
from napari_dgc.partition import Partition, build_tree
from napari_dgc.project.project import Project
from napari_dgc.project.saving import ProjectProgress, ScanChanged, check_scans
from napari_dgc.project.training import train_again
from napari_dgc.provenance import Provenance, model_sha256, write_provenance
from napari_dgc.workspace import History, Workspace
from napari_dgc.workspace.measured import MeasuredScan
from napari_dgc.workspace.results import write_result_tables, write_scan
from napari_dgc.workspace.trees import replayed_on


@dataclass(frozen=True)
class Written:
    """A result is complete on disk."""

    path: Path


@dataclass(frozen=True)
class Compared:
    """Whether something came out as it is in the project; `reason` is a sentence."""

    what: str
    same: bool
    reason: str


@dataclass(frozen=True)
class Done:
    """All is written; `same` where everything came out as it is in the project."""

    same: bool
    files: tuple[Path, ...]


ReplayEvent: TypeAlias = (
    TrainingEvent | ProjectProgress | ScanChanged | Notice | Progress | Written | Compared | Done
)
Ready: TypeAlias = Callable[[HyperCube], HyperCube]


def as_it_is(cube: HyperCube) -> HyperCube:
    """Return a scan as it was opened."""
    return cube


def replay(
    project: Project,
    out: Path,
    *,
    keep_model: bool = False,
    accept_changed: bool = False,
    token: CancelToken | None = None,
    ready: Ready = as_it_is,
) -> Iterator[ReplayEvent]:
    """Recompute a project from its scans, settings and commands, and compare.

    On a CPU, with the same versions of the program and its libraries, everything comes out
    byte for byte the same.

    Parameters
    ----------
    project
        With its scans found (see `Project.found`).
    out
        Folder for label maps, lesions and tables.
    keep_model
        Use the model as it was saved; otherwise it is trained anew.
    accept_changed
        Go on with scans whose files have changed.
    token
        Asks for a stop; what is written stays.
    ready
        Makes a scan quick to read.

    Raises
    ------
    UserError
        Something is missing or has changed, or was never known.
    InterruptedError
        When asked to stop.
    """
    recorded = project.model()
    if recorded is None:
        raise UserError(f"The project {project.folder} has no model yet; train one in it first.")
    changed: list[ScanChanged] = []
    for event in check_scans(project, token=token):
        changed += [event] if isinstance(event, ScanChanged) else []
        yield event
    if changed and not accept_changed:
        more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
        raise UserError(
            f"{changed[0].reason.rstrip('.')}{more}; replaying gives the same only from the same "
            "scans (--accept-changed goes on with them)."
        )
    differences = 0
    history = project.history() or _untouched(recorded)
    model = recorded
    cubes: dict[str, HyperCube] = {}

    def opened(key: str) -> HyperCube:
        if key not in cubes:
            cubes[key] = ready(project.open_scan(key, token=token))
        return cubes[key]

    if not keep_model and project.training is None:
        raise UserError(
            "The project does not say how its model was trained, so that it cannot be trained "
            "again; use the model as it is (--keep-model)."
        )
    if not keep_model and project.training is not None:
        model = recorded.untrained()
        learned = {key: opened(key) for key in project.training.scans}
        yield from train_again(model, project.training, learned, token=token)
        model.device = recorded.device
        same = model_sha256(model) == project.model_sha256
        differences += not same
        yield Compared("model", same, "" if same else "The model is not the one of the project.")
        if model.summary is not None and history.partition.tree is not None:
            history = replayed_on(history, build_tree(model.summary), model.summary)
            same = history.work == project.work()
            differences += not same
            reason = "" if same else "Classes, masks or corrections came out otherwise."
            yield Compared("classes, masks and corrections", same, reason)
    keys = [key for key in project.keys if key in project.contents.labels]
    stems = file_stems([project.scan(key).name for key in keys])
    written: list[Path] = []
    found: list[MeasuredScan] = []
    scans = [partial(opened, key) for key in keys]
    for step in label_scans(model, scans, token=token):
        if not isinstance(step, Labelled):
            yield step
            continue
        key = keys[step.position]
        known = project.labels(key)
        off = (
            -1
            if known is None or known.shape != step.labels.shape
            else int(np.count_nonzero(known != step.labels))
        )
        differences += off != 0
        reason = "" if off == 0 else f"{off} pixels of {key} have another cluster."
        yield Compared(f"clusters of {key}", off == 0, reason)
        result = write_scan(
            out, history.work, key, stems[step.position], step.cube, step.labels, token=token
        )
        written += result.files
        found += [] if result.measured is None else [result.measured]
        for path in result.files:
            yield Written(path)
    settings = {"keep_model": keep_model}
    told = project.provenance("replay", settings)
    yield from _finished(
        out, written, found, history.work, replace(told, model=model_sha256(model))
    )
    yield Done(not differences, tuple(written))


def apply(
    project: Project,
    cubes: Sequence[HyperCube],
    out: Path,
    *,
    token: CancelToken | None = None,
    ready: Ready = as_it_is,
) -> Iterator[ReplayEvent]:
    """Carry the model, the classes and the masks of a project to other scans.

    Corrections by hand belong to the scans that they were made on and stay there.

    Parameters
    ----------
    project
        Its own scans are not read.
    cubes
        Opened scans of different names.
    out
        Folder for label maps, lesions and tables.
    token
        Asks for a stop; what is written stays.
    ready
        Makes a scan quick to read.

    Raises
    ------
    UserError
        The model does not fit a scan, or there is none.
    InterruptedError
        When asked to stop.
    """
    model = project.model()
    if model is None:
        raise UserError(f"The project {project.folder} has no model yet; train one in it first.")
    work = carried(project.work() or _untouched(model).work, [cube.name for cube in cubes])
    stems = file_stems([cube.name for cube in cubes])
    written: list[Path] = []
    found: list[MeasuredScan] = []
    for step in label_scans(model, cubes, token=token, ready=ready):
        if not isinstance(step, Labelled):
            yield step
            continue
        result = write_scan(
            out,
            work,
            cubes[step.position].name,
            stems[step.position],
            step.cube,
            step.labels,
            token=token,
        )
        written += result.files
        found += [] if result.measured is None else [result.measured]
        for path in result.files:
            yield Written(path)
    from napari_dgc.provenance import provenance_of

    settings = {"project": str(project.folder), "project_sha256": project.state}
    told = provenance_of("apply", cubes=cubes, model=model, settings=settings)
    yield from _finished(out, written, found, work, told)
    yield Done(True, tuple(written))


def carried(work: Workspace, scans: Sequence[str]) -> Workspace:
    """Return a user's work for other scans: classes, masks, names, and the least area of a leaf.

    Parameters
    ----------
    work
        The work.
    scans
        Names of the other scans. Leaves are as large at least as most scans of `work` have it.
    """
    areas = Counter(edits.least_area for edits in work.leaves.values())
    least = areas.most_common(1)[0][0] if areas else LeafEdits().least_area
    edits = LeafEdits(least_area=least)
    leaves = {} if edits == LeafEdits() else dict.fromkeys(scans, edits)
    return replace(work, classes_painted={}, lesions_painted={}, leaves=leaves, details={})


def _finished(
    out: Path,
    written: list[Path],
    found: Sequence[MeasuredScan],
    work: Workspace,
    told: Provenance,
) -> Iterator[Written]:
    """Write the tables, and how all was made; adds them to what was written."""
    tables = write_result_tables(out, found, work)
    written += tables
    for path in tables:
        yield Written(path)
    if written:
        yield Written(write_provenance(out / f"{told.command}.provenance.json", written, told))


def _untouched(model: Clusterer) -> History:
    """Return the work on a model before any step: every fine cluster a class."""
    tree = None if model.summary is None else build_tree(model.summary)
    return History(Partition.fine(model.n_clusters, tree))
