"""The references of one scan, from files or from a panel in the picture."""

from dataclasses import dataclass, replace
from pathlib import Path

from napari_dgc.calibration.calibrate import Calibration, DeadPixels
from napari_dgc.calibration.panel import panel_reflectance
from napari_dgc.calibration.reference import Rectangle, Reference, measure_reference
from napari_dgc.calibration.saturation import find_ceiling
from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError


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


def calibration_for(
    cube: HyperCube,
    white: HyperCube,
    dark: HyperCube | None = None,
    white_dark: HyperCube | None = None,
    options: CalibrationOptions | None = None,
    *,
    token: CancelToken | None = None,
) -> Calibration:
    """Read the references of a scan, ready to be applied to it.

    Parameters
    ----------
    cube
        The scan, in counts.
    white
        Scan of the white panel, or a scan with the panel in the picture (also `cube` itself).
    dark, white_dark
        Scans with the shutter closed, with the integration times of `cube` and of `white`.
    options
        See `CalibrationOptions`.
    token
        Asks for a stop.

    Raises
    ------
    UserError
        When the references do not fit the scan.
    InterruptedError
        When asked to stop.
    """
    options = options or CalibrationOptions()
    if white is cube and options.rectangle is None:
        raise UserError(
            f"{cube.name} cannot be its own white reference; say where the white panel lies in it."
        )
    white_exposure = options.white_exposure_ms
    if white is cube and white_exposure is None:
        white_exposure = options.exposure_ms
    if white_exposure is not None:
        white = replace(white, exposure_ms=white_exposure)
    ceiling = options.saturation
    if ceiling is None:
        # One sensor took both: what piles up in one is the limit of the other.
        found = [find_ceiling(scan) for scan in (cube, white)]
        ceiling = min((value for value in found if value is not None), default=None)

    def measured(scan: HyperCube | None, rectangle: Rectangle | None = None) -> Reference | None:
        if scan is None:
            return None
        return measure_reference(scan, rectangle, ceiling=ceiling, token=token)

    panel_reference = measured(white, options.rectangle)
    assert panel_reference is not None
    return Calibration(
        white=panel_reference,
        dark=measured(dark),
        white_dark=measured(white_dark),
        panel=panel_reflectance(options.panel, cube),
        exposure_ms=options.exposure_ms,
        ceiling=ceiling,
        dead=options.dead,
        clip=options.clip,
    )
