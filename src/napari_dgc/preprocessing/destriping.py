"""Stripes along the lines of a push-broom scan, and how to take them out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.windowed import Span
from napari_dgc.errors import UserError
from napari_dgc.preprocessing.parameters import parameter
from napari_dgc.preprocessing.step import Learned, Learner, Step, derived, learned_array


@dataclass(frozen=True)
class Destripe(Step):
    """Take out what one column of the camera has in excess of its neighbours in every row.

    The difference of each column to the next is the median over all rows of all scans, which
    what grows in the scene hardly moves; summed up over the columns it gives the profile of
    the detector. What of this profile stands out from its own running median is the
    stripe: an offset in reflectance, or a gain without unit (from differences of logarithms).
    A gain can only be told from scans that are bright over their whole width: on a dark ground
    small offsets look like large gains. All scans must come from one camera, with the same
    columns.

    References
    ----------
    Column statistics resistant to outliers: Gadallah, Csillag & Smith 2000, Destriping
    multisensor imagery with moment matching, International Journal of Remote Sensing 21,
    2505-2511. Medians of blocks of rows are combined by the remedian of Rousseeuw &
    Bassett 1990, Journal of the American Statistical Association 85, 97-104.
    """

    name = "destripe"
    title = "Take out column stripes"
    tip = (
        "Corrects each column of a push-broom camera against its neighbours, from the statistics "
        "of all scans together."
    )
    kind: str = field(
        default="offset",
        metadata=parameter(
            title="Stripes are",
            tip="An offset (all pixels of a column are off by the same) or a gain (bright ones by "
            "more); a gain needs scans that are bright over their whole width.",
            choices=("offset", "gain"),
        ),
    )
    width: int = field(
        default=21,
        metadata=parameter(
            title="Widest",
            tip="Columns of the running median: stripes up to about half as wide are taken out, "
            "slower changes stay.",
            unit="columns",
            least=3,
            most=201,
        ),
    )

    def learner(self, cubes: Sequence[HyperCube]) -> Learner:
        """Return what sees all scans (see `Step.learner`)."""
        first = cubes[0]
        for cube in cubes:
            if cube.columns != first.columns:
                raise UserError(
                    f"The step “{self.name}” needs scans of one camera, but {first.name} has "
                    f"{first.columns} columns and {cube.name} has {cube.columns}; leave it out, or "
                    f"train on scans of one kind."
                )
        return _ColumnDifferences(self)

    def apply(self, cube: HyperCube, learned: Learned) -> HyperCube:
        """Return the cube with this step done (see `Step.apply`)."""
        stripes = learned_array(self, learned, "stripes", (cube.n_bands, None))
        if cube.columns != stripes.shape[1]:
            raise UserError(
                f"The step “{self.name}” learned the stripes of a camera with "
                f"{stripes.shape[1]} columns and {cube.name} has {cube.columns}; use a model "
                f"trained on scans of this kind."
            )
        factor = np.exp(-stripes) if self.kind == "gain" else None

        def read(bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
            window = cube.read(rows, columns, bands)
            if factor is not None:
                window *= factor[bands][:, None, columns]
            else:
                window -= stripes[bands][:, None, columns]
            return window

        return derived(cube, read, behind=1)


class _ColumnDifferences:
    """Median over all rows of the difference of each column to the next."""

    def __init__(self, step: Destripe) -> None:
        self._step = step
        self._median = Remedian()

    def add(self, window: NDArray[np.float32]) -> None:
        """Take in (bands, rows, all columns)."""
        if self._step.kind == "gain":
            # Noise in the dark has no logarithm and says nothing about a gain.
            with np.errstate(invalid="ignore", divide="ignore"):
                window = np.where(window > 0, np.log(window), np.float32(np.nan))
        differences = np.diff(window, axis=2)
        known = np.asarray(np.isfinite(differences).any(axis=1))
        filled = np.where(known[:, None], differences, np.float32(0))
        self._median.add(np.where(known, np.nanmedian(filled, axis=1), np.float32(np.nan)))

    def result(self) -> dict[str, NDArray[Any]]:
        """Return the stripes, (bands, columns)."""
        from scipy.ndimage import median_filter

        found = np.nan_to_num(self._median.result())
        profile = np.concatenate([np.zeros((len(found), 1)), np.cumsum(found, axis=1)], axis=1)
        trend = median_filter(profile, size=(1, self._step.width), mode="nearest")
        return {"stripes": (profile - trend).astype(np.float32)}


class Remedian:
    """A running median of arrays in little memory: medians of medians of groups."""

    _GROUP = 11

    def __init__(self) -> None:
        self._levels: list[list[NDArray[Any]]] = [[]]

    def add(self, values: NDArray[Any]) -> None:
        """Take one more array in; NaN counts for nothing."""
        level = 0
        self._levels[0].append(values)
        while len(self._levels[level]) == self._GROUP:
            values = _median(self._levels[level])
            self._levels[level] = []
            level += 1
            if level == len(self._levels):
                self._levels.append([])
            self._levels[level].append(values)

    def result(self) -> NDArray[Any]:
        """Return the median, each remaining array weighted by what it stands for."""
        if not any(self._levels):
            raise UserError("The scans hold no pixels to take statistics of.")
        arrays, weights = [], []
        for level, held in enumerate(self._levels):
            arrays += held
            weights += [self._GROUP**level] * len(held)
        return _weighted_median(np.stack(arrays), np.array(weights, float))


def _median(arrays: list[NDArray[Any]]) -> NDArray[Any]:
    return _weighted_median(np.stack(arrays), np.ones(len(arrays)))


def _weighted_median(stacked: NDArray[Any], weights: NDArray[np.float64]) -> NDArray[Any]:
    """Return the weighted median over the first axis; NaN only where all are NaN."""
    order = np.argsort(stacked, axis=0)  # NaN last
    values = np.take_along_axis(stacked, order, axis=0)
    share = np.where(np.isfinite(values), weights[order], 0.0).cumsum(axis=0)
    place = (share < share[-1] / 2).sum(axis=0)
    median: NDArray[Any] = np.take_along_axis(values, place[None].clip(max=len(values) - 1), 0)[0]
    return median
