"""Learning the kernel of the mean shift from pairs of overlapping patches."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from copy import deepcopy
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.dgc.config import DGCConfig
from napari_dgc.clustering.dgc.mean_shift import LearnedMeanShift
from napari_dgc.clustering.dgc.pixel_model import PixelModel
from napari_dgc.clustering.events import Notice, Progress, TrainingEvent
from napari_dgc.clustering.labelling import check_stop
from napari_dgc.clustering.patches import PairSampler
from napari_dgc.clustering.prefetch import read_ahead
from napari_dgc.clustering.torch_state import load_optimiser, optimiser_arrays
from napari_dgc.cubes import HyperCube
from napari_dgc.distributed.processes import ALONE, Processes, agree
from napari_dgc.errors import UserError

#: More steps of a run than this without a finite loss end it.
_MOST_SKIPPED = 10
#: Prefix of the optimiser's arrays in a stored model.
_STORED = "optimiser"

#: Features (n, dimensions, rows, columns) and validity (n, rows, columns) of a step's patches.
Batch: TypeAlias = tuple[NDArray[np.float32], NDArray[np.bool_]]


class KernelTraining:
    """Steps of Adam on the likelihood of the kernel.

    Parameters
    ----------
    model
        Its mean shift learns.
    config
        Size, number and rate of the steps.
    device
        Where to compute, see `resolve_device`.
    """

    def __init__(self, model: PixelModel, config: DGCConfig, device: str = "cpu") -> None:
        self._model = model
        self._config = config
        model.to(device)
        self._optimiser = torch.optim.Adam(model.network.parameters(), lr=config.learning_rate)
        self._skipped = 0
        self.join(ALONE)

    def join(self, together: Processes) -> None:
        """Train with these processes from now on; all start from the kernel of the first."""
        self._together = together
        self._likelihood = together.wrap(_Likelihood(self._model.network))

    def to(self, device: str) -> None:
        """Compute on this device from now on."""
        self._model.to(device)
        # Loading brings its moments to the device of the parameters.
        self._optimiser.load_state_dict(self._optimiser.state_dict())

    def batches(
        self, cubes: Sequence[HyperCube], epochs: range, *, seed: int, token: CancelToken
    ) -> AbstractContextManager[Iterator[Batch]]:
        """Begin a run: return the patches of its steps, in their order, read ahead.

        Parameters
        ----------
        cubes
            Scans to draw patches from.
        epochs
            Numbers of the epochs from 0; an epoch has the same patches in every run.
        seed
            Of the draws.
        token
            Ends the reading.
        """
        config = self._config
        self._skipped = 0
        sampler = PairSampler(
            [(cube.rows, cube.columns) for cube in cubes], patch=config.patch, seed=seed
        )
        space = self._model.space

        def read(number: int) -> Batch:
            patches = []
            for pair in self._together.share(sampler.batch(number, config.batch)):
                for window in (pair.window_a, pair.window_b):
                    check_stop(token)
                    patches.append(space.read(cubes[pair.scan], *window))
            return np.stack([p[0] for p in patches]), np.stack([p[1] for p in patches])

        steps = range(epochs.start * config.steps, epochs.stop * config.steps)
        return read_ahead(read, steps, config.prefetch)

    def epoch(
        self, number: int, batches: Iterator[Batch], token: CancelToken
    ) -> Iterator[TrainingEvent]:
        """Take the steps of one epoch, numbered from 0, yielding their progress.

        Raises
        ------
        UserError
            When too many steps of the run gave no finite loss.
        InterruptedError
            When `token` was cancelled.
        """
        steps = self._config.steps
        for step in range(steps):
            agree(token)
            check_stop(token)
            if not np.isfinite(self.step(next(batches))):
                self._skipped += 1
                yield Notice(
                    f"Step {number * steps + step + 1} gave no finite loss and was skipped."
                )
            if self._skipped > _MOST_SKIPPED:
                raise UserError(
                    "Training gives no finite loss on these scans; "
                    "check them for extreme values and bad bands."
                )
            yield Progress(f"epoch {number + 1}", (step + 1) / (steps + 1))
        check_stop(token)

    def step(self, batch: Batch) -> float:
        """Learn from this process's part of a batch of patch pairs; returns the loss of all."""
        model, together = self._model, self._together
        features, valid = model.tensors(*batch)
        total, count = (together.add_up(part) for part in self._likelihood(features, valid))
        loss: torch.Tensor = total / count.clamp(min=1) / features.shape[1]
        value = float(loss.detach())
        if np.isfinite(value):
            self._optimiser.zero_grad()
            together.scaled(loss).backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.network.parameters(), 1.0)
            self._optimiser.step()
        return value

    def snapshot(self) -> tuple[Any, ...]:
        """Return everything that steps change."""
        return deepcopy(self._model.network.state_dict()), deepcopy(self._optimiser.state_dict())

    def roll_back(self, snapshot: tuple[Any, ...]) -> None:
        """Return to a `snapshot`."""
        network, optimiser = snapshot
        self._model.network.load_state_dict(network)
        self._optimiser.load_state_dict(optimiser)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return what to store beside the model to go on training."""
        return optimiser_arrays(self._optimiser, _STORED)

    def load(self, arrays: dict[str, NDArray[Any]]) -> None:
        """Take over what `arrays` returned."""
        load_optimiser(self._optimiser, _STORED, arrays)


class _Likelihood(torch.nn.Module):
    """What the kernel learns from, as the `forward` of a module (see `Processes.wrap`)."""

    def __init__(self, network: LearnedMeanShift) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, features: torch.Tensor, valid: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return self.network.surprise_sum(features, valid)
