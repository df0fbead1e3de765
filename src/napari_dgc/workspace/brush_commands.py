"""Commands that correct maps by brush."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from napari_dgc.workspace.command import Command, Readers
from napari_dgc.workspace.corrections import NO_CORRECTIONS, Stroke
from napari_dgc.workspace.state import Workspace, changed


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
