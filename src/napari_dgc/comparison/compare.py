"""Train, label and compare, scan by scan.

Of every scan all contenders make their maps, the maps are counted against each other and let
go: memory does not grow with the number of scans.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.clustering.events import Notice, Progress
from napari_dgc.comparison.colours import matched_classes
from napari_dgc.comparison.contenders import Contender, Labeller, NumberedAlike, checked_size
from napari_dgc.comparison.contingency import Contingency, present_labels
from napari_dgc.comparison.events import (
    ComparisonEvent,
    ComparisonFinished,
    ComparisonStarted,
    ContenderFailed,
    ContenderReady,
    MapReady,
    ScanCompared,
)
from napari_dgc.comparison.result import Agreement, Comparison, Pair, ScanAgreement, TruthScores
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

#: Gives the true labels of a scan by its position, None where there are none.
TrueLabels: TypeAlias = Callable[[int], LabelImage | None]
_Map: TypeAlias = tuple[NDArray[np.uint16], tuple[LabelClass, ...]]


def compare(
    cubes: Sequence[HyperCube],
    contenders: Sequence[Contender],
    *,
    names: Sequence[str] | None = None,
    truth: TrueLabels | None = None,
    token: CancelToken | None = None,
) -> Iterator[ComparisonEvent]:
    """Compare contenders on the same scans, yielding events; the last is `ComparisonFinished`.

    Parameters
    ----------
    cubes
        Scans; all with the same bands where a method is trained.
    contenders
        At least two with different names, or one with truth. One that fails is left out and
        told about.
    names
        Of the scans; those of the cubes where None.
    truth
        True labels, 0 for not labelled; see `TruthScores`.
    token
        Looked at several times a second. When cancelled the scans that were compared so far
        count.

    Raises
    ------
    UserError
        When there is too little to compare, or a map of the truth cannot be used.
    """
    token = token or never_cancelled()
    called = [cube.name for cube in cubes] if names is None else list(names)
    _check(cubes, contenders, truth is not None)
    tally = _Tally([contender.name for contender in contenders])
    yield ComparisonStarted(tuple(tally.contenders), tuple(called))
    least = 2 if truth is None else 1
    done = 0
    try:
        if truth is not None:
            yield from _check_truth(cubes, truth, token)
        labellers = yield from _prepare(cubes, contenders, tally, token)
        _check_left(tally, least)
        true_numbers = NumberedAlike()
        for scan, cube in enumerate(cubes):
            maps = yield from _label(
                scan, cube, labellers, tally, token, 1 / len(cubes), scan / len(cubes)
            )
            _check_left(tally, least)
            if not maps:
                continue
            image = None if truth is None else truth(scan)
            tally.add(called[scan], maps, None if image is None else true_numbers.renumbered(image))
            done += 1
            for name, (labels, classes) in maps.items():
                yield MapReady(scan, name, labels, classes)
            yield ScanCompared(scan, tally.comparison())
    except InterruptedError:
        yield ComparisonFinished(tally.comparison() if done else None, stopped=True)
        return
    if not done:
        raise UserError("None of the scans could be labelled, so nothing was compared.")
    yield ComparisonFinished(tally.comparison(), stopped=False)


def _check(cubes: Sequence[HyperCube], contenders: Sequence[Contender], truth: bool) -> None:
    if not cubes:
        raise UserError("There is no scan to compare on; give at least one.")
    if len(contenders) < (1 if truth else 2):
        raise UserError(
            "There is too little to compare: give at least two methods, models or sets of label "
            "maps, or one with truth."
        )
    seen = [contender.name for contender in contenders]
    twice = next((name for name in seen if seen.count(name) > 1), None)
    if twice is not None:
        raise UserError(f"Two of those to compare are called {twice}; give one another name.")


def _check_left(tally: _Tally, least: int) -> None:
    if len(tally.contenders) < least:
        reasons = " ".join(dict.fromkeys(tally.failed.values()))
        raise UserError(f"Too little is left to compare. {reasons}")


def _check_truth(
    cubes: Sequence[HyperCube], truth: TrueLabels, token: CancelToken
) -> Iterator[Progress | Notice]:
    """Find out now, not after hours of training, what is wrong with the truth."""
    missing = []
    for scan, cube in enumerate(cubes):
        if token.cancelled:
            raise InterruptedError
        yield Progress("looking at the truth", scan / len(cubes))
        image = truth(scan)
        if image is None:
            missing.append(cube.name)
            continue
        checked_size(image, cube, "truth")
        present_labels(image.labels, f"The truth of {cube.name}")
    if len(missing) == len(cubes):
        raise UserError("None of the scans has true labels; name both alike.")
    if missing:
        yield Notice(f"without truth: {', '.join(missing)}")


def _prepare(
    cubes: Sequence[HyperCube],
    contenders: Sequence[Contender],
    tally: _Tally,
    token: CancelToken,
) -> Generator[ComparisonEvent, None, dict[str, Labeller]]:
    ready = {}
    for contender in contenders:
        if token.cancelled:
            raise InterruptedError
        try:
            ready[contender.name] = yield from contender.prepare(cubes, token)
        except UserError as error:
            yield tally.drop(contender.name, str(error))
        else:
            yield ContenderReady(contender.name)
    return ready


def _label(
    scan: int,
    cube: HyperCube,
    labellers: dict[str, Labeller],
    tally: _Tally,
    token: CancelToken,
    share: float,
    start: float,
) -> Generator[ComparisonEvent, None, dict[str, _Map]]:
    """Make the maps of one scan; none where nobody can."""
    maps: dict[str, _Map] = {}
    failed: dict[str, str] = {}
    for place, name in enumerate(tally.contenders):
        if token.cancelled:
            raise InterruptedError
        part = place / len(tally.contenders)
        yield Progress(f"labelling {cube.name}: {name}", start + share * part)
        try:
            if (remark := labellers[name].remark(cube)) is not None:
                yield Notice(f"{name}: {remark}")
            maps[name] = labellers[name].label(scan, cube, token)
            present_labels(maps[name][0], f"The map of {cube.name} ({name})")
        except UserError as error:
            maps.pop(name, None)
            failed[name] = str(error)
    if failed and not maps and len(failed) > 1:
        # The scan is to blame, not the contenders.
        yield Notice(f"{cube.name} is left out: {next(iter(failed.values()))}")
        return {}
    for name, message in failed.items():
        yield tally.drop(name, message)
    return maps


class _Tally:
    """Tables of counts of the scans so far."""

    def __init__(self, contenders: Sequence[str]) -> None:
        self.contenders = list(contenders)
        #: Why contenders were dropped.
        self.failed: dict[str, str] = {}
        self._pairs: dict[Pair, Contingency] = {}
        self._truth: dict[str, Contingency] = {}
        self._scans: list[ScanAgreement] = []
        self._classes: dict[str, dict[int, LabelClass]] = {}
        self._true_classes: dict[int, LabelClass] = {}

    def drop(self, name: str, message: str) -> ContenderFailed:
        """Let a contender go with all that was counted of it."""
        self.contenders.remove(name)
        self.failed[name] = message
        self._truth.pop(name, None)
        self._pairs = {pair: held for pair, held in self._pairs.items() if name not in pair}
        self._scans = [
            ScanAgreement(
                scan.name,
                {pair: held for pair, held in scan.pairs.items() if name not in pair},
                {other: held for other, held in scan.truth.items() if other != name},
            )
            for scan in self._scans
        ]
        return ContenderFailed(name, message)

    def add(self, scan: str, maps: dict[str, _Map], truth: LabelImage | None) -> None:
        """Count the maps of a scan."""
        present = {name: present_labels(found[0], name) for name, found in maps.items()}
        pairs = {}
        for one, other in combinations(maps, 2):
            held = self._pairs.setdefault((one, other), Contingency())
            first, second = maps[one][0], maps[other][0]
            table = held.add(first, second, present[one], present[other])
            pairs[one, other] = Agreement.of(table[:, 1:])
        met = {}
        if truth is not None:
            labels = present_labels(truth.labels, "The truth")
            _note(self._true_classes, labels, truth.classes)
            for name, (own, _) in maps.items():
                held = self._truth.setdefault(name, Contingency())
                met[name] = Agreement.of(held.add(truth.labels, own, labels, present[name]))
        for name, (_, classes) in maps.items():
            _note(self._classes.setdefault(name, {}), present[name], classes)
        self._scans.append(ScanAgreement(scan, pairs, met))

    def comparison(self) -> Comparison:
        """Compute the figures."""
        classes = {name: _sorted(self._classes[name]) for name in self.contenders}
        first, *others = self.contenders
        coloured = {first: tuple(replace(c, colour=c.shown_colour) for c in classes[first])}
        for name in others:
            overlap = self._pairs[first, name]
            coloured[name] = matched_classes(overlap, coloured[first], classes[name])
        true_classes = _sorted(self._true_classes)
        if true_classes:
            turned = _turned(self._truth[first])
            true_classes = matched_classes(turned, coloured[first], true_classes)
        return Comparison(
            contenders=tuple(self.contenders),
            scans=tuple(self._scans),
            pairs={pair: Agreement.of(held.table[:, 1:]) for pair, held in self._pairs.items()},
            truth={
                name: TruthScores.of(self._truth[name].table)
                for name in self.contenders
                if name in self._truth
            },
            classes=coloured,
            truth_classes=true_classes,
        )


def _note(
    known: dict[int, LabelClass], present: Sequence[int], classes: Sequence[LabelClass]
) -> None:
    told = {info.number: info for info in classes}
    for label in present:
        known.setdefault(label, told.get(label) or LabelClass(label))


def _sorted(known: dict[int, LabelClass]) -> tuple[LabelClass, ...]:
    return tuple(known[label] for label in sorted(known))


def _turned(held: Contingency) -> Contingency:
    """Return a table of truth and reference with the reference in its rows."""
    turned = Contingency()
    turned.rows, turned.columns = held.columns, held.rows
    counts = held.table[:, 1:].T
    turned.table = np.concatenate([np.zeros((len(counts), 1), np.int64), counts], axis=1)
    return turned
