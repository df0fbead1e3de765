"""What calibrated scans are made of, beside the samples."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from napari_dgc.calibration.reference import Rectangle
from napari_dgc.cubes import HyperCube

DeadPixels = Literal["interpolate", "no-data"]


@dataclass(frozen=True)
class CalibrationOptions:
    """What the files do not tell.

    Parameters
    ----------
    rectangle
        Where the panel lies on the white scan; all of it when None.
    panel
        Reflectance of the panel, see `panel_reflectance`.
    exposure_ms, white_exposure_ms
        Integration times in milliseconds in place of those in the headers.
    saturation
        Stored value at which the sensor saturates; None: found by `find_ceiling` on scan and
        white reference; infinity: never.
    dead, clip
        See `Calibration`.
    """

    rectangle: Rectangle | None = None
    panel: float | Path = 1.0
    exposure_ms: float | None = None
    white_exposure_ms: float | None = None
    saturation: float | None = None
    dead: DeadPixels = "interpolate"
    clip: bool = False


@dataclass(frozen=True, eq=False)
class CalibrationRecipe:
    """What a calibrated scan was made of, so that it can be made again.

    Parameters
    ----------
    counts
        The scan, in counts.
    white
        Scan of the white panel; `counts` itself where the panel is in the picture.
    dark, white_dark
        Scans with the shutter closed, or None.
    options
        What the files do not tell.
    """

    counts: HyperCube
    white: HyperCube
    dark: HyperCube | None
    white_dark: HyperCube | None
    options: CalibrationOptions
