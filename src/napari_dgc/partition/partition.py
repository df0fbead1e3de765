"""The user's view of the fine clusters: classes, names, colours. A value, never a widget."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError
from napari_dgc.partition.palette import NAME_COLOURS, cluster_colour
from napari_dgc.partition.tree import MergeTree

_COLOUR = re.compile("#[0-9a-fA-F]{6}")

#: Names with a meaning for severity; any other name is free.
BACKGROUND = "background"
TISSUE = "healthy tissue"
HALO = "halo"
LESION = "lesion"
NECROSIS = "necrosis"
PRESET_NAMES: tuple[str, ...] = (BACKGROUND, TISSUE, HALO, LESION, NECROSIS)
#: What counts as diseased area, and what as leaf (Bock et al. 2020,
#: doi:10.1186/s42483-020-00049-8: severity is the share of the plant unit with symptoms).
DISEASED_NAMES: frozenset[str] = frozenset({LESION, NECROSIS})
LEAF_NAMES: frozenset[str] = frozenset({TISSUE, HALO, LESION, NECROSIS})


@dataclass(frozen=True)
class ClassInfo:
    """One class: some fine clusters seen as one thing.

    The number of a class is its smallest fine cluster, so that it stays the
    same however often other clusters are merged or split.
    """

    members: tuple[int, ...]
    name: str = ""
    colour: str = ""
    note: str = ""
    #: What the template of names in use gives to the name; never saved with the class.
    name_colour: str = ""

    @property
    def number(self) -> int:
        """Number of the class in label maps."""
        return self.members[0]

    @property
    def title(self) -> str:
        """Name to show."""
        return self.name or f"cluster {self.number}"

    @property
    def shown_colour(self) -> str:
        """Colour to show, ``#rrggbb``: the user's, the name's, or that of the number."""
        named = self.name_colour or NAME_COLOURS.get(self.name.casefold())
        return self.colour or named or cluster_colour(self.number)

    def to_json(self) -> dict[str, object]:
        """Describe the class with plain values."""
        return {
            "members": list(self.members),
            "name": self.name,
            "colour": self.colour,
            "note": self.note,
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Rebuild a class from `to_json`; raises what a partition turns into one sentence."""
        return cls(
            tuple(int(member) for member in _checked_list(content["members"])),
            str(content["name"]),
            _checked_colour(str(content["colour"])),
            str(content.get("note", "")),
        )


@dataclass(frozen=True)
class Partition:
    """How the fine clusters 1..`clusters` are grouped into classes.

    Every operation returns a new partition; the fine labels never change.

    Parameters
    ----------
    clusters
        Number of fine clusters.
    classes
        Groups that together hold every fine cluster exactly once, ordered by number.
    tree
        Merge tree that `cut` uses, or None.
    """

    clusters: int
    classes: tuple[ClassInfo, ...]
    tree: MergeTree | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        held = sorted(member for info in self.classes for member in info.members)
        # The length first: a damaged file may claim more clusters than memory could count.
        if len(held) != self.clusters or held != list(range(1, self.clusters + 1)):
            raise ValueError("classes must hold every fine cluster exactly once")
        if any(list(info.members) != sorted(info.members) for info in self.classes):
            raise ValueError("members of a class must be in ascending order")
        numbers = [info.number for info in self.classes]
        if numbers != sorted(numbers):
            raise ValueError("classes must be ordered by number")
        if self.tree is not None and self.tree.clusters != self.clusters:
            raise ValueError("the tree belongs to another number of clusters")

    @classmethod
    def fine(cls, clusters: int, tree: MergeTree | None = None) -> Self:
        """Every fine cluster its own class."""
        return cls(clusters, tuple(ClassInfo((k,)) for k in range(1, clusters + 1)), tree)

    def class_of(self, cluster: int) -> ClassInfo:
        """Return the class that holds a fine cluster (or has this number)."""
        for info in self.classes:
            if cluster in info.members:
                return info
        raise UserError(f"There is no cluster {cluster}; clusters go from 1 to {self.clusters}.")

    def _with_groups(self, groups: Iterable[Sequence[int]]) -> Self:
        """Regroup; a class keeps name and colour of its largest-named ancestor."""
        classes = []
        for group in groups:
            members = tuple(sorted(group))
            named = {
                (info.name, info.colour, info.note): None
                for info in self.classes
                if (info.name or info.colour or info.note) and set(info.members) & set(members)
            }
            # Names that disagree are dropped: a merged class is named anew, never guessed.
            names = {name for name, _, _ in named if name}
            colours = {colour for _, colour, _ in named if colour}
            notes = [note for _, _, note in named if note]
            classes.append(
                ClassInfo(
                    members,
                    names.pop() if len(names) == 1 else "",
                    colours.pop() if len(colours) == 1 else "",
                    "\n".join(dict.fromkeys(notes)),
                )
            )
        return replace(self, classes=tuple(sorted(classes, key=lambda info: info.number)))

    def merge(self, numbers: Iterable[int]) -> Self:
        """Merge classes (given by any of their fine clusters) into one.

        The result keeps a name on which the merged classes agree; when they carry
        different names it is unnamed.
        """
        chosen = {self.class_of(number).number for number in numbers}
        if len(chosen) < 2:
            raise UserError("Merging needs at least two classes; select two or more.")
        merged = [m for info in self.classes if info.number in chosen for m in info.members]
        others = [info.members for info in self.classes if info.number not in chosen]
        return self._with_groups([*others, merged])

    def split(self, number: int) -> Self:
        """Take a class apart into its fine clusters, unnamed."""
        info = self.class_of(number)
        if len(info.members) < 2:
            raise UserError(f"Class {info.title} is one fine cluster and cannot be split.")
        kept = [other for other in self.classes if other is not info]
        single = [ClassInfo((member,)) for member in info.members]
        return replace(self, classes=tuple(sorted([*kept, *single], key=lambda i: i.number)))

    def split_in_two(self, number: int) -> Self:
        """Take back the last merge of the tree inside a class; its two parts are unnamed.

        Where the class is not a branch of the tree, the parts are those of the smallest
        branch that holds all of it.
        """
        info = self.class_of(number)
        if len(info.members) < 2:
            raise UserError(f"Class {info.title} is one fine cluster and cannot be split.")
        if self.tree is None:
            raise UserError("This model has no merge tree to split by; train or load another one.")
        parts = self.tree.halves(info.members)
        kept = [other for other in self.classes if other is not info]
        halves = [ClassInfo(part) for part in parts]
        return replace(self, classes=tuple(sorted([*kept, *halves], key=lambda i: i.number)))

    def move(self, clusters: Iterable[int], number: int | None = None) -> Self:
        """Move fine clusters into the class that holds cluster `number`, or into a new one.

        The classes they come from keep name and colour; those left empty are gone.
        """
        moved = frozenset(clusters)
        for cluster in moved:
            self.class_of(cluster)
        target = None if number is None else self.class_of(number)
        classes = []
        for info in self.classes:
            if info is target:
                members = tuple(sorted({*info.members, *moved}))
            else:
                members = tuple(m for m in info.members if m not in moved)
            if members:
                classes.append(replace(info, members=members))
        if target is None and moved:
            classes.append(ClassInfo(tuple(sorted(moved))))
        return replace(self, classes=tuple(sorted(classes, key=lambda info: info.number)))

    def annotate(self, number: int, note: str) -> Self:
        """Give a class a note; an empty one takes it away."""
        info = self.class_of(number)
        return self._exchange(info, replace(info, note=note.strip()))

    def cut(self, groups: int) -> Self:
        """Regroup by cutting the merge tree to `groups` classes."""
        if self.tree is None:
            raise UserError("This model has no merge tree to cut; train or load another one.")
        return self._with_groups(self.tree.cut(groups))

    def _exchange(self, old: ClassInfo, new: ClassInfo) -> Self:
        return replace(self, classes=tuple(new if info is old else info for info in self.classes))

    def rename(self, number: int, name: str) -> Self:
        """Give a class a name; an empty one takes it away."""
        info = self.class_of(number)
        return self._exchange(info, replace(info, name=" ".join(name.split())))

    def recolour(self, number: int, colour: str) -> Self:
        """Give a class a colour, ``#rrggbb``; an empty one takes it away."""
        info = self.class_of(number)
        try:
            return self._exchange(info, replace(info, colour=_checked_colour(colour)))
        except ValueError as error:
            raise UserError(f"{error}; give one like #d55e00.") from None

    def named(self, names: Iterable[str]) -> frozenset[int]:
        """Return the numbers of all classes with one of these names."""
        wanted = {name.casefold() for name in names}
        return frozenset(info.number for info in self.classes if info.name.casefold() in wanted)

    def lookup(self) -> NDArray[np.uint16]:
        """(clusters + 1,) table from fine label to class number; 0 stays 0."""
        table = np.zeros(self.clusters + 1, np.uint16)
        for info in self.classes:
            table[list(info.members)] = info.number
        return table

    def compact_lookup(self) -> NDArray[np.uint16]:
        """(clusters + 1,) table from fine label to classes numbered 1, 2, ... without gaps."""
        table = np.zeros(self.clusters + 1, np.uint16)
        for position, info in enumerate(self.classes, start=1):
            table[list(info.members)] = position
        return table

    def apply(self, fine: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """Turn a map of fine labels into a map of class numbers."""
        return self.lookup()[fine]

    def to_json(self) -> dict[str, object]:
        """Describe the partition with plain values (see `from_json`)."""
        return {
            "clusters": self.clusters,
            "classes": [info.to_json() for info in self.classes],
            "tree": None if self.tree is None else self.tree.to_json(),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, object]) -> Self:
        """Rebuild a partition from `to_json`; raises UserError when it is not one."""
        try:
            clusters = int(content["clusters"])  # type: ignore[call-overload]
            classes = tuple(
                ClassInfo.from_json(item)
                for item in content["classes"]  # type: ignore[attr-defined]
            )
            raw = content["tree"]
            tree = None if raw is None else MergeTree.from_json(raw)
            return cls(clusters, classes, tree)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise UserError(
                f"The partition is damaged ({error}); export or save it anew."
            ) from None


def _checked_colour(colour: str) -> str:
    if colour and not _COLOUR.fullmatch(colour):
        raise ValueError(f"{colour!r} is not a colour")
    return colour


def _checked_list(value: object) -> list[int]:
    if not isinstance(value, list):
        raise TypeError("members of a class must be a list")
    return value
