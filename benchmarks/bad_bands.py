"""Which criterion finds the bands that hold noise only, and spares the dark ones?

Criteria, each with the limit at which half of a band's variance is noise (nothing is tuned):

mean
    Mean over noise below 3 (limit of detection), noise as in `napari_dgc.measure.band_noise`.
signal
    Standard deviation beyond the noise over that of the noise below 1 (the one that is used).
space
    Autocorrelation of neighbouring pixels below 0.5, in the worse of both directions.
spectrum
    R2 of the best linear prediction from the two nearest bands below 0.5.
both
    Below 0.5 in space and in the spectrum.

Truth: in simulated scans the bands whose noise is stronger than what a perfect camera sees to
vary; bands that were overwritten with noise, a constant or the highest value; bad bands of headers;
the absorption bands of water, 1350 to 1450 and 1800 to 1950 nm, in scans through the air.
Scans of third parties are not part of the project: --data names their folder.

    python benchmarks/bad_bands.py [--sets 21 22 23] [--data FOLDER]
"""

import argparse
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.patches import spread_windows
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.read import open_cube
from napari_dgc.measure.band_noise import signal_to_noise, suggest_bad_bands
from napari_dgc.samples import maize_kernels
from napari_dgc.simulate import sensor, simulate_set

Bands = set[int]
WATER_NM = ((1350.0, 1450.0), (1800.0, 1950.0))
SETS_SIZE, SETS_BANDS, SETS_DAYS = (192, 192), 200, (0, 3, 5)
FILES = {
    "AVIRIS-NG, header": "io_envi_wiser_avirisng/caltech_425_7_7_nm.hdr",
    "AVIRIS Salton Sea, header": "io_mat_salton_sea/salton_sea_roi.mat",
    "AVIRIS vegetation, water": "plant_aviris_vegetation/a_hsi_img_for_VI_demo.mat",
    "NEON, water": "io_hdf5_neon/ex.h5",
}


def unpredicted(products: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the share of each band's variance that its two nearest bands do not predict."""
    left = np.ones(len(products))
    for band in np.flatnonzero(np.diag(products) > 0).tolist():
        around = [band + step for step in (-1, 1, -2, 2) if 0 <= band + step < len(products)]
        near = [other for other in around if products[other, other] > 0][:2]
        shared = products[near, band]
        weights = np.linalg.pinv(products[np.ix_(near, near)], rcond=1e-9, hermitian=True) @ shared
        left[band] = max(1 - weights @ shared / products[band, band], 0)
    return left


def suggestions(cubes: Sequence[HyperCube]) -> dict[str, Bands]:
    """Return the bands that each criterion finds bad."""
    pixels, across, along = [], [], []
    for number, cube in enumerate(cubes):
        count = max(4, 24 // len(cubes))
        for window in spread_windows(cube.rows, cube.columns, count=count, edge=32, seed=number):
            values = cube.read(*window).astype(np.float64)
            pixels.append(values.reshape(cube.n_bands, -1))
            across.append(np.diff(values, axis=2).reshape(cube.n_bands, -1))
            along.append(np.diff(values, axis=1).reshape(cube.n_bands, -1))
    values = np.nan_to_num(np.concatenate(pixels, axis=1))
    mean = values.mean(axis=1)
    values -= mean[:, None]
    steps = [np.nan_to_num(np.concatenate(some, axis=1)) for some in (across, along)]
    both = np.concatenate(steps, axis=1)
    variance = (values**2).mean(axis=1)
    noise = unpredicted(both @ both.T) * (both**2).mean(axis=1) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        brightness = np.abs(mean) / np.sqrt(noise)
        space = np.min([1 - (some**2).mean(axis=1) / 2 / variance for some in steps], axis=0)
    spectrum = 1 - unpredicted(values @ values.T)
    found = {
        "mean": suggest_bad_bands(np.where(noise > 0, brightness, 0), 3),
        "signal": suggest_bad_bands(signal_to_noise(cubes)),
        "space": suggest_bad_bands(space, 0.5),
        "spectrum": suggest_bad_bands(spectrum, 0.5),
    }
    sets = {name: set(bands) for name, bands in found.items()}
    return sets | {"both": sets["space"] & sets["spectrum"]}


def simulated(number: int) -> tuple[list[HyperCube], Bands]:
    """Return the scans of a set, and the bands in which noise is stronger than the scene."""

    def scans(**faults: object) -> NDArray[np.float32]:
        make = sensor.make_camera

        def changed(*args: object) -> sensor.Camera:
            camera = make(*args)  # type: ignore[arg-type]
            return replace(camera, **{name: how(camera) for name, how in faults.items()})  # type: ignore

        with mock.patch.object(sensor, "make_camera", changed):
            cubes[:] = [
                scan.cube
                for scan in simulate_set(SETS_DAYS, size=SETS_SIZE, bands=SETS_BANDS, seed=number)
            ]
        return np.concatenate([np.asarray(c.data).reshape(SETS_BANDS, -1) for c in cubes], axis=1)

    cubes: list[HyperCube] = []
    quiet = {"shot": lambda camera: 0.0, "read": lambda camera: 0.0}
    faultless = quiet | {
        "gain": lambda camera: np.ones_like(camera.gain),
        "gain_drift": lambda camera: np.zeros_like(camera.gain_drift),
        "offset": lambda camera: np.zeros_like(camera.offset),
    }
    scene, without_noise, seen = scans(**faultless), scans(**quiet), scans()
    bad = scene.std(axis=1) < (seen - without_noise).std(axis=1)
    return cubes, set(np.flatnonzero(bad).tolist())


def damaged(cubes: Sequence[HyperCube], good: Sequence[int]) -> tuple[list[HyperCube], Bands]:
    """Overwrite ten of the good bands: five with noise, three with a constant, two saturated."""
    rng = np.random.default_rng(7)
    chosen = rng.choice(np.asarray(good), 10, replace=False).tolist()
    made = []
    for cube in cubes:
        data = cube.read(slice(None), slice(None))
        for band in chosen[:5]:
            data[band] = rng.normal(np.nanmean(data[band]), np.nanstd(data[band]), data[band].shape)
        for band in chosen[5:8]:
            data[band] = np.nanmean(data[band])
        for band in chosen[8:]:
            data[band] = np.minimum(data[band], np.nanquantile(data[band], 0.3))
        made.append(HyperCube(data, cube.name, cube.wavelengths_nm, "nm"))
    return made, set(chosen)


def water(cube: HyperCube) -> Bands:
    """Return the bands in which water in the air absorbs nearly all, and those left at 0."""
    nm = cube.wavelengths_nm
    assert nm is not None
    wet = np.any([(nm >= low) & (nm <= high) for low, high in WATER_NM], axis=0)
    blank = ~np.asarray(cube.data).any(axis=(1, 2))
    return set(np.flatnonzero(wet | blank).tolist())


def report(
    title: str, cubes: Sequence[HyperCube], truth: Bands, known: Bands | None = None
) -> None:
    """Print how many bad bands each criterion finds, and how many others.

    Parameters
    ----------
    title, cubes, truth
        The case.
    known
        Bands of which the truth is known; all when None.
    """
    cells = []
    for bands in suggestions(cubes).values():
        others = bands - truth if known is None else (bands - truth) & known
        cells.append(f"{len(bands & truth)} + {len(others)}")
    print(f"| {title} | {len(truth)} of {cubes[0].n_bands} | {' | '.join(cells)} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sets", type=int, nargs="+", default=[21, 22, 23])
    parser.add_argument("--data", type=Path)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print("found + wrongly suggested\n")
    print("| scans | bad | mean | signal | space | spectrum | both |")
    print("|---|---|---|---|---|---|---|")
    for number in options.sets:
        cubes, bad = simulated(number)
        report(f"simulated set {number}", cubes, bad)
        clear = sorted(set(range(cubes[0].n_bands)) - bad)
        cubes, broken = damaged(cubes, clear)
        report("the same with 10 bands damaged", cubes, broken | bad)
    kernel = open_cube(maize_kernels())
    cubes, broken = damaged([kernel], range(100, 560))
    report("maize kernel (counts), 10 damaged", cubes, broken, set(range(100, 560)))
    if options.data is None:
        return
    for title, name in FILES.items():
        cube = open_cube(options.data / "licensed" / name)
        report(title, [cube], water(cube) if title.endswith("water") else set(cube.bad_bands))
    tiles = sorted(options.data.glob("licensed/scene_enmap_potsdam_A/images/*.tif"))
    cubes = [open_cube(tile) for tile in tiles]
    report("EnMAP, header", cubes, set(cubes[0].bad_bands))


if __name__ == "__main__":
    main()
