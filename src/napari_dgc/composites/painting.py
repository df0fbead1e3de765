"""Pictures of a scan: a mix of bands, stretched to what a screen can show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.composites.mixes import Mix, thinned, usual_mix
from napari_dgc.cubes.cube import HyperCube

_BLOCK_SAMPLES = 8 << 20
_SAMPLE_ROWS, _SAMPLE_COLUMNS = 48, 256
#: Pictures made of more samples are worth a draft first.
_SLOW_SAMPLES = 32 << 20
#: Steps between black and full that are told apart; a screen shows 256.
_SHADES = 2**14
_DRAFT_ROWS, _DRAFT_COLUMNS = 250, 500


@dataclass(frozen=True)
class Look:
    """How a mix of bands is brought to the screen.

    Parameters
    ----------
    low, high
        Percentiles of the pixels that become black and full.
    common
        One stretch for all channels, which keeps hues, or one for each, which
        shows all that is in each; None leaves it to the mix.
    gamma
        Above 1 lightens the middle tones, below 1 darkens them.
    """

    low: float = 1.0
    high: float = 99.0
    common: bool | None = None
    gamma: float = 1.0

    def __post_init__(self) -> None:
        if not (0 <= self.low < self.high <= 100 and self.gamma > 0):
            raise ValueError(f"no stretch: {self}")


@dataclass(frozen=True, eq=False)
class Levels:
    """What becomes black and what becomes full.

    Parameters
    ----------
    factors
        What the channels are multiplied by before, against the light's colour, shape (3,).
    low, high
        Black and full of each channel after that, shape (3,).
    """

    factors: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def near(self, other: Levels, part: float) -> bool:
        """Whether another stretch differs by less than a part of this one's range."""
        slack = part * (self.high - self.low)
        pairs = ((self.low, other.low), (self.high, other.high))
        return all(
            bool((np.abs(mine * other.factors / self.factors - its) <= slack).all())
            for mine, its in pairs
        )


def levels_of(
    sample: NDArray[np.float32], look: Look, common: bool, grey_world: bool = False
) -> Levels:
    """Find the stretch for a sample of pixels, of one scan or of several.

    Parameters
    ----------
    sample
        Linear red, green and blue of some pixels with data, (pixels, 3).
    look
        The percentiles.
    common
        One stretch for all channels.
    grey_world
        Make all channels equally bright on average before.
    """
    factors = _balance(sample) if grey_world else np.ones(3, np.float32)
    return Levels(factors, *_levels(sample * factors, look, common))


def render(
    cube: HyperCube,
    mix: Mix,
    look: Look | None = None,
    grey_world: bool = False,
    token: CancelToken | None = None,
    *,
    linear: NDArray[np.float32] | None = None,
    levels: Levels | None = None,
) -> NDArray[np.uint8]:
    """Make a picture.

    Parameters
    ----------
    cube
        The scan; read in blocks of rows.
    mix
        Bands behind the colours.
    look
        The stretch; its defaults when None.
    grey_world
        Make all channels equally bright on average before, so that the light's
        colour goes; misleads where the scene as a whole has a colour.
    token
        Asks for a stop.
    linear
        What `read_linear` gave for this cube and mix, where it is at hand;
        nothing is read then.
    levels
        Stretch that several scans share; found from this one when None.

    Returns
    -------
    ndarray
        (rows, columns, 3), uint8; pixels without data are black.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    look = look or Look()
    if levels is None:
        common = mix.common if look.common is None else look.common
        levels = levels_of(read_sample(cube, mix, linear), look, common, grey_world)
    picture = np.zeros((cube.rows, cube.columns, 3), np.uint8)
    for rows in _blocks(cube, mix):
        _check_stop(token)
        part = _linear(cube, mix, rows, slice(None)) if linear is None else linear[rows]
        picture[rows] = _painted(part * levels.factors, levels.low, levels.high, look.gamma)
    return picture


def true_colour(cube: HyperCube) -> NDArray[np.uint8]:
    """Make the picture that a scan is shown with at first; see `mixes.usual_mix`.

    Parameters
    ----------
    cube
        The scan; read in blocks of rows.

    Returns
    -------
    ndarray
        (rows, columns, 3), uint8, stretched between the 1st and the 99th
        percentile (common to the channels in true colour, else of each
        channel); pixels without data are black.
    """
    return render(cube, usual_mix(cube))


def is_slow(cube: HyperCube) -> bool:
    """Whether `true_colour` of a scan takes so long that a `draft` should be shown meanwhile."""
    bands = usual_mix(cube).bands
    across = int(bands[-1] - bands[0] + 1)
    return across * cube.rows * cube.columns > _SLOW_SAMPLES


def draft(cube: HyperCube) -> NDArray[np.uint8]:
    """Make a coarse picture of what `true_colour` makes, from a small part of the samples.

    Returns
    -------
    ndarray
        (rows, columns, 3), uint8; blocks of pixels have one colour.
    """
    mix = thinned(cube, usual_mix(cube))
    down, across = max(1, cube.rows // _DRAFT_ROWS), max(1, cube.columns // _DRAFT_COLUMNS)
    linear = _linear(cube, mix, slice(None, None, down), slice(None, None, across))
    sample = linear[np.isfinite(linear).all(axis=-1)]
    low, high = _levels(sample, Look(), mix.common)
    coarse = _painted(linear, low, high, 1.0)
    tall = np.repeat(coarse, down, axis=0)[: cube.rows]
    return np.repeat(tall, across, axis=1)[:, : cube.columns]


def small_picture(
    cube: HyperCube, step: int, token: CancelToken | None = None
) -> NDArray[np.uint8]:
    """Make a smaller picture of what `true_colour` makes, for paper.

    Parameters
    ----------
    cube
        The scan; read in blocks of rows.
    step
        So many rows and columns of pixels become one by their mean, at least 1.
    token
        Asks for a stop.

    Returns
    -------
    ndarray
        (rows, columns, 3) divided by `step` and rounded up, uint8; black without data.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    mix = usual_mix(cube)
    if step > 1:
        mix = thinned(cube, mix)
    levels = levels_of(read_sample(cube, mix), Look(), mix.common)
    height, width = -(-cube.rows // step), -(-cube.columns // step)
    picture = np.zeros((height, width, 3), np.uint8)
    across = int(mix.bands[-1] - mix.bands[0] + 1) * cube.columns
    lines = max(1, _BLOCK_SAMPLES // (across * step))
    for top in range(0, height, lines):
        _check_stop(token)
        rows = slice(top * step, min(cube.rows, (top + lines) * step))
        part = means_of_squares(_linear(cube, mix, rows, slice(None)), step)
        picture[top : top + lines] = _painted(part, levels.low, levels.high, 1.0)
    return picture


def means_of_squares(picture: NDArray[Any], step: int) -> NDArray[np.float32]:
    """Return the mean of every square of pixels with data; squares at the rim may be cut.

    Parameters
    ----------
    picture
        (rows, columns, channels), NaN for no data.
    step
        Side of the squares, in pixels.

    Returns
    -------
    ndarray
        (rows, columns, channels) divided by `step` and rounded up, NaN without any data.
    """
    values = picture.astype(np.float32, copy=False)
    if step == 1:
        return values
    known = np.isfinite(values)
    starts = [np.arange(0, length, step) for length in values.shape[:2]]

    def sums(part: NDArray[np.float32]) -> NDArray[np.float32]:
        down: NDArray[np.float32] = np.add.reduceat(part, starts[0], axis=0)
        across: NDArray[np.float32] = np.add.reduceat(down, starts[1], axis=1)
        return across

    total = sums(np.where(known, values, np.float32(0)))
    count = sums(known.astype(np.float32))
    return np.where(count > 0, total / np.maximum(count, 1), np.float32(np.nan))


def read_linear(cube: HyperCube, mix: Mix, token: CancelToken | None = None) -> NDArray[np.float32]:
    """Add the bands up to linear red, green and blue.

    Returns
    -------
    ndarray
        (rows, columns, 3), NaN where there are no data.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    linear = np.empty((cube.rows, cube.columns, 3), np.float32)
    for rows in _blocks(cube, mix):
        _check_stop(token)
        linear[rows] = _linear(cube, mix, rows, slice(None))
    return linear


def _blocks(cube: HyperCube, mix: Mix) -> list[slice]:
    # Arrays on disk may read all that lies between the outermost bands.
    across = int(mix.bands[-1] - mix.bands[0] + 1) * cube.columns
    step = max(1, _BLOCK_SAMPLES // across)
    return [slice(first, min(cube.rows, first + step)) for first in range(0, cube.rows, step)]


def _linear(cube: HyperCube, mix: Mix, rows: slice, columns: slice) -> NDArray[np.float32]:
    steps = np.unique(np.diff(mix.bands))
    # A slice reads much less of a file than separate bands do.
    even = len(steps) == 1
    chosen = slice(mix.bands[0], mix.bands[-1] + 1, steps[0]) if even else mix.bands
    window = cube.read(rows, columns, chosen)
    linear: NDArray[np.float32] = np.einsum("brc,kb->rck", window, mix.weights, optimize=True)
    return linear


def read_sample(
    cube: HyperCube, mix: Mix, linear: NDArray[np.float32] | None = None
) -> NDArray[np.float32]:
    """Return linear red, green and blue of some pixels with data, (pixels, 3).

    Parameters
    ----------
    cube, mix
        As for `render`.
    linear
        What `read_linear` gave; a few rows are read when None.
    """
    rows = np.unique(np.linspace(0, cube.rows - 1, min(cube.rows, _SAMPLE_ROWS)).astype(int))
    columns = slice(None, None, max(1, cube.columns // _SAMPLE_COLUMNS))
    if linear is not None:
        sample = linear[rows, columns].reshape(-1, 3)
    else:
        lines = [_linear(cube, mix, slice(row, row + 1), columns)[0] for row in rows.tolist()]
        sample = np.concatenate(lines)
    return sample[np.isfinite(sample).all(axis=-1)]


def _balance(sample: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return what the channels are multiplied by to be equally bright on average."""
    means = sample.mean(axis=0, dtype=np.float64) if len(sample) else np.ones(3)
    if not (means > 0).all():
        return np.ones(3, np.float32)
    factors: NDArray[np.float32] = (means.mean() / means).astype(np.float32)
    return factors


def _levels(
    sample: NDArray[np.float32], look: Look, common: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what becomes black and what becomes full, one value per channel."""
    if sample.size == 0:
        return np.zeros(3, np.float32), np.ones(3, np.float32)
    low, high = np.percentile(sample, (look.low, look.high), axis=None if common else 0)
    if common:
        # Saturated colours have negative channels, which must not lift the black point.
        low = np.percentile(sample.mean(axis=-1), look.low)
    low, high = (np.broadcast_to(value, 3).astype(np.float32) for value in (low, high))
    # A flat channel becomes middling.
    flat = ~(high > low)
    half = np.maximum(np.abs(low) / 2, np.float32(0.5))
    return np.where(flat, low - half, low), np.where(flat, low + half, high)


def _painted(
    linear: NDArray[np.float32], low: NDArray[np.float32], high: NDArray[np.float32], gamma: float
) -> NDArray[np.uint8]:
    missing = ~np.isfinite(linear).all(axis=-1)
    stretched = (linear - low) * (_SHADES / (high - low))
    stretched[missing] = 0
    np.clip(stretched, 0, _SHADES, out=stretched)
    table = np.power(_companded(np.linspace(0, 1, _SHADES + 1, dtype=np.float32)), 1 / gamma)
    shades = np.round(255 * table).astype(np.uint8)
    return shades[(stretched + np.float32(0.5)).astype(np.uint16)]


def _companded(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply the sRGB transfer curve to values between 0 and 1."""
    curve = 1.055 * np.power(linear, 1 / 2.4, dtype=np.float32) - 0.055
    companded: NDArray[np.float32] = np.where(linear <= 0.0031308, 12.92 * linear, curve)
    return companded


def _check_stop(token: CancelToken | None) -> None:
    if token is not None and token.cancelled:
        raise InterruptedError("stopped by the user")
