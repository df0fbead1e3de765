"""What a class is: its spectrum, its indices, and where it lies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.clustering.events import Progress
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.reflectance import holds_reflectance
from napari_dgc.indices import INDICES, Index, IndexPlan, why_not
from napari_dgc.measure.class_places import ClassPlaces, places_of
from napari_dgc.measure.class_values import IndexValue
from napari_dgc.partition import Partition

#: Pixels of a class that its spectrum is taken from at most.
PIXELS = 20_000
#: Samples read at once, and rows, so that big scans are read in many places.
_BLOCK_SAMPLES, _BLOCK_ROWS = 4 << 20, 16
#: A class of more pixels than are wanted gives each block this part of them at most.
_PART = 16


class LabelledScan(NamedTuple):
    """A scan: its name, its samples, and its (row, column) fine clusters, 0 for no data."""

    name: str
    cube: HyperCube
    fine: NDArray[np.uint16]


@dataclass(frozen=True, eq=False)
class ExplainedClass:
    """What is known about one class.

    Parameters
    ----------
    places
        Where it lies.
    used
        Pixels that spectrum and indices are taken from.
    mean, sd
        (bands,) mean and standard deviation over them (divided by n); NaN in bad bands.
    indices
        All that the scans allow.
    """

    places: ClassPlaces
    used: int
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    indices: tuple[IndexValue, ...]

    @property
    def number(self) -> int:
        """Number of the class."""
        return self.places.number


@dataclass(frozen=True, eq=False)
class Explanation:
    """Several classes, measured alike.

    Parameters
    ----------
    classes
        In the order asked for.
    wavelengths_nm
        (bands,) or None.
    left_out
        Names of scans with other bands, whose spectra were not used.
    """

    classes: tuple[ExplainedClass, ...]
    wavelengths_nm: NDArray[np.float64] | None
    left_out: tuple[str, ...]


def explain_classes(
    scans: Sequence[LabelledScan],
    partition: Partition,
    numbers: Sequence[int],
    *,
    pixels: int = PIXELS,
    seed: int = 0,
    token: CancelToken | None = None,
) -> Iterator[Progress | Explanation]:
    """Measure a few classes over all scans.

    Parameters
    ----------
    scans
        The scans; only blocks of rows that hold pixels of the classes are read.
    partition
        The classes.
    numbers
        Which of them.
    pixels
        Of a class with more pixels than this, a sample from blocks all over the scans is used.
    seed
        Decides which.
    token
        Looked at between blocks.

    Yields
    ------
    Progress, Explanation
        The explanation comes last.

    Raises
    ------
    InterruptedError
        When `token` was cancelled.
    """
    token = token or never_cancelled()
    places = places_of([(scan.name, scan.fine) for scan in scans], partition, numbers)
    table = np.zeros(partition.clusters + 1, np.uint16)
    for position, number in enumerate(numbers, start=1):
        table[list(partition.class_of(number).members)] = position
    maps = [table[np.where(s.fine < len(table), s.fine, 0)] for s in scans]
    holding = [n for n, found in enumerate(maps) if found.any()]
    usable = [n for n in holding if _same_bands(scans[n].cube, scans[holding[0]].cube)]
    cubes = [scans[n].cube for n in usable]
    if not cubes:
        empty = np.full(scans[0].cube.n_bands if scans else 0, np.nan)
        blank = tuple(ExplainedClass(place, 0, empty, empty, ()) for place in places)
        yield Explanation(blank, None, ())
        return
    sample = _Sample(cubes, len(numbers), pixels)
    blocks = [
        (scan, rows, maps[number][rows])
        for scan, number in enumerate(usable)
        for rows in _rows_of(cubes[scan])
        if maps[number][rows].any()
    ]
    totals = sum(np.bincount(maps[n].ravel(), minlength=len(numbers) + 1) for n in usable)
    most = np.where(totals > pixels, -(-pixels // _PART), pixels)
    random = np.random.default_rng(seed)
    for done, place in enumerate(random.permutation(len(blocks)).tolist(), start=1):
        if token.cancelled:
            raise InterruptedError("explaining was stopped")
        scan, rows, codes = blocks[place]
        sample.read(scan, rows, codes, most, random)
        yield Progress("reading", done / len(blocks))
    plans, indices = sample.index_plans(token)
    yield Explanation(
        tuple(sample.explained(code, place, plans, indices) for code, place in enumerate(places)),
        cubes[0].wavelengths_nm,
        tuple(scans[n].name for n in holding if n not in usable),
    )


class _Sample:
    """Spectra of some pixels of every class, by scan."""

    def __init__(self, cubes: Sequence[HyperCube], classes: int, pixels: int) -> None:
        self._cubes = cubes
        self._pixels = pixels
        self._taken: list[list[list[NDArray[np.float32]]]] = [
            [[] for _ in cubes] for _ in range(classes)
        ]
        self._used = [0] * classes
        good = np.ones(cubes[0].n_bands, bool)
        for cube in cubes:
            good[list(cube.bad_bands)] = False
        self._good = good

    def read(
        self,
        scan: int,
        rows: slice,
        codes: NDArray[np.uint16],
        most: NDArray[np.int64],
        random: np.random.Generator,
    ) -> None:
        """Take pixels from some rows, at most `most` of each code."""
        chosen = []
        for code, used in enumerate(self._used):
            at = np.flatnonzero(codes == code + 1)
            number = min(at.size, int(most[code + 1]), self._pixels - used)
            if 0 < number < at.size:
                at = np.sort(random.choice(at, number, replace=False))
            chosen.append(np.unravel_index(at[: max(number, 0)], codes.shape))
        columns = np.concatenate([column for _, column in chosen])
        if not columns.size:
            return
        left = int(columns.min())
        window = self._cubes[scan].read(rows, slice(left, int(columns.max()) + 1))
        for code, (row, column) in enumerate(chosen):
            spectra = window[:, row, column - left]
            spectra = spectra[:, np.isfinite(spectra[self._good]).all(axis=0)]
            self._taken[code][scan].append(spectra)
            self._used[code] += spectra.shape[1]

    def index_plans(self, token: CancelToken) -> tuple[list[IndexPlan | None], tuple[Index, ...]]:
        """Return how to compute those indices that every scan allows."""
        reflectance = [holds_reflectance(cube) for cube in self._cubes]
        allowed = tuple(
            index
            for index in INDICES
            if all(
                why_not(index, cube, reflectance=calibrated) is None
                for cube, calibrated in zip(self._cubes, reflectance, strict=True)
            )
        )
        if not allowed:
            return [None] * len(self._cubes), ()
        return [IndexPlan(cube, allowed, token) for cube in self._cubes], allowed

    def explained(
        self,
        code: int,
        places: ClassPlaces,
        plans: Sequence[IndexPlan | None],
        indices: Sequence[Index],
    ) -> ExplainedClass:
        """Average what was taken of a class."""
        empty = np.empty((len(self._good), 0), np.float32)
        parts = [np.concatenate([empty, *taken], axis=1) for taken in self._taken[code]]
        spectra = np.concatenate(parts, axis=1)
        mean = np.full(len(self._good), np.nan)
        sd = mean.copy()
        if spectra.shape[1]:
            mean[self._good] = spectra[self._good].mean(axis=1, dtype=np.float64)
            sd[self._good] = spectra[self._good].std(axis=1, dtype=np.float64)
        values: list[list[NDArray[np.float32]]] = [[] for _ in indices]
        for part, plan in zip(parts, plans, strict=True):
            if plan is not None and part.shape[1]:
                for found, value in zip(values, plan.values(part[plan.bands]), strict=True):
                    found.append(value)
        measured = (
            _index_value(index.name, found) for index, found in zip(indices, values, strict=True)
        )
        return ExplainedClass(places, self._used[code], mean, sd, tuple(measured))


def _index_value(name: str, parts: Sequence[NDArray[np.float32]]) -> IndexValue:
    values = np.concatenate([np.empty(0, np.float32), *parts])
    values = values[np.isfinite(values)]
    if not values.size:
        return IndexValue(name, 0, float("nan"), float("nan"))
    mean, sd = values.mean(dtype=np.float64), values.std(dtype=np.float64)
    return IndexValue(name, int(values.size), float(mean), float(sd))


def _rows_of(cube: HyperCube) -> Iterator[slice]:
    step = min(_BLOCK_ROWS, max(1, _BLOCK_SAMPLES // (cube.n_bands * cube.columns)))
    for top in range(0, cube.rows, step):
        yield slice(top, min(top + step, cube.rows))


def _same_bands(one: HyperCube, other: HyperCube) -> bool:
    first, second = one.wavelengths_nm, other.wavelengths_nm
    if one.n_bands != other.n_bands or (first is None) != (second is None):
        return False
    return first is None or second is None or bool(np.allclose(first, second, atol=0.5, rtol=0))
