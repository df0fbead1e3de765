"""Vegetation indices of hyperspectral scans: formulas with their sources, and maps of them."""

from napari_dgc.indices.catalogue import GROUPS, INDICES, find_index
from napari_dgc.indices.compute import IndexPlan, bands_for, index_blocks, index_map, why_not
from napari_dgc.indices.index import Index

__all__ = [
    "GROUPS",
    "INDICES",
    "Index",
    "IndexPlan",
    "bands_for",
    "find_index",
    "index_blocks",
    "index_map",
    "why_not",
]
