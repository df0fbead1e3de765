"""What is kept of a training for its curves and its card; a small value, never the maps whole."""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.events import ClustersChosen, EpochFinished
from napari_dgc.errors import readable
from napari_dgc.project.checked import Checked, Damaged, plain_problem
from napari_dgc.project.epochs import EpochFigures, EpochHistory, Recommended
from napari_dgc.project.training import MOST_EPOCHS, MOST_SCANS

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer

FORMAT, FORMAT_VERSION = "napari-dgc training", 1
#: Epochs whose maps are kept, scans in them, and the longest side of a map in pixels.
MOST_MAPS, MOST_PICTURED, LONGEST_SIDE = 8, 6, 96
MOST_NOTICES = 100
_LONGEST, _LONGEST_TITLE = 2000, 1000


@dataclass(frozen=True)
class LoggedEpoch(EpochFigures):
    """What an epoch said of itself, and the share of pixels whose cluster changed in it."""

    changed: float | None = None


@dataclass(frozen=True, eq=False)
class EpochMaps:
    """Small (row, column) maps of fine clusters after an epoch, by scan."""

    epoch: int
    maps: Mapping[str, NDArray[np.uint16]]


@dataclass(frozen=True, eq=False)
class TrainingLog:
    """The course of a training.

    Parameters
    ----------
    method, title, configuration, preprocessing
        Of the model.
    device
        What it was computed on last.
    scans
        Names of all scans that were learned from.
    epochs
        One after the other; the first ones are missing where nobody watched.
    maps
        Of some epochs, the first and the last among them.
    notices
        Sentences that the user was told.
    chosen
        Numbers of clusters that were tried, where the method finds it.
    named
        Epoch to trust most that the method named, None where it does not.
    stopped
        Whether the last run was stopped by the user.
    """

    method: str
    title: str = ""
    configuration: Mapping[str, Any] = field(default_factory=dict)
    preprocessing: str = ""
    device: str = ""
    scans: tuple[str, ...] = ()
    epochs: tuple[LoggedEpoch, ...] = ()
    maps: tuple[EpochMaps, ...] = ()
    notices: tuple[str, ...] = ()
    chosen: ClustersChosen | None = None
    named: int | None = None
    stopped: bool = False

    @classmethod
    def of(cls, model: Clusterer) -> Self:
        """Begin the log of a model."""
        return cls(
            model.method,
            readable(model.title)[:_LONGEST_TITLE],
            plain_options(model.configuration),
            model.preprocessing,
        )

    @classmethod
    def of_epochs(cls, model: Clusterer, epochs: Iterable[EpochFinished]) -> Self:
        """Begin the log of a model of which no more is known than what its epochs said."""
        told = [LoggedEpoch(one.epoch, one.active, dict(one.losses)) for one in epochs]
        return replace(cls.of(model), epochs=tuple(told))

    @property
    def recommended(self) -> Recommended | None:
        """The epoch to trust most and why; None where the method does not tell."""
        found = EpochHistory(figures=self.epochs).recommended
        if self.named is None or (found is not None and found.epoch == self.named):
            return found
        return Recommended(self.named, "the method named it when training ended")

    def finished(self, epochs: int) -> list[EpochFinished]:
        """Return the events of all epochs of a training of `epochs` epochs."""
        return [EpochFinished(one.epoch, epochs, one.active, one.losses) for one in self.epochs]

    def upto(self, epoch: int) -> Self:
        """Return the log up to an epoch, from which training goes on."""
        return replace(
            self,
            epochs=tuple(one for one in self.epochs if one.epoch <= epoch),
            maps=tuple(one for one in self.maps if one.epoch <= epoch),
            named=None,
            stopped=False,
        )

    def then(self, epoch: LoggedEpoch) -> Self:
        """Return it with a further epoch."""
        return replace(self, epochs=(*self.upto(epoch.epoch - 1).epochs, epoch))

    def with_maps(self, found: EpochMaps) -> Self:
        """Return it with the maps of a further epoch, those of others thinned out evenly.

        The first, the last and the recommended epoch stay.
        """
        kept = [*(one for one in self.maps if one.epoch < found.epoch), found]
        best = self.recommended
        while len(kept) > MOST_MAPS:
            spare = [
                place
                for place in range(1, len(kept) - 1)
                if best is None or kept[place].epoch != best.epoch
            ]
            del kept[min(spare, key=lambda i: kept[i + 1].epoch - kept[i - 1].epoch)]
        return replace(self, maps=tuple(kept))

    def with_notice(self, sentence: str) -> Self:
        """Return it with a sentence that the user was told; those told before are not repeated."""
        text = readable(sentence)[:_LONGEST]
        if text in self.notices:
            return self
        return replace(self, notices=(*self.notices, text)[-MOST_NOTICES:])

    # ----------------------------------------------------------------- file

    def to_json(self) -> dict[str, Any]:
        """Describe it with plain values."""
        chosen = self.chosen
        return {
            "format": FORMAT,
            "format_version": FORMAT_VERSION,
            "method": self.method,
            "title": self.title,
            "configuration": plain_options(self.configuration),
            "preprocessing": self.preprocessing,
            "device": self.device,
            "scans": list(self.scans),
            "epochs": [
                {
                    "epoch": one.epoch,
                    "active": one.active,
                    "losses": {name: _finite(value) for name, value in one.losses.items()},
                    "changed": one.changed,
                }
                for one in self.epochs
            ],
            "maps": [
                {
                    "epoch": one.epoch,
                    "maps": {scan: _packed(labels) for scan, labels in one.maps.items()},
                }
                for one in self.maps
            ],
            "notices": list(self.notices),
            "chosen": None
            if chosen is None
            else {
                "counts": list(chosen.counts),
                "scores": [_finite(score) for score in chosen.scores],
                "chosen": chosen.chosen,
            },
            "named": self.named,
            "stopped": self.stopped,
        }

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Rebuild it; raises Damaged (a ValueError) when it is none."""
        fields = Checked(content, "training", _NAMES)
        if fields.text("format") != FORMAT or fields.whole("format_version", 0, 99) != 1:
            fields.damaged("it is of another version")
        epochs: list[LoggedEpoch] = []
        for item in fields.limited("epochs", MOST_EPOCHS):
            epochs.append(_epoch(item, epochs[-1].epoch + 1 if epochs else 1))
        maps: list[EpochMaps] = []
        for item in fields.limited("maps", MOST_MAPS):
            one = Checked(item, "maps", ("epoch", "maps"))
            number = one.whole("epoch", maps[-1].epoch + 1 if maps else 0, MOST_EPOCHS)
            found = one.mapping("maps", MOST_PICTURED)
            maps.append(EpochMaps(number, {_text(k): _unpacked(v) for k, v in found.items()}))
        named = fields.take("named")
        return cls(
            fields.text("method", 100),
            fields.text("title", _LONGEST_TITLE),
            fields.plain("configuration"),
            fields.text("preprocessing", 100_000),
            fields.text("device", 100),
            tuple(_text(name) for name in fields.limited("scans", MOST_SCANS)),
            tuple(epochs),
            tuple(maps),
            tuple(_text(told) for told in fields.limited("notices", MOST_NOTICES)),
            _chosen(fields.take("chosen")),
            None if named is None else fields.whole("named", 0, MOST_EPOCHS),
            fields.flag("stopped"),
        )


_NAMES = (
    *("format", "format_version", "method", "title", "configuration", "preprocessing", "device"),
    *("scans", "epochs", "maps", "notices", "chosen", "named", "stopped"),
)


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as values that a file can hold, whatever a method takes."""
    return {
        name: (list(value) if isinstance(value, tuple) else value)
        if not plain_problem(value)
        else str(value)
        for name, value in options.items()
    }


def _epoch(content: object, least: int) -> LoggedEpoch:
    one = Checked(content, "epochs", ("epoch", "active", "losses", "changed"))
    losses = {
        _text(name)[:100]: math.nan if v is None else one.checked_numbers([v], "losses")[0]
        for name, v in one.mapping("losses", 100).items()
    }
    changed = one.take("changed")
    if changed is not None:
        changed = one.checked_numbers([changed], "changed")[0]
    return LoggedEpoch(
        one.whole("epoch", least, MOST_EPOCHS), one.whole("active", 0, 1 << 16), losses, changed
    )


def _chosen(content: object) -> ClustersChosen | None:
    if content is None:
        return None
    one = Checked(content, "chosen", ("counts", "scores", "chosen"))
    counts = one.wholes("counts", 1, 1 << 16, most=10_000)
    scores = tuple(
        math.nan if value is None else one.checked_numbers([value], "scores")[0]
        for value in one.limited("scores", 10_000)
    )
    if len(counts) != len(scores):
        one.damaged("every number of clusters needs a score")
    return ClustersChosen(counts, scores, one.whole("chosen", 1, 1 << 16))


def _text(value: object) -> str:
    if not isinstance(value, str) or len(value) > 4 * _LONGEST:
        raise Damaged("training: a text is too long, or none")
    return readable(value)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _packed(labels: NDArray[np.uint16]) -> dict[str, Any]:
    packed = zlib.compress(labels.astype("<u2").tobytes(), 9)
    rows, columns = labels.shape
    return {"rows": rows, "columns": columns, "labels": base64.b64encode(packed).decode()}


def _unpacked(content: object) -> NDArray[np.uint16]:
    one = Checked(content, "maps", ("rows", "columns", "labels"))
    rows, columns = (one.whole(side, 1, LONGEST_SIDE) for side in ("rows", "columns"))
    size = 2 * rows * columns
    try:
        packed = base64.b64decode(one.text("labels", 8 * LONGEST_SIDE**2), validate=True)
        # No more than the map takes, whatever the file would unpack to.
        values = zlib.decompressobj().decompress(packed, size + 1)
    except (binascii.Error, zlib.error):
        one.damaged("a map cannot be unpacked")
    if len(values) != size:
        one.damaged("a map has another size")
    return np.frombuffer(values, "<u2").astype(np.uint16).reshape(rows, columns)
