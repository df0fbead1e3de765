"""Comparison of label maps with ground truth: matching, figures, reports, spatial pattern."""

from napari_dgc.evaluation.assess import (
    Assessed,
    Assessing,
    Assessment,
    AssessSetup,
    assess,
)
from napari_dgc.evaluation.matching import hungarian, majority, pair_table
from napari_dgc.evaluation.present import format_table, to_json
from napari_dgc.evaluation.report import Report, Scan, evaluate
from napari_dgc.evaluation.spatial import speckle, stripes

__all__ = [
    "AssessSetup",
    "Assessed",
    "Assessing",
    "Assessment",
    "Report",
    "Scan",
    "assess",
    "evaluate",
    "format_table",
    "hungarian",
    "majority",
    "pair_table",
    "speckle",
    "stripes",
    "to_json",
]
