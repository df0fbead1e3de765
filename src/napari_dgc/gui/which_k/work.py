"""Trying numbers of clusters on preprocessed scans, in a thread."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.choice import ChoiceEvent, Chosen
from napari_dgc.clustering.events import Progress
from napari_dgc.cubes import HyperCube
from napari_dgc.gui.provenance import Record, cubes_of, record_cubes
from napari_dgc.preprocessing import Pipeline

if TYPE_CHECKING:
    from napari_dgc.gui.scan import Scan


@dataclass(frozen=True, eq=False)
class Wish:
    """What is to be tried.

    Parameters
    ----------
    scans
        What is tried on.
    pipeline
        What they go through first, or None.
    method
        One of `METHOD_TITLES`.
    numbers
        Of clusters.
    seed
        Of everything random.
    """

    scans: tuple[Scan, ...]
    pipeline: Pipeline | None
    method: str
    numbers: range
    seed: int

    @property
    def record(self) -> Record:
        """Writes how the figures were made."""
        settings = {
            "method": self.method,
            "numbers": [self.numbers[0], self.numbers[-1]],
            "seed": self.seed,
            "preprocess": "" if self.pipeline is None else str(self.pipeline),
        }
        return record_cubes("choose-k", cubes_of(self.scans), settings)


class EitherToken(CancelToken):
    """Cancelled as soon as one of two is."""

    def __init__(self, one: CancelToken, other: CancelToken) -> None:
        self._both = (one, other)

    @property
    def cancelled(self) -> bool:
        """Whether anybody asked the work to stop."""
        return any(token.cancelled for token in self._both)


def choice_events(wish: Wish, token: CancelToken) -> Iterator[ChoiceEvent]:
    """Try the numbers, yielding events; the last one is `Chosen` also after a stop.

    Raises
    ------
    UserError
        See `choose_k`.
    """
    from napari_dgc.clustering.choose_k import choose_k

    cubes: Sequence[HyperCube] = [scan.cube for scan in wish.scans]
    if wish.pipeline is not None:
        passes = wish.pipeline.fit_iter(cubes, token=token)
        while True:
            try:
                yield Progress(*next(passes))
            except StopIteration as stop:
                cubes = [stop.value.apply(cube) for cube in cubes]
                break
            except InterruptedError:
                yield Chosen((), None, "Stopped before a number was tried.", stopped=True)
                return
    yield from choose_k(cubes, wish.numbers, method=wish.method, seed=wish.seed, token=token)
