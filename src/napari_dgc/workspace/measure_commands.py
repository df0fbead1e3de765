"""Commands that change what is measured: lesions, names, leaves, details of scans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.leaves import LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.partition.template import NameTemplate
from napari_dgc.workspace.command import Command, Readers
from napari_dgc.workspace.state import Workspace, changed


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
