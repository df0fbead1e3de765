"""Counts to reflectance with a white and a dark reference.

For each band and each column of a push-broom camera

    R = (S - D) / (W - D_w) * (t_w / t_s) * P

with the counts S of the scan, W of a white panel and D, D_w of the closed shutter, each
reference averaged over its lines, the integration times t_s of the scan and t_w of the
white reference, and the reflectance P of the panel. The two-point form is that of Geladi,
Burger & Lestander 2004 (doi:10.1016/j.chemolab.2004.01.023). The ratio of the integration
times follows from the linear camera model of EMVA standard 1288: without the dark signal,
counts are proportional to the time. The dark signal itself has a part that does not grow
with the time, so it is never scaled: each dark reference should be taken with the
integration time of the scan it is subtracted from (`dark` for the scan, `white_dark` for
the white reference). P makes the ratio a reflectance factor of the sample (Schaepman-Strub
et al. 2006, doi:10.1016/j.rse.2006.03.002).

Reflectance is a fraction: 1 is all light that a perfect diffuser would send back. Glints
and leaves in front of the panel give more than 1, and noise in the dark less than 0; both
are kept unless clipping is asked for. There are no data where the sensor was saturated.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_dgc.calibration.recipe import CalibrationRecipe, DeadPixels
from napari_dgc.calibration.reference import Reference, stored_as_read
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.camera_references import CAN_BE_CALIBRATED
from napari_dgc.cubes.centres import same_centres
from napari_dgc.cubes.derived import DerivedArray
from napari_dgc.cubes.windowed import Span
from napari_dgc.errors import UserError

#: A detector pixel is dead when the panel gives less than this part of the band's median.
_DEAD = 0.05
#: So many dead columns side by side are interpolated; wider gaps have no data.
WIDEST_GAP = 3
#: A band with more dead columns than this part of all is left out as a whole.
DEAD_BAND = 0.5


@dataclass(frozen=True, eq=False)
class Calibration:
    """How the counts of scans become reflectance; see the module for the formula.

    Parameters
    ----------
    white
        The panel. Its integration time is `Reference.exposure_ms`.
    dark
        The closed shutter, with the integration time of the scans; None subtracts nothing.
    white_dark
        The closed shutter with the integration time of the white reference, where it
        differs; `dark` when None.
    panel
        Reflectance of the panel as a fraction: one number, or (bands,).
    exposure_ms
        Integration time of the scans in milliseconds; the one each scan tells when None.
    ceiling
        Stored value at which the sensor saturates (see `find_ceiling`): such samples have
        no data. None: no sample is saturated.
    dead
        What becomes of detector pixels (one band of one column) that hardly see the panel
        (less than 5 % of the band's median signal, or less than the noise of a dark line) or
        saturate on it. ``"interpolate"``: linear between the nearest columns of the same band
        and line, over gaps of at most `WIDEST_GAP` columns; at the rim, and in wider gaps,
        there are no data. ``"no-data"``: no data at all of them. A band of which most columns
        are dead is added to the bad bands in either case.
    clip
        Cut reflectance off below 0 and above 1.
    recipe
        What it was made of; calibrated scans know it.
    """

    white: Reference
    dark: Reference | None = None
    white_dark: Reference | None = None
    panel: float | NDArray[np.float64] = 1.0
    exposure_ms: float | None = None
    ceiling: float | None = None
    dead: DeadPixels = "interpolate"
    clip: bool = False
    recipe: CalibrationRecipe | None = None

    def apply(self, cube: HyperCube) -> HyperCube:
        """Return the scan as reflectance, computed when and where it is looked at.

        Parameters
        ----------
        cube
            The scan, in counts.

        Returns
        -------
        HyperCube
            float32, missing samples NaN; `notes` say what was found.

        Raises
        ------
        UserError
            When the references do not fit the scan.
        """
        self._check(cube)
        notes: list[str] = []
        dark = _counts(self.dark)
        signal, dead = self.detector(cube.n_bands)
        dead_bands = dead.mean(axis=1) > DEAD_BAND
        if dead_bands.all():
            raise UserError(
                f"The white reference {self.white.name} is hardly brighter than the dark one or "
                f"is saturated in every band; check that the two are not mixed up."
            )
        factor = np.full(signal.shape, np.nan)
        panel = np.broadcast_to(np.asarray(self.panel, np.float64), cube.n_bands)
        np.divide(panel[:, None], signal, out=factor, where=~dead)
        factor *= self._exposure_ratio(cube, notes)
        notes += self._found(cube, dead, dead_bands)
        bridge = None
        if self.dead == "interpolate" and signal.shape[1] > 1:
            bridge = _Bridge.over(dead & ~dead_bands[:, None])
        window = _Window(
            cube,
            dark.astype(np.float32),
            factor.astype(np.float32),
            stored_as_read(cube, self.ceiling),
            bridge,
            self.clip,
        )
        before = [note for note in cube.notes if not note.startswith(CAN_BE_CALIBRATED)]
        bad = tuple(sorted({*cube.bad_bands, *(int(b) for b in np.flatnonzero(dead_bands))}))
        return replace(
            cube,
            data=DerivedArray(window.read, (cube.n_bands, cube.rows, cube.columns)),
            format=f"reflectance computed from {cube.format}",
            layout="band-row-column",
            no_data=None,
            bad_bands=bad if len(bad) < cube.n_bands else cube.bad_bands,
            scale=1.0,
            gains=None,
            offsets=None,
            exposure_ms=None,
            references=None,
            calibration=None if self.recipe is None else replace(self.recipe, counts=cube),
            notes=(*before, *notes),
        )

    def detector(self, bands: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return what each detector pixel sees of the panel, and which cannot be calibrated.

        Parameters
        ----------
        bands
            Bands of the scans.

        Returns
        -------
        signal, dead
            (bands, columns) each, or (bands, 1) where one value holds for all columns: counts
            of the panel without the dark signal, and whether that is too little or saturated.
        """
        white_dark = _counts(self.dark if self.white_dark is None else self.white_dark)
        columns = max(self.white.columns, np.shape(white_dark)[1])
        signal = np.broadcast_to(self.white.counts - white_dark, (bands, columns))
        return signal, self._dead_pixels(signal)

    def _check(self, cube: HyperCube) -> None:
        parts = {"white": self.white, "dark": self.dark, "white's dark": self.white_dark}
        for what, reference in parts.items():
            if reference is None:
                continue
            if reference.n_bands != cube.n_bands:
                raise UserError(
                    f"The {what} reference {reference.name} has {reference.n_bands} bands and the "
                    f"scan {cube.name} has {cube.n_bands}; choose references of the same camera "
                    f"settings."
                )
            centres = cube.wavelengths_nm
            if (
                centres is not None
                and reference.wavelengths_nm is not None
                and not same_centres(centres, reference.wavelengths_nm)
            ):
                raise UserError(
                    f"The {what} reference {reference.name} has other wavelengths than the scan "
                    f"{cube.name}; choose references of the same camera settings."
                )
            if reference.columns not in (1, cube.columns):
                raise UserError(
                    f"The {what} reference {reference.name} has {reference.columns} columns and "
                    f"the scan {cube.name} has {cube.columns}; choose references of the same "
                    f"camera settings, or a rectangle of the panel."
                )
        panel = np.asarray(self.panel, np.float64)
        if panel.shape not in ((), (cube.n_bands,)):
            raise UserError(
                f"The panel's reflectance has {panel.size} values and the scan {cube.name} has "
                f"{cube.n_bands} bands; give one number, or one per band."
            )
        if not (np.isfinite(panel).all() and panel.min() > 0):
            raise UserError("The panel's reflectance must be above 0; 99 % is 0.99.")

    def _dead_pixels(self, signal: NDArray[np.float64]) -> NDArray[np.bool_]:
        """Tell detector pixels that cannot be calibrated, (bands, columns)."""
        noise = np.zeros(len(signal)) if self.dark is None else self.dark.noise
        known = np.where(np.isfinite(signal), signal, 0.0)
        least = np.maximum(_DEAD * np.median(known, axis=1), noise)
        # An empty band has no noise either: no signal at all is dead too.
        return (known <= np.maximum(least, 0.0)[:, None]) | self.white.saturated

    def _exposure_ratio(self, cube: HyperCube, notes: list[str]) -> float:
        scan = cube.exposure_ms if self.exposure_ms is None else self.exposure_ms
        white = self.white.exposure_ms
        if scan is not None and not scan > 0:
            raise UserError(f"The integration time of {cube.name} is {scan:g} ms, not above 0.")
        if white is not None and not white > 0:
            raise UserError(
                f"The integration time of {self.white.name} is {white:g} ms, not above 0."
            )
        for dark, of, wanted in ((self.dark, "scan", scan), (self.white_dark, "white", white)):
            taken = None if dark is None else dark.exposure_ms
            if taken is not None and wanted is not None and not np.isclose(taken, wanted):
                notes.append(
                    f"The dark reference was taken with {taken:g} ms and the {of} with "
                    f"{wanted:g} ms; it is subtracted as it is."
                )
        if scan is None or white is None:
            if scan is not white:
                which = "scan" if scan is None else "white reference"
                notes.append(
                    f"The integration time of the {which} is unknown and taken to be the same."
                )
            elif scan is None and self.white.name != cube.name:  # else they are one scan
                notes.append(
                    "The integration times of scan and white reference are unknown and taken to "
                    "be the same."
                )
            return 1.0
        if np.isclose(scan, white):
            return 1.0
        notes.append(
            f"Integration times of scan ({scan:g} ms) and white reference ({white:g} ms) differ; "
            f"counts are scaled by their ratio."
        )
        return white / scan

    def _found(
        self, cube: HyperCube, dead: NDArray[np.bool_], dead_bands: NDArray[np.bool_]
    ) -> list[str]:
        """Say what the reflectance lacks, and why."""
        found = []
        stored = cube.data.dtype
        highest = np.iinfo(stored).max if stored.kind in "ui" else np.inf
        if self.ceiling is not None and self.ceiling < highest:
            found.append(
                f"Counts from {self.ceiling:g} on are saturated: there are no data where it is "
                f"that bright."
            )
        if self.dark is None:
            found.append("There is no dark reference; nothing is subtracted.")
        if dead_bands.any():
            found.append(
                f"{int(dead_bands.sum())} bands hardly see the white panel, or are saturated on "
                f"it, and are left out."
            )
        pixels = int(dead[~dead_bands].sum())
        if pixels:
            fate = "interpolated" if self.dead == "interpolate" else "left without data"
            found.append(
                f"{pixels} detector pixels (band and column) are dead or saturated on the white "
                f"panel; they are {fate}."
            )
        return found


def _counts(reference: Reference | None) -> NDArray[np.float64]:
    return np.zeros((1, 1)) if reference is None else reference.counts


@dataclass(frozen=True, eq=False)
class _Bridge:
    """Where dead detector pixels are, and what they are interpolated from.

    (bands, columns) each: whether there is something to fill in, the nearest living columns
    to the left and right, and the weight of the right one.
    """

    fill: NDArray[np.bool_]
    left: NDArray[np.intp]
    right: NDArray[np.intp]
    weight: NDArray[np.float32]

    @classmethod
    def over(cls, dead: NDArray[np.bool_]) -> "_Bridge | None":
        """Bridge gaps that are narrow enough; None when there is nothing to fill in."""
        columns = np.arange(dead.shape[1])
        left = np.maximum.accumulate(np.where(dead, -1, columns), axis=1)
        after = np.where(dead, dead.shape[1], columns)[:, ::-1]
        right = np.minimum.accumulate(after, axis=1)[:, ::-1]
        fill = dead & (left >= 0) & (right < dead.shape[1]) & (right - left - 1 <= WIDEST_GAP)
        if not fill.any():
            return None
        weight = ((columns - left) / np.maximum(right - left, 1)).astype(np.float32)
        return cls(fill, left, right, weight)


@dataclass(frozen=True, eq=False)
class _Window:
    """Computes windows of reflectance."""

    cube: HyperCube
    dark: NDArray[np.float32]
    factor: NDArray[np.float32]
    ceiling: NDArray[np.float32] | None
    bridge: _Bridge | None
    clip: bool

    def read(self, bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return (bands, rows, columns)."""
        bridge = self.bridge
        if bridge is None or not bridge.fill[bands][:, columns].any():
            window = self._divided(bands, rows, columns)
        else:
            first = max(columns.start - WIDEST_GAP, 0)
            wide = slice(first, min(columns.stop + WIDEST_GAP, self.cube.columns))
            window = self._divided(bands, rows, wide)
            band, column = np.nonzero(bridge.fill[bands][:, wide])
            place = (band, column + first)
            left, right, weight = (
                part[bands][place] for part in (bridge.left, bridge.right, bridge.weight)
            )
            # Pixels added at the rim of the window may lack their neighbours: not asked for.
            inside = (left >= first) & (right < wide.stop)
            band, column, left, right, weight = (
                part[inside] for part in (band, column, left - first, right - first, weight)
            )
            share = weight[:, None]
            window[band, :, column] = (1 - share) * window[band, :, left] + share * window[
                band, :, right
            ]
            window = window[:, :, columns.start - first : columns.stop - first : columns.step]
        return np.clip(window, 0, 1) if self.clip else window

    def _divided(self, bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
        window = self.cube.read(rows, columns, bands)
        if self.ceiling is not None:
            window[window >= self.ceiling[bands]] = np.nan
        window -= _part(self.dark, bands, columns)[:, None]
        window *= _part(self.factor, bands, columns)[:, None]
        return window


def _part(table: NDArray[np.float32], bands: Span, columns: slice) -> NDArray[np.float32]:
    """Cut a (bands or 1, columns or 1) table."""
    if len(table) > 1:
        table = table[bands]
    return table[:, columns] if table.shape[1] > 1 else table
