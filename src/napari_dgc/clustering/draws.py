"""Pixels drawn evenly from all scans, in constant memory however many scans there are.

Every pixel of every scan is drawn with the same probability, so that what is fitted to a draw
minimises the criterion over all pixels. Tiles are drawn first, in proportion to the scans
(systematic sampling, Cochran 1977, ch. 8), then pixels within them; small scans are read whole.
"""

from collections.abc import Callable, Generator, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.labelling import Bands, check_stop
from napari_dgc.cubes import HyperCube, valid_pixels

#: Side of a tile, and most tiles that are read for one draw.
_TILE = 32
_TILES = 160
_STREAM = 43


def draw_pixels(
    cubes: Sequence[HyperCube],
    bands: Bands,
    features: Callable[[NDArray[np.float32]], NDArray[np.float32]],
    *,
    count: int,
    seed: tuple[int, ...],
    token: CancelToken | None = None,
) -> Generator[float, None, NDArray[np.float32]]:
    """Draw pixels with data, yielding the share that is done.

    Parameters
    ----------
    cubes
        The scans.
    bands
        Reads them in the bands of the model.
    features
        From spectra (bands, n) to what is kept of each pixel (n, dimensions).
    count
        Most pixels.
    seed
        Decides which: the same ones for the same scans and seed.
    token
        Asks for a stop.

    Returns
    -------
    ndarray
        (n, dimensions) in random order; n is 0 where the tiles hold no data.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    generator = np.random.default_rng((_STREAM, *seed))
    tiles = list(_tiles(cubes, generator))
    area = sum(_area(rows, columns) for _, rows, columns in tiles)
    rate = min(1.0, count / max(area, 1))
    drawn = []
    for number, (scan, rows, columns) in enumerate(tiles):
        check_stop(token)
        window = bands.read(cubes[scan], rows, columns)
        # Drawn before it is known which pixels have data: files are read once.
        wanted = valid_pixels(window) & (generator.random(window.shape[1:]) < rate)
        drawn.append(features(window[:, wanted]))
        yield (number + 1) / len(tiles)
    return _shuffled(drawn, generator, count)


def _shuffled(
    parts: list[NDArray[np.float32]], generator: np.random.Generator, count: int
) -> NDArray[np.float32]:
    """Put parts (n, dimensions) in random order, `count` pixels at most; empties the list."""
    total = sum(len(part) for part in parts)
    order = generator.permutation(total)[:count]
    place = np.full(total, -1)
    place[order] = np.arange(len(order))
    # Part by part, so that all pixels are not held three times.
    pixels = np.empty((len(order), parts[0].shape[1]), parts[0].dtype)
    parts.reverse()
    begin = 0
    while parts:
        part = parts.pop()
        own = place[begin : begin + len(part)]
        pixels[own[own >= 0]] = part[own >= 0]
        begin += len(part)
    return pixels


def _tiles(
    cubes: Sequence[HyperCube], generator: np.random.Generator
) -> Iterator[tuple[int, slice, slice]]:
    """Yield scan, rows and columns of tiles, from each scan in proportion to its size."""
    across = np.array([-(-cube.columns // _TILE) for cube in cubes])
    ends = np.cumsum(across * np.array([-(-cube.rows // _TILE) for cube in cubes]))
    total = int(ends[-1])
    step = max(1.0, total / _TILES)
    marks = np.floor(ends / step + generator.random()).astype(int)
    begin, before = 0, 0
    for scan, cube in enumerate(cubes):
        available = int(ends[scan]) - begin
        chosen = min(int(marks[scan]) - before, available)
        if step == 1.0:
            chosen = available
        for tile in np.sort(generator.choice(available, chosen, replace=False)):
            top, left = (int(place) * _TILE for place in divmod(tile, across[scan]))
            yield (
                scan,
                slice(top, min(top + _TILE, cube.rows)),
                slice(left, min(left + _TILE, cube.columns)),
            )
        begin, before = int(ends[scan]), int(marks[scan])


def _area(rows: slice, columns: slice) -> int:
    area: int = (rows.stop - rows.start) * (columns.stop - columns.start)
    return area
