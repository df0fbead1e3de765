"""Clustering methods behind one interface, and the events of a training run."""

from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.registry import DEFAULT_METHOD, get_method, method_names

__all__ = ["DEFAULT_METHOD", "Clusterer", "get_method", "method_names"]
