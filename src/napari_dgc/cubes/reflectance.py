"""Whether the samples of a cube are reflectance or raw counts."""

from collections.abc import Sequence

import numpy as np

from napari_dgc.cubes.cube import HyperCube

#: Reflectance beyond this is a glint; where more than a few samples exceed it, they are counts.
_HIGHEST = 2.0
#: Derivatives and standardised spectra are negative in a large part, reflectance by noise only.
_NEGATIVE = 0.1
_ROWS, _COLUMNS, _BANDS = 24, 64, 16
#: What scans hold, see `units_of`.
REFLECTANCE, OTHER, MIXED = "reflectance", "other", "mixed"


def mixed_units(cubes: Sequence[HyperCube]) -> str | None:
    """Return a sentence where some scans hold reflectance and others do not, else None.

    Parameters
    ----------
    cubes
        Scans that are used together.
    """
    other = [cube.name for cube in cubes if not holds_reflectance(cube)]
    if len(other) in (0, len(cubes)):
        return None
    and_more = f" and {len(other) - 1} more" if len(other) > 1 else ""
    return (
        f"{other[0]}{and_more} of {len(cubes)} scans do not hold reflectance and the others do: "
        "clusters will follow that; calibrate them first, or train on scans of one kind."
    )


def units_of(cubes: Sequence[HyperCube]) -> str:
    """Return what scans hold: `REFLECTANCE`, `OTHER` (counts, radiance …) or `MIXED`."""
    found = {holds_reflectance(cube) for cube in cubes}
    if len(found) > 1:
        return MIXED
    return REFLECTANCE if True in found else OTHER


def other_units(units: str | None, cubes: Sequence[HyperCube]) -> str | None:
    """Return a sentence where scans hold other units than those a model was trained on.

    Parameters
    ----------
    units
        What `units_of` said of the training scans; None where that is not known.
    cubes
        Scans that the model is to label.
    """
    if units not in (REFLECTANCE, OTHER):
        return None
    wrong = [cube.name for cube in cubes if holds_reflectance(cube) != (units == REFLECTANCE)]
    if not wrong:
        return None
    who, one = wrong[0], len(wrong) == 1
    if not one:
        who += f" and {len(wrong) - 1} more" + (
            f" of {len(cubes)} scans" if len(wrong) < len(cubes) else ""
        )
    if units == REFLECTANCE:
        return (
            f"{who} {'does' if one else 'do'} not hold reflectance, and the model was trained on "
            "reflectance: its labels will not fit; calibrate first."
        )
    return (
        f"{who} {'holds' if one else 'hold'} reflectance, and the model was trained on scans that "
        "do not: its labels will not fit; label scans of that kind, or train on calibrated ones."
    )


def holds_reflectance(cube: HyperCube) -> bool:
    """Tell whether samples look like reflectance as a fraction, about 0 to 1.

    Integers that the file gives no scale for are counts. All else is judged by
    a few thousand samples, as no file says reliably what it holds: reflectance
    in per cent, radiance, derivatives and standardised spectra are not.

    Parameters
    ----------
    cube
        The scan; some rows of it are read.
    """
    scaled = cube.scale != 1 or cube.gains is not None
    if cube.data.dtype.kind in "iub" and not scaled:
        return False
    good = cube.good_bands if len(cube.good_bands) else np.arange(cube.n_bands)
    bands = good[np.linspace(0, len(good) - 1, min(_BANDS, len(good))).astype(int)]
    rows = slice(None, None, max(1, cube.rows // _ROWS))
    columns = slice(None, None, max(1, cube.columns // _COLUMNS))
    sample = cube.read(rows, columns, bands)
    sample = sample[np.isfinite(sample)]
    if not sample.size or not sample.any():
        return False
    return bool(np.percentile(sample, 98) <= _HIGHEST and (sample < 0).mean() <= _NEGATIVE)
