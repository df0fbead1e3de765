"""From counts to reflectance: white and dark references of a scan."""

from napari_dgc.calibration.calibrate import Calibration
from napari_dgc.calibration.flagged import Flagged, count_flagged, doubts, percent
from napari_dgc.calibration.integers import as_integers
from napari_dgc.calibration.recipe import CalibrationOptions, CalibrationRecipe
from napari_dgc.calibration.reference import Rectangle, Reference, measure_reference
from napari_dgc.calibration.saturation import find_ceiling
from napari_dgc.calibration.scan import calibration_for

__all__ = [
    "Calibration",
    "CalibrationOptions",
    "CalibrationRecipe",
    "Flagged",
    "Rectangle",
    "Reference",
    "as_integers",
    "calibration_for",
    "count_flagged",
    "doubts",
    "find_ceiling",
    "measure_reference",
    "percent",
]
