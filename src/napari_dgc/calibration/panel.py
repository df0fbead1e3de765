"""What part of the light a white panel sends back."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

#: A panel reflects at most a little more than a perfect diffuser; more is meant in percent.
_HIGHEST = 1.2
_LARGEST_FILE = 2**20


def panel_reflectance(panel: float | Path, cube: HyperCube) -> float | NDArray[np.float64]:
    """Return the panel's reflectance for the bands of a scan.

    Parameters
    ----------
    panel
        One fraction for all bands, or a text file with two columns: wavelength in nanometres
        and reflectance as a fraction, between commas, semicolons, tabs or blanks; lines that
        do not begin with a number are skipped.
    cube
        The scan.

    Returns
    -------
    float or ndarray
        The fraction, or (bands,) interpolated linearly; beyond the ends of the file its
        first or last value holds.

    Raises
    ------
    UserError
        When it is no fraction, the file cannot be read, or the scan's wavelengths are unknown.
    """
    if isinstance(panel, Path):
        wavelengths, values = _read_table(panel)
        centres = cube.wavelengths_nm
        if centres is None:
            raise UserError(
                f"The wavelengths of {cube.name} are unknown, so that {panel} cannot be matched "
                f"to its bands; give the wavelengths, or one number for the panel."
            )
        return np.interp(centres, wavelengths, values)
    _check(np.array([panel]), f"{panel:g}")
    return panel


def _check(values: NDArray[np.float64], what: str) -> None:
    if not (np.isfinite(values).all() and values.min() > 0 and values.max() <= _HIGHEST):
        raise UserError(
            f"The panel's reflectance ({what}) must be a fraction above 0 and at most {_HIGHEST}; "
            f"99 % is 0.99."
        )


def _read_table(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise UserError(f"{path} is too large for a table of panel reflectance.")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise UserError(f"The panel file {path} cannot be read: {reason}.") from None
    rows = []
    for line in text.splitlines():
        parts = line.replace(",", " ").replace(";", " ").split()
        try:
            numbers = [float(part) for part in parts[:2]]
        except ValueError:
            continue
        if len(numbers) == 2:
            rows.append(numbers)
    if not rows:
        raise UserError(
            f"{path} holds no table; give two columns, wavelength in nanometres and reflectance."
        )
    table = np.array(rows)
    table = table[np.argsort(table[:, 0], kind="stable")]
    if not (np.isfinite(table).all() and table[0, 0] > 0):
        raise UserError(f"The wavelengths in {path} must be numbers above 0, in nanometres.")
    _check(table[:, 1], str(path))
    return table[:, 0], table[:, 1]
