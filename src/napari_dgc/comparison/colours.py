"""Colours that mean the same material in the maps of all contenders, as far as they agree."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from itertools import count

from napari_dgc.annotations.label_image import LabelClass
from napari_dgc.comparison.contingency import Contingency
from napari_dgc.evaluation.matching import UNMATCHED, hungarian
from napari_dgc.partition.palette import cluster_colour

#: So many colours of the palette are looked through before one is taken twice.
_PALETTE = 4 * 1024


def matched_classes(
    overlap: Contingency,
    reference: Collection[LabelClass],
    own: Collection[LabelClass],
) -> tuple[LabelClass, ...]:
    """Give classes the colours of those of the reference that they overlap most with.

    Classes are paired one to one so that most pixels agree (Kuhn 1955); those that are left
    over get colours of the palette that the reference does not use.

    Parameters
    ----------
    overlap
        Pixels of the reference's labels (rows) and of the others (columns), over all scans.
    reference
        Classes of the reference with their colours.
    own
        Classes to be coloured.
    """
    table = overlap.table
    mapping = hungarian(table)
    colours = {info.number: info.shown_colour for info in reference}
    pairs = {
        label: colours[overlap.rows[mapping[column]]]
        for column, label in enumerate(overlap.columns, start=1)
        if mapping[column] != UNMATCHED and table[mapping[column], column]
    }
    free = free_colours(colours.values())
    return tuple(
        replace(info, colour=pairs[info.number] if info.number in pairs else next(free))
        for info in own
    )


def free_colours(used: Collection[str]) -> Iterator[str]:
    """Yield colours of the palette that are not used, each once as long as there are any."""
    taken = {colour.casefold() for colour in used}
    for number in range(1, _PALETTE):
        colour = cluster_colour(number)
        if colour not in taken:
            taken.add(colour)
            yield colour
    for number in count(1):
        yield cluster_colour(number)
