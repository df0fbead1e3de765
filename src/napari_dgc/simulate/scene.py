"""What simulated scenes other than leaves have in common: places, blur, counting."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SimulatedScene:
    """A cube of counts and what it really shows.

    Parameters
    ----------
    cube
        Counts, uint16 (band, row, column).
    truth
        Class of each pixel, uint8 (row, column), see `class_names`; 0 does not occur.
    class_names
        Label -> name.
    """

    cube: HyperCube
    truth: NDArray[np.uint8]
    class_names: Mapping[int, str]


def check_scene(size: tuple[int, int], bands: int, seed: int, difficulty: float) -> None:
    """Refuse what cannot be simulated.

    Raises
    ------
    UserError
        With one sentence on the first argument out of range.
    """
    from napari_dgc.simulate.scan import check_arguments

    check_arguments([], size, bands, seed, difficulty)
    if max(size) > 4096:
        raise UserError(f"A scene of {size[0]}x{size[1]} pixels is too large: 4096 is the most.")


def profile(
    axis: NDArray[np.float64], centre: float, sigma: float | NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the share of a Gaussian line that falls into each channel of an even axis.

    Parameters
    ----------
    axis
        (bands,) centres of the channels.
    centre, sigma
        Of the line, in the unit of `axis`.
    """
    from scipy.special import ndtr

    half = 0.5 * (axis[1] - axis[0])
    share: NDArray[np.float64] = ndtr((axis + half - centre) / sigma) - ndtr(
        (axis - half - centre) / sigma
    )
    return share


def blurred(planes: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    """Blur amounts (materials, rows, columns) by the point spread function, sigma in pixels."""
    from scipy.ndimage import gaussian_filter

    result: NDArray[np.float32] = gaussian_filter(planes, (0, sigma, sigma), mode="nearest")
    return result


def count(
    random: np.random.Generator, expected: NDArray[np.float32], read_noise: float
) -> NDArray[np.uint16]:
    """Draw counts, row by row: Poisson, and the electronics' noise in counts.

    Parameters
    ----------
    random
        Source of randomness.
    expected
        (band, row, column) mean counts.
    read_noise
        Standard deviation added before the counts are rounded; below 0 is cut off.
    """
    counted = np.empty(expected.shape, np.uint16)
    for row in range(expected.shape[1]):
        values = random.poisson(np.maximum(expected[:, row], 0)).astype(np.float32)
        if read_noise:
            values += np.float32(read_noise) * random.standard_normal(values.shape, np.float32)
        counted[:, row] = np.clip(np.rint(values), 0, 65535)
    return counted


def place_discs(
    random: np.random.Generator,
    size: tuple[int, int],
    radii: list[float],
    gap: float = 2.0,
) -> list[tuple[float, float, float]]:
    """Place discs that do not touch: (row, column, radius); smaller where there is no room.

    Parameters
    ----------
    random
        Source of randomness.
    size
        (rows, columns).
    radii
        In pixels, the largest first for the best use of the room.
    gap
        Pixels between two discs.
    """
    placed: list[tuple[float, float, float]] = []
    for wanted in radii:
        radius = min(wanted, 0.3 * min(size))
        while True:
            for _ in range(80):
                row = random.uniform(radius + 1, size[0] - radius - 1)
                column = random.uniform(radius + 1, size[1] - radius - 1)
                if all(
                    np.hypot(row - other[0], column - other[1]) > radius + other[2] + gap
                    for other in placed
                ):
                    placed.append((row, column, radius))
                    break
            else:
                radius *= 0.85
                if radius < 1.5:
                    break
                continue
            break
    return placed
