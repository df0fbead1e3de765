"""What can be done to a workspace: each a value that is applied, saved and replayed."""

from napari_dgc.workspace.brush_commands import ForgetPainting, PaintClasses, PaintLesions
from napari_dgc.workspace.class_commands import (
    CutTree,
    JoinNamed,
    MergeClasses,
    MoveClusters,
    NameClasses,
    NoteClass,
    RecolourClass,
    SetClasses,
    SetTree,
    SplitClasses,
    SplitInTwo,
)
from napari_dgc.workspace.command import COMMANDS, Command, Readers
from napari_dgc.workspace.measure_commands import DescribeScan, EditLeaves, SetMask, SetTemplate

__all__ = [
    "COMMANDS",
    "Command",
    "CutTree",
    "DescribeScan",
    "EditLeaves",
    "ForgetPainting",
    "JoinNamed",
    "MergeClasses",
    "MoveClusters",
    "NameClasses",
    "NoteClass",
    "PaintClasses",
    "PaintLesions",
    "Readers",
    "RecolourClass",
    "SetClasses",
    "SetMask",
    "SetTemplate",
    "SetTree",
    "SplitClasses",
    "SplitInTwo",
]
