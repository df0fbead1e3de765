"""Commands that change classes: merge, split, name, colour, cut."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from napari_dgc.errors import UserError
from napari_dgc.partition import ClassInfo, MergeTree, Partition
from napari_dgc.partition.tree import LINKAGES
from napari_dgc.workspace.command import Command, Readers, whole_number, whole_numbers
from napari_dgc.workspace.state import Workspace


class _OnPartition(Command):
    """A command that changes the classes only."""

    def apply(self, work: Workspace) -> Workspace:
        return work.with_partition(self.change(work.partition))

    @abstractmethod
    def change(self, partition: Partition) -> Partition:
        """Return the classes afterwards."""


def _titles(work: Workspace, numbers: tuple[int, ...]) -> str:
    return ", ".join(work.partition.class_of(number).title for number in numbers)


@dataclass(frozen=True)
class MergeClasses(_OnPartition, kind="merge"):
    """Merge the classes that hold these clusters into one."""

    numbers: tuple[int, ...]
    readers: ClassVar[Readers] = {"numbers": whole_numbers}

    def title(self, work: Workspace) -> str:
        return f"merge {_titles(work, self.numbers)}"

    def change(self, partition: Partition) -> Partition:
        return partition.merge(self.numbers)


@dataclass(frozen=True)
class SplitClasses(_OnPartition, kind="split"):
    """Take classes apart into their fine clusters."""

    numbers: tuple[int, ...]
    readers: ClassVar[Readers] = {"numbers": whole_numbers}

    def title(self, work: Workspace) -> str:
        return f"split {_titles(work, self.numbers)}"

    def change(self, partition: Partition) -> Partition:
        for number in self.numbers:
            partition = partition.split(number)
        return partition


@dataclass(frozen=True)
class SplitInTwo(_OnPartition, kind="split in two"):
    """Take back the last merge of the tree inside a class."""

    number: int
    readers: ClassVar[Readers] = {"number": whole_number}

    def title(self, work: Workspace) -> str:
        return f"split {_titles(work, (self.number,))} in two"

    def change(self, partition: Partition) -> Partition:
        return partition.split_in_two(self.number)


@dataclass(frozen=True)
class MoveClusters(_OnPartition, kind="move"):
    """Move fine clusters into the class of cluster `number`; 0 makes a new class of them."""

    clusters: tuple[int, ...]
    number: int
    readers: ClassVar[Readers] = {"clusters": whole_numbers, "number": whole_number}

    def title(self, work: Workspace) -> str:
        return "move " + ", ".join(f"cluster {cluster}" for cluster in self.clusters)

    def change(self, partition: Partition) -> Partition:
        return partition.move(self.clusters, self.number or None)


@dataclass(frozen=True)
class JoinNamed(_OnPartition, kind="join"):
    """Move fine clusters into the class of a name, or make it of them where there is none.

    Where several classes have the name, the largest number of clusters wins, then the
    smallest number of the class.
    """

    clusters: tuple[int, ...]
    name: str
    readers: ClassVar[Readers] = {"clusters": whole_numbers}

    def title(self, work: Workspace) -> str:
        return f"name “{self.name}”"

    def change(self, partition: Partition) -> Partition:
        found = partition.named({self.name})
        if found:
            target = max(found, key=lambda n: (len(partition.class_of(n).members), -n))
            return partition.move(self.clusters, target)
        moved = partition.move(self.clusters)
        return moved.rename(moved.class_of(min(self.clusters)).number, self.name)


@dataclass(frozen=True)
class NameClasses(_OnPartition, kind="name"):
    """Give classes a name; an empty one takes it away."""

    numbers: tuple[int, ...]
    name: str
    readers: ClassVar[Readers] = {"numbers": whole_numbers}

    def title(self, work: Workspace) -> str:
        return f"name “{self.name}”" if self.name else "take a name away"

    def change(self, partition: Partition) -> Partition:
        for number in self.numbers:
            partition = partition.rename(number, self.name)
        return partition


@dataclass(frozen=True)
class RecolourClass(_OnPartition, kind="colour"):
    """Give a class a colour, ``#rrggbb``; an empty one takes it away."""

    number: int
    colour: str
    readers: ClassVar[Readers] = {"number": whole_number}

    def title(self, work: Workspace) -> str:
        return "change a colour"

    def change(self, partition: Partition) -> Partition:
        return partition.recolour(self.number, self.colour)


@dataclass(frozen=True)
class NoteClass(_OnPartition, kind="note"):
    """Give a class a note; an empty one takes it away."""

    number: int
    note: str
    readers: ClassVar[Readers] = {"number": whole_number}

    def title(self, work: Workspace) -> str:
        return "note on a class"

    def change(self, partition: Partition) -> Partition:
        return partition.annotate(self.number, self.note)


@dataclass(frozen=True)
class CutTree(_OnPartition, kind="cut"):
    """Group by cutting the merge tree."""

    classes: int
    readers: ClassVar[Readers] = {"classes": whole_number}

    def title(self, work: Workspace) -> str:
        return "change the number of classes"

    def change(self, partition: Partition) -> Partition:
        return partition.cut(self.classes)


def _class_infos(content: Any) -> tuple[ClassInfo, ...]:
    return tuple(ClassInfo.from_json(item) for item in content)


@dataclass(frozen=True)
class SetClasses(_OnPartition, kind="set classes"):
    """Replace all classes, as suggestions and templates do."""

    what: str
    classes: tuple[ClassInfo, ...]
    readers: ClassVar[Readers] = {"classes": _class_infos}

    def title(self, work: Workspace) -> str:
        return self.what

    def change(self, partition: Partition) -> Partition:
        try:
            return replace(partition, classes=self.classes)
        except ValueError as error:
            raise UserError(f"These classes belong to other clusters ({error}).") from None


@dataclass(frozen=True)
class SetTree(_OnPartition, kind="set tree"):
    """Put another merge tree under the classes, made by another linkage."""

    linkage: str
    tree: MergeTree
    readers: ClassVar[Readers] = {"tree": MergeTree.from_json}

    def title(self, work: Workspace) -> str:
        known = LINKAGES.get(self.linkage)
        return f"merge tree by {self.linkage if known is None else known.title}"

    def change(self, partition: Partition) -> Partition:
        try:
            return replace(partition, tree=replace(self.tree, linkage=self.linkage))
        except ValueError as error:
            raise UserError(f"This merge tree belongs to other clusters ({error}).") from None
