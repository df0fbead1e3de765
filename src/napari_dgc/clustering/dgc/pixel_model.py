"""From the pixels of a scan to fine clusters: all that is needed once training is over."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.confidence import (
    Calibration,
    fit_slope,
    fit_temperature,
    halve,
    memberships,
    of_classes,
    quarters,
    second_side,
)
from napari_dgc.clustering.dgc.blur import next_reach
from napari_dgc.clustering.dgc.borders import Borders, find_borders
from napari_dgc.clustering.dgc.centroids import Centroids
from napari_dgc.clustering.dgc.features import FeatureSpace, Stacks, variances
from napari_dgc.clustering.dgc.mean_shift import LearnedMeanShift
from napari_dgc.clustering.labelling import check_stop, iter_tiles
from napari_dgc.clustering.noise import NoiseModel
from napari_dgc.clustering.torch_state import load_module, module_arrays
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

_TILE = 192
#: Two classes that cover less than this part of a pixel say nothing about dividing it.
_BOTH_COVER = 0.8


@dataclass(frozen=True, eq=False)
class _Examined:
    """What confidence is made of: (pixels, ...) of a flattened stack of windows.

    `mixed`, `ends`, `sides` and `position` are those of `Borders.between`, `squared` the squared
    distances of what stands for each pixel from all centroids.
    """

    borders: Borders
    squared: NDArray[np.float32]
    labels: NDArray[np.uint16]
    mixed: NDArray[np.intp]
    ends: list[NDArray[np.int64]]
    sides: list[NDArray[np.uint16]]
    position: NDArray[np.float32]


class PixelModel:
    """Features, mean shift and centroids, on one device.

    Parameters
    ----------
    space
        Bands and noise of the scans.
    network
        The mean shift.
    reach, contrast
        Which pixels count as mixed, see `find_borders`.
    centroids
        Of the fine clusters, once there are any.

    Attributes
    ----------
    calibration : Calibration
        What turns distances and shares into probabilities, see `calibrate`.
    """

    def __init__(
        self,
        space: FeatureSpace,
        network: LearnedMeanShift,
        *,
        reach: int,
        contrast: float,
        centroids: Centroids | None = None,
    ) -> None:
        self.space = space
        self.network = network
        self.reach = reach
        self.contrast = contrast
        self.centroids = centroids
        self.calibration = Calibration()
        self._device = "cpu"

    @classmethod
    def start(cls, space: FeatureSpace, sample: Stacks, *, reach: int, contrast: float) -> Self:
        """Begin with a mean shift that has learned nothing yet."""
        network = LearnedMeanShift(torch.from_numpy(variances(sample)))
        return cls(space, network, reach=reach, contrast=contrast)

    def measure_reach(self, sample: Stacks) -> None:
        """Set `reach` to what the blur of the scans needs."""
        before, self.reach = 0, next_reach(0, ())
        while self.reach != before:
            before = self.reach
            self.reach = next_reach(
                before, [(*self.look(*stack), stack[1].shape) for stack in sample]
            )

    @property
    def halo(self) -> int:
        """How many pixels around it decide on a pixel's label.

        Its ends, the ends that stand for these when they are mixed themselves, and the
        mean shift of those.
        """
        return self.network.radius + 2 * self.reach

    def to(self, device: str) -> None:
        """Compute on this device from now on."""
        self.network.to(device)
        self._device = device

    def tensors(
        self, features: NDArray[np.float32], valid: NDArray[np.bool_]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Turn a stack (n, dimensions, rows, columns) into what the network takes."""
        return (
            torch.from_numpy(features).to(self._device),
            torch.from_numpy(valid[:, None].astype(np.float32)).to(self._device),
        )

    @torch.no_grad()
    def look(
        self, features: NDArray[np.float32], valid: NDArray[np.bool_]
    ) -> tuple[NDArray[np.float32], Borders]:
        """Mean-shift a stack of windows and find its mixed pixels.

        Returns
        -------
        points : ndarray
            (pixels, dimensions) in noise units.
        borders : Borders
        """
        tensors = self.tensors(features, valid)
        shifted = self.network(*tensors)
        borders = find_borders(
            shifted,
            tensors[1],
            torch.from_numpy(self.space.weights).to(self._device),
            reach=self.reach,
            contrast=self.contrast,
        )
        points = shifted.movedim(1, -1).reshape(-1, shifted.shape[1])
        return points.contiguous().cpu().numpy(), borders

    @torch.no_grad()
    def surprise(self, sample: Stacks) -> float:
        """Return the loss on a fixed sample of all scans, comparable between epochs."""
        values = [float(self.network.surprise(*self.tensors(*stack))) for stack in sample]
        return float(np.mean(values))

    def points(self, sample: Stacks) -> NDArray[np.float32]:
        """Return what centroids are fitted to: (n, dimensions) of all valid pixels of a sample.

        Mixed pixels are represented by the nearer of their ends.
        """
        parts = []
        for features, valid in sample:
            points, borders = self.look(features, valid)
            parts.append(points[borders.nearer[valid.ravel()]])
        found = np.concatenate(parts)
        found *= self.space.scale
        return found

    def labels(self, features: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.uint16]:
        """Label a stack of windows; returns (n, rows, columns), 0 for no data."""
        points, borders = self.look(features, valid)
        centroids = self._fitted
        pure = centroids.assign(points[borders.nearer] * self.space.scale)
        found = borders.divide(*self._to_divide(points, pure)).reshape(valid.shape)
        return np.where(valid, found, np.uint16(0))

    @property
    def _fitted(self) -> Centroids:
        if self.centroids is None:
            raise UserError("This model has no clusters yet; train it first.")
        return self.centroids

    def _to_divide(
        self, points: NDArray[np.float32], pure: NDArray[np.uint16]
    ) -> tuple[NDArray[np.float32], NDArray[np.uint16], NDArray[np.float32]]:
        """Return points, labels and means in the units in which mixed pixels are divided."""
        weight = np.sqrt(self.space.weights)
        return points * weight, pure, self._fitted.fine / self.space.scale * weight

    def _examine(self, features: NDArray[np.float32], valid: NDArray[np.bool_]) -> _Examined:
        """Look at a stack of windows as closely as confidence needs it."""
        points, borders = self.look(features, valid)
        squared = _squared(points[borders.nearer] * self.space.scale, self._fitted.fine)
        labels = (squared.argmin(axis=1) + 1).astype(np.uint16)
        mixed, ends, sides, position = borders.between(*self._to_divide(points, labels))
        labels[mixed] = sides[0]
        return _Examined(borders, squared, labels, mixed, ends, sides, position)

    def confidence(
        self,
        features: NDArray[np.float32],
        valid: NDArray[np.bool_],
        groups: NDArray[np.integer[Any]] | None = None,
    ) -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
        """Return how probable it is that each pixel's class is right, and `labels`.

        Parameters
        ----------
        features, valid
            Stack of windows, as for `labels`.
        groups
            (clusters + 1,) class of each fine cluster; None for the fine clusters.

        Returns
        -------
        values : ndarray
            (n, rows, columns), 0 to 1, NaN for no data.
        labels : ndarray
            (n, rows, columns) fine clusters, 0 for no data.
        """
        seen = self._examine(features, valid)
        belongs = memberships(seen.squared, self.calibration.temperature)
        second = second_side(seen.position, self.calibration.slope)[:, None]
        one, other = (belongs[ends] for ends in seen.ends)
        belongs[seen.mixed] = (1 - second) * one + second * other
        found = of_classes(belongs, seen.labels, groups).reshape(valid.shape)
        labels = seen.labels.reshape(valid.shape)
        return np.where(valid, found, np.float32(np.nan)), np.where(valid, labels, np.uint16(0))

    def calibrate(self, sample: Stacks, groups: NDArray[np.integer[Any]], *, seed: int) -> None:
        """Fit `calibration` without labels: see a sample again, at half the resolution.

        Parameters
        ----------
        sample
            Windows of all scans.
        groups
            (clusters + 1,) a few classes of the fine clusters: between these, not between
            two shades of the background, mixed pixels have to be divided rightly.
        seed
            Of the second look's noise.

        See Also
        --------
        napari_dgc.clustering.confidence : what is fitted, and why so.
        """
        generator = np.random.default_rng((seed, 0xC0F1))
        clusters = len(self._fitted.fine)
        together = np.equal.outer(groups[1:], np.unique(groups[1:])).astype(np.float32)
        classes = together.argmax(axis=1)
        squared, owners, positions, seconds = [], [], [], []
        for features, valid in sample:
            if min(valid.shape[-2:]) < 2:
                continue
            cover = self._cover(features, valid).reshape(*valid.shape, clusters)
            parts = np.mean(quarters(np.moveaxis(cover, -1, 1)), axis=0)
            parts = np.moveaxis(parts, 1, -1).reshape(-1, clusters)
            again, whole = halve(features, valid, generator)
            seen = self._examine(again, whole)
            alone = whole.ravel() & (seen.borders.share == 0)
            squared.append(seen.squared[alone])
            owners.append(parts[alone].argmax(axis=1))
            by_class = parts[seen.mixed] @ together
            one, two = (classes[side.astype(np.intp) - 1] for side in seen.sides)
            at = np.arange(len(by_class))
            of_one, of_two = by_class[at, one], by_class[at, two]
            telling = (one != two) & (of_one + of_two > _BOTH_COVER) & (of_one != of_two)
            positions.append(seen.position[telling])
            seconds.append((of_two > of_one)[telling])
        if squared:
            self.calibration = Calibration(
                fit_temperature(np.concatenate(squared), np.concatenate(owners)),
                fit_slope(np.concatenate(positions), np.concatenate(seconds)),
            )

    def _cover(
        self, features: NDArray[np.float32], valid: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """(pixels, clusters) by how much of each pixel's area each cluster covers it."""
        seen = self._examine(features, valid)
        cover = np.zeros(seen.squared.shape, np.float32)
        cover[np.arange(len(cover)), seen.labels.astype(np.intp) - 1] = 1
        cover[seen.mixed] = 0
        position = np.clip(seen.position, 0, 1)
        for side, share in zip(seen.sides, (1 - position, position), strict=True):
            cover[seen.mixed, side.astype(np.intp) - 1] = share
        return cover

    def label_into(
        self, labels: NDArray[np.uint16], cube: HyperCube, token: CancelToken | None
    ) -> Iterator[float]:
        """Fill a label map tile by tile, yielding the share that is done.

        Tiles overlap by what decides on a label, so that they do not show.
        """
        return self._fill(
            (labels,), lambda features, valid: (self.labels(features, valid),), cube, token
        )

    def confidence_into(
        self,
        values: NDArray[np.float32],
        labels: NDArray[np.uint16],
        cube: HyperCube,
        groups: NDArray[np.integer[Any]] | None,
        token: CancelToken | None,
    ) -> Iterator[float]:
        """Fill the maps of `confidence` and of labels tile by tile, as `label_into` does."""

        def compute(
            features: NDArray[np.float32], valid: NDArray[np.bool_]
        ) -> tuple[NDArray[Any], ...]:
            return self.confidence(features, valid, groups)

        return self._fill((values, labels), compute, cube, token)

    def _fill(
        self,
        results: tuple[NDArray[Any], ...],
        compute: Callable[[NDArray[np.float32], NDArray[np.bool_]], tuple[NDArray[Any], ...]],
        cube: HyperCube,
        token: CancelToken | None,
    ) -> Iterator[float]:
        done = 0
        for core_rows, core_columns, rows, columns in iter_tiles(
            cube.rows, cube.columns, _TILE, self.halo
        ):
            check_stop(token)
            features, valid = self.space.read(cube, rows, columns)
            inner = (
                slice(core_rows.start - rows.start, core_rows.stop - rows.start),
                slice(core_columns.start - columns.start, core_columns.stop - columns.start),
            )
            for result, found in zip(results, compute(features[None], valid[None]), strict=True):
                result[core_rows, core_columns] = found[0][inner]
            done += valid[inner].size
            yield done / (cube.rows * cube.columns)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as named arrays (see `from_arrays`)."""
        assert self.centroids is not None
        return {
            "centroids.fine": self.centroids.fine,
            "centroids.prototypes": self.centroids.prototypes,
            **self.space.noise.tensors(),
            **module_arrays(self.network, "mean_shift"),
            "borders": np.array([self.reach, self.contrast], np.float32),
            "confidence": np.array([self.calibration.temperature, self.calibration.slope]),
        }

    @classmethod
    def from_arrays(cls, grid: BandGrid, arrays: dict[str, NDArray[Any]]) -> Self:
        """Rebuild from `arrays`."""
        noise = NoiseModel.from_tensors(arrays)
        network = LearnedMeanShift(torch.ones(noise.dimensions))
        load_module(network, "mean_shift", arrays)
        centroids = Centroids(arrays["centroids.fine"], arrays["centroids.prototypes"])
        for places in (centroids.fine, centroids.prototypes):
            if places.shape[1:] != noise.ratios.shape or noise.mean.shape != (grid.size,):
                raise ValueError("the number of bands or features is wrong")
        reach, contrast = arrays["borders"]
        model = cls(
            FeatureSpace(grid, noise),
            network,
            reach=int(reach),
            contrast=float(contrast),
            centroids=centroids,
        )
        if "confidence" in arrays:
            model.calibration = Calibration(*(float(value) for value in arrays["confidence"]))
        return model


def _squared(points: NDArray[np.float32], centroids: NDArray[np.float32]) -> NDArray[np.float32]:
    """(points, centroids) squared distances, up to what is the same for all centroids."""
    result: NDArray[np.float32] = points @ centroids.T
    result *= -2
    result += (centroids**2).sum(axis=1)
    return result
