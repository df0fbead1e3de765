"""From counts to reflectance: white and dark references of a scan."""

from napari_dgc.calibration.calibrate import Calibration
from napari_dgc.calibration.reference import Rectangle, Reference, measure_reference
from napari_dgc.calibration.saturation import find_ceiling

__all__ = ["Calibration", "Rectangle", "Reference", "find_ceiling", "measure_reference"]
