"""From the pixels of a scan to fine clusters: all that is needed once training is over."""

from collections.abc import Iterator
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.dgc.centroids import Centroids
from napari_dgc.clustering.dgc.features import FeatureSpace, Stacks, variances
from napari_dgc.clustering.dgc.mean_shift import LearnedMeanShift
from napari_dgc.clustering.labelling import check_stop, iter_tiles
from napari_dgc.clustering.noise import NoiseModel
from napari_dgc.clustering.torch_state import load_module, module_arrays
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

_TILE = 128


class PixelModel:
    """Features, mean shift and centroids, on one device.

    Parameters
    ----------
    space
        Bands and noise of the scans.
    network
        The mean shift.
    centroids
        Of the fine clusters, once there are any.
    """

    def __init__(
        self, space: FeatureSpace, network: LearnedMeanShift, centroids: Centroids | None = None
    ) -> None:
        self.space = space
        self.network = network
        self.centroids = centroids
        self._device = "cpu"

    @classmethod
    def start(cls, space: FeatureSpace, sample: Stacks) -> Self:
        """Begin with a mean shift that has learned nothing yet."""
        return cls(space, LearnedMeanShift(torch.from_numpy(variances(sample))))

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

    def shifted(
        self, features: NDArray[np.float32], valid: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Mean-shift a stack of windows; the result is scaled for the centroids."""
        moved: NDArray[np.float32] = self.network(*self.tensors(features, valid)).cpu().numpy()
        return moved * self.space.scale[:, None, None]

    @torch.no_grad()
    def surprise(self, sample: Stacks) -> float:
        """Return the loss on a fixed sample of all scans, comparable between epochs."""
        values = [float(self.network.surprise(*self.tensors(*stack))) for stack in sample]
        return float(np.mean(values))

    def points(self, sample: Stacks) -> NDArray[np.float32]:
        """Return the shifted features (n, dimensions) of all valid pixels of a sample."""
        return np.concatenate(
            [np.moveaxis(self.shifted(*stack), 1, -1)[stack[1]] for stack in sample]
        )

    def label_into(
        self, labels: NDArray[np.uint16], cube: HyperCube, token: CancelToken | None
    ) -> Iterator[float]:
        """Fill a label map tile by tile, yielding the share that is done.

        Tiles overlap by the reach of the mean shift, so that they do not show.
        """
        if self.centroids is None:
            raise UserError("This model has no clusters yet; train it first.")
        done = 0
        for core_rows, core_columns, rows, columns in iter_tiles(
            cube.rows, cube.columns, _TILE, self.network.radius
        ):
            check_stop(token)
            features, valid = self.space.read(cube, rows, columns)
            shifted = self.shifted(features[None], valid[None])[0]
            inner = (
                slice(core_rows.start - rows.start, core_rows.stop - rows.start),
                slice(core_columns.start - columns.start, core_columns.stop - columns.start),
            )
            points = np.ascontiguousarray(shifted[:, *inner].reshape(len(shifted), -1).T)
            found = self.centroids.assign(points)
            known = valid[inner]
            labels[core_rows, core_columns] = np.where(known, found.reshape(known.shape), 0)
            done += known.size
            yield done / labels.size

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything as named arrays (see `from_arrays`)."""
        assert self.centroids is not None
        return {
            "centroids.fine": self.centroids.fine,
            "centroids.prototypes": self.centroids.prototypes,
            **self.space.noise.tensors(),
            **module_arrays(self.network, "mean_shift"),
        }

    @classmethod
    def from_arrays(cls, grid: BandGrid, arrays: dict[str, NDArray[Any]]) -> Self:
        """Rebuild from `arrays`."""
        noise = NoiseModel.from_tensors(arrays)
        network = LearnedMeanShift(torch.ones(noise.dimensions))
        load_module(network, "mean_shift", arrays)
        centroids = Centroids(arrays["centroids.fine"], arrays["centroids.prototypes"])
        return cls(FeatureSpace(grid, noise), network, centroids)
