"""White and dark references, averaged as a push-broom camera needs them: each column its own."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

#: Samples read at once.
_BLOCK = 2**22


@dataclass(frozen=True)
class Rectangle:
    """Part of a scan, in pixels counted from 0; the ends are not part of it.

    Parameters
    ----------
    first_row, first_column, end_row, end_column
        Rows `first_row` to `end_row` - 1, columns `first_column` to `end_column` - 1.
    """

    first_row: int
    first_column: int
    end_row: int
    end_column: int

    def within(self, cube: HyperCube) -> tuple[slice, slice]:
        """Return rows and columns of the part of the scan.

        Raises
        ------
        UserError
            When a part of the rectangle lies outside of the scan, or it holds no pixel.
        """
        inside = (
            min(self.first_row, self.first_column) >= 0
            and max(self.first_row, self.end_row) <= cube.rows
            and max(self.first_column, self.end_column) <= cube.columns
        )
        filled = self.first_row < self.end_row and self.first_column < self.end_column
        if not (inside and filled):
            what = "holds no pixel" if inside else "lies outside of the picture"
            raise UserError(
                f"The rectangle from row {self.first_row} and column {self.first_column} up to "
                f"row {self.end_row} and column {self.end_column} {what} of {cube.name}, which "
                f"has {cube.rows} rows and {cube.columns} columns; give one within them."
            )
        return slice(self.first_row, self.end_row), slice(self.first_column, self.end_column)


@dataclass(frozen=True, eq=False)
class Reference:
    """Counts of a reference, averaged over its lines.

    Parameters
    ----------
    counts
        Mean counts, (bands, columns) of a camera whose columns differ, or (bands, 1) where
        one value holds for all columns; NaN where there are no data.
    noise
        (bands,) standard deviation of single samples from line to line (median over the
        columns), 0 where the reference has one line only.
    saturated
        Same shape as `counts`: whether any of the samples reached the sensor's ceiling.
    name
        Name of the scan, for messages.
    wavelengths_nm
        Band centres in nanometres, or None.
    exposure_ms
        Integration time in milliseconds, or None.
    """

    counts: NDArray[np.float64]
    noise: NDArray[np.float64]
    saturated: NDArray[np.bool_]
    name: str
    wavelengths_nm: NDArray[np.float64] | None = None
    exposure_ms: float | None = None

    @property
    def n_bands(self) -> int:
        """Number of bands."""
        return len(self.counts)

    @property
    def columns(self) -> int:
        """Number of columns, 1 where one value holds for all."""
        return int(self.counts.shape[1])


def measure_reference(
    cube: HyperCube,
    rectangle: Rectangle | None = None,
    *,
    ceiling: float | None = None,
    token: CancelToken | None = None,
) -> Reference:
    """Average a reference over its lines, reading it block by block.

    Parameters
    ----------
    cube
        A scan of the white panel or with the shutter closed, or any scan with the white
        panel in the picture.
    rectangle
        The panel in the picture. One that spans all columns gives each column its own
        value; any other, one value for all columns. The whole scan when None.
    ceiling
        Highest count the sensor can give, see `find_ceiling`; None: nothing is saturated.
    token
        Asks for a stop.

    Raises
    ------
    UserError
        When the rectangle lies outside the scan or holds no data.
    InterruptedError
        When asked to stop.
    """
    rows, columns = (slice(0, cube.rows), slice(0, cube.columns))
    if rectangle is not None:
        rows, columns = rectangle.within(cube)
    width = columns.stop - columns.start
    limit = stored_as_read(cube, ceiling)
    count = np.zeros((cube.n_bands, width))
    total, squares = np.zeros_like(count), np.zeros_like(count)
    saturated = np.zeros(count.shape, bool)
    origin: NDArray[np.float64] | None = None
    for block in _blocks(rows, cube.n_bands * width):
        if token is not None and token.cancelled:
            raise InterruptedError("stopped by the user")
        window = cube.read(block, columns)
        if limit is not None:
            saturated |= (window >= limit).any(axis=1)
        known = np.isfinite(window)
        if origin is None:
            # Sums about a value near the mean keep their digits.
            origin = np.nan_to_num(window[:, :1].astype(np.float64))
        away = np.where(known, window - origin, 0.0)
        count += known.sum(axis=1)
        total += away.sum(axis=1)
        squares += (away**2).sum(axis=1)
    if origin is None or not count.any():
        raise UserError(f"The reference {cube.name} holds no data; choose another one.")
    with np.errstate(invalid="ignore", divide="ignore"):
        variance = (squares - total**2 / count) / (count - 1)
        noise = _median_of_known(np.sqrt(np.maximum(variance, 0.0)))
        if width == cube.columns:
            counts = origin[:, 0] + total / count
        else:
            whole = (total + origin[:, 0] * count).sum(axis=1) / count.sum(axis=1)
            counts = whole[:, None]
            saturated = np.asarray(saturated.any(axis=1))[:, None]
    return Reference(counts, noise, saturated, cube.name, cube.wavelengths_nm, cube.exposure_ms)


def stored_as_read(cube: HyperCube, value: float | None) -> NDArray[np.float32] | None:
    """Return what `HyperCube.read` makes of a stored value in each band, (bands, 1, 1)."""
    if value is None:
        return None
    sample = np.full((cube.n_bands, 1, 1), value, np.float64)
    return replace(cube, data=sample, no_data=None).read(slice(None), slice(None))


def _blocks(rows: slice, per_row: int) -> Iterator[slice]:
    step = max(1, _BLOCK // per_row)
    for first in range(rows.start, rows.stop, step):
        yield slice(first, min(first + step, rows.stop))


def _median_of_known(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Median over the columns, 0 where no value is known."""
    known = np.isfinite(values)
    values = np.where(known.any(axis=1, keepdims=True), values, 0.0)
    return np.nanmedian(values, axis=1)
