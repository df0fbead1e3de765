"""Area and mean spectrum of every class of a scan, read block by block."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube, valid_pixels

#: Samples read at once: 8 million float32 are 32 MB.
_BLOCK_SAMPLES = 8_000_000


@dataclass(frozen=True, eq=False)
class ClassAreas:
    """Areas and spectra of the labels 1, 2, ... of one scan.

    Parameters
    ----------
    pixels
        (labels,) pixels of each label.
    means, deviations
        (labels, bands) mean reflectance and its standard deviation over the pixels
        with data; NaN in bad bands and for labels without such pixels.
    """

    pixels: NDArray[np.int64]
    means: NDArray[np.float64]
    deviations: NDArray[np.float64]


def class_areas(
    cube: HyperCube,
    labels: NDArray[np.integer[Any]],
    highest: int,
    *,
    token: CancelToken | None = None,
) -> ClassAreas:
    """Count the pixels of every label and average their spectra.

    Parameters
    ----------
    cube
        The scan; only some rows of it are held in memory at a time.
    labels
        (row, column) labels from 0 to `highest`; 0 is left out.
    highest
        Highest label: the number of rows of the result.
    token
        Looked at between blocks.

    Raises
    ------
    ValueError
        When the map is not of the cube's size.
    InterruptedError
        When `token` was cancelled.
    """
    if labels.shape != (cube.rows, cube.columns):
        raise ValueError(f"the map is {labels.shape}, the cube ({cube.rows}, {cube.columns})")
    good = cube.good_bands
    counted = np.zeros(highest + 1)
    sums = np.zeros((highest + 1, good.size))
    squares = np.zeros_like(sums)
    step = max(1, _BLOCK_SAMPLES // max(1, good.size * cube.columns))
    for top in range(0, cube.rows, step):
        if token is not None and token.cancelled:
            raise InterruptedError("measuring was stopped")
        rows = slice(top, min(top + step, cube.rows))
        window = cube.read(rows, slice(None), good)
        use = valid_pixels(window) & (labels[rows] > 0)
        spectra = window[:, use].astype(np.float64)
        codes = labels[rows][use].astype(np.intp)
        # Sorted by label, so that every label is one contiguous sum.
        order = np.argsort(codes, kind="stable")
        codes, spectra = codes[order], spectra[:, order]
        present, starts = np.unique(codes, return_index=True)
        if present.size:
            counted += np.bincount(codes, minlength=highest + 1)
            sums[present] += np.add.reduceat(spectra, starts, axis=1).T
            squares[present] += np.add.reduceat(spectra**2, starts, axis=1).T
    means = np.full((highest, cube.n_bands), np.nan)
    deviations = np.full_like(means, np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        average = sums[1:] / counted[1:, None]
        means[:, good] = average
        deviations[:, good] = np.sqrt(np.maximum(squares[1:] / counted[1:, None] - average**2, 0))
    pixels = np.bincount(labels.ravel(), minlength=highest + 1)[1 : highest + 1]
    return ClassAreas(pixels.astype(np.int64), means, deviations)
