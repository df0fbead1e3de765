"""Measurements on classes: severity, areas, spectra, and suggestions of names."""

from napari_dgc.measure.severity import Severity, severity, severity_from_counts

__all__ = ["Severity", "severity", "severity_from_counts"]
