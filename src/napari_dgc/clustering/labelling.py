"""Label maps by tiles, and what the maps say about the clusters."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.partition.summary import (
    ClusterSummary,
    RunningSummary,
    count_adjacency,
    count_border,
)

#: Pixels whose spectra are averaged per scan; more would not change the mean visibly.
_SPECTRA_SAMPLE = 200_000


class Bands(Protocol):
    """Reads windows of a cube in the bands of the model."""

    @property
    def n_bands(self) -> int:
        """Number of bands of the training scans, bad ones included."""

    @property
    def good_bands(self) -> NDArray[np.intp]:
        """Indices of the bands that `read` returns."""

    def read(self, cube: HyperCube, rows: slice, columns: slice) -> NDArray[np.float32]:
        """Return (bands, rows, columns)."""


class Projection(Protocol):
    """Maps spectra to the noise-whitened features in which clusters are compared.

    Zero reflectance is the origin, so that brightness is the length of a feature vector.
    """

    def project(self, spectra: NDArray[np.float32]) -> NDArray[np.float32]:
        """(bands, ...) to (dimensions, ...)."""


def iter_tiles(
    rows: int, columns: int, tile: int, halo: int
) -> Iterator[tuple[slice, slice, slice, slice]]:
    """Cover an image with tiles.

    Parameters
    ----------
    rows, columns
        Size of the image in pixels.
    tile
        Side of a tile's core in pixels.
    halo
        Extra pixels read around the core, cut off at the image's rim.

    Yields
    ------
    tuple of slice
        Rows and columns of the core, then rows and columns of core plus halo.
    """
    for top in range(0, rows, tile):
        bottom = min(top + tile, rows)
        for left in range(0, columns, tile):
            right = min(left + tile, columns)
            yield (
                slice(top, bottom),
                slice(left, right),
                slice(max(top - halo, 0), min(bottom + halo, rows)),
                slice(max(left - halo, 0), min(right + halo, columns)),
            )


def check_stop(token: CancelToken | None) -> None:
    """Raise InterruptedError when the work was asked to stop."""
    if token is not None and token.cancelled:
        raise InterruptedError("stopped by the user")


def mean_spectra(
    cube: HyperCube, labels: NDArray[np.uint16], clusters: int, bands: Bands
) -> NDArray[np.float64]:
    """Average the spectra of each cluster of one scan.

    Returns
    -------
    ndarray
        (clusters, bands of the model), NaN for clusters without pixels.
    """
    step = max(1, round(labels.size / _SPECTRA_SAMPLE))
    block = 64
    total: NDArray[np.float64] | None = None
    count = np.zeros(clusters + 1)
    for index, top in enumerate(range(0, cube.rows, block)):
        # Sample every step-th row of every block, at a changing offset.
        chosen = np.arange(top, min(top + block, cube.rows))[index % step :: step]
        if not len(chosen):
            continue
        window = bands.read(cube, slice(top, min(top + block, cube.rows)), slice(None))
        part = window[:, chosen - top].reshape(window.shape[0], -1)
        ids = labels[chosen].ravel()
        known = np.logical_and(ids > 0, np.isfinite(part).all(axis=0))
        one_hot = np.zeros((int(known.sum()), clusters + 1), np.float32)
        one_hot[np.arange(len(one_hot)), ids[known]] = 1
        sums = part[:, known] @ one_hot
        total = sums.astype(np.float64) if total is None else total + sums
        count += one_hot.sum(axis=0)
    if total is None:
        raise ValueError("the scan has no rows")
    with np.errstate(invalid="ignore", divide="ignore"):
        means: NDArray[np.float64] = (total / count)[:, 1:].T
    return means


def describe(
    cube: HyperCube,
    labels: NDArray[np.uint16],
    clusters: int,
    bands: Bands,
    projection: Projection,
) -> ClusterSummary:
    """Collect masses, spectra, features and neighbourhood of the fine clusters in one scan.

    Parameters
    ----------
    cube, labels
        The scan and its label map (row, column), 0 for no data.
    clusters
        Number of fine clusters.
    bands, projection
        Bands of the model, and the space in which clusters are compared.
    """
    spectra = mean_spectra(cube, labels, clusters, bands)
    known = np.asarray(np.isfinite(spectra).all(axis=1))[:, None]
    features = projection.project(np.where(known, spectra, 0).T.astype(np.float32)).T
    all_bands = np.full((clusters, bands.n_bands), np.nan)
    all_bands[:, bands.good_bands] = spectra
    return ClusterSummary(
        pixels=np.bincount(labels.ravel(), minlength=clusters + 1)[None, 1:].astype(np.int64),
        spectra=all_bands,
        features=np.where(known, features, np.nan).astype(np.float64),
        adjacency=count_adjacency(labels, clusters),
        border=count_border(labels, clusters),
    )


def summarise(
    cubes: Sequence[HyperCube],
    maps: Sequence[NDArray[np.uint16]],
    clusters: int,
    bands: Bands,
    projection: Projection,
    token: CancelToken | None = None,
) -> ClusterSummary:
    """Summarise the fine clusters over scans and their label maps (see `describe`)."""
    running = RunningSummary()
    for cube, labels in zip(cubes, maps, strict=True):
        check_stop(token)
        running.add(describe(cube, labels, clusters, bands, projection))
    return running.summary()
