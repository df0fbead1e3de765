"""Events of a training on their way past those who watch it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from napari_dgc.clustering.events import Notice, TrainingEvent

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer


class Watcher(Protocol):
    """Takes the events of `Clusterer.fit_iter` one by one, in the thread that trains."""

    #: What it does, for the message when it fails: "TensorBoard files were not written".
    failure: str

    def see(self, model: Clusterer, event: TrainingEvent) -> Iterable[Notice]:
        """Take an event before the model goes on; returns what the user should read."""

    def close(self) -> None:
        """Let go of files: no more events come."""


def watched(
    model: Clusterer, events: Iterable[TrainingEvent], watchers: Sequence[Watcher]
) -> Iterator[TrainingEvent]:
    """Pass events on, each after all watchers have seen it.

    A watcher whose files cannot be written is told about once and left out: a full disk of
    curves must not end a training.

    Parameters
    ----------
    model
        That is trained.
    events
        Of its `fit_iter`.
    watchers
        They are closed at the end, whatever ends it.
    """
    left = list(watchers)
    try:
        for event in events:
            told: list[Notice] = []
            for watcher in tuple(left):
                try:
                    told += watcher.see(model, event)
                except OSError as error:
                    left.remove(watcher)
                    reason = error.strerror or error
                    told.append(Notice(f"{watcher.failure} ({reason}); training goes on."))
            yield event
            yield from told
    finally:
        for watcher in watchers:
            try:
                watcher.close()
            except OSError:
                continue  # it was told, or nothing is lost but the last curve
