"""Scenes that methods are compared on: real ones, which are files, and simulated ones."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.read import read_labels
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.empty_bands import find_empty_bands
from napari_dgc.cubes.read import open_cube
from napari_dgc.simulate import CLASS_NAMES, simulate_set
from napari_dgc.simulate.nebula import simulate_nebula
from napari_dgc.simulate.scene import SimulatedScene
from napari_dgc.simulate.xrf import simulate_xrf

SALINAS = Path("classic/salinasA/SalinasA_corrected.mat")
SALINAS_TRUTH = Path("classic/salinasA/SalinasA_gt.mat")
INDIAN = Path("classic/indian_pines_subset/Indian_subset.mat")
ENMAP = Path("licensed/scene_enmap_potsdam_A/derived/cube.npy")

Truth = NDArray[np.integer[Any]]


@dataclass(frozen=True, eq=False)
class Scene:
    """Scans that are clustered together, and what they really show.

    Parameters
    ----------
    cubes
        The scans.
    truths
        Class of each pixel (row, column) of each scan, 0 where it is not known; empty where
        nothing is.
    classes
        Number of classes that a method is asked for: those of the truth where there is one.
    class_names
        Label -> name, where they have names.
    """

    cubes: tuple[HyperCube, ...]
    truths: tuple[Truth, ...]
    classes: int
    class_names: Mapping[int, str]


@dataclass(frozen=True)
class Kind:
    """A kind of scene.

    Parameters
    ----------
    title
        For tables.
    needed
        Files without which it is left out, below the folder of data.
    first_seed
        Of simulated scenes; None: there is one such scene.
    make
        From the folder of data, the scene's seed and its rows and columns (of simulated ones).
    """

    title: str
    needed: tuple[Path, ...]
    first_seed: int | None
    make: Callable[[Path, int, int], Scene]


def of_truth(
    cubes: list[HyperCube], truths: list[Truth], names: Mapping[int, str] | None = None
) -> Scene:
    """Build a scene, its number of classes taken from the truth."""
    classes = len({int(value) for truth in truths for value in np.unique(truth)} - {0})
    return Scene(tuple(cubes), tuple(truths), classes, names or {})


def open_salinas(data: Path) -> Scene:
    cube = open_cube(data / SALINAS, variable="salinasA_corrected")
    return of_truth([cube], [read_labels(data / SALINAS_TRUTH)])


def open_indian(data: Path) -> Scene:
    from scipy.io import loadmat

    # Cube and truth are variables of one file, which `read_labels` does not choose from.
    cube = open_cube(data / INDIAN, variable="Indian_subset")
    return of_truth([cube], [loadmat(data / INDIAN, variable_names=["gt"])["gt"]])


def open_enmap(data: Path) -> Scene:
    stored = np.load(data / ENMAP, mmap_mode="r", allow_pickle=False)
    cube = HyperCube(data=stored.transpose(2, 0, 1), name="enmap", no_data=-32768.0)
    return Scene((replace(cube, bad_bands=find_empty_bands(cube)),), (), 6, {})


def make_leaves(seed: int, size: int) -> Scene:
    scans = simulate_set(days=(0, 3, 5), size=(size, size), bands=100, seed=seed)
    return of_truth([scan.cube for scan in scans], [scan.truth for scan in scans], CLASS_NAMES)


def _one(make: Callable[..., SimulatedScene]) -> Callable[[Path, int, int], Scene]:
    def scene(_: Path, seed: int, size: int) -> Scene:
        made = make(size=(size, size), seed=seed)
        return of_truth([made.cube], [made.truth], made.class_names)

    return scene


KINDS: dict[str, Kind] = {
    "salinas": Kind("Salinas-A", (SALINAS, SALINAS_TRUTH), None, lambda d, _, __: open_salinas(d)),
    "indian": Kind("Indian Pines crop", (INDIAN,), None, lambda d, _, __: open_indian(d)),
    "enmap": Kind("EnMAP tile", (ENMAP,), None, lambda d, _, __: open_enmap(d)),
    "leaves": Kind("Leaves", (), 310, lambda _, seed, size: make_leaves(seed, size)),
    "xrf": Kind("XRF page", (), 130, _one(simulate_xrf)),
    "nebula": Kind("Nebula", (), 130, _one(simulate_nebula)),
}
