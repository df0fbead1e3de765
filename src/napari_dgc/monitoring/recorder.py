"""Keeps the log of a training from its events."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.events import (
    ClustersChosen,
    EpochFinished,
    LabelsReady,
    Notice,
    TrainingEvent,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.errors import readable
from napari_dgc.files import file_stems
from napari_dgc.monitoring.log import (
    LONGEST_SIDE,
    MOST_PICTURED,
    EpochMaps,
    LoggedEpoch,
    TrainingLog,
    plain_options,
)
from napari_dgc.monitoring.small_maps import LabelChange, small_map

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer

_LONGEST_NAME = 200


def short_names(scans: Sequence[str]) -> list[str]:
    """Return names of scans that are short and all different."""
    return file_stems([readable(name)[:_LONGEST_NAME] for name in scans])


class TrainingRecorder:
    """A `Watcher` that keeps curves and small maps; its memory does not grow with the scans.

    Parameters
    ----------
    scans
        Names, in the order of the training.
    log
        Of the same model before; a new training begins a new one.
    """

    failure = "The curves were not kept"

    def __init__(self, scans: Sequence[str], log: TrainingLog | None = None) -> None:
        self._scans = short_names(scans)
        self._change = LabelChange(len(scans))
        self._maps: dict[str, NDArray[np.uint16]] = {}
        self._early: list[str] = []
        self._started = False
        #: The log so far, None before the first event of a new training. A value: safe everywhere.
        self.log = log

    @property
    def started(self) -> bool:
        """Whether the training began."""
        return self._started

    def see(self, model: Clusterer, event: TrainingEvent) -> Iterable[Notice]:
        """Keep what an event tells."""
        if isinstance(event, TrainingStarted):
            self._begin(model, event)
            return ()
        log = self.log
        if log is None or not self._started:
            if isinstance(event, Notice):
                self._early.append(event.message)
            return ()
        match event:
            case LabelsReady(scan, epoch, labels):
                self._change.see(scan, epoch, labels)
                if scan < MOST_PICTURED:
                    self._maps[self._scans[scan]] = small_map(labels, LONGEST_SIDE)
            case EpochFinished():
                losses = {name: float(value) for name, value in event.losses.items()}
                changed = self._change.share(event.epoch)
                log = log.then(LoggedEpoch(event.epoch, event.active, losses, changed))
                self.log = self._with_maps(log, event.epoch)
            case Notice(message):
                self.log = log.with_notice(message)
            case ClustersChosen():
                self.log = replace(log, chosen=event)
            case TrainingFinished():
                log = replace(log, named=event.recommended_epoch, stopped=event.stopped)
                self.log = self._with_maps(log, event.epoch)
        return ()

    def close(self) -> None:
        """Nothing is open."""

    def _begin(self, model: Clusterer, event: TrainingStarted) -> None:
        before = self.log if event.epoch > 0 else None
        if before is not None and before.method != model.method:
            before = None  # left by another model in the same folder
        log = TrainingLog.of(model) if before is None else before.upto(event.epoch)
        scans = dict.fromkeys((*log.scans, *self._scans))
        log = replace(
            log,
            configuration=plain_options(model.configuration),
            device=readable(event.device)[:100],
            scans=tuple(scans),
        )
        for sentence in self._early:
            log = log.with_notice(sentence)
        self._early.clear()
        self._started = True
        self.log = log

    def _with_maps(self, log: TrainingLog, epoch: int) -> TrainingLog:
        if not self._maps:
            return log
        maps, self._maps = self._maps, {}
        return log.with_maps(EpochMaps(epoch, maps))
