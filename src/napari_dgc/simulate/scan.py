"""Whole scans: leaves on cloth, lit, scanned, with their truth."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.simulate import leaf, lesions, light, optics, sensor
from napari_dgc.simulate.randomness import generator

#: Meaning of the truth's labels; 0 would be "not labelled" and does not occur.
CLASS_NAMES: dict[int, str] = {
    1: "background",
    2: "healthy tissue",
    3: "halo",
    4: "lesion",
}

#: Fine pixels per pixel along each axis, for sub-pixel mixing.
_FINE = 2
#: Blur of the lens, standard deviation in fine pixels.
_LENS = 0.85

_CHLOROPHYLL_NODES = np.array([0.25, 0.45, 0.65, 0.85, 1.05, 1.3, 1.7])
_STRUCTURE_NODES = np.array([-0.15, 0.45])
_HALO_NODES = np.array([0.0, 0.35, 0.7, 1.0])

Plane = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SimulatedScan:
    """A scan and what it really shows.

    Parameters
    ----------
    cube
        Reflectance, float32 (band, row, column), wavelengths 400-1000 nm.
    truth
        What covers most of each pixel, uint8 (row, column), see `CLASS_NAMES`.
    day
        Days after infection.
    """

    cube: HyperCube
    truth: NDArray[np.uint8]
    day: float


def simulate_scan(
    day: float,
    *,
    size: tuple[int, int] = (256, 256),
    bands: int = 301,
    seed: int = 0,
    difficulty: float = 1.0,
    camera_seed: int | None = None,
    name: str | None = None,
) -> SimulatedScan:
    """Simulate a push-broom scan of detached tea leaves on dark woven cloth.

    The same arguments give the same bytes. The same seed on another day shows
    the same leaves with more and larger lesions.

    Parameters
    ----------
    day
        Days after infection; 0 is healthy.
    size
        (rows, columns), at least 16 each.
    bands
        Number of bands between 400 and 1000 nm, 4 to 2000.
    seed
        Leaves, light, weave and noise of this scan.
    difficulty
        Scales noise, stripes, smile, lamp drift and the effects of light (side
        light, highlights, shadows, vignetting). 1 is a demanding real scan, 0
        a perfect one in flat light.
    camera_seed
        What scans of a set share: camera, dye of the cloth, cultivar. By
        default the same as `seed`.
    name
        Name of the cube; ``day<day>_seed<seed>`` by default.

    Returns
    -------
    SimulatedScan
        Cube and truth.

    Raises
    ------
    UserError
        When an argument is out of range.
    """
    check_arguments([day], size, bands, seed, difficulty)
    shared = seed if camera_seed is None else camera_seed
    cultivar = optics.draw_cultivar(generator(shared, "cultivar"))
    dye = optics.draw_dye(generator(shared, "dye"))
    camera = sensor.make_camera(shared, size[1], bands, float(difficulty))

    outlines, direction = leaf.place_leaves(generator(seed, "layout"), size)
    lamp = light.draw_lamp(generator(seed, "lamp"), direction, float(difficulty))
    scene = _Scene(size, light.vignetting(size[1], lamp, generator(seed, "vignetting")))
    weak, strong = optics.cloth(dye, 0.80), optics.cloth(dye, 1.25)
    backing = 0.5 * (weak + strong)
    for index, outline in enumerate(outlines):
        random = generator(seed, "leaf", index)
        tissue = optics.draw_leaf(random, cultivar)
        _add_leaf(scene, outline, tissue, backing, lamp, day, seed, index)
    _add_cloth(scene, outlines, weak, strong, cultivar, lamp, generator(seed, "weave"))

    cube = sensor.expose(
        camera,
        scene.amounts,
        np.stack(scene.spectra),
        generator(seed, "exposure", f"{float(day):g}"),
        float(difficulty),
    )
    return SimulatedScan(
        cube=HyperCube(
            data=cube,
            name=name or f"{_stem(day)}_seed{seed}",
            wavelengths=camera.wavelengths,
            wavelength_unit="nm",
            format="simulated",
        ),
        truth=scene.truth(),
        day=float(day),
    )


def simulate_set(
    days: Sequence[float] = (0, 3, 5),
    *,
    size: tuple[int, int] = (256, 256),
    bands: int = 301,
    seed: int = 0,
    difficulty: float = 1.0,
) -> list[SimulatedScan]:
    """Simulate scans of different leaves with one camera, one cloth and one cultivar.

    Parameters
    ----------
    days
        Day after infection of each scan; repeated days give further scans.
    size, bands, seed, difficulty
        As in `simulate_scan`.

    Returns
    -------
    list of SimulatedScan
        Named ``healthy_1``, ``day3_1``, ``day5_1``, ... in the order of `days`.
    """
    return [
        simulate_scan(
            day,
            size=size,
            bands=bands,
            seed=scan_seed,
            difficulty=difficulty,
            camera_seed=seed,
            name=name,
        )
        for day, scan_seed, name in plan_set(days, seed)
    ]


def plan_set(days: Sequence[float], seed: int) -> list[tuple[float, int, str]]:
    """Return day, seed and name of each scan of a set (to make them one by one)."""
    plan = []
    seen: dict[str, int] = {}
    for index, day in enumerate(days):
        stem = _stem(day)
        seen[stem] = seen.get(stem, 0) + 1
        scan_seed = int(generator(seed, "scan", index).integers(2**31))
        plan.append((float(day), scan_seed, f"{stem}_{seen[stem]}"))
    return plan


def check_arguments(
    days: Sequence[float], size: tuple[int, int], bands: int, seed: int, difficulty: float
) -> None:
    """Refuse what cannot be simulated.

    Raises
    ------
    UserError
        With one sentence on the first argument out of range.
    """
    for day in days:
        if not (np.isfinite(day) and 0 <= day <= 1000):
            raise UserError(f"A day after infection cannot be {day:g}: give 0 (healthy) or more.")
    if min(size) < 16:
        raise UserError(f"A scan of {size[0]}x{size[1]} pixels is too small: 16x16 is the least.")
    if not 4 <= bands <= 2000:
        raise UserError(f"{bands} bands cannot be simulated: give a number from 4 to 2000.")
    if seed < 0:
        raise UserError(f"The seed cannot be {seed}: give 0 or a positive whole number.")
    if not (np.isfinite(difficulty) and 0 <= difficulty <= 10):
        raise UserError(f"The difficulty cannot be {difficulty:g}: give a number from 0 to 10.")


def _stem(day: float) -> str:
    return "healthy" if day == 0 else f"day{float(day):g}"


class _Scene:
    """Amounts of all materials, built up leaf by leaf."""

    def __init__(self, size: tuple[int, int], vignetting: Plane) -> None:
        self.size = size
        self.vignetting = vignetting
        self.amounts: list[Plane] = []
        self.spectra: list[NDArray[np.float64]] = []
        self.cover = np.zeros((size[0] * _FINE, size[1] * _FINE), np.float32)
        # Pixel shares of healthy tissue, halo and lesion; the rest is background.
        self._shares = np.zeros((3, *size), np.float32)

    def add(
        self, amount: Plane, spectrum: NDArray[np.float64], rows: slice, columns: slice
    ) -> None:
        """Add one material, given on the fine grid within a window of whole pixels."""
        from scipy.ndimage import gaussian_filter

        blurred = gaussian_filter(amount, _LENS, mode="nearest", truncate=3.0)
        plane = np.zeros(self.size, np.float32)
        plane[rows, columns] = _bin(blurred)
        self.amounts.append(plane * self.vignetting)
        self.spectra.append(spectrum)

    def add_shares(self, shares: Sequence[Plane], rows: slice, columns: slice) -> None:
        """Count the classes (healthy tissue, halo, lesion) of a leaf for the truth."""
        for index, share in enumerate(shares):
            self._shares[index, rows, columns] += _bin(share)

    def truth(self) -> NDArray[np.uint8]:
        """Return the class of each pixel.

        A pixel is leaf when leaf covers half of it or more, and of the tissue
        that covers most of that leaf; so the leaf's outline does not depend on
        its disease.
        """
        tissue = np.argmax(self._shares, axis=0) + 2
        return np.where(self._shares.sum(axis=0) >= 0.5, tissue, 1).astype(np.uint8)


def _bin(plane: Plane) -> Plane:
    rows, columns = plane.shape
    blocks = plane.reshape(rows // _FINE, _FINE, columns // _FINE, _FINE)
    return np.asarray(blocks.mean(axis=(1, 3)), dtype=np.float32)


def _hat(values: Plane, nodes: NDArray[np.float64]) -> list[Plane]:
    """Return the weights of linear interpolation between nodes, one plane per node."""
    place = np.interp(values, nodes, np.arange(len(nodes))).astype(np.float32)
    return [np.maximum(0.0, 1.0 - np.abs(place - index)) for index in range(len(nodes))]


def _add_leaf(
    scene: _Scene,
    outline: leaf.Outline,
    tissue: optics.Tissue,
    backing: NDArray[np.float64],
    lamp: light.Lamp,
    day: float,
    seed: int,
    index: int,
) -> None:
    reach = outline.reach() + 3
    first_row = max(0, int(outline.row - reach))
    first_column = max(0, int(outline.column - reach))
    rows = slice(first_row, min(scene.size[0], int(outline.row + reach) + 1))
    columns = slice(first_column, min(scene.size[1], int(outline.column + reach) + 1))
    fine_rows = np.arange(rows.start * _FINE, rows.stop * _FINE, dtype=np.float32)
    fine_columns = np.arange(columns.start * _FINE, columns.stop * _FINE, dtype=np.float32)
    # Centres of the fine pixels, in pixels of the final image.
    fine_rows = (fine_rows + np.float32(0.5)) / np.float32(_FINE) - np.float32(0.5)
    fine_columns = (fine_columns + np.float32(0.5)) / np.float32(_FINE) - np.float32(0.5)
    grid = np.meshgrid(fine_rows, fine_columns, indexing="ij")
    surface = leaf.leaf_surface(generator(seed, "surface", index), outline, *grid, _FINE)
    illumination, glint = light.light_on_leaf(generator(seed, "gloss", index), surface, lamp)
    sick = lesions.infect(
        generator(seed, "lesions", index), surface, outline.length, float(day), _FINE
    )

    sound = surface.cover * (1.0 - sick.lesion)
    dead = surface.cover * sick.lesion
    scene.cover[
        rows.start * _FINE : rows.stop * _FINE, columns.start * _FINE : columns.stop * _FINE
    ] += surface.cover
    in_halo = (sick.halo > 0.4).astype(np.float32)
    scene.add_shares([sound * (1.0 - in_halo), sound * in_halo, dead], rows, columns)

    def add(amount: Plane, optical: tuple[NDArray[np.float64], NDArray[np.float64]]) -> None:
        scene.add(amount * illumination, optics.over_backing(*optical, backing), rows, columns)

    halo = _hat(sick.halo, _HALO_NODES)
    chlorophyll = _hat(surface.chlorophyll, _CHLOROPHYLL_NODES)
    structure = _hat(surface.structure, _STRUCTURE_NODES)
    for factor, green in zip(_CHLOROPHYLL_NODES, chlorophyll, strict=True):
        for added, scatter in zip(_STRUCTURE_NODES, structure, strict=True):
            add(
                sound * halo[0] * green * scatter,
                optics.leaf_optics(optics.scaled(tissue, chlorophyll=factor, structure=added)),
            )
    for intensity, weight in zip(_HALO_NODES[1:], halo[1:], strict=True):
        add(sound * weight, optics.leaf_optics(optics.chlorotic(tissue, intensity)))
    thick, normal = (
        optics.over_backing(*optics.leaf_optics(optics.scaled(tissue, thickness=t)), backing)
        for t in (1.2, 1.0)
    )
    scene.add(sound * surface.thickness * illumination, (thick - normal) / 0.2, rows, columns)
    if day > 0:
        add(dead * sick.border, optics.lesion_border(tissue))
        centre = dead * (1.0 - sick.border)
        add(centre * (1.0 - sick.melanin), optics.necrosis(tissue, 3.1))
        add(centre * sick.melanin, optics.necrosis(tissue, 4.3))
    flat = np.ones_like(backing)
    scene.add(surface.cover * (1.0 - 0.8 * sick.lesion) * glint, flat, rows, columns)


def _add_cloth(
    scene: _Scene,
    outlines: Sequence[leaf.Outline],
    weak: NDArray[np.float64],
    strong: NDArray[np.float64],
    cultivar: optics.Tissue,
    lamp: light.Lamp,
    random: np.random.Generator,
) -> None:
    whole = (slice(0, scene.size[0]), slice(0, scene.size[1]))
    shape = (scene.cover.shape[0], scene.cover.shape[1])
    brightness, strength = light.weave(random, shape, _FINE)
    length = float(np.mean([outline.length for outline in outlines])) if outlines else 1.0
    shadow = light.cast_shadow(scene.cover, lamp, 0.035 * length * _FINE)
    bare = np.maximum(1.0 - scene.cover, 0.0) * brightness
    # In the shadow remain the light from all around and what the leaf lets through.
    _, through = optics.leaf_optics(cultivar)
    shade = lamp.ambient + 0.35 * through
    for amount, spectrum in ((1.0 - strength, weak), (strength, strong)):
        scene.add(bare * amount * (1.0 - shadow), spectrum, *whole)
        scene.add(bare * amount * shadow, spectrum * shade, *whole)
