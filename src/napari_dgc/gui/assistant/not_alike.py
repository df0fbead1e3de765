"""Pairs of classes of which the user has said that they are not alike."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from napari_dgc.partition import ClassInfo

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session
    from napari_dgc.workspace import History

Pair = tuple[frozenset[int], frozenset[int]]


class NotAlike:
    """Remembers such pairs by their fine clusters while a model's clusters are worked on.

    Two classes that a class of each pair went into are not alike either; splitting them
    lets go of nothing.
    """

    def __init__(self) -> None:
        # The clusters of another history have another meaning.
        self._pairs: weakref.WeakKeyDictionary[History, list[Pair]] = weakref.WeakKeyDictionary()

    def add(self, history: History, one: ClassInfo, other: ClassInfo) -> None:
        """Say that two classes are not alike."""
        pair = (frozenset(one.members), frozenset(other.members))
        self._pairs.setdefault(history, []).append(pair)

    def holds(self, history: History, one: ClassInfo, other: ClassInfo) -> bool:
        """Tell whether two classes were said to be not alike."""
        here, there = set(one.members), set(other.members)
        return any(
            (a <= here and b <= there) or (a <= there and b <= here)
            for a, b in self._pairs.get(history, ())
        )

    def forget(self, history: History, one: ClassInfo) -> None:
        """Offer again what was not like a class."""
        here = set(one.members)
        pairs = self._pairs.get(history, [])
        pairs[:] = [pair for pair in pairs if not any(side <= here for side in pair)]


def pairs_of(session: Session) -> NotAlike:
    """Return the pairs of a session, which outlive the dock."""
    found = session.services.setdefault("not alike", NotAlike())
    assert isinstance(found, NotAlike)
    return found
