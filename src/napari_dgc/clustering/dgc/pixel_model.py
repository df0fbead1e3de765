"""From the pixels of a scan to fine clusters: all that is needed once training is over."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.bands import BandGrid
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
        self._device = "cpu"

    @classmethod
    def start(cls, space: FeatureSpace, sample: Stacks, *, reach: int, contrast: float) -> Self:
        """Begin with a mean shift that has learned nothing yet."""
        network = LearnedMeanShift(torch.from_numpy(variances(sample)))
        return cls(space, network, reach=reach, contrast=contrast)

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
        return np.concatenate(parts) * self.space.scale

    def labels(self, features: NDArray[np.float32], valid: NDArray[np.bool_]) -> NDArray[np.uint16]:
        """Label a stack of windows; returns (n, rows, columns), 0 for no data."""
        if self.centroids is None:
            raise UserError("This model has no clusters yet; train it first.")
        points, borders = self.look(features, valid)
        pure = self.centroids.assign(points[borders.nearer] * self.space.scale)
        weight = np.sqrt(self.space.weights)
        means = self.centroids.fine / self.space.scale * weight
        found = borders.divide(points * weight, pure, means).reshape(valid.shape)
        return np.where(valid, found, np.uint16(0))

    def label_into(
        self, labels: NDArray[np.uint16], cube: HyperCube, token: CancelToken | None
    ) -> Iterator[float]:
        """Fill a label map tile by tile, yielding the share that is done.

        Tiles overlap by what decides on a label, so that they do not show.
        """
        done = 0
        for core_rows, core_columns, rows, columns in iter_tiles(
            cube.rows, cube.columns, _TILE, self.halo
        ):
            check_stop(token)
            features, valid = self.space.read(cube, rows, columns)
            found = self.labels(features[None], valid[None])[0]
            inner = (
                slice(core_rows.start - rows.start, core_rows.stop - rows.start),
                slice(core_columns.start - columns.start, core_columns.stop - columns.start),
            )
            labels[core_rows, core_columns] = found[inner]
            done += found[inner].size
            yield done / labels.size

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as named arrays (see `from_arrays`)."""
        assert self.centroids is not None
        return {
            "centroids.fine": self.centroids.fine,
            "centroids.prototypes": self.centroids.prototypes,
            **self.space.noise.tensors(),
            **module_arrays(self.network, "mean_shift"),
            "borders": np.array([self.reach, self.contrast], np.float32),
        }

    @classmethod
    def from_arrays(cls, grid: BandGrid, arrays: dict[str, NDArray[Any]]) -> Self:
        """Rebuild from `arrays`."""
        noise = NoiseModel.from_tensors(arrays)
        network = LearnedMeanShift(torch.ones(noise.dimensions))
        load_module(network, "mean_shift", arrays)
        centroids = Centroids(arrays["centroids.fine"], arrays["centroids.prototypes"])
        reach, contrast = arrays["borders"]
        return cls(
            FeatureSpace(grid, noise),
            network,
            reach=int(reach),
            contrast=float(contrast),
            centroids=centroids,
        )
