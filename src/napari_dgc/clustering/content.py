"""Windows for fitting clusters, drawn by what is in them so that rare materials are seen.

A fixed number of windows spread evenly over all scans misses a lesion of a few pixels
when scans are large or many. Here half of the windows are spread evenly, and half follow
a quick look: pixels on a coarse lattice over all scans are clustered in noise-whitened
features, and every coarse cluster, however rare, gets its share of the windows
(stratified sampling with equal allocation, Cochran 1977, ch. 5). Memory and the number
of samples read do not grow with the scans.

Rare materials are then more frequent in the sample than on the scans. That is wanted and
not weighted away: prototypes are fitted to a draw by 1 / sqrt(crowd) of this sample.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.dgc.kmeans import fit_prototypes, nearest
from napari_dgc.clustering.labelling import Bands, check_stop
from napari_dgc.clustering.noise import (
    WINDOW,
    NoiseModel,
    NoiseStatistics,
    Place,
    read_places,
    sample_places,
)
from napari_dgc.clustering.patches import Window
from napari_dgc.cubes import HyperCube, valid_pixels

#: Windows over all scans that are spread evenly, their bounds per scan, and those by content.
_EVEN_WINDOWS = 60
_EVEN_PER_SCAN = (4, 24)
_CONTENT_WINDOWS = 120
#: Side of a window by content: as many pixels as evenly spread, at more places.
_CONTENT_EDGE = 24
#: Most pixels of the quick look over all scans, unless the finest lattice gives fewer.
_LOOK = 60_000
#: Finest step between columns; rows are twice as far apart, because whole rows are read.
_FINEST = 2
_ROW_STEP = 2
_COARSE_CLUSTERS = 120
#: Share of the strata's sizes that decides: 0 gives every stratum the same number of windows.
_SIZE_EXPONENT = 0.0
_STREAM = 41


@dataclass(frozen=True, eq=False)
class Look:
    """Pixels of a coarse lattice over all scans.

    Parameters
    ----------
    features
        (n, dimensions), noise-whitened.
    places
        (n, 3) scan, row and column of each.
    """

    features: NDArray[np.float32]
    places: NDArray[np.intp]


def content_windows(
    cubes: Sequence[HyperCube],
    bands: Bands,
    *,
    seed: int,
    token: CancelToken | None = None,
) -> Iterator[NDArray[np.float32]]:
    """Yield the windows (bands, rows, columns) of `placed_windows`."""
    for _, window in placed_windows(cubes, bands, seed=seed, token=token):
        yield window


def placed_windows(
    cubes: Sequence[HyperCube],
    bands: Bands,
    *,
    seed: int,
    token: CancelToken | None = None,
) -> Iterator[tuple[Place, NDArray[np.float32]]]:
    """Yield places and windows (bands, rows, columns) of all scans, rare materials included.

    The same windows for the same scans and seed, whatever was read before; none is kept.

    Parameters
    ----------
    cubes
        The scans.
    bands
        Reads them in the bands of the model.
    seed
        Decides every position.
    token
        Asks for a stop.

    Raises
    ------
    InterruptedError
        When asked to stop.
    UserError
        When the scans hold no two neighbouring pixels with data.
    """
    pixels = sum(cube.rows * cube.columns for cube in cubes)
    if pixels <= _EVEN_WINDOWS * WINDOW**2 + _CONTENT_WINDOWS * _CONTENT_EDGE**2:
        # Small scans are seen almost whole already.
        places = list(sample_places(cubes, seed=seed))
        yield from zip(places, read_places(cubes, bands, places, token), strict=True)
        return
    places = list(sample_places(cubes, seed=seed, windows=_EVEN_WINDOWS, per_scan=_EVEN_PER_SCAN))
    statistics = NoiseStatistics()
    for place, window in zip(places, read_places(cubes, bands, places, token), strict=True):
        statistics.add(window)
        yield place, window
    look = look_over(cubes, bands, NoiseModel.of(statistics), seed=seed, token=token)
    places = list(windows_of(look, cubes, seed=seed))
    del look
    yield from zip(places, read_places(cubes, bands, places, token), strict=True)


def look_over(
    cubes: Sequence[HyperCube],
    bands: Bands,
    noise: NoiseModel,
    *,
    seed: int,
    token: CancelToken | None = None,
) -> Look:
    """Read every n-th pixel of every n-th row, n so that all scans together give about `_LOOK`.

    The columns of successive rows are shifted, so that nothing as wide as the step hides
    between them and column stripes are not followed.
    """
    pixels = sum(cube.rows * cube.columns for cube in cubes)
    step = max(_FINEST, int(np.ceil(np.sqrt(pixels / _LOOK / _ROW_STEP))))
    starts = np.random.default_rng((seed, _STREAM)).integers(
        (step * _ROW_STEP, step), size=(len(cubes), 2)
    )
    features, places = [], []
    for scan, cube in enumerate(cubes):
        first_row, first_column = (int(start) for start in starts[scan])
        for number, row in enumerate(range(first_row % cube.rows, cube.rows, step * _ROW_STEP)):
            check_stop(token)
            columns = np.arange(
                (first_column + round(0.618 * step * number)) % step % cube.columns,
                cube.columns,
                step,
            )
            # Whole rows are read: stored samples are together along one axis at least.
            spectra = bands.read(cube, slice(row, row + 1), slice(None))[:, 0][:, columns]
            valid = np.asarray(valid_pixels(spectra[:, None])[0])
            features.append(noise.transform(np.ascontiguousarray(spectra[:, valid])).T)
            seen = columns[valid]
            places.append(
                np.stack([np.full_like(seen, scan), np.full_like(seen, row), seen], axis=1)
            )
    return Look(np.ascontiguousarray(np.concatenate(features)), np.concatenate(places))


def windows_of(look: Look, cubes: Sequence[HyperCube], *, seed: int) -> Iterator[Place]:
    """Yield scan, rows and columns of windows about pixels of every coarse cluster."""
    if not len(look.features):
        return
    generator = np.random.default_rng((seed, _STREAM, 1))
    coarse = fit_prototypes(
        look.features, min(_COARSE_CLUSTERS, max(1, len(look.features) // 16)), generator
    )
    stratum, _ = nearest(look.features, coarse)
    crowd = np.bincount(stratum, minlength=len(coarse))
    weights = np.where(crowd > 0, crowd, np.inf)[stratum] ** (_SIZE_EXPONENT - 1.0)
    # Systematic draw: stratum by stratum, in a random order within, at equal distances.
    order = np.lexsort((generator.random(len(stratum)), stratum))
    cumulative = np.cumsum(weights[order])
    marks = (np.arange(_CONTENT_WINDOWS) + generator.random()) / _CONTENT_WINDOWS
    drawn = order[np.searchsorted(cumulative, marks * cumulative[-1]).clip(max=len(order) - 1)]
    for scan, row, column in look.places[np.sort(drawn)]:
        cube = cubes[scan]
        yield int(scan), *_about(cube, int(row), int(column))


def _about(cube: HyperCube, row: int, column: int) -> Window:
    """Return the window with this pixel in the middle, or as near to it as the scan allows."""
    edges = []
    for place, extent in ((row, cube.rows), (column, cube.columns)):
        length = min(_CONTENT_EDGE, extent)
        start = int(np.clip(place - length // 2, 0, extent - length))
        edges.append(slice(start, start + length))
    return edges[0], edges[1]
