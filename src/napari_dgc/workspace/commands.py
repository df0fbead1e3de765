"""What can be done to a workspace: each a value that is applied, saved and replayed."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from napari_dgc.errors import UserError
from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.leaves import LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.partition import ClassInfo, MergeTree, Partition
from napari_dgc.partition.template import NameTemplate
from napari_dgc.partition.tree import LINKAGES
from napari_dgc.workspace.command import COMMANDS as COMMANDS
from napari_dgc.workspace.command import Command as Command
from napari_dgc.workspace.command import Readers as Readers
from napari_dgc.workspace.command import whole_number, whole_numbers
from napari_dgc.workspace.corrections import NO_CORRECTIONS, Stroke
from napari_dgc.workspace.state import Workspace, changed


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


@dataclass(frozen=True)
class PaintClasses(Command, kind="paint classes"):
    """Correct the fine label map of a scan by brush; values are fine clusters."""

    scan: str
    stroke: Stroke
    readers: ClassVar[Readers] = {"stroke": Stroke.from_json}

    def title(self, work: Workspace) -> str:
        return f"correct {self.scan} by brush"

    def apply(self, work: Workspace) -> Workspace:
        painted = work.painted_classes(self.scan).add(self.stroke)
        return replace(
            work,
            classes_painted=changed(work.classes_painted, self.scan, painted, NO_CORRECTIONS),
        )

    def join(self, earlier: Command) -> Command | None:
        if isinstance(earlier, PaintClasses) and earlier.scan == self.scan:
            return PaintClasses(self.scan, self.stroke.over(earlier.stroke))
        return None


@dataclass(frozen=True)
class PaintLesions(Command, kind="paint lesions"):
    """Correct the lesion mask of a scan by brush."""

    scan: str
    stroke: Stroke
    readers: ClassVar[Readers] = {"stroke": Stroke.from_json}

    def title(self, work: Workspace) -> str:
        return f"correct the lesions of {self.scan} by brush"

    def apply(self, work: Workspace) -> Workspace:
        painted = work.painted_lesions(self.scan).add(self.stroke)
        return replace(
            work,
            lesions_painted=changed(work.lesions_painted, self.scan, painted, NO_CORRECTIONS),
        )

    def join(self, earlier: Command) -> Command | None:
        if isinstance(earlier, PaintLesions) and earlier.scan == self.scan:
            return PaintLesions(self.scan, self.stroke.over(earlier.stroke))
        return None


@dataclass(frozen=True)
class ForgetPainting(Command, kind="forget painting"):
    """Take all brush corrections of a scan back."""

    scan: str

    def title(self, work: Workspace) -> str:
        return f"take all corrections of {self.scan} back"

    def apply(self, work: Workspace) -> Workspace:
        return replace(
            work,
            classes_painted=changed(
                work.classes_painted, self.scan, NO_CORRECTIONS, NO_CORRECTIONS
            ),
            lesions_painted=changed(
                work.lesions_painted, self.scan, NO_CORRECTIONS, NO_CORRECTIONS
            ),
        )


@dataclass(frozen=True)
class SetMask(Command, kind="lesion mask"):
    """Make lesions of classes in another way."""

    masks: MaskSettings
    readers: ClassVar[Readers] = {"masks": MaskSettings.from_json}

    def title(self, work: Workspace) -> str:
        return "change how lesions are made"

    def apply(self, work: Workspace) -> Workspace:
        return replace(work, masks=self.masks)


@dataclass(frozen=True)
class SetTemplate(Command, kind="template"):
    """Use another template of names; lesions are made of the names that it calls diseased.

    Where the user chose by hand of which names lesions are made, that choice stays.
    """

    template: NameTemplate
    readers: ClassVar[Readers] = {"template": NameTemplate.from_json}

    def title(self, work: Workspace) -> str:
        return f"names of “{self.template.title}”"

    def apply(self, work: Workspace) -> Workspace:
        masks, before = work.masks, work.template.diseased
        if {name.casefold() for name in masks.names} == {name.casefold() for name in before}:
            masks = replace(masks, names=tuple(sorted(self.template.diseased)))
        return replace(work, template=self.template, masks=masks)


@dataclass(frozen=True)
class EditLeaves(Command, kind="leaves"):
    """Split and join leaves of a scan by hand."""

    scan: str
    edits: LeafEdits
    readers: ClassVar[Readers] = {"edits": LeafEdits.from_json}

    def title(self, work: Workspace) -> str:
        return f"split or join leaves of {self.scan}"

    def apply(self, work: Workspace) -> Workspace:
        return replace(work, leaves=changed(work.leaves, self.scan, self.edits, LeafEdits()))


@dataclass(frozen=True)
class DescribeScan(Command, kind="details"):
    """Say what is known about a scan: plant, treatment, date, pixel size."""

    details: ScanDetails
    readers: ClassVar[Readers] = {"details": ScanDetails.from_json}

    def title(self, work: Workspace) -> str:
        return f"details of {self.details.scan}"

    def apply(self, work: Workspace) -> Workspace:
        scan = self.details.scan
        return replace(work, details=changed(work.details, scan, self.details, ScanDetails(scan)))

    def join(self, earlier: Command) -> Command | None:
        same = isinstance(earlier, DescribeScan) and earlier.details.scan == self.details.scan
        return self if same else None
