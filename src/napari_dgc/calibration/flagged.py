"""How much of a scan cannot be calibrated as measured: saturated samples, dead detector pixels."""

from dataclasses import dataclass

import numpy as np

from napari_dgc.calibration.calibrate import DEAD_BAND, Calibration
from napari_dgc.calibration.saturation import sampled_lines
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.reflectance import holds_reflectance


@dataclass(frozen=True)
class Flagged:
    """Counts for one scan.

    Parameters
    ----------
    saturated, saturated_pixels
        Part of the samples that are saturated, and of the pixels with such a sample in any
        band, 0 to 1, in the bands that are used. Of large scans some lines are looked at.
    dead
        Detector pixels (band and column) that are dead, or saturated on the panel, in the
        bands that are used.
    bands
        Bands left out as most of their detector pixels are dead.
    """

    saturated: float
    saturated_pixels: float
    dead: int
    bands: int


def count_flagged(calibration: Calibration, cube: HyperCube) -> Flagged:
    """Count what is saturated and dead.

    Parameters
    ----------
    calibration
        References that fit the scan (see `Calibration.apply`).
    cube
        The scan, in counts.
    """
    _, dead = calibration.detector(cube.n_bands)
    dead_bands = dead.mean(axis=1) > DEAD_BAND
    samples = pixels = 0.0
    if calibration.ceiling is not None and np.isfinite(calibration.ceiling):
        used = ~dead_bands
        used[list(cube.bad_bands)] = False
        lines = sampled_lines(cube)
        bright = lines[used] >= calibration.ceiling
        if cube.no_data is not None:
            bright &= lines[used] != cube.no_data
        if bright.size:
            samples, pixels = float(bright.mean()), float(bright.any(axis=0).mean())
    # One value for all columns stands for as many detector pixels.
    width = 1 if dead.shape[1] > 1 else cube.columns
    return Flagged(
        samples, pixels, int(dead[~dead_bands].sum()) * width, int(np.count_nonzero(dead_bands))
    )


def doubts(cube: HyperCube, flagged: Flagged) -> tuple[str, ...]:
    """Say what should be looked at before the result is trusted, one sentence each."""
    found = []
    if holds_reflectance(cube):
        found.append(
            f"{cube.name} seems to hold reflectance already, not counts: its values lie between "
            f"about 0 and 1."
        )
    if flagged.saturated > 0:
        found.append(
            f"About {percent(flagged.saturated)} of the samples are saturated, in "
            f"{percent(flagged.saturated_pixels)} of the pixels."
        )
    return tuple(found)


def percent(part: float) -> str:
    """Write a part of 1 with two digits, never 0 for what is there."""
    if 0 < part < 0.0001:
        return "less than 0.01 %"
    return f"{100 * part:.2g} %" if part < 0.995 else f"{100 * part:.0f} %"
