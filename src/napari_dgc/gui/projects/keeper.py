"""The project of a session: where it lies, whether all is saved, and saving it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, Signal

from napari_dgc.errors import UserError
from napari_dgc.gui.background import wait_for
from napari_dgc.gui.epochs.look_back import get_look_back
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.projects.record import get_record
from napari_dgc.gui.projects.snapshot import take
from napari_dgc.project import Project, ProjectProgress, Saved, ScanChanged, check_scans

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.session import Session
    from napari_dgc.project.saving import SaveEvent

_SAVE, _CHECK = "save", "check"


class ProjectKeeper(QObject):
    """Saves the project of a session and knows what was not saved yet; use `get_keeper`."""

    #: There is another project, or more or less of it is saved, or work on it began or ended.
    changed = Signal()
    #: Share that is done of what goes on in the background.
    progressed = Signal(float)
    #: A sentence for the user.
    said = Signal(str)
    #: The same where something went wrong.
    failed = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self.project: Project | None = None
        #: Scans of it whose files were missing when it was opened; they stay in it.
        self.absent: frozenset[str] = frozenset()
        self._saved: tuple[Any, ...] | None = None
        self._saving: tuple[Any, ...] | None = None
        self._was = (False, False)
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        for signal in (
            session.scans_changed,
            session.partition_changed,
            session.model_changed,
            session.training_changed,
            get_record(session).changed,
        ):
            signal.connect(self._look)

    # ------------------------------------------------------------ state

    @property
    def busy(self) -> bool:
        """Whether the project is being saved."""
        return self._saving is not None

    @property
    def unsaved(self) -> bool:
        """Whether there is work that would be lost with the window."""
        if self.project is None:
            return self._session.work is not None or self._session.model is not None
        return not _same(self._saved, self._now())

    def _now(self) -> tuple[Any, ...]:
        """Return what is compared with what was saved: values that are never changed."""
        session = self._session
        scans = [part for scan in session.scans for part in (scan.key, scan.name, scan.cube)]
        model = session.model
        return (session.work, model, None if model is None else model.epoch, *scans)

    def _look(self, *_: object) -> None:
        now = (self.unsaved, bool(self._session.scans))
        if now != self._was:
            self._was = now
            self.changed.emit()

    # ------------------------------------------------------------ saving

    def save(self, folder: Path | None = None, *, overwrite: bool = False) -> None:
        """Save in the background; what cannot be saved is told.

        Parameters
        ----------
        folder
            Where to; None: where it is.
        overwrite
            Replace another project that is there.
        """
        where = folder or (None if self.project is None else self.project.folder)
        if where is None or self.busy:
            return
        if self._session.state.running:
            self.failed.emit("Training runs; stop it or wait until it is done, then save.")
            return
        get_look_back(self._session).end()
        snapshot, now = take(self._session, self.absent), self._now()
        before, absent = self.project, self.absent
        try:
            project = wait_for(
                lambda token, progress: snapshot.project(where, before, absent), "Saving"
            )
        except InterruptedError:
            self.said.emit("Not saved.")
            return
        except (UserError, OSError, MemoryError) as error:
            self.failed.emit(_sentence(error))
            return
        self._saving = now
        self.changed.emit()
        self._jobs.drop(_CHECK)
        self._jobs.request(_SAVE, partial(self._save, project, where, overwrite))

    def _save(
        self, project: Project, folder: Path, overwrite: bool, token: CancelToken
    ) -> Project | None:
        """Work of the thread; None when it was stopped."""
        saved: Project | None = None
        try:
            for event in project.save_iter(folder, overwrite=overwrite, token=token):
                saved = event.project if isinstance(event, Saved) else saved
                self._tell(event)
        except InterruptedError:
            return None
        return saved

    def stop(self) -> None:
        """Ask saving to stop; what was saved before stays."""
        if self.busy:
            self._jobs.drop(_SAVE)
            self._saving = None
            self.said.emit("Stopped: the project is as it was saved before.")
            self.changed.emit()

    def end(self) -> None:
        """Take all wishes back: the window closes."""
        self._jobs.drop_all()

    # ------------------------------------------------------------ opening

    def opened(self, project: Project, absent: Iterable[str]) -> None:
        """Go on with a project whose work is in the session now, and look for changed files."""
        self.project, self.absent = project, frozenset(absent)
        self._saved = self._now()
        self._look()
        self.changed.emit()
        self._jobs.request(_CHECK, partial(self._check, project))

    def _check(self, project: Project, token: CancelToken) -> list[ScanChanged]:
        """Work of the thread."""
        found = []
        for event in check_scans(project, token=token):
            if isinstance(event, ScanChanged) and event.scan not in self.absent:
                found.append(event)
        return found

    # ------------------------------------------------------------ events

    def _tell(self, event: SaveEvent) -> None:
        if isinstance(event, ProjectProgress):
            with contextlib.suppress(RuntimeError):  # the window is gone
                self.progressed.emit(event.fraction)

    def _on_done(self, key: object, result: object) -> None:
        if key == _CHECK:
            self._on_checked(result)
            return
        saved, self._saving = self._saving, None
        if isinstance(result, Project):
            self.project, self._saved = result, saved
            self.said.emit(f"The project is saved in {result.folder}.")
        elif isinstance(result, Exception):
            self.failed.emit(_sentence(result))
        self._look()
        self.changed.emit()

    def _on_checked(self, result: object) -> None:
        if isinstance(result, list) and result:
            sentences = [event.reason for event in result[:3]]
            more = f" and {len(result) - 3} more." if len(result) > 3 else ""
            self.failed.emit(" ".join(sentences) + more)


def get_keeper(session: Session) -> ProjectKeeper:
    """Return what keeps the project of a session, made on first use."""
    keeper = session.services.get("project")
    if not isinstance(keeper, ProjectKeeper):
        keeper = session.services["project"] = ProjectKeeper(session)
    return keeper


def _same(one: tuple[Any, ...] | None, other: tuple[Any, ...]) -> bool:
    if one is None or len(one) != len(other):
        return False
    pairs = zip(one, other, strict=True)
    return all(a is b or (isinstance(a, str | int) and a == b) for a, b in pairs)


def _sentence(error: Exception) -> str:
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, MemoryError):
        return "There is not enough memory to save the project; close some scans."
    if isinstance(error, OSError):
        return f"A scan cannot be read: {error.strerror or error}; nothing was saved."
    return f"The project was not saved: {type(error).__name__}: {error}"
