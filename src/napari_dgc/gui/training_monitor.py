"""What is kept of the training in the window: its curves, and where TensorBoard files go."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.monitoring import EventFiles, TrainingLog, TrainingRecorder, run_folder

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.clustering.events import EpochFinished
    from napari_dgc.gui.scan import Scan
    from napari_dgc.monitoring import Watcher

#: Name of the runs of the window among those of TensorBoard.
_RUN = "napari"


class TrainingMonitor:
    """The log of the session's model; belongs to the GUI thread."""

    def __init__(self) -> None:
        #: Folder of the TensorBoard files, None while none are wanted.
        self.event_folder: Path | None = None
        self._recorder: TrainingRecorder | None = None
        self._coming: TrainingRecorder | None = None
        self._model: weakref.ref[Clusterer] | None = None
        self._run: Path | None = None
        #: Scans of the last run.
        self.scans: list[Scan] = []

    def begin(
        self, scans: Sequence[Scan], model: Clusterer | None, epochs: Sequence[EpochFinished] = ()
    ) -> list[Watcher]:
        """Return who watches a run in the thread that trains.

        Parameters
        ----------
        scans
            That are trained on.
        model
            That goes on; None for a new one.
        epochs
            All that is known of it where it has no log.
        """
        names = [scan.name for scan in scans]
        log = None if model is None else self.log_of(model, epochs)
        self._coming = TrainingRecorder(names, log)
        self.scans = list(scans)
        watchers: list[Watcher] = [self._coming]
        if self.event_folder is not None:
            go_on = model is not None and self._run is not None
            if not go_on or self._run is None or self._run.parent != self.event_folder:
                self._run = run_folder(self.event_folder, _RUN, go_on=False)
            watchers.append(EventFiles(self._run, names))
        return watchers

    def take(self, model: Clusterer) -> None:
        """Follow the model whose run began; without one it is the same model at another epoch."""
        if self._coming is not None and self._coming.started:
            self._recorder = self._coming
        self._coming = None
        self._model = weakref.ref(model)

    def take_loaded(self, model: Clusterer, log: TrainingLog | None) -> None:
        """Follow a model that was loaded, with its log where there is one."""
        self._recorder, self._coming, self._run = TrainingRecorder((), log), None, None
        self._model, self.scans = weakref.ref(model), []

    def log_of(self, model: Clusterer, epochs: Sequence[EpochFinished] = ()) -> TrainingLog | None:
        """Return the log of a model, None where nothing is known of its training.

        Parameters
        ----------
        model
            The session's.
        epochs
            All that is known where the model came without a log, as with a project.
        """
        known = self._model is not None and self._model() is model
        log = self._recorder.log if known and self._recorder is not None else None
        return TrainingLog.of_epochs(model, epochs) if log is None and epochs else log
