"""Where the leaves lie and what each point of a leaf is: outline, veins, relief."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.simulate.randomness import smooth_field

Plane = NDArray[np.float32]


@dataclass(frozen=True)
class Outline:
    """Position and shape of one leaf, in pixels of the final image.

    Parameters
    ----------
    row, column
        Centre of the blade.
    length
        From the base to the tip of the blade.
    angle
        Direction from base to tip, radians from the column axis.
    width
        Largest half width over the length.
    asymmetry
        Relative difference of the two halves.
    bend
        Sideways bow of the mid-rib over the length.
    base, tip
        Exponents of the outline towards base and tip (larger = more pointed).
    """

    row: float
    column: float
    length: float
    angle: float
    width: float
    asymmetry: float
    bend: float
    base: float
    tip: float

    def coordinates(self, rows: Plane, columns: Plane) -> tuple[Plane, Plane]:
        """Return position along the mid-rib (0 base, 1 tip) and offset from it in pixels."""
        cosine, sine = np.float32(np.cos(self.angle)), np.float32(np.sin(self.angle))
        down, right = rows - np.float32(self.row), columns - np.float32(self.column)
        along = ((right * cosine + down * sine) / np.float32(self.length) + np.float32(0.5)).astype(
            np.float32
        )
        across = down * cosine - right * sine
        bow = np.float32(self.bend * self.length)
        across = across - bow * (1.0 - (2.0 * along - 1.0) ** 2)
        return along, np.asarray(across, dtype=np.float32)

    def half_width(self, along: Plane, across: Plane) -> Plane:
        """Return the half width in pixels at a position, on the side of `across`."""
        inside = np.clip(along, 1e-4, 1.0 - 1e-4)
        peak = self.base / (self.base + self.tip)
        scale = peak**self.base * (1.0 - peak) ** self.tip
        profile = inside**self.base * (1.0 - inside) ** self.tip / scale
        # Tea leaves are finely toothed; the teeth fade towards the base.
        teeth = 1.0 + 0.012 * inside * np.sin(2 * np.pi * 34 * inside)
        side = np.where(across > 0, 1.0 + self.asymmetry, 1.0 - self.asymmetry)
        half = self.width * self.length * profile * teeth * side
        return np.where((along > 0) & (along < 1), half, 0.0).astype(np.float32)

    def reach(self) -> float:
        """Radius in pixels of a circle around the centre that holds blade and petiole."""
        return 0.62 * self.length + 2.0


def leaf_count(size: tuple[int, int]) -> int:
    """Tell how many leaves fit a scan of this size: three, or fewer on small images."""
    side = min(size)
    return 3 if side >= 96 else 2 if side >= 48 else 1


def place_leaves(random: np.random.Generator, size: tuple[int, int]) -> tuple[list[Outline], float]:
    """Lay out leaves that neither overlap nor leave the image.

    Leaves point in random directions around a common one, as laid out by hand.

    Parameters
    ----------
    random
        Source of randomness.
    size
        (rows, columns) of the image.

    Returns
    -------
    outlines
        One per leaf, covering together about 10 to 25 % of the image.
    direction
        The common direction, radians.
    """
    rows, columns = size
    count = leaf_count(size)
    share = random.uniform(0.14, 0.22) / count
    if max(size) > 1.5 * min(size):
        direction = (np.pi / 2 if rows > columns else 0.0) + random.normal(0.0, 0.1)
        spread = 0.25
    else:
        direction = random.uniform(0.0, np.pi)
        spread = 0.45
    step = max(1.0, min(size) / 96)
    grid_rows, grid_columns = np.meshgrid(
        np.arange(0, rows, step, dtype=np.float32),
        np.arange(0, columns, step, dtype=np.float32),
        indexing="ij",
    )
    shrink = 1.0
    while True:
        placed: list[Outline] = []
        taken = np.zeros(grid_rows.shape, bool)
        for _ in range(count):
            for _ in range(60):
                outline = _draw_outline(random, size, share * shrink, direction, spread)
                blade = _footprint(outline, grid_rows, grid_columns, margin=0.0)
                if not _inside(outline, size) or not blade.any():
                    continue
                wide = _footprint(outline, grid_rows, grid_columns, margin=0.03 * outline.length)
                if not (wide & taken).any():
                    taken |= wide
                    placed.append(outline)
                    break
        if len(placed) == count or shrink < 0.3:
            return placed, direction
        shrink *= 0.93


def _draw_outline(
    random: np.random.Generator,
    size: tuple[int, int],
    share: float,
    direction: float,
    spread: float,
) -> Outline:
    rows, columns = size
    width = random.uniform(0.175, 0.225)
    base, tip = random.uniform(0.5, 0.65), random.uniform(0.72, 0.92)
    # Area of the outline over length squared is close to 1.42 times the half width.
    length = float(np.sqrt(share * random.uniform(0.85, 1.15) * rows * columns / (1.42 * width)))
    flip = np.pi * int(random.integers(2))
    return Outline(
        row=random.uniform(0.08, 0.92) * rows,
        column=random.uniform(0.08, 0.92) * columns,
        length=length,
        angle=direction + flip + float(np.clip(random.normal(0.0, spread), -0.8, 0.8)),
        width=width,
        asymmetry=random.uniform(-0.07, 0.07),
        bend=random.uniform(-0.05, 0.05),
        base=base,
        tip=tip,
    )


def _footprint(outline: Outline, rows: Plane, columns: Plane, margin: float) -> NDArray[np.bool_]:
    along, across = outline.coordinates(rows, columns)
    blade = np.abs(across) < outline.half_width(along, across) + margin
    blade &= (along > -0.12) & (along < 1.04)
    return blade


def _inside(outline: Outline, size: tuple[int, int]) -> bool:
    """Tell whether the blade lies in the image with a small margin; the petiole may leave it."""
    along = np.linspace(0, 1, 41, dtype=np.float32)
    cosine, sine = np.cos(outline.angle), np.sin(outline.angle)
    for sign in (-1.0, 1.0):
        half = outline.half_width(along, np.full_like(along, sign))
        across = sign * half + outline.bend * outline.length * (1.0 - (2.0 * along - 1.0) ** 2)
        forward = (along - 0.5) * outline.length
        rows = outline.row + forward * sine + across * cosine
        columns = outline.column + forward * cosine - across * sine
        if rows.min() < 1 or columns.min() < 1:
            return False
        if rows.max() > size[0] - 2 or columns.max() > size[1] - 2:
            return False
    return True


@dataclass(frozen=True)
class LeafSurface:
    """One leaf on a fine grid around it; all planes (rows, columns), float32.

    Parameters
    ----------
    along, across
        Position along the mid-rib (0 base, 1 tip) and offset from it in fine pixels.
    cover
        Share of the fine pixel covered by the leaf (blade and petiole).
    half_width
        Half width of the blade in fine pixels.
    veins
        0 (between the veins) to 1 (on a rib).
    chlorophyll
        Factor on the leaf's chlorophyll.
    structure
        Added to the leaf's structure parameter N.
    thickness
        Relative deviation of water and dry matter.
    height
        Relief in fine pixels, for the light.
    """

    along: Plane
    across: Plane
    cover: Plane
    half_width: Plane
    veins: Plane
    chlorophyll: Plane
    structure: Plane
    thickness: Plane
    height: Plane


def leaf_surface(
    random: np.random.Generator, outline: Outline, rows: Plane, columns: Plane, fine: int
) -> LeafSurface:
    """Work out what each point of a leaf is.

    Parameters
    ----------
    random
        Source of randomness of this leaf.
    outline
        The leaf.
    rows, columns
        Positions of the fine grid in pixels of the final image.
    fine
        Fine pixels per pixel.
    """
    along, offset = outline.coordinates(rows, columns)
    half = outline.half_width(along, offset) * fine
    across = offset * fine
    length = np.float32(outline.length * fine)
    blade = np.clip(half - np.abs(across) + 0.5, 0.0, 1.0)
    blade = np.where((along > 0) & (along < 1), blade, 0.0)
    petiole_width = max(0.011 * outline.length, 0.7) * fine
    stalk = np.clip(petiole_width - np.abs(across) + 0.5, 0.0, 1.0)
    stalk = np.where((along > -0.09) & (along < 0.03), stalk, 0.0)
    cover = np.maximum(blade, stalk).astype(np.float32)

    veins = _veins(random, along, across, length, fine)
    veins = np.maximum(veins, stalk * (along < 0.0)).astype(np.float32)
    shape = (along.shape[0], along.shape[1])
    broad = smooth_field(random, shape, float(length) * 0.25)
    patchy = smooth_field(random, shape, float(length) * 0.06)
    cells = smooth_field(random, shape, 1.3 * fine)
    age = np.float32(random.normal(0.0, 0.12)) * (along - 0.5) * 2.0
    rim = np.exp(-np.maximum(half - np.abs(across), 0.0) / (0.02 * length))
    chlorophyll = np.exp(
        0.07 * broad + 0.05 * patchy + 0.035 * cells + age - 0.12 * rim - 0.62 * veins
    )
    structure = 0.05 * broad + 0.03 * patchy + 0.28 * veins
    thickness = 0.05 * smooth_field(random, shape, float(length) * 0.2) + 0.10 * veins

    # Blade folded upwards along the mid-rib, each half rounded, quilted between the veins.
    fold = np.float32(random.uniform(0.28, 0.42))
    height = fold * np.sqrt(across**2 + (0.02 * length) ** 2)
    height = height - 0.25 * fold * across**2 / np.maximum(outline.width * length, 1.0)
    height = height + 0.010 * length * smooth_field(random, shape, float(length) * 0.16)
    height = height + 0.0035 * length * (1.0 - veins) - 0.002 * length * cells * 0.15
    return LeafSurface(
        along=along,
        across=across.astype(np.float32),
        cover=cover,
        half_width=half,
        veins=veins,
        chlorophyll=chlorophyll.astype(np.float32),
        structure=structure.astype(np.float32),
        thickness=thickness.astype(np.float32),
        height=height.astype(np.float32),
    )


def _veins(
    random: np.random.Generator, along: Plane, across: Plane, length: np.float32, fine: int
) -> Plane:
    """Mid-rib and secondary veins that leave it forwards and curve towards the tip."""
    rib = np.maximum(0.009 * length * (1.0 - 0.65 * along), 0.45 * fine)
    mid = np.exp(-((across / rib) ** 2))
    count = float(random.integers(7, 10))
    away = np.abs(across) / length
    veins = mid
    for side in (-1.0, 1.0):
        phase = along - random.uniform(0.55, 0.75) * away - 1.2 * away**2
        wobble = random.uniform(0, 2 * np.pi, 2)
        phase = (
            phase + 0.012 * np.sin(9.0 * phase + wobble[0]) + 0.006 * np.sin(40 * away + wobble[1])
        )
        place = phase * count + random.uniform(0.0, 1.0)
        distance = np.abs(place - np.round(place)) / count * length * 0.8
        thin = np.maximum(0.0045 * length * (1.0 - 1.5 * away), 0.30 * fine)
        strength = np.clip(1.0 - 2.2 * away, 0.15, 1.0) * 0.7
        secondary = strength * np.exp(-((distance / thin) ** 2)) * (across * side > 0)
        veins = np.maximum(veins, secondary)
    return np.asarray(veins, dtype=np.float32)
