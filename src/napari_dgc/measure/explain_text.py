"""Explanations of classes in sentences."""

from __future__ import annotations

from collections.abc import Sequence

from napari_dgc.measure.explain import ExplainedClass, Explanation
from napari_dgc.measure.separation import (
    LARGE,
    SeparatingRange,
    cohens_d,
    separating_indices,
    separating_ranges,
)
from napari_dgc.measure.spectral_regions import regions_of
from napari_dgc.partition import Partition
from napari_dgc.partition.candidates import Candidate
from napari_dgc.partition.partition import BACKGROUND

#: Scans, neighbours and indices that are told by name.
_TOLD = 3
#: d that stands for classes which do not overlap at all.
_ENDLESS = 99


def describe(
    explanation: Explanation, partition: Partition, nearest: Sequence[Candidate] = ()
) -> tuple[str, ...]:
    """Say what the first class is, in sentences.

    Parameters
    ----------
    explanation
        Of one class.
    partition
        For the names.
    nearest
        Candidates by likeness, where they are known.
    """
    found = explanation.classes[0]
    places = found.places
    title = partition.class_of(found.number).title
    if not places.pixels:
        return (f"{title} has no pixels in the open scans.",)
    share = 100 * places.pixels / max(places.labelled, 1)
    holding = sorted((s for s in places.scans if s.pixels), key=lambda s: -s.pixels)
    where = _listed(
        [f"{s.scan} {_count(s.pixels)} ({100 * s.pixels / s.labelled:.1f} %)" for s in holding]
    )
    sentences = [
        f"{title}: {_count(places.pixels)} pixels, {share:.1f} % of all. By scan: {where}."
    ]
    if places.at_background is not None:
        sentences.append(f"{100 * places.at_background:.0f} % of them touch the background.")
    elif not partition.named([BACKGROUND]):
        sentences.append("Name the background to learn how much of it lies at the leaf's edge.")
    if places.neighbours:
        beside = [
            f"{partition.class_of(number).title} ({100 * part:.0f} %)"
            for number, part in places.neighbours
        ]
        sentences.append(f"Its border is with {_listed(beside)}.")
    if nearest:
        alike = [f"{partition.class_of(c.number).title} ({c.angle:.1f}°)" for c in nearest]
        sentences.append(f"Most like it, by angle of the spectra: {_listed(alike)}.")
    return (*sentences, *_sources(explanation, partition))


def ranges_between(explanation: Explanation) -> tuple[SeparatingRange, ...]:
    """Return the ranges that separate the first class from the second, the best first."""
    one, other = explanation.classes
    d = cohens_d(one.mean, one.sd, other.mean, other.sd)
    return separating_ranges(d, one.mean - other.mean, explanation.wavelengths_nm)


def indices_between(explanation: Explanation) -> tuple[tuple[str, float], ...]:
    """Return indices with their d, first class less second, the best first."""
    one, other = explanation.classes
    return separating_indices(one.indices, other.indices)


def compare(explanation: Explanation, partition: Partition) -> tuple[str, ...]:
    """Say what tells the first class from the second, in sentences."""
    one, other = explanation.classes
    first, second = (partition.class_of(found.number).title for found in (one, other))
    for found, title in ((one, first), (other, second)):
        if not found.used:
            return (f"{title} has no pixels with data in the open scans.",)
    ranges, indices = ranges_between(explanation), indices_between(explanation)
    if ranges:
        weak = "" if abs(ranges[0].d) >= LARGE else ", but little"
        sentences = [f"What tells {first} from {second}{weak}:"]
        sentences += [f"{name_of(part)}: {_difference(part, first)}." for part in ranges]
    else:
        sentences = [
            f"No band tells {first} from {second}: their pixels differ by less than 0.2 SD."
        ]
    best = [f"{name} ({_d(d)})" for name, d in indices if abs(d) >= LARGE]
    if best:
        sentences.append(f"Indices that separate them best: {_listed(best)}.")
    elif indices:
        sentences.append(
            f"No index separates them well; best {indices[0][0]} ({_d(indices[0][1])})."
        )
    shared = dict(one.places.neighbours).get(other.number)
    if shared:
        sentences.append(f"{100 * shared:.0f} % of the border of {first} is with {second}.")
    sentences.append(
        "d is the difference in standard deviations of the pixels: "
        "at d = 1 the classes overlap by 62 %, at d = 3 by 13 %."
    )
    return (*sentences, *_sources(explanation, partition))


def name_of(part: SeparatingRange) -> str:
    """Name a range: ``"680–700 nm (red edge)"``, or by its bands."""
    if part.low is None or part.high is None:
        one = part.first == part.last
        return f"Band {part.first + 1}" if one else f"Bands {part.first + 1}–{part.last + 1}"
    low, high = f"{part.low:.0f}", f"{part.high:.0f}"
    extent = low if low == high else f"{low}–{high}"
    return f"{extent} nm ({regions_of(part.low, part.high)})"


def _difference(part: SeparatingRange, title: str) -> str:
    more = "brighter" if part.difference > 0 else "darker"
    amount = abs(part.difference)
    shown = f"{amount:.0f}" if amount >= 100 else f"{amount:.2g}"
    return f"{title} is {more} by {shown}, {_d(part.d)}"


def _d(d: float) -> str:
    size = abs(d)
    return f"d > {_ENDLESS}" if size > _ENDLESS else f"d = {size:.1f}"


def _sources(explanation: Explanation, partition: Partition) -> tuple[str, ...]:
    told = []
    for found in explanation.classes:
        title = partition.class_of(found.number).title if len(explanation.classes) > 1 else ""
        told.append(f"{_amount(found)} pixels{f' of {title}' if title else ''}")
    sentences = [f"Mean ± SD from {' and '.join(told)}."]
    if explanation.left_out:
        names = _listed(explanation.left_out)
        sentences.append(f"Spectra of scans with other bands are left out: {names}.")
    return tuple(sentences)


def _amount(found: ExplainedClass) -> str:
    pixels = found.places.pixels
    return _count(pixels) if found.used == pixels else f"{_count(found.used)} of {_count(pixels)}"


def _count(number: int) -> str:
    return f"{number:,}".replace(",", "\u2009")


def _listed(parts: Sequence[str]) -> str:
    more = len(parts) - _TOLD
    return ", ".join(parts[:_TOLD]) + (f" and {more} more" if more > 0 else "")
