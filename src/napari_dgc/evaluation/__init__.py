"""Comparison of label maps with ground truth: matching, figures, reports."""

from napari_dgc.evaluation.matching import hungarian, majority, pair_table
from napari_dgc.evaluation.present import format_table, to_json
from napari_dgc.evaluation.report import Report, Scan, evaluate

__all__ = [
    "Report",
    "Scan",
    "evaluate",
    "format_table",
    "hungarian",
    "majority",
    "pair_table",
    "to_json",
]
