"""All that a user has done to the labels of some scans: one value, with undo, redo and replay."""

from napari_dgc.workspace.commands import Command
from napari_dgc.workspace.corrections import CorrectedMap, Corrections, Stroke
from napari_dgc.workspace.history import History
from napari_dgc.workspace.several import Several
from napari_dgc.workspace.state import Workspace

__all__ = [
    "Command",
    "CorrectedMap",
    "Corrections",
    "History",
    "Several",
    "Stroke",
    "Workspace",
]
