"""Projects: scans, model, labels and work in one folder, saved, opened and done again."""

from napari_dgc.project.epochs import EpochHistory, EpochRecorder, KeptEpoch, Recommended
from napari_dgc.project.project import Project
from napari_dgc.project.saving import ProjectProgress, Saved, ScanChanged, check_scans
from napari_dgc.project.training import Run, Training

__all__ = [
    "EpochHistory",
    "EpochRecorder",
    "KeptEpoch",
    "Project",
    "ProjectProgress",
    "Recommended",
    "Run",
    "Saved",
    "ScanChanged",
    "Training",
    "check_scans",
]
