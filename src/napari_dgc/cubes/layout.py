"""Finding out which axis of a cube is the band axis."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.choices import AmbiguousLayout, describe_shape
from napari_dgc.cubes.cube import CubeArray
from napari_dgc.cubes.notes import Certain
from napari_dgc.errors import UserError

BAND_FIRST = "band-row-column"
BAND_LAST = "row-column-band"
BAND_BETWEEN = "row-band-column"
#: Order of the pixels in a matrix of which one axis is all pixels of an image.
BY_COLUMNS, BY_ROWS = "column-by-column", "row-by-row"
PIXEL_ORDERS = (BY_COLUMNS, BY_ROWS)
LAYOUTS = ("auto", BAND_FIRST, BAND_LAST, BAND_BETWEEN, *PIXEL_ORDERS)
_BANDS_FIRST = {BAND_FIRST: (0, 1, 2), BAND_LAST: (2, 0, 1), BAND_BETWEEN: (1, 0, 2)}
FEWEST_BANDS = 3
MOST_SLICES, MOST_LINES = 32, 16
# Sum of two logarithms of rank ratios; found on real cubes, crops and noise (see the tests).
CLEAR_ADVANTAGE = 0.25
# Along an axis with less change than this share of all, a line was copied, as in an averaged white
# reference: one independent slice then tells nothing.
LEAST_CHANGE = 1e-6


@dataclass(frozen=True)
class BandEvidence:
    """What lies beside a cube and tells of its axes.

    Parameters
    ----------
    wavelength_counts
        Lengths of the lists of wavelengths.
    image_shapes
        (rows, columns) of masks, ground truths and pictures.
    """

    wavelength_counts: Sequence[int] = field(default=())
    image_shapes: Sequence[tuple[int, int]] = field(default=())


class Turnable(CubeArray, Protocol):
    """An array whose axes can be put into another order without reading it."""

    def transpose(self, *axes: int) -> CubeArray:
        """Return a view with the axes in another order."""


def bands_first(stored: Turnable, layout: str) -> CubeArray:
    """Return a view (band, row, column) of three axes that are stored in a layout."""
    return stored.transpose(*_BANDS_FIRST[layout])


def cube_axes(shape: Sequence[int], dtype: np.dtype[Any], where: str) -> tuple[int, int, int]:
    """Return which three axes of an array can be those of a cube.

    Parameters
    ----------
    shape, dtype
        Of the array. Of more than three axes, those of length 1 do not count.
    where
        File and variable, for messages.

    Raises
    ------
    UserError
        The array is an image of one band, such as a label image, or no cube at all.
    """
    size = describe_shape(shape)
    if dtype.kind not in "iuf":
        kind = "complex numbers" if dtype.kind == "c" else str(dtype.name)
        raise UserError(
            f"{where} ({size}) holds {kind}, not a cube of real numbers; save it as numbers."
        )
    if min(shape, default=0) < 1:
        raise UserError(f"{where} ({size}) is empty: save the scan again.")
    axes = [axis for axis, length in enumerate(shape) if len(shape) <= 3 or length > 1]
    if len(axes) == 2:
        raise UserError(
            f"{where} is a single image of {size} pixels, such as a label image, not a cube: "
            "a cube has several bands; give the file of the scan."
        )
    if len(axes) != 3:
        raise UserError(
            f"{where} ({size}) is not a cube: three axes (rows, columns, bands) are needed; "
            "give the file of the scan."
        )
    return axes[0], axes[1], axes[2]


def decide_layout(
    data: CubeArray, layout: str, evidence: BandEvidence, where: str
) -> tuple[str, str]:
    """Decide which axis of a cube is the band axis.

    Rows and columns are never swapped or mirrored: the question is only
    whether bands come first, last or, as push-broom cameras deliver them,
    between rows and columns.

    Parameters
    ----------
    data
        Three axes as stored.
    layout
        The user's word, or ``"auto"``.
    evidence
        What lies beside the cube.
    where
        File and variable, for messages.

    Returns
    -------
    layout, reason
        One of `LAYOUTS` with three axes, and one sentence.

    Raises
    ------
    AmbiguousLayout
        Nothing tells.
    UserError
        `layout` is no layout, or no axis can be the band axis.
    """
    if layout not in LAYOUTS:
        raise UserError(f"The layout “{layout}” is unknown; choose one of {', '.join(LAYOUTS)}.")
    if layout in PIXEL_ORDERS:
        raise UserError(
            f"{where} has rows and columns; the layout “{layout}” is for matrices: leave it out."
        )
    if layout != "auto":
        return layout, Certain(f"Axes are read as {layout}, as asked for.")
    first, middle, last = (int(length) for length in data.shape)
    shape = describe_shape((first, middle, last))
    counts = set(evidence.wavelength_counts)
    if first != last and (first in counts) != (last in counts):
        found = BAND_FIRST if first in counts else BAND_LAST
        count = first if first in counts else last
        return found, Certain(f"Axes {shape} are read as {found}: there are {count} wavelengths.")
    if middle in counts and first not in counts and last not in counts:
        return BAND_BETWEEN, Certain(
            f"Axes {shape} are read as {BAND_BETWEEN}: there are {middle} wavelengths."
        )
    images = {
        BAND_FIRST: (middle, last),
        BAND_LAST: (first, middle),
        BAND_BETWEEN: (first, last),
    }
    fitting = [name for name, image in images.items() if image in set(evidence.image_shapes)]
    if len(fitting) == 1:
        image = describe_shape(images[fitting[0]])
        return fitting[0], Certain(
            f"Axes {shape} are read as {fitting[0]}: an image of {image} lies beside the cube."
        )
    if (first < FEWEST_BANDS) != (last < FEWEST_BANDS):
        found = BAND_LAST if first < FEWEST_BANDS else BAND_FIRST
        return found, f"Axes {shape} are read as {found}: the other end is too short for bands."
    if first < FEWEST_BANDS:
        raise UserError(
            f"{where} ({shape}) is not a hyperspectral cube: it has no band axis; give the file "
            "of the scan."
        )
    found_in_data = layout_of_samples(data)
    if found_in_data is None:
        raise AmbiguousLayout(
            f"Nothing tells which axis of {where} ({shape}) holds the bands; "
            f"give --layout {BAND_FIRST}, --layout {BAND_LAST} or --layout {BAND_BETWEEN}.",
            (first, middle, last),
        )
    return found_in_data, (
        f"Axes {shape} are read as {found_in_data}: along that axis the samples behave as spectra."
    )


def layout_of_samples(data: CubeArray) -> str | None:
    """Tell the layout from the samples alone, or None where they do not tell.

    Parameters
    ----------
    data
        Three axes as stored; a sparse sample of it is read.

    Returns
    -------
    str or None
        ``"band-row-column"``, ``"row-column-band"``, ``"row-band-column"``, or None.

    Notes
    -----
    Spectra of a scene are mixtures of a few materials, its rows and columns
    are not mixtures of a few rows or columns. So the first and the last axis
    are cut into equally many slices, and it is counted how many independent
    slices there are along each (effective rank, the exponential of the
    entropy of the squared singular values; Roy and Vetterli 2007), once about
    the common mean and once about the mean over the slices, which takes the
    brightness of the pixels away. The axis with fewer is the band axis if the
    difference is clear. Which axis is longer plays no part. Before, the middle
    axis is compared with both in the same way, on a part of the sample: where
    it clearly has the fewest, the bands lie there, and where it has not clearly
    more, nothing is decided.
    """
    if data.shape[1] < 3:
        return None
    samples = _sample(data)
    if samples is None:
        return None
    if any(np.ptp(samples, axis=axis).max() < LEAST_CHANGE for axis in range(3)):
        return None
    count = min(samples.shape)
    even = samples[tuple(evenly(length, count) for length in samples.shape)]
    ends_and_middle = [_log_ranks(np.moveaxis(even, axis, 0)) for axis in (0, 2, 1)]
    fewer = min(ends_and_middle[:2]) - ends_and_middle[2]
    if fewer >= _clear(count):
        return BAND_BETWEEN
    first, last = _log_ranks(samples), _log_ranks(np.moveaxis(samples, 2, 0))
    advantage = last - first
    if abs(advantage) < _clear(samples.shape[0]) or fewer > -_clear(count):
        return None
    return BAND_FIRST if advantage > 0 else BAND_LAST


def _clear(slices: int) -> float:
    """Return from which difference on one axis has clearly fewer independent slices."""
    # With few slices, noise alone differs that much.
    return max(CLEAR_ADVANTAGE, 2 / slices)


def _log_ranks(slices: NDArray[np.float64]) -> float:
    """Return the sum of the logarithms of both effective ranks along the first axis."""
    unfolded = slices.reshape(len(slices), -1)
    return _log_rank(unfolded) + _log_rank(unfolded - unfolded.mean(axis=0))


def _log_rank(matrix: NDArray[np.float64]) -> float:
    energy = np.linalg.eigvalsh(matrix @ matrix.T)
    energy = energy[energy > energy.max() * 1e-12]
    if energy.size == 0:
        return 0.0
    shares = energy / energy.sum()
    return float(-(shares * np.log(shares)).sum())


def evenly(length: int, count: int) -> slice:
    """Return a slice that takes `count` positions (or all) evenly around the middle."""
    count = min(count, length)
    step = length // count
    start = (length - 1 - step * (count - 1)) // 2
    return slice(start, start + step * (count - 1) + 1, step)


def _sample(data: CubeArray) -> NDArray[np.float64] | None:
    """Read a sparse sample with equally many positions on the first and the last axis."""
    slices = min(data.shape[0], data.shape[2], MOST_SLICES)
    # One read with steps: of a compressed file every chunk is then unpacked once at most.
    counts = (slices, MOST_LINES, slices)
    steps = tuple(evenly(length, count) for length, count in zip(data.shape, counts, strict=True))
    samples = np.asarray(data[steps]).astype(np.float64)
    finite = np.isfinite(samples)
    if not finite.any():
        return None
    # Saturated or dead samples must not outweigh the scene.
    low, high = np.percentile(samples[finite], [0.5, 99.5])
    samples = np.clip(samples, low, high)
    samples = np.where(finite, samples, samples[finite].mean())
    samples -= samples.mean()
    spread = float(np.abs(samples).max())
    return samples / spread if spread > 0 else None
