"""Small X-ray fluorescence scans of an illuminated page: pigments on parchment, in counts.

Every spectrum is the scatter of the tube's radiation, the lines of the parchment seen through
the paint, and those of the pigments; spectra of one pigment differ in thickness, in what it is
mixed with, and in what shines through. Line energies and the relative strengths within a series
are those of the X-Ray Data Booklet (Thompson et al. 2009, LBNL/PUB-490), rounded; the width of
lines follows the resolution of a silicon drift detector (Fano factor 0.115, 3.65 eV per pair).
Pigments by their key elements as in macro-XRF of manuscripts (Alfeld & de Viguerie 2017,
Spectrochim. Acta B 136, 81, and references there): lead white Pb, vermilion Hg and S,
azurite Cu, ochre Fe with Mn, Ti and Ca, gold leaf Au on bole (Fe), parchment Ca and K.
"""

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.simulate.randomness import generator, smooth_field
from napari_dgc.simulate.scene import SimulatedScene, blurred, check_scene, count, profile

CLASS_NAMES: dict[int, str] = {
    1: "parchment",
    2: "lead white",
    3: "vermilion",
    4: "azurite",
    5: "ochre",
    6: "gold",
}

#: Element -> lines (keV, relative strength) between 0.6 and 26 keV.
LINES: dict[str, tuple[tuple[float, float], ...]] = {
    "S": ((2.31, 1.0),),
    "Cl": ((2.62, 1.0),),
    "Ag": ((2.98, 1.0), (3.15, 0.5), (22.16, 0.6), (24.94, 0.1)),
    "K": ((3.31, 1.0), (3.59, 0.11)),
    "Ca": ((3.69, 1.0), (4.01, 0.13)),
    "Ti": ((4.51, 1.0), (4.93, 0.15)),
    "Mn": ((5.90, 1.0), (6.49, 0.17)),
    "Fe": ((6.40, 1.0), (7.06, 0.17)),
    "Cu": ((8.05, 1.0), (8.90, 0.17)),
    "Zn": ((8.64, 1.0), (9.57, 0.17)),
    "Au": ((2.12, 0.10), (9.71, 1.0), (11.48, 0.75), (13.38, 0.10)),
    "Hg": ((2.20, 0.10), (9.99, 1.0), (11.87, 0.75), (13.83, 0.10)),
    "Pb": ((2.35, 0.12), (10.55, 1.0), (12.62, 0.80), (14.76, 0.10)),
}
#: Strength of the elements of each material, for a layer of usual thickness: copper and iron
#: are excited well and lie thick, gold leaf is thinner than a micrometre, air swallows calcium.
MATERIALS: dict[int, dict[str, float]] = {
    1: {"Ca": 0.8, "K": 0.20, "Cl": 0.08, "S": 0.08, "Fe": 0.07, "Zn": 0.03},
    2: {"Pb": 1.3, "Ca": 0.05},
    3: {"Hg": 1.1, "S": 0.30},
    4: {"Cu": 2.4, "Fe": 0.10, "Ca": 0.05, "Zn": 0.04},
    5: {"Fe": 1.6, "Ca": 0.25, "Mn": 0.10, "Ti": 0.10, "K": 0.10},
    6: {"Au": 0.55, "Ag": 0.06, "Fe": 0.15, "Ca": 0.10},
}
_FIRST, _LAST = 0.6, 26.1
#: Counts of the main line of a usual layer, and of all scatter.
_LINE_COUNTS, _SCATTER_COUNTS = 110.0, 260.0
#: Standard deviation of the beam, pixels.
_BEAM = 0.7


def simulate_xrf(
    *,
    size: tuple[int, int] = (128, 128),
    bands: int = 256,
    seed: int = 0,
    difficulty: float = 1.0,
    name: str | None = None,
) -> SimulatedScene:
    """Simulate the X-ray fluorescence of a painted page, 0.6-26.1 keV, in counts.

    The same arguments give the same bytes.

    Parameters
    ----------
    size
        (rows, columns), at least 16 each.
    bands
        Channels, 4 to 2000.
    seed
        Picture, thickness, mixtures and noise.
    difficulty
        Dwell times are divided by it: noise grows with its square root. At 0.1 and
        below there are 10 times the counts.
    name
        Name of the cube; ``xrf_seed<seed>`` by default.

    Returns
    -------
    SimulatedScene
        Cube and truth, see `CLASS_NAMES`. `wavelengths` are energies in keV, without a unit.

    Raises
    ------
    UserError
        When an argument is out of range.
    """
    check_scene(size, bands, seed, difficulty)
    axis = np.linspace(_FIRST, _LAST, bands)
    truth, cells = _picture(generator(seed, "picture"), size)
    paint = _paint(generator(seed, "paint"), truth, cells)
    # Paint hides the parchment; its own lines are weaker in thick layers than in proportion.
    covering = paint[1:].sum(axis=0)
    amounts = np.concatenate([paint[:1] * np.exp(-0.9 * covering), paint[1:]])
    amounts[1:] *= ((1 - np.exp(-0.8 * covering)) / np.maximum(0.8 * covering, 1e-6))[None]
    spectra = np.stack([_fluorescence(axis, MATERIALS[label]) for label in CLASS_NAMES])
    # Heavy paint absorbs what light parchment scatters.
    scatter = np.exp(-0.35 * covering)
    # Pages are not flat: what is nearer to tube and detector is brighter.
    near = np.exp(0.2 * smooth_field(generator(seed, "flatness"), size, 30))
    mixed = (np.concatenate([amounts, scatter[None]]) * near).astype(np.float32)
    spectra = np.concatenate([spectra * _LINE_COUNTS, _scatter(axis)[None] * _SCATTER_COUNTS])
    expected = np.tensordot(spectra.astype(np.float32), blurred(mixed, _BEAM), ([0], [0]))
    expected = (expected + np.float32(4.0 / bands)) / np.float32(max(difficulty, 0.1))
    cube = HyperCube(
        data=count(generator(seed, "counting"), np.asarray(expected, np.float32), 0.0),
        name=name or f"xrf_seed{seed}",
        wavelengths=axis,
        wavelength_unit=None,
        # Readers take names that begin with a number for wavelengths.
        band_names=tuple(f"E{energy:.2f}keV" for energy in axis),
        format="simulated",
    )
    return SimulatedScene(cube, truth, CLASS_NAMES)


def _resolution(energy: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation of a line, keV: electronics, and the number of pairs."""
    return np.asarray(np.sqrt(0.035**2 + 0.115 * 0.00365 * np.asarray(energy)))


def _fluorescence(axis: NDArray[np.float64], elements: dict[str, float]) -> NDArray[np.float64]:
    total = np.zeros(len(axis))
    for element, strength in elements.items():
        for energy, relative in LINES[element]:
            # Air and window swallow soft radiation.
            seen = np.exp(-((1.9 / energy) ** 2.8))
            total += strength * relative * seen * profile(axis, energy, float(_resolution(energy)))
    return total


def _scatter(axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bremsstrahlung of a rhodium tube at 40 kV (Kramers' law), and its scattered lines."""
    slope = np.maximum(40 / axis - 1, 0) * np.exp(-((5.5 / axis) ** 2)) * axis**0.5
    total = slope / slope.sum()
    for energy, share, width in ((20.2, 0.10, 1.0), (19.3, 0.16, 2.2), (2.70, 0.01, 1.0)):
        total = total + share * profile(axis, energy, width * float(_resolution(energy)))
    argon = 0.02 * profile(axis, 2.96, float(_resolution(2.96)))
    return np.asarray(total + argon)


def _picture(
    random: np.random.Generator, size: tuple[int, int]
) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Paint a miniature with a gilded frame; returns the truth and the number of each cell."""
    rows, columns = np.meshgrid(*(np.arange(n, dtype=np.float32) for n in size), indexing="ij")
    edge = min(size)
    margin = random.uniform(0.09, 0.14) * edge
    frame = max(1.5, random.uniform(0.035, 0.055) * edge)
    warp = 0.03 * edge
    down = rows + warp * smooth_field(random, size, 0.12 * edge)
    right = columns + warp * smooth_field(random, size, 0.12 * edge)
    number = 18
    seeds = random.uniform(0, 1, (number, 2)) * np.array(size)
    distance = (down[..., None] - seeds[:, 0]) ** 2 + (right[..., None] - seeds[:, 1]) ** 2
    cells = distance.argmin(axis=-1)
    # Each pigment gets cells; bare parchment and gold are rarer within the miniature.
    pigments = np.array([2, 3, 4, 5] * 4 + [1, 6])
    random.shuffle(pigments)
    truth = pigments[cells].astype(np.uint8)
    from_rim = np.minimum.reduce([rows, columns, size[0] - 1 - rows, size[1] - 1 - columns])
    gilded = (from_rim >= margin) & (from_rim < margin + frame)
    truth[gilded] = 6
    cells[gilded] = number
    outside = from_rim < margin
    truth[outside] = 1
    cells[outside] = number + 1
    return truth, cells


def _paint(
    random: np.random.Generator, truth: NDArray[np.uint8], cells: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Return the amount of each material (materials, rows, columns)."""
    size = (truth.shape[0], truth.shape[1])
    paint = np.zeros((len(CLASS_NAMES), *size), np.float32)
    paint[0] = np.exp(0.15 * smooth_field(random, size, 6))
    brush = np.exp(0.15 * smooth_field(random, size, 1.5) + 0.15 * smooth_field(random, size, 6))
    for cell in np.unique(cells):
        here = cells == cell
        thickness = np.exp(np.clip(random.normal(0, 0.7), -1.1, 1.1))
        white = random.uniform(0, 0.35)
        other = int(random.integers(2, 6))
        trace = random.uniform(0, 0.12)
        label = int(truth[here][0])
        if label == 1:
            continue
        amount = thickness * brush[here]
        if label == 6:
            paint[5, here] += amount
            continue
        # Painters lighten with lead white and warm or cool with a little of another pigment.
        paint[label - 1, here] += amount * (1 - white)
        paint[1, here] += amount * white
        paint[other - 1, here] += amount * trace
    return paint
