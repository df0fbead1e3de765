"""Comparison of label maps with ground truth: matching, figures, reports, spatial pattern."""

from napari_dgc.evaluation.matching import hungarian, majority, pair_table
from napari_dgc.evaluation.present import format_table, to_json
from napari_dgc.evaluation.report import Report, Scan, evaluate
from napari_dgc.evaluation.spatial import speckle, stripes

__all__ = [
    "Report",
    "Scan",
    "evaluate",
    "format_table",
    "hungarian",
    "majority",
    "pair_table",
    "speckle",
    "stripes",
    "to_json",
]
