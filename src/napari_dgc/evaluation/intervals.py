"""How far figures would differ for other scans, or other places of the same scans."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.evaluation.figures import CLASS_FIGURES, FIGURES, Counts, scored
from napari_dgc.evaluation.metrics import expected_information

#: Scans from which on whole scans are drawn; with fewer, blocks of pixels are.
ENOUGH_SCANS = 5
#: A scan is divided into so many blocks along the side of a square of its area, at most.
_BLOCKS_ALONG = 8
#: A block is no narrower than this: neighbouring pixels are alike.
_NARROWEST = 8
_STEPS = 50

Range = tuple[float, float]


@dataclass(frozen=True)
class IntervalSetup:
    """How intervals are made.

    Parameters
    ----------
    resamples
        How often scans or blocks are drawn; 0 for no intervals.
    seed
        Of the random numbers: the same seed gives the same intervals.
    level
        Share of the resamples within an interval.
    """

    resamples: int = 1000
    seed: int = 0
    level: float = 0.95


@dataclass(frozen=True)
class Intervals:
    """Intervals of the figures of all scans together.

    Parameters
    ----------
    unit
        What was drawn: ``"scans"`` or ``"blocks"``.
    setup
        How.
    block
        Side of the blocks in pixels, for each scan; empty where scans were drawn.
    figures
        By key of `FIGURES`, NaN where fewer than half of the resamples define it.
    classes
        The same of each class, by key of `CLASS_FIGURES`.
    """

    unit: str
    setup: IntervalSetup
    block: tuple[int, ...] = ()
    figures: dict[str, Range] = field(default_factory=dict)
    classes: tuple[dict[str, Range], ...] = ()


def block_side(shape: tuple[int, ...]) -> int:
    """Return the side of the blocks of a scan in pixels."""
    return max(_NARROWEST, math.ceil(math.sqrt(shape[0] * shape[1]) / _BLOCKS_ALONG))


def blocks_of(shape: tuple[int, ...]) -> NDArray[np.intp]:
    """Return (row, column) numbers of the blocks of a scan, from 0 line by line."""
    side = block_side(shape)
    rows, columns = np.arange(shape[0]) // side, np.arange(shape[1]) // side
    numbers: NDArray[np.intp] = rows[:, None] * (int(columns[-1]) + 1) + columns[None, :]
    return numbers


def bootstrap(
    scans: Sequence[Sequence[Counts]],
    mapping: NDArray[np.intp],
    setup: IntervalSetup,
    token: CancelToken | None = None,
) -> Iterator[float | tuple[dict[str, Range], tuple[dict[str, Range], ...]]]:
    """Draw scans, or blocks of each scan, with replacement (Efron, 1979).

    The mapping stays as it is, and so do the number of scans, or of blocks of each scan, and the
    mutual information that chance would give.
    Intervals go from the lower to the upper percentile of the resampled figures.

    Parameters
    ----------
    scans
        The blocks of each scan; of `ENOUGH_SCANS` scans or more, one for each scan: the scans
        themselves are drawn then.
    mapping
        As of `scored`.
    setup
        How often, and from which seed.
    token
        Asks for a stop.

    Yields
    ------
    float
        Share of the work that is done.
    tuple
        Intervals of all-class figures and of those of each class; once, at the end.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    random = np.random.default_rng(setup.seed)
    expected = expected_information(np.sum([b.table for part in scans for b in part], axis=0))
    whole = [_stacked(blocks) for blocks in scans]
    classes = whole[0].table.shape[1]
    drawn = np.full((setup.resamples, len(FIGURES)), np.nan)
    of_classes = np.full((setup.resamples, classes, len(CLASS_FIGURES)), np.nan)
    for number in range(setup.resamples):
        if token is not None and token.cancelled:
            raise InterruptedError
        if number % _STEPS == 0:
            yield number / setup.resamples
        if len(whole) >= ENOUGH_SCANS:
            picked = random.integers(0, len(whole), len(whole))
            resample = [scans[place][0] for place in picked.tolist()]
        else:
            resample = [_resampled(blocks, random) for blocks in whole]
        found = scored("", resample, mapping, expected)
        drawn[number] = [found.figures[figure.key] for figure in FIGURES]
        for row, figures in enumerate(found.classes):
            of_classes[number, row] = [figures[figure.key] for figure in CLASS_FIGURES]
    yield (
        {f.key: _range(drawn[:, place], setup.level) for place, f in enumerate(FIGURES)},
        tuple(
            {
                f.key: _range(of_classes[:, row, place], setup.level)
                for place, f in enumerate(CLASS_FIGURES)
            }
            for row in range(classes)
        ),
    )


def _stacked(blocks: Sequence[Counts]) -> Counts:
    return Counts(np.stack([b.table for b in blocks]), np.stack([b.boundary for b in blocks]))


def _resampled(blocks: Counts, random: np.random.Generator) -> Counts:
    """Draw as many blocks as there are."""
    count = blocks.table.shape[0]
    times = np.bincount(random.integers(0, count, count), minlength=count)
    return Counts(
        np.tensordot(times, blocks.table, axes=1), np.tensordot(times, blocks.boundary, axes=1)
    )


def _range(values: NDArray[np.float64], level: float) -> Range:
    defined = values[np.isfinite(values)]
    if not defined.size or 2 * defined.size < values.size:
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
