"""Deep Global Clustering (arXiv 2512.24172) behind the estimator interface."""

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.confidence import check_groups
from napari_dgc.clustering.devices import resolve_device
from napari_dgc.clustering.dgc_paper.config import PaperConfig
from napari_dgc.clustering.dgc_paper.model import PaperModel
from napari_dgc.clustering.dgc_paper.statistics import band_statistics
from napari_dgc.clustering.estimator import check_options
from napari_dgc.clustering.events import (
    EpochFinished,
    Notice,
    Progress,
    TrainingEvent,
)
from napari_dgc.clustering.labelling import check_stop
from napari_dgc.clustering.noise import NoiseModel, sample_windows
from napari_dgc.clustering.patches import PairSampler
from napari_dgc.clustering.scanwise import ScanByScan
from napari_dgc.clustering.storage import summary_from_tensors, summary_tensors
from napari_dgc.cubes import HyperCube
from napari_dgc.distributed.processes import ALONE, agree, processes
from napari_dgc.errors import UserError
from napari_dgc.partition.summary import ClusterSummary

#: A cluster with more than this part of all pixels has swallowed the others.
_COLLAPSED = 0.999
#: Centroids whose orthogonality loss is more than this part of its maximum are one.
_COINCIDENT = 0.98
_MOST_CLUSTERS = 1024


class PaperDGC(ScanByScan):
    """Deep Global Clustering as the paper describes it.

    An encoder embeds every pixel on the unit sphere, an unrolled mean shift
    moves it towards its neighbourhood, and soft assignments to remembered
    centroids give the clusters. Per step the encoder follows the gradient of
    five losses on pairs of overlapping patches with the centroids fixed; then
    the centroids follow the embeddings by a moving average.

    Where this departs from the code published with the paper stands in the
    documentation of the package `napari_dgc.clustering.dgc_paper`.

    The five losses contradict each other in part (see `PaperConfig`); with the
    default weights all runs on simulated scans collapsed, which a `Notice`
    says, and no balance of the losses found lesions
    (docs/decisions/0002-loss-balance.md). It is kept as a reference.

    Parameters
    ----------
    clusters
        Number of fine clusters, at least 2.
    epochs
        Number of epochs of `PaperConfig.steps_per_epoch` steps.
    seed
        Same seed, scans and options give the same labels on the CPU.
    device
        See `available_devices`.
    config
        All other options.
    """

    method = "dgc-paper"
    title = "Deep Global Clustering as published (for comparison)"
    shares_training = True

    def __init__(
        self,
        *,
        clusters: int = 16,
        epochs: int = 10,
        seed: int = 0,
        device: str = "auto",
        config: PaperConfig | None = None,
        **unknown: Any,
    ) -> None:
        check_options(self.method, unknown, ("clusters", "epochs", "seed", "device", "config"))
        if not 2 <= clusters <= _MOST_CLUSTERS:
            raise UserError(
                f"{clusters} clusters cannot be learned; choose from 2 to {_MOST_CLUSTERS}."
            )
        if epochs < 1:
            raise UserError(f"{epochs} epochs are none; choose at least 1.")
        if seed < 0:
            raise UserError(f"The seed is {seed}; choose a number from 0.")
        self._clusters = clusters
        super().__init__(epochs=epochs, seed=seed, device=device)
        self.config = config or PaperConfig()
        self._model: PaperModel | None = None
        self._noise: NoiseModel | None = None
        self._steps = 0
        # Whether the summary is one of the run under way.
        self._described = False

    @property
    def n_clusters(self) -> int:
        """Number of fine clusters, active or not."""
        return self._clusters

    @property
    def configuration(self) -> dict[str, Any]:
        """All options (see `Clusterer.configuration`), those of the paper under ``config``."""
        return super().configuration | {"config": self.config.metadata()}

    def untrained(self) -> Self:
        """Return an estimator of the same options that has learned nothing."""
        return type(self)(**super().configuration, config=self.config)

    @property
    def epoch(self) -> int:
        """Number of epochs completed."""
        return self._steps // self.config.steps_per_epoch

    @property
    def _bands(self) -> BandGrid | None:
        return None if self._model is None else self._model.grid

    @property
    def _projection(self) -> NoiseModel:
        assert self._noise is not None, "learned with the model"
        return self._noise

    def _sampler(self, cubes: Sequence[HyperCube]) -> PairSampler:
        extents = [(cube.rows, cube.columns) for cube in cubes]
        return PairSampler(extents, patch=self.config.patch, seed=self.seed)

    def _check_scans(self, cubes: Sequence[HyperCube]) -> None:
        self._sampler(cubes)

    def _learn(
        self,
        cubes: Sequence[HyperCube],
        grid: BandGrid,
        device: str,
        token: CancelToken,
        *,
        go_on: bool,
        previews: bool,
    ) -> Iterator[TrainingEvent]:
        """Train (see `ScanByScan`); going on continues exactly as if it had not been stopped.

        Half an epoch is kept. After a stop within one the summary describes the maps of the last
        complete epoch of this run, if any.
        """
        self._described = False
        sampler = self._sampler(cubes)
        if not go_on:
            yield Progress("reading", 0.0)
            self._start(cubes, grid, sampler, device, token)
            yield Progress("reading", 1.0)
        elif self._trained.device != device:
            self._model = PaperModel.from_tensors(
                grid, self._trained.tensors(), config=self.config, seed=self.seed, device=device
            )
        self._trained.join(processes())
        yield from self._epochs(cubes, sampler, token, previews)
        if not self._described:
            yield from self._label_maps(cubes, never_cancelled(), show=previews)

    def _settle(
        self, cubes: Sequence[HyperCube], summary: ClusterSummary, token: CancelToken
    ) -> None:
        super()._settle(cubes, summary, token)
        self._described = True

    def _end(self) -> None:
        if self._model is not None:
            self._model.join(ALONE)

    def _lacks_summary(self) -> bool:
        return not self._described

    @property
    def _trained(self) -> PaperModel:
        if self._model is None:
            raise UserError("This model has not been trained yet; train it first.")
        return self._model

    def _start(
        self,
        cubes: Sequence[HyperCube],
        grid: BandGrid,
        sampler: PairSampler,
        device: str,
        token: CancelToken,
    ) -> None:
        """Learn the statistics and make a new model; the old one stays when this fails."""
        centre, spread = band_statistics(cubes, grid, seed=self.seed, token=token)
        noise = NoiseModel.fit(sample_windows(cubes, grid, seed=self.seed, token=token))
        centre, spread, noise = processes().from_first((centre, spread, noise))
        model = PaperModel(
            grid,
            centre,
            spread,
            clusters=self._clusters,
            config=self.config,
            seed=self.seed,
            device=device,
        )
        # Every scan should have a say in where the centroids start.
        first = sampler.batch(0, max(self.config.batch, min(len(cubes), 16)))
        model.prepare(cubes, first)
        check_stop(token)
        self._model, self._noise, self._summary, self._steps = model, noise, None, 0

    def _epochs(
        self,
        cubes: Sequence[HyperCube],
        sampler: PairSampler,
        token: CancelToken,
        previews: bool,
    ) -> Iterator[TrainingEvent]:
        """Train up to the last epoch."""
        model = self._trained
        per_epoch = self.config.steps_per_epoch
        collapsed = False
        while self._steps < self.epochs * per_epoch:
            sums: dict[str, float] = {}
            counts = np.zeros(self._clusters, np.int64)
            taken = skipped = 0
            while True:
                agree(token)
                check_stop(token)
                pairs = sampler.batch(self._steps, self.config.batch)
                result = model.step(cubes, pairs, self._steps)
                self._steps += 1
                within = (self._steps - 1) % per_epoch + 1
                if result is None:
                    skipped += 1
                else:
                    taken += 1
                    for name, value in result[0].items():
                        sums[name] = sums.get(name, 0.0) + value
                    # What early steps of an epoch thought is no longer true at its end.
                    counts = result[1] if within <= per_epoch // 2 else counts + result[1]
                yield Progress("training", within / per_epoch)
                if within == per_epoch:
                    break
            epoch = self.epoch
            if skipped:
                yield Notice(
                    f"{skipped} of {skipped + taken} steps of epoch {epoch} were left out because "
                    f"their loss was not a number; lower the learning rate if this goes on."
                )
            if previews:
                yield from self._label_maps(cubes, token, show=True)
                assert self._summary is not None
                counts = self._summary.mass
            losses = {name: value / max(taken, 1) for name, value in sums.items()}
            active = int((counts > 0).sum())
            yield EpochFinished(epoch, self.epochs, active, losses)
            reason = self._collapse(counts, losses.get("orthogonality", 0.0))
            if reason and not collapsed:
                yield Notice(
                    f"The clusters have collapsed: {reason} after epoch {epoch}; "
                    f"stop and use another method or other weights."
                )
            collapsed = reason is not None

    def _collapse(self, counts: NDArray[np.int64], orthogonality: float) -> str | None:
        """Say in which way the clusters have become one, or None."""
        share = counts.max() / max(counts.sum(), 1)
        if (counts > 0).sum() <= 1 or share > _COLLAPSED:
            return f"one of them holds {100 * share:.1f} % of all pixels"
        # With equal centroids labels are decided by rounding: many look active then.
        if orthogonality > _COINCIDENT * self._clusters * (self._clusters - 1):
            return "all centroids are nearly the same"
        return None

    def _label_into(
        self, labels: NDArray[np.uint16], cube: HyperCube, token: CancelToken | None
    ) -> Iterator[float]:
        check_stop(token)
        for share in self._trained.label(cube, labels):
            check_stop(token)
            yield share

    def predict_confidence(
        self,
        cube: HyperCube,
        *,
        groups: NDArray[np.integer[Any]] | None = None,
        token: CancelToken | None = None,
    ) -> NDArray[np.float32]:
        """Give the soft assignment to the pixel's class (see `Clusterer.predict_confidence`).

        The temperature is that of the losses and not calibrated.
        """
        self._check(cube)
        check_groups(groups, self._clusters)
        values = np.full((cube.rows, cube.columns), np.nan, np.float32)
        check_stop(token)
        for _ in self._trained.confidence(cube, values, groups):
            check_stop(token)
        return values

    def contents(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return model and training state (see `Clusterer.contents`)."""
        if self._model is None or self._noise is None:
            raise UserError("The model has learned nothing yet; train it before saving.")
        tensors = self._model.tensors() | self._noise.tensors() | summary_tensors(self._summary)
        metadata = {
            "clusters": self._clusters,
            "epochs": self.epochs,
            "seed": self.seed,
            "device": self.device,
            "steps": self._steps,
            "config": self.config.metadata(),
            "bands": self._model.grid.metadata(),
        }
        return metadata, tensors

    @classmethod
    def restore(cls, metadata: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Self:
        """Rebuild an estimator; where its device is missing, the best one is used."""
        estimator = cls(
            clusters=int(metadata["clusters"]),
            epochs=int(metadata["epochs"]),
            seed=int(metadata["seed"]),
            device=str(metadata["device"]),
            config=PaperConfig.from_metadata(metadata["config"]),
        )
        try:
            device = resolve_device(estimator.device)
        except UserError:
            estimator.device = "auto"
            device = resolve_device("auto")
        estimator._model = PaperModel.from_tensors(
            BandGrid.from_metadata(metadata["bands"]),
            tensors,
            config=estimator.config,
            seed=estimator.seed,
            device=device,
        )
        if estimator._model.clusters != estimator._clusters:
            raise ValueError("the number of centroids is wrong")
        estimator._noise = NoiseModel.from_tensors(tensors)
        estimator._summary = summary_from_tensors(tensors)
        estimator._steps = int(metadata["steps"])
        return estimator
