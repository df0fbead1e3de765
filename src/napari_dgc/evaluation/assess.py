"""A whole evaluation under one matching of predicted labels to classes, with intervals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.errors import UserError
from napari_dgc.evaluation import matching
from napari_dgc.evaluation.boundary import TOLERANCE, boundary_counts
from napari_dgc.evaluation.by_hand import as_rows, classes_of, mapping_notes, same_names
from napari_dgc.evaluation.figures import Counts, Scored, scored
from napari_dgc.evaluation.intervals import (
    ENOUGH_SCANS,
    Intervals,
    IntervalSetup,
    block_side,
    blocks_of,
    bootstrap,
)
from napari_dgc.evaluation.report import Scan, check_sizes, present_numbers
from napari_dgc.words import counted

#: Ways to match, and what each does.
MAJORITY, HUNGARIAN, NAMES, BY_HAND = "majority", "hungarian", "names", "by hand"
MATCHINGS = {
    MAJORITY: "each cluster stands for the class that most of its pixels have",
    HUNGARIAN: "clusters and classes one to one, so that most pixels agree",
    NAMES: "each predicted class stands for the class of the same name",
    BY_HAND: "as given by hand",
}
#: What all scans together are called.
ALL = "all scans"


@dataclass(frozen=True)
class AssessSetup:
    """How an evaluation is made.

    Parameters
    ----------
    matching
        Key of `MATCHINGS`.
    mapping
        For `BY_HAND`: predicted labels by name or number of the class, see `classes_of`.
    rest
        Number of the class that stands for everything else; predicted labels without one of
        the names of the truth belong to it under `NAMES`. None: there is none.
    tolerance
        Of the boundary F1, in pixels.
    intervals
        How intervals are made.
    noun
        What a predicted label is called: ``"cluster"`` or ``"class"``.
    """

    matching: str = MAJORITY
    mapping: Mapping[str, Sequence[int]] | Mapping[int, Sequence[int]] = field(default_factory=dict)
    rest: int | None = None
    tolerance: float = TOLERANCE
    intervals: IntervalSetup = field(default_factory=IntervalSetup)
    noun: str = "cluster"


@dataclass(frozen=True)
class Assessing:
    """`fraction` (0 to 1) is done, and `stage` is next."""

    stage: str
    fraction: float


@dataclass(frozen=True, eq=False)
class Assessment:
    """Figures of some scans, and how they were made.

    Parameters
    ----------
    setup
        The settings.
    class_names
        By number, in the order of the rows of all tables.
    label_names
        Of the predicted labels, in the order of the columns; "" for none.
    mapping
        Class of each predicted label, None for none.
    label_pixels
        Labelled pixels of each predicted label.
    scans
        Figures of each scan.
    pooled
        Figures of the pixels of all scans together, areas averaged over scans.
    intervals
        Of `pooled`; None where none were asked for.
    notes
        What a reader must know, one sentence each.
    """

    setup: AssessSetup
    class_names: dict[int, str]
    label_names: dict[int, str]
    mapping: dict[int, int | None]
    label_pixels: dict[int, int]
    scans: tuple[Scored, ...]
    pooled: Scored
    intervals: Intervals | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Assessed:
    """The evaluation is complete."""

    assessment: Assessment


def assess(
    scans: Sequence[Scan],
    class_names: Mapping[int, str],
    setup: AssessSetup | None = None,
    *,
    label_names: Mapping[int, str] | None = None,
    token: CancelToken | None = None,
) -> Iterator[Assessing | Assessed]:
    """Compare predictions with the truth under one mapping for all scans.

    Parameters
    ----------
    scans
        At least one. 0 in the truth is not labelled and left out; 0 in the prediction is no
        data, and wrong wherever the truth is labelled.
    class_names
        Names of the truth's labels.
    setup
        Settings; the usual ones when None.
    label_names
        Names of the predicted labels, for `NAMES`.
    token
        Asks for a stop.

    Yields
    ------
    Assessing or Assessed
        The latter once, at the end.

    Raises
    ------
    UserError
        When maps differ in size, nothing is labelled, or the mapping does not fit.
    InterruptedError
        When asked to stop.
    """
    setup, token = setup or AssessSetup(), token or never_cancelled()
    check_sizes(scans)
    names = _names(scans, class_names, setup)
    classes, labels = list(names), present_numbers(scan.predicted for scan in scans)
    whole = [matching.pair_table(s.truth, s.predicted, classes, labels) for s in scans]
    table = np.sum(whole, axis=0)
    titles = {label: (label_names or {}).get(label, "") for label in labels}
    rows, asked = _match(table, names, titles, setup)
    mapping = {
        label: None if row == matching.UNMATCHED else classes[row]
        for label, row in zip(labels, rows[1:].tolist(), strict=True)
    }
    blocks = setup.intervals.resamples > 0 and len(scans) < ENOUGH_SCANS
    parts = []
    for place, scan in enumerate(scans):
        yield Assessing(scan.name, 0.5 * place / len(scans))
        numbers = blocks_of(scan.truth.shape) if blocks else None
        parts.append(_counts(scan, classes, labels, rows, setup, numbers, token))
    counts = [_added(part) for part in parts]
    of_scans = tuple(
        scored(scan.name, [one], rows) for scan, one in zip(scans, counts, strict=True)
    )
    pooled = scored(ALL, counts, rows)
    intervals = None
    if setup.intervals.resamples:
        sides = tuple(block_side(scan.truth.shape) for scan in scans) if blocks else ()
        intervals = Intervals("blocks" if blocks else "scans", setup.intervals, sides)
        for event in bootstrap(parts, rows, setup.intervals, token):
            if isinstance(event, float):
                yield Assessing("confidence intervals", 0.5 + event / 2)
            else:
                intervals = replace(intervals, figures=event[0], classes=event[1])
    yield Assessed(
        Assessment(
            setup=setup,
            class_names=names,
            label_names=titles,
            mapping=mapping,
            label_pixels=dict(zip(labels, table.sum(axis=0)[1:].tolist(), strict=True)),
            scans=of_scans,
            pooled=pooled,
            intervals=intervals,
            notes=tuple(_notes(mapping, table, asked, setup.noun, scans, of_scans)),
        )
    )


def _names(
    scans: Sequence[Scan], class_names: Mapping[int, str], setup: AssessSetup
) -> dict[int, str]:
    """Return the classes that count: those of the truth, and those that labels were given to."""
    numbers = set(present_numbers(scan.truth for scan in scans))
    if not numbers:
        raise UserError("Nothing is labelled in the truth: every pixel is 0.")
    known = {n: class_names.get(n) or f"class {n}" for n in sorted(numbers | set(class_names)) if n}
    if setup.matching == BY_HAND:
        numbers |= set(classes_of(setup.mapping, known).values())
    return {number: known[number] for number in sorted(numbers)}


def _match(
    table: NDArray[np.int64],
    names: Mapping[int, str],
    titles: Mapping[int, str],
    setup: AssessSetup,
) -> tuple[NDArray[np.intp], list[int]]:
    """Return the row of each column, and the labels that the user gave a class."""
    if setup.matching == MAJORITY:
        return matching.majority(table), []
    if setup.matching == HUNGARIAN:
        return matching.hungarian(table), []
    if setup.matching == BY_HAND:
        found = classes_of(setup.mapping, names)
        return as_rows(found, list(names), list(titles)), list(found)
    if setup.matching != NAMES:
        raise ValueError(f"there is no matching {setup.matching!r}")
    found = same_names(titles, {n: name for n, name in names.items() if n != setup.rest})
    if setup.rest is not None:
        found = dict.fromkeys(titles, setup.rest) | found
    if not found:
        classes, mine = (", ".join(filter(None, each.values())) for each in (names, titles))
        raise UserError(
            f"No predicted class has the name of one in the truth (truth: {classes}; prediction: "
            f"{mine or 'no names'}); choose another way to match."
        )
    return as_rows(found, list(names), list(titles)), []


def _counts(
    scan: Scan,
    classes: Sequence[int],
    labels: Sequence[int],
    rows: NDArray[np.intp],
    setup: AssessSetup,
    numbers: NDArray[np.intp] | None,
    token: CancelToken,
) -> list[Counts]:
    """Count a scan; block by block where `numbers` tells the block of each pixel."""
    truth = np.searchsorted(np.array(classes), scan.truth).astype(np.int32)
    truth[scan.truth == 0] = -1
    # UNMATCHED is -1 here, and the number after the last class in the found map.
    found = np.where(rows < 0, len(classes), rows).astype(np.int32)[
        np.searchsorted(np.array([0, *labels]), scan.predicted)
    ]
    borders = boundary_counts(truth, found, len(classes), setup.tolerance, numbers, token)
    if numbers is None:
        table = matching.pair_table(scan.truth, scan.predicted, classes, labels)
        return [Counts(table, borders[0])]
    side = block_side(scan.truth.shape)
    along = int(numbers[0, -1]) + 1
    made = []
    for number, border in enumerate(borders):
        top, left = side * (number // along), side * (number % along)
        cut = np.s_[top : top + side, left : left + side]
        table = matching.pair_table(scan.truth[cut], scan.predicted[cut], classes, labels)
        made.append(Counts(table, border))
    return made


def _added(parts: Sequence[Counts]) -> Counts:
    return Counts(
        np.sum([part.table for part in parts], axis=0),
        np.sum([part.boundary for part in parts], axis=0),
    )


def _notes(
    mapping: Mapping[int, int | None],
    table: NDArray[np.int64],
    asked: Sequence[int],
    noun: str,
    scans: Sequence[Scan],
    found: Sequence[Scored],
) -> Iterator[str]:
    yield from mapping_notes(mapping, table, asked, noun)
    missing = int(table[:, 0].sum())
    if missing:
        yield f"{counted(missing, 'labelled pixel')} without data in the prediction count as wrong."
    empty = [scan.name for scan, one in zip(scans, found, strict=True) if not one.pixels]
    if empty:
        yield f"Nothing is labelled in {', '.join(empty)}."
