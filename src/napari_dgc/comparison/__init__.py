"""Several methods, models and label maps side by side on the same scans."""

from napari_dgc.comparison.compare import compare
from napari_dgc.comparison.contenders import (
    Contender,
    LabelMaps,
    NewModel,
    SavedModel,
    told_apart,
)
from napari_dgc.comparison.events import (
    ComparisonEvent,
    ComparisonFinished,
    ComparisonStarted,
    ContenderFailed,
    ContenderReady,
    MapReady,
    ScanCompared,
)
from napari_dgc.comparison.result import Agreement, Comparison, ScanAgreement, TruthScores

__all__ = [
    "Agreement",
    "Comparison",
    "ComparisonEvent",
    "ComparisonFinished",
    "ComparisonStarted",
    "Contender",
    "ContenderFailed",
    "ContenderReady",
    "LabelMaps",
    "MapReady",
    "NewModel",
    "SavedModel",
    "ScanAgreement",
    "ScanCompared",
    "TruthScores",
    "compare",
    "told_apart",
]
