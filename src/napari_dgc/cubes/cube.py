"""The hyperspectral cube as the engine sees it: (band, row, column), read by windows."""

from collections.abc import Sized
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.references import References

if TYPE_CHECKING:
    from napari_dgc.calibration.recipe import CalibrationRecipe


class CubeArray(Protocol):
    """Anything that slices like a 3-D array: numpy, memmap, or a lazy file view."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of one sample."""

    def __getitem__(self, key: Any, /) -> Any:
        """Read a part."""


#: Samples of a larger magnitude are no measurements but fill values that nobody declared,
#: such as -3.4e38 (GDAL) or -1.23e34 (USGS); one of them would drown all others.
LARGEST_SAMPLE = 1e30


@dataclass(frozen=True, eq=False)
class HyperCube:
    """A hyperspectral scan and what is known about it.

    Parameters
    ----------
    data
        Samples as stored, axes (band, row, column); may live on disk.
    name
        Stem of the file, used to name results.
    wavelengths
        Centre of each band in `wavelength_unit`, shape (bands,), or None.
    wavelength_unit
        ``"nm"``, ``"um"``, ``"cm-1"`` or None.
    path, format, variable
        Where the cube came from: file, format in words, variable in the file.
    layout
        Order on disk: ``"bsq"``, ``"bil"``, ``"bip"`` for ENVI,
        ``"row-column-band"`` and the like for all others.
    no_data
        Value that marks missing samples, or None. NaN and fill values beyond
        `LARGEST_SAMPLE` are always missing.
    bad_bands
        0-based indices of bands to leave out (header's bbl, or empty bands).
    scale
        Stored samples are divided by this to give reflectance (ENVI
        "reflectance scale factor"); 1 leaves them as they are.
    gains, offsets
        Stored samples are multiplied by the gain and increased by the offset
        of their band before `scale` divides them; shape (bands,), or None
        where they are 1 and 0 (ENVI "data gain values", "data offset values").
    fwhm
        Full width at half maximum of each band in `wavelength_unit`, shape
        (bands,), or None.
    band_names
        Name of each band, or None.
    default_bands
        0-based indices of the bands that the file wants shown as red, green
        and blue, or None.
    exposure_ms
        Integration time in milliseconds, as the camera wrote it, or None.
    pixel_size_mm
        Side of a pixel on the object in millimetres, as the file says, or None.
    references
        White and dark references that lie beside the scan, or None.
    calibration
        What it was computed from, where it is reflectance computed from counts.
    notes
        Decisions taken while opening that the user should see, one sentence each.
    """

    data: CubeArray
    name: str
    wavelengths: NDArray[np.float64] | None = None
    wavelength_unit: str | None = None
    path: Path | None = None
    format: str = "array"
    variable: str | None = None
    layout: str = "band-row-column"
    no_data: float | None = None
    bad_bands: tuple[int, ...] = ()
    scale: float = 1.0
    gains: NDArray[np.float64] | None = None
    offsets: NDArray[np.float64] | None = None
    fwhm: NDArray[np.float64] | None = None
    band_names: tuple[str, ...] | None = None
    default_bands: tuple[int, int, int] | None = None
    exposure_ms: float | None = None
    pixel_size_mm: float | None = None
    references: References | None = None
    calibration: "CalibrationRecipe | None" = field(default=None, repr=False)
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if len(self.data.shape) != 3:
            raise ValueError(f"a cube has 3 axes (band, row, column), not {len(self.data.shape)}")
        per_band: dict[str, Sized | None] = {
            "wavelengths": self.wavelengths,
            "gains": self.gains,
            "offsets": self.offsets,
            "widths": self.fwhm,
            "band names": self.band_names,
        }
        for what, values in per_band.items():
            if values is not None and len(values) != self.n_bands:
                raise ValueError(f"{len(values)} {what} for {self.n_bands} bands")

    @property
    def n_bands(self) -> int:
        """Number of bands."""
        return int(self.data.shape[0])

    @property
    def rows(self) -> int:
        """Number of rows (lines)."""
        return int(self.data.shape[1])

    @property
    def columns(self) -> int:
        """Number of columns (samples)."""
        return int(self.data.shape[2])

    @property
    def good_bands(self) -> NDArray[np.intp]:
        """Indices of the bands that training and spectra use."""
        keep = np.ones(self.n_bands, bool)
        keep[list(self.bad_bands)] = False
        return np.flatnonzero(keep)

    @property
    def wavelengths_nm(self) -> NDArray[np.float64] | None:
        """Band centres in nanometres, or None when they or their unit are unknown."""
        if self.wavelengths is None or self.wavelength_unit is None:
            return None
        if self.wavelength_unit == "um":
            return self.wavelengths * 1e3
        if self.wavelength_unit == "cm-1":
            return 1e7 / self.wavelengths
        return self.wavelengths

    def read(self, rows: slice, columns: slice, bands: Any = slice(None)) -> NDArray[np.float32]:
        """Read a window as reflectance.

        Parameters
        ----------
        rows, columns
            Window, in pixels.
        bands
            Slice or index array over the bands; all by default.

        Returns
        -------
        ndarray
            (bands, rows, columns), float32, with `gains`, `offsets` and `scale`
            applied, missing samples NaN.
        """
        stored = np.asarray(self.data[bands, rows, columns])
        with np.errstate(over="ignore"):  # fill values of double precision become infinite
            window = stored.astype(np.float32)
        # Most windows hold nothing of the kind: two quick passes spare a slow one.
        if stored.dtype.kind == "f" and not (
            window.size == 0 or max(float(window.max()), -float(window.min())) <= LARGEST_SAMPLE
        ):
            window[np.abs(window) > LARGEST_SAMPLE] = np.nan
        if self.gains is not None:
            window *= self.gains[bands].astype(np.float32)[:, None, None]
        if self.offsets is not None:
            window += self.offsets[bands].astype(np.float32)[:, None, None]
        if self.scale != 1.0:
            window /= np.float32(self.scale)
        if self.no_data is not None:
            missing: NDArray[np.bool_] = np.equal(stored, self.no_data)
            if self.no_data == 0:
                # A dark pixel also reads 0 in single bands: only all-zero pixels are missing.
                missing = missing & np.asarray(missing.all(axis=0))
            window[missing] = np.nan
        return window

    def with_wavelengths(self, wavelengths: NDArray[np.float64], unit: str | None) -> "HyperCube":
        """Return the same cube with other band centres; widths of the old ones are dropped."""
        return replace(self, wavelengths=wavelengths, wavelength_unit=unit, fwhm=None)


def valid_pixels(window: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Tell which pixels of a window have data.

    Parameters
    ----------
    window
        (bands, rows, columns) with missing samples NaN, good bands only.

    Returns
    -------
    ndarray
        (rows, columns), True where every band is finite.
    """
    return np.asarray(np.isfinite(window).all(axis=0))
