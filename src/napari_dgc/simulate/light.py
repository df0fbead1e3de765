"""Light on the scene: side lamp, highlights, cast shadows, vignetting, and the cloth's weave."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.simulate.leaf import LeafSurface
from napari_dgc.simulate.randomness import smooth_field

Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Lamp:
    """A lamp to one side of the scene.

    Parameters
    ----------
    azimuth
        Direction towards the lamp, radians from the column axis.
    elevation
        Height over the plane, radians.
    ambient
        Share of the light that comes from everywhere.
    strength
        Scales relief shading, highlights, shadows and vignetting; 0 is flat light.
    """

    azimuth: float
    elevation: float
    ambient: float
    strength: float

    @property
    def vector(self) -> tuple[float, float, float]:
        """Unit vector towards the lamp as (row, column, up)."""
        flat = np.cos(self.elevation)
        return (
            float(flat * np.sin(self.azimuth)),
            float(flat * np.cos(self.azimuth)),
            float(np.sin(self.elevation)),
        )


def draw_lamp(random: np.random.Generator, leaf_direction: float, strength: float) -> Lamp:
    """Draw the lamp of one scan, roughly square to the leaves' mid-ribs."""
    side = np.pi / 2 * float(random.choice((-1.0, 1.0)))
    return Lamp(
        azimuth=leaf_direction + side + float(np.clip(random.normal(0.0, 0.35), -0.7, 0.7)),
        elevation=random.uniform(0.62, 0.85),
        ambient=random.uniform(0.26, 0.36),
        strength=strength,
    )


def light_on_leaf(
    random: np.random.Generator, surface: LeafSurface, lamp: Lamp
) -> tuple[Plane, Plane]:
    """Shade the relief of a leaf.

    Diffuse light follows Lambert's law over the relief; highlights follow the
    half-vector model of Blinn (1977) with a lobe about 15° wide on the waxy
    cuticle, stronger where the leaf is wet.

    Parameters
    ----------
    random
        Source of randomness of this leaf.
    surface
        The leaf on the fine grid.
    lamp
        The light.

    Returns
    -------
    diffuse
        Irradiance relative to flat white, (rows, columns).
    glint
        Reflectance added at all wavelengths alike, (rows, columns).
    """
    down, right, up = lamp.vector
    slope_rows, slope_columns = np.gradient(surface.height * np.float32(lamp.strength))
    norm = 1.0 / np.sqrt(1.0 + slope_rows**2 + slope_columns**2)
    facing = (up - slope_rows * down - slope_columns * right) * norm
    diffuse = lamp.ambient + (1.0 - lamp.ambient) * np.maximum(facing, 0.05) / up

    shape = (surface.along.shape[0], surface.along.shape[1])
    rough = np.float32(0.10)
    tilt_rows = slope_rows + rough * smooth_field(random, shape, 1.5)
    tilt_columns = slope_columns + rough * smooth_field(random, shape, 1.5)
    half = np.array([down, right, up + 1.0])
    half /= np.linalg.norm(half)
    alignment = (half[2] - tilt_rows * half[0] - tilt_columns * half[1]) / np.sqrt(
        1.0 + tilt_rows**2 + tilt_columns**2
    )
    lobe = np.exp(-(1.0 - alignment) / 0.022)
    wet = np.clip(smooth_field(random, shape, 0.07 * shape[0]) - 0.7, 0.0, 1.0)
    gloss = 0.045 + 0.24 * wet + 0.10 * surface.veins
    return diffuse.astype(np.float32), (lamp.strength * gloss * lobe).astype(np.float32)


def cast_shadow(cover: Plane, lamp: Lamp, height: float) -> Plane:
    """Compute the soft shadow that leaves cast on the cloth.

    Parameters
    ----------
    cover
        Share of the fine pixel covered by leaves.
    lamp
        The light.
    height
        Height of the leaves over the cloth in fine pixels.

    Returns
    -------
    ndarray
        0 (lit) to 1 (no direct light), same shape.
    """
    from scipy.ndimage import gaussian_filter, shift

    if lamp.strength == 0:
        return np.zeros_like(cover)
    down, right, up = lamp.vector
    reach = height / up
    moved = shift(cover, (-down * reach, -right * reach), order=1, mode="constant")
    # The lamp is wide (soft edge), and close contact darkens the rim all around.
    shadow = gaussian_filter(moved, 0.35 * reach + 0.5)
    contact = gaussian_filter(cover, 0.5 * reach + 0.5)
    shade = np.maximum(shadow, 0.6 * contact) * min(1.0, lamp.strength)
    return np.asarray(shade, dtype=np.float32)


def vignetting(columns: int, lamp: Lamp, random: np.random.Generator) -> Plane:
    """Return the fall-off across the track left after white correction, (columns,)."""
    position = np.linspace(-1.0, 1.0, columns)
    centre = random.uniform(-0.2, 0.2)
    amount = 0.10 * lamp.strength
    return (1.0 + 0.3 * amount - amount * (position - centre) ** 2).astype(np.float32)


def weave(random: np.random.Generator, shape: tuple[int, int], fine: int) -> tuple[Plane, Plane]:
    """Draw a plain-woven cloth.

    Parameters
    ----------
    random
        Source of randomness.
    shape
        (rows, columns) of the fine grid.
    fine
        Fine pixels per pixel.

    Returns
    -------
    brightness
        Relative brightness of threads, gaps, creases and lint, mean about 1.
    strength
        Relative amount of dye, 0 (weak) to 1 (strong), varying from yarn to yarn.
    """
    period = random.uniform(2.6, 3.8) * fine
    angle = random.normal(0.0, 0.06)
    rows = np.arange(shape[0], dtype=np.float32)[:, None]
    columns = np.arange(shape[1], dtype=np.float32)[None, :]
    ripple = 0.35 * fine * smooth_field(random, shape, 25.0 * fine)
    warp_at = (columns * np.cos(angle) + rows * np.sin(angle) + ripple) / period
    weft_at = (rows * np.cos(angle) - columns * np.sin(angle) + ripple) / period
    warp, weft = np.floor(warp_at).astype(np.int64), np.floor(weft_at).astype(np.int64)
    warp -= warp.min()
    weft -= weft.min()
    over = (warp + weft) % 2 == 0
    thread = np.where(over, np.abs(np.sin(np.pi * warp_at)), np.abs(np.sin(np.pi * weft_at)))
    warp_dye = random.standard_normal(int(warp.max()) + 1, dtype=np.float32)
    weft_dye = random.standard_normal(int(weft.max()) + 1, dtype=np.float32)
    yarn = np.where(over, warp_dye[warp], weft_dye[weft])
    creases = smooth_field(random, shape, 0.12 * max(shape))
    grain = random.standard_normal(shape, dtype=np.float32)
    lint = np.clip(smooth_field(random, shape, 1.2 * fine) - 3.1, 0.0, 1.0)
    brightness = 0.72 + 0.42 * thread + 0.05 * yarn + 0.06 * creases + 0.05 * grain + 2.0 * lint
    patch = smooth_field(random, shape, 0.2 * max(shape))
    strength = np.clip(0.5 + 0.16 * yarn + 0.14 * patch, 0.0, 1.0)
    return np.clip(brightness, 0.2, 4.0).astype(np.float32), strength.astype(np.float32)
