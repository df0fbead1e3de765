"""Mean spectra of fine clusters from a sparse sample of pixels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.cubes import HyperCube

#: Rows read whole from every scan, and pixels read singly for clusters the rows miss.
_ROWS = 24
_SINGLES = 4


def sample_spectra(
    scans: Sequence[tuple[HyperCube, NDArray[np.uint16]]],
    clusters: int,
    *,
    token: CancelToken | None = None,
) -> NDArray[np.float64]:
    """Estimate the mean spectrum of every fine cluster without reading whole cubes.

    Parameters
    ----------
    scans
        Cubes with the same bands, each with its (row, column) map of fine
        clusters, 0 for no data.
    clusters
        Number of fine clusters.
    token
        Looked at between rows.

    Returns
    -------
    ndarray
        (clusters, bands) mean reflectance, NaN for clusters without pixels.

    Raises
    ------
    InterruptedError
        When `token` was cancelled.
    """
    token = token or never_cancelled()
    bands = scans[0][0].n_bands
    totals = np.zeros((clusters + 1, bands))
    numbers = np.zeros((clusters + 1, bands))

    def add(spectra: NDArray[np.float32], labels: NDArray[np.uint16]) -> None:
        """Add (bands, pixels) samples."""
        # Numbers beyond the clusters are left over from another model.
        labels = np.where(labels > clusters, 0, labels)
        known = np.isfinite(spectra)
        np.add.at(totals, labels, np.where(known, spectra, 0).T)
        np.add.at(numbers, labels, known.T)

    for cube, fine in scans:
        step = max(cube.rows // _ROWS, 1)
        for row in range(step // 2, cube.rows, step):
            if token.cancelled:
                raise InterruptedError
            window = cube.read(slice(row, row + 1), slice(None))
            add(window[:, 0], fine[row])
        present = np.bincount(fine.ravel(), minlength=clusters + 1)[: clusters + 1] > 0
        for cluster in np.flatnonzero(present & ~numbers.any(axis=1)):
            if cluster == 0:
                continue
            rows, columns = np.nonzero(fine == cluster)
            chosen = np.linspace(0, len(rows) - 1, min(_SINGLES, len(rows))).astype(int)
            for row, column in zip(rows[chosen], columns[chosen], strict=True):
                window = cube.read(slice(row, row + 1), slice(column, column + 1))
                add(window[:, 0], fine[row : row + 1, column])
    mean: NDArray[np.float64] = np.divide(
        totals, numbers, out=np.full_like(totals, np.nan), where=numbers > 0
    )
    return mean[1:]
