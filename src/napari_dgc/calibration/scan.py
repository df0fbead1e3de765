"""The references of one scan, from files or from a panel in the picture."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_dgc.calibration.calibrate import Calibration
from napari_dgc.calibration.panel import panel_reflectance
from napari_dgc.calibration.recipe import CalibrationOptions, CalibrationRecipe
from napari_dgc.calibration.reference import Rectangle, Reference, measure_reference
from napari_dgc.calibration.saturation import find_ceiling
from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.reflectance import holds_reflectance
from napari_dgc.errors import UserError

#: A panel that reads as its reflectance to within this part, in the median band, is calibrated.
_AS_ITSELF = 0.1


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
        When the references do not fit the scan, or the scan clearly is reflectance already.
    InterruptedError
        When asked to stop.
    """
    options = options or CalibrationOptions()
    recipe = CalibrationRecipe(cube, white, dark, white_dark, options)
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
    panel = panel_reflectance(options.panel, cube)
    _refuse_reflectance(cube, white, panel_reference, panel)
    return Calibration(
        white=panel_reference,
        dark=measured(dark),
        white_dark=measured(white_dark),
        panel=panel,
        exposure_ms=options.exposure_ms,
        ceiling=ceiling,
        dead=options.dead,
        clip=options.clip,
        recipe=recipe,
    )


def _refuse_reflectance(
    cube: HyperCube, white: HyperCube, reference: Reference, panel: float | NDArray[np.float64]
) -> None:
    """Refuse a scan that is reflectance already.

    Radiance and counts as a fraction of the sensor's range lie between 0 and 1 as well. Their
    panel has the same unit, and does not read as its own reflectance.
    """
    if reference.n_bands != cube.n_bands or not holds_reflectance(cube):
        return
    if white is cube or holds_reflectance(white):
        off = np.abs(reference.counts.mean(axis=1) / panel - 1)
        off = off[np.isfinite(off)]
        if not off.size or np.median(off) > _AS_ITSELF:
            return
        why = "the white panel reads as its own reflectance"
    else:
        why = f"its values lie between about 0 and 1, those of {white.name} do not"
    raise UserError(
        f"{cube.name} already is reflectance ({why}); use it as it is, or choose the scan in "
        f"counts."
    )
