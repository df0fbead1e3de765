"""Epochs of a training that were kept: their maps, their models, and which one to trust."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    TrainingEvent,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.errors import UserError
from napari_dgc.project.label_maps import label_part, read_label_part
from napari_dgc.project.parts import Part, model_parts
from napari_dgc.project.training import Run, Training

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer

#: Most epochs that are kept, and most bytes that they may take.
MOST_KEPT, MOST_KEPT_BYTES = 24, 256 << 20
#: Loss by which epochs are compared (see `clustering.trust`).
_DOUBT = "doubt"


@dataclass(frozen=True)
class EpochFigures:
    """What an epoch said of itself (see `EpochFinished`)."""

    epoch: int
    active: int
    losses: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class KeptEpoch:
    """The state at the end of an epoch.

    Parameters
    ----------
    epoch
        Its number, from 1.
    model
        The files of the model.
    labels
        By scan its fine label map; empty where no maps were made.
    """

    epoch: int
    model: tuple[Part, ...]
    labels: Mapping[str, Part] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[Part, ...]:
        """All that belongs to it."""
        return (*self.model, *self.labels.values())

    def load(self) -> Clusterer:
        """Return the model; `fit_iter(resume=True)` goes on from here.

        Raises
        ------
        UserError
            When it is damaged.
        """
        return load_parts(self.model)

    def label_map(self, scan: str, shape: tuple[int, int]) -> NDArray[np.uint16] | None:
        """Return the (row, column) fine clusters of a scan, None where they were not kept."""
        part = self.labels.get(scan)
        return None if part is None else read_label_part(part, shape)


@dataclass(frozen=True)
class Recommended:
    """The epoch to trust most, and why, in a sentence."""

    epoch: int
    reason: str


@dataclass(frozen=True)
class EpochHistory:
    """Epochs of one training, the first one first.

    Parameters
    ----------
    kept
        Those that can be gone back to.
    figures
        Of all epochs, those that were not kept among them.
    """

    kept: tuple[KeptEpoch, ...] = ()
    figures: tuple[EpochFigures, ...] = ()

    @property
    def recommended(self) -> Recommended | None:
        """The epoch that can be trusted most; None where the method does not tell."""
        told = [one for one in self.figures if math.isfinite(one.losses.get(_DOUBT, math.nan))]
        if not told:
            return None
        # Of equal ones the latest, as `TrustedEpoch` has it.
        best = min(told, key=lambda one: (one.losses[_DOUBT], -one.epoch))
        reason = (
            f"its maps leave the least doubt ({best.losses[_DOUBT]:.3f}) on pixels that clusters "
            "were not fitted to"
        )
        last = told[-1]
        if last.epoch != best.epoch:
            reason += f"; those of the last epoch leave {last.losses[_DOUBT]:.3f}"
        return Recommended(best.epoch, reason)

    def at(self, epoch: int) -> KeptEpoch:
        """Return a kept epoch; raises UserError where it was not kept."""
        for one in self.kept:
            if one.epoch == epoch:
                return one
        numbers = ", ".join(str(one.epoch) for one in self.kept) or "none"
        raise UserError(f"Epoch {epoch} was not kept; kept are: {numbers}.")

    def upto(self, epoch: int) -> Self:
        """Return the history up to an epoch, from which training goes on."""
        return replace(
            self,
            kept=tuple(one for one in self.kept if one.epoch <= epoch),
            figures=tuple(one for one in self.figures if one.epoch <= epoch),
        )

    def then(
        self,
        epoch: KeptEpoch,
        figures: EpochFigures,
        *,
        most: int = MOST_KEPT,
        most_bytes: int = MOST_KEPT_BYTES,
    ) -> Self:
        """Return it with a further epoch, thinned out where there are too many.

        The first, the last and the recommended epoch stay; of the others goes the one whose
        neighbours are the nearest, so that what is kept lies evenly.
        """
        before = self.upto(epoch.epoch - 1)
        after = replace(before, kept=(*before.kept, epoch), figures=(*before.figures, figures))
        best = after.recommended
        kept = list(after.kept)
        while len(kept) > 3 and (len(kept) > most or _size(kept) > most_bytes):
            spare = [
                place
                for place in range(1, len(kept) - 1)
                if best is None or kept[place].epoch != best.epoch
            ]
            if not spare:
                break
            del kept[min(spare, key=lambda i: kept[i + 1].epoch - kept[i - 1].epoch)]
        return replace(after, kept=tuple(kept))


def _size(kept: Iterable[KeptEpoch]) -> int:
    parts = {part.file: part.size for one in kept for part in one.parts}
    return sum(parts.values())


def load_parts(parts: Sequence[Part]) -> Clusterer:
    """Rebuild a model from its files.

    Raises
    ------
    UserError
        When it is damaged.
    """
    from napari_dgc.clustering.storage import unpack_model

    where = Path(parts[0].file).parent
    if isinstance(parts[0].source, Path):
        where = parts[0].source / where
    return unpack_model({part.file.rpartition("/")[2]: part.read() for part in parts}, where)


class EpochRecorder:
    """Keeps epochs, and how they came to be, while a model is trained.

    It belongs to the thread that trains; the values it gives are safe everywhere.

    Parameters
    ----------
    scans
        Names of the scans in the workspace, in the order of the training.
    epochs, training
        What was kept of the same model before; a new model begins a new history.
    previews
        Whether label maps are made after every epoch.
    """

    def __init__(
        self,
        scans: Sequence[str],
        epochs: EpochHistory | None = None,
        training: Training | None = None,
        *,
        previews: bool = True,
    ) -> None:
        self._scans = tuple(scans)
        self._previews = previews
        #: Epochs kept so far.
        self.epochs = epochs or EpochHistory()
        self._before = training
        #: How the model came to be, None before the first event.
        self.training: Training | None = training
        self._device = "cpu"
        self._maps: dict[str, Part] = {}

    @property
    def labels(self) -> Mapping[str, Part]:
        """The latest fine label map of each scan that has one."""
        return MappingProxyType(self._maps)

    def follow(self, model: Clusterer, events: Iterable[TrainingEvent]) -> Iterator[TrainingEvent]:
        """Pass the events of `Clusterer.fit_iter` on, keeping what they tell."""
        for event in events:
            self.see(model, event)
            yield event

    def see(self, model: Clusterer, event: TrainingEvent) -> None:
        """Keep what an event tells, before the model goes on."""
        match event:
            case TrainingStarted():
                self._device = event.device
                self.epochs = self.epochs.upto(event.epoch)
                if event.epoch == 0:
                    self._before = Training.of(model)
                elif self._before is not None:
                    self._before = self._before.upto(event.epoch)
                # Else nobody knows how the model got so far.
                self._maps.clear()
            case LabelsReady(scan, _, labels):
                self._maps[self._scans[scan]] = label_part(labels)
            case EpochFinished():
                from napari_dgc.clustering.storage import model_files

                files = model_parts(model_files(model))
                maps = dict(self._maps) if self._previews else {}
                losses = {name: float(value) for name, value in event.losses.items()}
                figures = EpochFigures(event.epoch, event.active, losses)
                self.epochs = self.epochs.then(KeptEpoch(event.epoch, files, maps), figures)
                self._note(event.epoch)
            case TrainingFinished():
                self._note(event.epoch)

    def _note(self, epoch: int) -> None:
        if self._before is not None:
            run = Run(self._scans, epoch, self._device, self._previews)
            self.training = self._before.then(run)
