"""Small integral-field cubes of ionised gas: H II regions, shocks and planetary nebulae.

Every spectrum is the sum of sky, stars, diffuse gas and nebulae, in photons, blurred by the
point spread function. A pixel is of the kind that gives most of its Hα, diffuse gas included.
Nebulae of one kind share line ratios up to a scatter, and differ in brightness by more than a
factor of ten, in dust, velocity and in the stars they are seen against.

Line ratios lie where the diagnostic diagrams put the three kinds: [O III]/Hβ against [N II]/Hα,
[S II]/Hα and [O I]/Hα (Baldwin, Phillips & Terlevich 1981, PASP 93, 5; Veilleux & Osterbrock
1987, ApJS 63, 295); shocks above [S II]/Hα = 0.4 (Mathewson & Clarke 1973, ApJ 180, 725);
planetary nebulae at high excitation and low [S II]/Hα (Frew & Parker 2010, PASA 27, 129).
Hα/Hβ = 2.86 (case B at 10^4 K, Osterbrock & Ferland 2006); doublets by atomic physics:
[O III] 5007/4959 = 2.98 and [N II] 6583/6548 = 3.05 (Storey & Zeippen 2000, MNRAS 312, 813).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.simulate.randomness import generator, smooth_curve, smooth_field
from napari_dgc.simulate.scene import (
    Plane,
    SimulatedScene,
    blurred,
    check_scene,
    count,
    place_discs,
    profile,
)

CLASS_NAMES: dict[int, str] = {
    1: "sky and diffuse gas",
    2: "H II region",
    3: "shock",
    4: "planetary nebula",
}

#: Rest wavelengths in air, nm.
LINES: dict[str, float] = {
    "Hb": 486.13,
    "O III 4959": 495.89,
    "O III 5007": 500.68,
    "He I": 587.56,
    "O I 6300": 630.03,
    "O I 6364": 636.38,
    "N II 6548": 654.81,
    "Ha": 656.28,
    "N II 6583": 658.34,
    "S II 6716": 671.64,
    "S II 6731": 673.08,
}
_FIRST, _LAST = 480.0, 680.0
_HA_HB = 2.86
#: Standard deviation of a line on the detector, nm, and of the point spread function, pixels.
_LINE_WIDTH, _SEEING = 0.55, 0.65
#: Electrons.
_READ_NOISE = 2.0
#: Exposure by which all photons named here are multiplied.
_EXPOSURE = 3.0
_LIGHT_NM_S = 299_792.458


@dataclass(frozen=True)
class Kind:
    """Line ratios of one kind of nebula, and their scatter.

    Parameters
    ----------
    o3, n2, s2, o1, he
        [O III] 5007/Hβ, [N II] 6583/Hα, [S II] 6716+6731/Hα, [O I] 6300/Hα, He I 5876/Hβ.
    density
        [S II] 6716/6731.
    scatter
        Standard deviation of each ratio from nebula to nebula, dex; a third of it within one.
    width
        Extra velocity dispersion, km/s.
    """

    o3: float
    n2: float
    s2: float
    o1: float
    he: float
    density: float
    scatter: float
    width: float


KINDS: dict[int, Kind] = {
    2: Kind(o3=1.6, n2=0.30, s2=0.20, o1=0.012, he=0.12, density=1.35, scatter=0.10, width=10),
    3: Kind(o3=2.2, n2=0.60, s2=0.85, o1=0.25, he=0.10, density=1.20, scatter=0.10, width=120),
    4: Kind(o3=11.0, n2=0.40, s2=0.06, o1=0.03, he=0.15, density=0.75, scatter=0.15, width=20),
}
#: Diffuse gas between the nebulae.
_DIFFUSE = Kind(o3=0.6, n2=0.45, s2=0.40, o1=0.04, he=0.05, density=1.45, scatter=0.0, width=20)


def simulate_nebula(
    *,
    size: tuple[int, int] = (128, 128),
    bands: int = 256,
    seed: int = 0,
    difficulty: float = 1.0,
    name: str | None = None,
) -> SimulatedScene:
    """Simulate a field of nebulae, 480-680 nm, in photons.

    The same arguments give the same bytes.

    Parameters
    ----------
    size
        (rows, columns), at least 16 each.
    bands
        4 to 2000.
    seed
        Places, brightness, ratios, dust, velocities and noise.
    difficulty
        Exposures are divided by it: noise grows with its square root. Read noise grows with it.
        Exposures grow no more below 0.1; 0 has no read noise.
    name
        Name of the cube; ``nebula_seed<seed>`` by default.

    Returns
    -------
    SimulatedScene
        Cube and truth, see `CLASS_NAMES`.

    Raises
    ------
    UserError
        When an argument is out of range.
    """
    check_scene(size, bands, seed, difficulty)
    axis = np.linspace(_FIRST, _LAST, bands)
    random = generator(seed, "nebulae")
    regions = _layout(random, size)
    # The gas turns with its galaxy: a velocity gradient, and small motions of its own.
    angle = random.uniform(0, 2 * np.pi)
    down, right = np.meshgrid(
        np.linspace(-1, 1, size[0]), np.linspace(-1, 1, size[1]), indexing="ij"
    )
    velocity = 60 * (np.cos(angle) * right + np.sin(angle) * down)
    velocity += 10 * smooth_field(random, size, 10)
    dust = 0.5 * np.exp(0.5 * smooth_field(random, size, 16))

    expected = _sky_and_stars(generator(seed, "stars"), axis, size)
    diffuse = (14 * np.exp(0.4 * smooth_field(random, size, 12))).astype(np.float32)
    shining = np.zeros((len(CLASS_NAMES), *size), np.float32)
    shining[0] = diffuse
    flat: NDArray[np.float32] = expected.reshape(bands, -1)
    flat += _gas(axis, _DIFFUSE, diffuse.ravel(), velocity.ravel(), dust.ravel(), random)
    for label, bright in regions:
        shining[label - 1] += bright
        chosen = np.flatnonzero(bright)
        flat[:, chosen] += _gas(
            axis,
            KINDS[label],
            bright.ravel()[chosen],
            velocity.ravel()[chosen],
            (dust.ravel() * np.exp(random.normal(0, 0.4)))[chosen],
            random,
        )
    truth = (blurred(shining, _SEEING).argmax(axis=0) + 1).astype(np.uint8)
    expected = blurred(flat.reshape(bands, *size), _SEEING)
    photons = expected * np.float32(_EXPOSURE / max(difficulty, 0.1))
    counted = count(generator(seed, "exposure"), photons, _READ_NOISE * difficulty)
    cube = HyperCube(
        data=counted,
        name=name or f"nebula_seed{seed}",
        wavelengths=axis,
        wavelength_unit="nm",
        format="simulated",
    )
    return SimulatedScene(cube, truth, CLASS_NAMES)


def _layout(random: np.random.Generator, size: tuple[int, int]) -> list[tuple[int, Plane]]:
    """Place nebulae; returns label and Hα photons (rows, columns) of each."""
    scale = np.sqrt(size[0] * size[1]) / 128
    many = max(scale**2, 0.15)
    unit = float(np.clip(scale, 0.45, 1.0))
    wanted = [(2, 6, 9.0, 17.0), (3, 4, 9.0, 15.0), (4, 6, 4.0, 7.0)]
    drawn = [
        (random.uniform(low, high) * unit, label)
        for label, number, low, high in wanted
        for _ in range(max(1, round(number * many)))
    ]
    drawn.sort(reverse=True)
    discs = place_discs(random, size, [radius for radius, _ in drawn])
    rows, columns = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in size), indexing="ij")
    regions = []
    for (row, column, radius), (_, label) in zip(discs, drawn, strict=False):
        angle = np.arctan2(rows - row, columns - column)
        waves = random.normal(0, 1, 4) * (0.0 if label == 4 else 0.06)
        phases = random.uniform(0, 2 * np.pi, 4)
        rim = 1 + sum(
            float(wave) * np.cos((n + 2) * angle + float(phase))
            for n, (wave, phase) in enumerate(zip(waves, phases, strict=True))
        )
        distance = np.hypot(rows - row, columns - column) / (radius * rim)
        inside = distance < 1
        # Shells are brighter at the rim, H II regions in the middle.
        shape = {2: 1.3 - 0.6 * distance**2, 3: 0.55 + 0.9 * distance**6, 4: 0.8 + 0.4 * distance}
        clumps = np.exp((0.45 if label == 3 else 0.25) * smooth_field(random, size, 2.5))
        level = 260 * np.exp(np.clip(random.normal(0, 0.75), -1.5, 1.8))
        bright = (level * shape[label] * clumps * inside).astype(np.float32)
        regions.append((label, bright))
    return regions


def _gas(
    axis: NDArray[np.float64],
    kind: Kind,
    ha: Plane,
    velocity: NDArray[np.float64],
    dust: NDArray[np.float64],
    random: np.random.Generator,
) -> NDArray[np.float32]:
    """Return the photons (bands, pixels) of gas of one kind with `ha` photons of Hα each."""

    def ratio(value: float) -> NDArray[np.float64]:
        common = random.normal(0, kind.scatter)
        own = kind.scatter / 3 * random.standard_normal(len(ha))
        return np.asarray(value * 10 ** (common + own))

    hb = 1 / _HA_HB
    o3, n2, s2, o1 = (ratio(value) for value in (kind.o3, kind.n2, kind.s2, kind.o1))
    first = kind.density / (1 + kind.density)
    strengths: dict[str, float | NDArray[np.float64]] = {
        "Hb": hb,
        "O III 4959": o3 * hb / 2.98,
        "O III 5007": o3 * hb,
        "He I": ratio(kind.he) * hb,
        "O I 6300": o1,
        "O I 6364": o1 / 3,
        "N II 6548": n2 / 3.05,
        "Ha": 1.0,
        "N II 6583": n2,
        "S II 6716": s2 * first,
        "S II 6731": s2 * (1 - first),
    }
    total = np.zeros((len(axis), len(ha)), np.float32)
    for line, strength in strengths.items():
        rest = LINES[line]
        # Dust dims blue light more: optical depth goes about as 1 / wavelength.
        reddened = np.exp(-dust * (LINES["Ha"] / rest - 1) * 2.5)
        centre = rest * (1 + velocity / _LIGHT_NM_S)
        sigma = float(np.hypot(_LINE_WIDTH, rest * kind.width / _LIGHT_NM_S))
        near = np.flatnonzero(np.abs(axis - rest) < 6 * sigma + 2 * (axis[1] - axis[0]))
        if not near.size:
            continue
        for start in range(0, len(ha), 4096):
            some = slice(start, start + 4096)
            amount = (strength * reddened * ha)[some]
            half = 0.5 * (axis[1] - axis[0])
            total[near, some] += (
                _cumulative(axis[near] + half, centre[some], sigma)
                - _cumulative(axis[near] - half, centre[some], sigma)
            ) * amount
    return total


def _cumulative(
    edges: NDArray[np.float64], centre: NDArray[np.float64], sigma: float
) -> NDArray[np.float64]:
    from scipy.special import ndtr

    result: NDArray[np.float64] = ndtr((edges[:, None] - centre[None, :]) / sigma)
    return result


def _sky_and_stars(
    random: np.random.Generator,
    axis: NDArray[np.float64],
    size: tuple[int, int],
) -> NDArray[np.float32]:
    """Return the photons (bands, rows, columns) of night sky and unresolved and single stars."""
    per_band = 256 / len(axis)
    u = (axis - _FIRST) / (_LAST - _FIRST)
    sky = (4.0 + 1.0 * u) * per_band
    # Airglow of oxygen and sodium; 630.0 nm lies where the nebulae shine too.
    for centre, photons in ((557.73, 60.0), (589.3, 14.0), (630.03, 16.0), (636.38, 5.0)):
        sky = sky + photons * profile(axis, centre, _LINE_WIDTH)
    old = 1.0 + 0.35 * u + 0.03 * smooth_curve(random, axis, 8.0)
    young = 1.25 - 0.45 * u + 0.03 * smooth_curve(random, axis, 8.0)
    for centre, depth, width in ((486.13, 0.2, 0.9), (517.5, 0.15, 1.5), (589.3, 0.12, 0.8)):
        dip = depth * np.exp(-0.5 * ((axis - centre) / width) ** 2)
        old, young = old * (1 - dip), young * (1 - (0.4 if centre > 500 else 1.5) * dip)
    light = 6 * np.exp(0.45 * smooth_field(random, size, 18) + 0.12 * smooth_field(random, size, 2))
    share = np.clip(0.35 + 0.2 * smooth_field(random, size, 24), 0, 1)
    stars = np.zeros(size, np.float32)
    number = max(2, round(18 * size[0] * size[1] / 128**2))
    at = random.integers(0, size[0], number), random.integers(0, size[1], number)
    np.add.at(stars, at, (60 * np.exp(random.normal(0, 0.8, number))).astype(np.float32))
    spectra = (np.stack([old, young]) * per_band).astype(np.float32)
    amounts = np.stack([(light + stars) * (1 - share), (light + stars) * share])
    total = np.tensordot(spectra, amounts.astype(np.float32), ([0], [0]))
    return np.asarray(total + sky.astype(np.float32)[:, None, None], np.float32)
