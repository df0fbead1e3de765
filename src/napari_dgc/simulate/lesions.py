"""Round necrotic lesions with a brown border and a chlorotic halo, growing from day to day."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.simulate.leaf import LeafSurface
from napari_dgc.simulate.randomness import smooth_field

Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Infection:
    """State of a leaf's disease on the fine grid; all planes (rows, columns), float32.

    Parameters
    ----------
    lesion
        Share of the fine pixel that is lesion (border and centre).
    border
        Share of the lesion that is brown border instead of black centre.
    melanin
        0 (thin) to 1 (thick) crust in the centre.
    halo
        Chlorosis of the tissue around, 0 to 1.
    """

    lesion: Plane
    border: Plane
    melanin: Plane
    halo: Plane


def infect(
    random: np.random.Generator, surface: LeafSurface, length: float, day: float, fine: int
) -> Infection:
    """Grow the lesions of one leaf.

    Each lesion has a time of onset and a final radius of its own and grows
    towards it at a falling rate; a leaf therefore has more and larger lesions
    every day, and the same ones as the day before.

    Parameters
    ----------
    random
        Source of randomness of this leaf; the lesions do not depend on `day`.
    surface
        The leaf on the fine grid.
    length
        Length of the leaf in pixels of the final image.
    day
        Days after infection; 0 is healthy.
    fine
        Fine pixels per pixel.
    """
    shape = surface.along.shape
    outside = np.full(shape, np.float32(1e6))
    border = np.zeros(shape, np.float32)
    melanin = np.zeros(shape, np.float32)
    halo = np.zeros(shape, np.float32)
    count = int(random.integers(8, 13))
    onset = np.sort(random.uniform(0.3, 5.5, count))
    onset[0] = random.uniform(0.3, 1.2)  # every infected leaf shows something by day 3
    onset[1] = random.uniform(0.8, 2.2)
    # On small images lesions are fewer, and keep a size that pixels can show.
    final = np.maximum(
        0.040 * np.exp(random.normal(0.0, 0.25, count)) * length,
        np.minimum(random.uniform(2.4, 2.8, count), 0.085 * length),
    )
    count = min(count, max(2, round(0.022 * length**2 / float(np.mean(final**2)))))
    along = random.uniform(0.12, 0.84, count)
    across = random.uniform(-0.72, 0.72, count)
    grain = 0.18 * smooth_field(random, (shape[0], shape[1]), 1.5 * fine)
    for index in range(count):
        wobble = random.uniform(0, 2 * np.pi, 2)
        crust = random.uniform(0.0, 1.0)
        reach = random.uniform(0.55, 1.0)
        age = day - onset[index]
        if age <= 0:
            continue
        radius = final[index] * (1.0 - np.exp(-age / 2.2)) * fine
        centre = _locate(surface, along[index], across[index])
        if centre is None:
            continue
        width = reach * radius * 0.7 + 0.9 * fine
        window = _window(shape, centre, radius + 3.5 * width)
        rows = np.arange(window[0].start, window[0].stop, dtype=np.float32)[:, None] - centre[0]
        columns = np.arange(window[1].start, window[1].stop, dtype=np.float32) - centre[1]
        turn = np.arctan2(rows, columns)
        rim = radius * (
            1.0 + 0.07 * np.cos(2 * turn + wobble[0]) + 0.05 * np.cos(3 * turn + wobble[1])
        )
        distance = np.hypot(rows, columns) - rim
        nearest = distance < outside[window]
        outside[window] = np.where(nearest, distance, outside[window])
        thin = max(0.14 * radius, 0.35 * fine)
        edge = 1.0 / (1.0 + np.exp(-(distance + thin) / (0.35 * thin)))
        border[window] = np.where(nearest, edge, border[window])
        # Thickest in the centre, in rings as the lesion grew, and uneven.
        rings = np.cos(4.0 * np.hypot(rows, columns) / max(0.3 * radius, fine))
        crusted = 0.25 + 0.55 * crust - 0.25 * distance / radius + 0.1 * rings + grain[window]
        melanin[window] = np.where(nearest, crusted, melanin[window])
        soft = 0.22 * width
        chlorosis = 1.0 / (1.0 + np.exp((distance - width) / soft))
        # Chlorosis is strongest next to the lesion and fades outwards.
        chlorosis *= np.clip(1.0 - 0.35 * np.maximum(distance, 0.0) / width, 0.5, 1.0)
        halo[window] = np.maximum(halo[window], chlorosis)
    lesion = np.clip(0.5 - outside, 0.0, 1.0).astype(np.float32)
    return Infection(lesion=lesion, border=border, melanin=np.clip(melanin, 0.0, 1.0), halo=halo)


def _locate(surface: LeafSurface, along: float, across: float) -> tuple[int, int] | None:
    """Find the fine pixel at a relative position on the blade."""
    half = np.maximum(surface.half_width, 1.0)
    miss = (surface.along - along) ** 2 + (0.4 * (surface.across / half - across)) ** 2
    miss = np.where(surface.cover > 0.9, miss, np.float32(np.inf))
    place = int(np.argmin(miss))
    row, column = divmod(place, miss.shape[1])
    return (row, column) if np.isfinite(miss[row, column]) else None


def _window(shape: tuple[int, ...], centre: tuple[int, int], radius: float) -> tuple[slice, slice]:
    reach = int(np.ceil(radius)) + 1
    return (
        slice(max(0, centre[0] - reach), min(shape[0], centre[0] + reach + 1)),
        slice(max(0, centre[1] - reach), min(shape[1], centre[1] + reach + 1)),
    )
