"""A project: all that belongs to some scans and the work on them, as one value and one folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError
from napari_dgc.hashes import sha256_of
from napari_dgc.project.checked import plain_problem
from napari_dgc.project.data_files import DataFile
from napari_dgc.project.embedded import stored_inside
from napari_dgc.project.epochs import EpochHistory, load_parts
from napari_dgc.project.history_part import history_part, read_history
from napari_dgc.project.label_maps import label_part, read_label_part
from napari_dgc.project.manifest import Contents, read_manifest
from napari_dgc.project.parts import Part, model_parts
from napari_dgc.project.scans import StoredScan

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.cubes import HyperCube
    from napari_dgc.project.saving import SaveEvent
    from napari_dgc.project.training import Training
    from napari_dgc.provenance import Provenance
    from napari_dgc.workspace import History, Workspace

#: Where missing files are now: a folder that holds them, or a place for each by its path in the
#: project.
Answer = Path | Mapping[str, Path]


@dataclass(frozen=True, eq=False)
class Project:
    """Scans, model, labels, the user's work and the view of it.

    A value: `create` it from what is open, `save` it, `open` it again; changes make another
    one. Nothing big is read before it is asked for.

    Parameters
    ----------
    folder
        Where it lies, or will lie; paths of scans count from there.
    contents
        What its file says.
    state
        Hash of that file when it was read or written; "" before the first time.
    unwritten
        By name in the workspace, scans without a file: they are saved inside the project.

    Examples
    --------
    >>> project = Project.create(
    ...     folder, {"leaf": cube}, model=model, labels=maps, history=history
    ... )                                                                   # doctest: +SKIP
    >>> project = project.save()                                            # doctest: +SKIP
    >>> project = Project.open(folder).found(ask_for_a_folder)              # doctest: +SKIP
    >>> cube, work = project.open_scan("leaf"), project.history().work      # doctest: +SKIP
    """

    folder: Path
    contents: Contents
    state: str = ""
    unwritten: Mapping[str, HyperCube] = field(default_factory=dict, repr=False)

    # ------------------------------------------------------------ making

    @classmethod
    def create(
        cls,
        folder: Path,
        scans: Mapping[str, HyperCube],
        *,
        model: Clusterer | None = None,
        labels: Mapping[str, NDArray[np.integer[Any]] | Part] | None = None,
        history: History | None = None,
        training: Training | None = None,
        epochs: EpochHistory | None = None,
        view: Mapping[str, Any] | None = None,
        names: Mapping[str, str] | None = None,
        title: str = "",
    ) -> Self:
        """Put a project together; nothing is written yet.

        Parameters
        ----------
        folder
            Where it will lie.
        scans
            Opened scans by their names in the workspace, in order.
        model
            That labelled them.
        labels
            By name in the workspace (row, column) fine clusters as the model gave them, 0 for
            no data, without corrections by brush; or packed (`EpochRecorder.labels`).
        history
            The user's work with its undo history.
        training, epochs
            How the model came to be, see `EpochRecorder`.
        view
            What the window looks like: texts, finite numbers, lists and objects.
        names
            What scans are called in windows and files, where it is not their name in the
            workspace.
        title
            A line about it.

        Raises
        ------
        UserError
            When something cannot be saved.
        """
        folder = Path(os.path.abspath(folder))
        stored, unwritten = [], {}
        for key, cube in scans.items():
            name = (names or {}).get(key, key)
            counts = cube if cube.calibration is None else cube.calibration.counts
            if counts.path is None:
                unwritten[key] = cube
                stored.append(stored_inside(key, name, cube))
            else:
                stored.append(StoredScan.of(key, name, cube, folder))
        packed = {
            key: made if isinstance(made, Part) else label_part(made)
            for key, made in (labels or {}).items()
        }
        parts: tuple[Part, ...] = ()
        if model is not None:
            from napari_dgc.clustering.storage import model_files

            parts = model_parts(model_files(model))
        contents = Contents(
            title,
            tuple(stored),
            training,
            parts,
            MappingProxyType(packed),
            epochs or EpochHistory(),
            None if history is None else history_part(history),
            _checked_view(view or {}),
        )
        return cls(folder, contents, unwritten=MappingProxyType(unwritten))

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a saved project.

        The scans themselves are not looked at yet (see `missing`, `found` and `check_scans`).

        Parameters
        ----------
        folder
            The project, or its file.

        Raises
        ------
        UserError
            There is none, or it is damaged.
        """
        folder = Path(os.path.abspath(folder))
        if folder.is_file():
            folder = folder.parent
        contents, content = read_manifest(folder)
        lacking = next((part for part in contents.parts if not (folder / part.file).exists()), None)
        if lacking is not None:
            raise UserError(
                f"{folder / lacking.file} is missing: the project is not complete; copy its whole "
                "folder."
            )
        return cls(folder, contents, sha256_of(content))

    def save(
        self,
        folder: Path | None = None,
        *,
        overwrite: bool = False,
        token: CancelToken | None = None,
    ) -> Project:
        """Save to the end without looking at the events (see `saving.save_events`)."""
        from napari_dgc.project.saving import Saved

        for event in self.save_iter(folder, overwrite=overwrite, token=token):
            if isinstance(event, Saved):
                return event.project
        raise RuntimeError("saving came to no end")

    def save_iter(
        self,
        folder: Path | None = None,
        *,
        overwrite: bool = False,
        token: CancelToken | None = None,
    ) -> Iterator[SaveEvent]:
        """Save, yielding events (see `saving.save_events`)."""
        from napari_dgc.project.saving import save_events

        return save_events(self, folder or self.folder, overwrite=overwrite, token=token)

    def with_view(self, view: Mapping[str, Any]) -> Self:
        """Return it with another view."""
        return replace(self, contents=replace(self.contents, view=_checked_view(view)))

    def with_history(self, history: History) -> Self:
        """Return it with other work of the user."""
        return replace(self, contents=replace(self.contents, history=history_part(history)))

    # ------------------------------------------------------------ what it holds

    @property
    def title(self) -> str:
        """A line about it."""
        return self.contents.title

    @property
    def scans(self) -> tuple[StoredScan, ...]:
        """Its scans in order."""
        return self.contents.scans

    @property
    def keys(self) -> tuple[str, ...]:
        """Names of the scans in the workspace, in order."""
        return tuple(scan.key for scan in self.scans)

    @property
    def training(self) -> Training | None:
        """How its model came to be, where that is known."""
        return self.contents.training

    @property
    def epochs(self) -> EpochHistory:
        """Epochs that were kept, with the recommended one."""
        return self.contents.epochs

    @property
    def view(self) -> Mapping[str, Any]:
        """What the window looked like."""
        return self.contents.view

    def scan(self, key: str) -> StoredScan:
        """Return the scan of a name; raises UserError where there is none."""
        for scan in self.scans:
            if scan.key == key:
                return scan
        raise UserError(f"The project {self.folder} has no scan {key}; it has {len(self.scans)}.")

    def model(self) -> Clusterer | None:
        """Load its model; raises UserError when that is damaged."""
        return load_parts(self.contents.model) if self.contents.model else None

    @property
    def model_sha256(self) -> str:
        """Hash of its model (see `provenance.model_sha256`); "" without."""
        from napari_dgc.clustering.storage import MODEL_FILE

        named = (part for part in self.contents.model if part.file.endswith(f"/{MODEL_FILE}"))
        return next((part.sha256 for part in named), "")

    def labels(self, key: str) -> NDArray[np.uint16] | None:
        """Return the (row, column) fine clusters of a scan as the model gave them, or None.

        Raises
        ------
        UserError
            When the map is damaged.
        """
        part = self.contents.labels.get(key)
        _, rows, columns = self.scan(key).shape
        return None if part is None else read_label_part(part, (rows, columns))

    def history(self) -> History | None:
        """Return the user's work with its undo history, or None.

        Raises
        ------
        UserError
            When it is damaged.
        """
        part = self.contents.history
        return None if part is None else read_history(part)

    def work(self) -> Workspace | None:
        """Return the user's work as it is now, or None; raises UserError when it is damaged."""
        history = self.history()
        return None if history is None else history.work

    def provenance(self, command: str, settings: Mapping[str, Any] | None = None) -> Provenance:
        """Say what results of this project are made of, by the hashes that were saved."""
        from napari_dgc.provenance import Provenance

        training = self.training
        return Provenance(
            command,
            {scan.key: scan.file.contents for scan in self.scans},
            self.model_sha256,
            "" if training is None else training.method,
            None if training is None else training.seed,
            {}
            if training is None
            else {**training.configuration, "preprocessing": training.preprocessing},
            settings=settings or {},
        )

    # ------------------------------------------------------------ where its scans are

    def path_of(self, file: DataFile) -> Path:
        """Return where a file should be now."""
        return Path(os.path.normpath(self.folder / file.path))

    def paths(self, scan: StoredScan) -> dict[str, Path]:
        """Return where the files of a scan should be, by what they are."""
        return {name: self.path_of(file) for name, file in scan.files().items()}

    def missing(self) -> tuple[DataFile, ...]:
        """Return the files of scans that are not where they should be, each once."""
        from napari_dgc.project.relocation import is_there

        files = dict.fromkeys(
            file
            for scan in self.scans
            if scan.key not in self.unwritten
            for file in scan.files().values()
        )
        return tuple(file for file in files if not is_there(self, file))

    def relocated(self, answer: Answer) -> Self:
        """Return it with missing files where an answer says (see `relocation.relocate`)."""
        from napari_dgc.project.relocation import relocate

        return replace(self, contents=replace(self.contents, scans=relocate(self, answer)))

    def found(self, ask: Callable[[tuple[DataFile, ...]], Answer | None]) -> Self:
        """Return it with its files found, asking at most once.

        Parameters
        ----------
        ask
            Given the files that are missing, returns a folder in which they are (one is enough
            for all of them), or a place for each by its path, or None. Not called where
            nothing is missing. What stays missing is told by `missing`.
        """
        gone = self.missing()
        answer = ask(gone) if gone else None
        return self if answer is None else self.relocated(answer)

    def open_scan(
        self,
        key: str,
        *,
        token: CancelToken | None = None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> HyperCube:
        """Open a scan as it was when the project was saved.

        Parameters
        ----------
        key
            Its name in the workspace.
        token
            Asks for a stop.
        progress
            Called with the share of unpacking that is done.

        Raises
        ------
        UserError
            It is missing, cannot be read, or is another scan.
        InterruptedError
            When asked to stop.
        """
        if key in self.unwritten:
            return self.unwritten[key]
        from napari_dgc.project.relocation import is_there

        scan = self.scan(key)
        gone = next((file for file in scan.files().values() if not is_there(self, file)), None)
        if gone is not None:
            raise UserError(
                f"{self.path_of(gone)} of the scan {key} is missing; say in which folder it is now."
            )
        return scan.open(self.paths(scan), token, progress)


def _checked_view(view: Mapping[str, Any]) -> Mapping[str, Any]:
    problem = plain_problem(view)
    if problem:
        raise UserError(f"The view of the project cannot be saved: it {problem}.")
    return MappingProxyType(dict(view))
