"""Deep Global Clustering, the default method.

Like the paper (arXiv 2512.24172) it learns one set of clusters for all scans
from small overlapping patches in constant memory, and compacts clusters by
unrolled mean shift with a learned bandwidth. Unlike the paper, no loss term
pulls on the clusters themselves:

1. Spectra are projected to features in which the sensor's noise is white
   (`NoiseModel`, one for all scans).
2. `LearnedMeanShift` moves each pixel towards its like among its neighbours; its
   kernel is learned by likelihood (`KernelTraining`), which has no collapsed solution.
3. `find_borders` tells pixels that mix two materials; clusters are found without them.
4. Prototypes are found by k-means on a sample of all scans, many more than wanted,
   merged to the wanted number of fine clusters by a tempered Ward criterion that
   does not give rare materials up (`ward_tree`), and polished (`Centroids`).
5. A similar criterion builds the merge tree of the fine clusters (`build_tree`).
"""

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.confidence import check_groups, of_another_class
from napari_dgc.clustering.content import placed_windows
from napari_dgc.clustering.dgc.centroids import Centroids
from napari_dgc.clustering.dgc.config import DGCConfig
from napari_dgc.clustering.dgc.features import FeatureSpace, Stacks
from napari_dgc.clustering.dgc.kernel_training import Batch, KernelTraining
from napari_dgc.clustering.dgc.need import Need
from napari_dgc.clustering.dgc.pixel_model import PixelModel
from napari_dgc.clustering.estimator import check_options
from napari_dgc.clustering.events import (
    EpochFinished,
    Progress,
    TrainingEvent,
)
from napari_dgc.clustering.noise import NoiseModel, NoiseStatistics, read_places
from napari_dgc.clustering.presence import keep_present
from napari_dgc.clustering.scanwise import ScanByScan
from napari_dgc.clustering.storage import summary_tensors
from napari_dgc.clustering.trust import HeldBackPixels, TrustedEpoch, held_back_windows
from napari_dgc.cubes import HyperCube
from napari_dgc.distributed.processes import ALONE, processes
from napari_dgc.errors import UserError
from napari_dgc.partition import ClusterSummary, Partition, build_tree

#: Confidence is calibrated on so many classes of the merge tree.
_CLASSES = 4


class DeepGlobalClustering(ScanByScan):
    """One set of clusters for all scans that does not collapse.

    Parameters
    ----------
    clusters, epochs, seed, device, **options
        See `DGCConfig`.

    Attributes
    ----------
    config : DGCConfig
    model : PixelModel or None
        Noise-whitened features, mean shift and centroids, once training has begun.

    Examples
    --------
    >>> from napari_dgc.simulate import simulate_set
    >>> scans = [scan.cube for scan in simulate_set(size=(48, 48), bands=40)]
    >>> model = DeepGlobalClustering(clusters=8, epochs=1).fit(scans)
    >>> model.predict(scans[0]).shape
    (48, 48)
    """

    method = "dgc"
    title = "Deep Global Clustering, noise-aware (recommended)"
    shares_training = True

    def __init__(
        self,
        *,
        clusters: int = 16,
        epochs: int = 10,
        seed: int = 0,
        device: str = "auto",
        **options: Any,
    ) -> None:
        check_options(self.method, options, DGCConfig.__dataclass_fields__)
        self.config = DGCConfig(
            clusters=clusters, epochs=epochs, seed=seed, device=device, **options
        )
        super().__init__(epochs=epochs, seed=seed, device=device)
        self.model: PixelModel | None = None
        self._training: KernelTraining | None = None
        self._trusted: TrustedEpoch | None = None
        # Windows of all scans, as long as a run lasts.
        self._sample: Stacks = []

    @property
    def n_clusters(self) -> int:
        """Number of fine clusters."""
        return self.config.clusters

    @property
    def configuration(self) -> dict[str, Any]:
        """All options (see `Clusterer.configuration`)."""
        return self.config.to_json() | {"epochs": self.epochs, "device": self.device}

    @property
    def recommended_epoch(self) -> int | None:
        """The epoch whose labels can be doubted least, see `HeldBackPixels.doubt`."""
        return self._trusted.epoch if self._trusted else None

    def recommended_model(self) -> PixelModel:
        """Return what labels pixels as the recommended epoch did (training goes on from the last).

        The confidence of an epoch before the last is not calibrated.

        Raises
        ------
        UserError
            When no epoch is complete.
        """
        if self._trusted is None:
            raise UserError("No epoch is complete yet; train the model first.")
        if self._trusted.epoch == self._epoch:
            return self._trained
        return PixelModel.from_arrays(self._trained.space.grid, self._trusted.arrays)

    # Training

    @property
    def _bands(self) -> BandGrid | None:
        found = self.model is not None and self.model.centroids is not None
        return self._trained.space.grid if found else None

    @property
    def _projection(self) -> NoiseModel:
        return self._trained.space.noise

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
        if go_on:
            space = self._trained.space
            windows = placed_windows(cubes, grid, seed=self.seed, token=token)
            self._sample = space.stacks(window for _, window in windows)
            self._kernel.to(device)
        else:
            self._forget()
            yield from self._begin(cubes, grid, device, token)
            if previews:
                yield from self._label_maps(cubes, token, show=True)
        space = self._trained.space
        held_back = space.stacks(held_back_windows(cubes, grid, seed=self.seed, token=token))
        self._kernel.join(processes())
        left = range(self._epoch, self.epochs)
        with self._kernel.batches(cubes, left, seed=self.seed, token=token) as batches:
            yield from self._epochs(cubes, held_back, batches, token, previews)

    def _begin(
        self, cubes: Sequence[HyperCube], grid: BandGrid, device: str, token: CancelToken
    ) -> Iterator[TrainingEvent]:
        """Learn the features and where the clusters start."""
        # Windows are read twice and not kept: as spectra they would take more than all else.
        statistics, places = NoiseStatistics(), []
        for place, window in placed_windows(cubes, grid, seed=self.seed, token=token):
            statistics.add(window)
            places.append(place)
            yield Progress("reading samples", 0.5)
        yield Progress("measuring the sensor's noise", 0.5)
        noise = processes().from_first(NoiseModel.of(statistics, exponent=self.config.exponent))
        space = FeatureSpace(grid, noise)
        self._sample = space.stacks(read_places(cubes, grid, places, token))
        self.model = PixelModel.start(
            space, self._sample, reach=self.config.reach, contrast=self.config.contrast
        )
        self._training = KernelTraining(self.model, self.config, device)
        if self.config.reach < 0:
            self.model.measure_reach(self._sample)
        yield Progress("finding clusters", 0.5)
        self._fit_centroids(cubes)

    def _epochs(
        self,
        cubes: Sequence[HyperCube],
        held_back: Stacks,
        batches: Iterator[Batch],
        token: CancelToken,
        previews: bool,
    ) -> Iterator[TrainingEvent]:
        """Yield the events of the epochs that are left."""
        judge = HeldBackPixels.choose(held_back, self._trained.space.noise.ratios, seed=self.seed)
        while self._epoch < self.epochs:
            before = self._snapshot()
            try:
                yield from self._kernel.epoch(self._epoch, batches, token)
                self._epoch += 1
                active = self._fit_centroids(cubes)
                if previews or self._epoch == self.epochs:
                    yield from self._label_maps(cubes, token, show=previews)
                    assert self._summary is not None
                    active = int(self._summary.active.sum())
            except InterruptedError:
                # Half an epoch is undone, so that going on equals never having stopped.
                self._roll_back(before)
                raise
            model = self._trained
            doubt = judge.doubt([model.labels(*stack) for stack in held_back])
            self._trusted = TrustedEpoch.better(self._trusted, self._epoch, doubt, model.arrays())
            yield EpochFinished(
                self._epoch,
                self.epochs,
                active,
                {"surprise": model.surprise(self._sample), "doubt": doubt},
            )

    def _end(self) -> None:
        self._sample = []
        if self._training is not None:
            self._training.join(ALONE)

    def _snapshot(self) -> tuple[Any, ...]:
        """Return everything an epoch changes."""
        model = self._trained
        kernel = self._kernel.snapshot()
        return self._epoch, self._summary, model.centroids, model.calibration, kernel

    def _roll_back(self, snapshot: tuple[Any, ...]) -> None:
        """Return to a `_snapshot`."""
        model = self._trained
        self._epoch, self._summary, model.centroids, model.calibration, kernel = snapshot
        self._kernel.roll_back(kernel)

    def _forget(self) -> None:
        """Return to the untrained state."""
        self._epoch = 0
        self.model = self._training = self._summary = self._trusted = None

    @property
    def _trained(self) -> PixelModel:
        if self.model is None:
            raise UserError("This model has not been trained yet; train it first.")
        return self.model

    @property
    def _kernel(self) -> KernelTraining:
        assert self._training is not None, "made with the model"
        return self._training

    def _fit_centroids(self, cubes: Sequence[HyperCube]) -> int:
        """Fit centroids to the shifted sample of all scans; returns how many own pixels of it."""
        together = processes()
        # Not shared out: the first of several processes fits them for all.
        found = self._find_centroids(cubes) if together.first else None
        found = together.from_first(found)
        assert found is not None
        self._trained.centroids, active = found
        return active

    def _find_centroids(self, cubes: Sequence[HyperCube]) -> tuple[Centroids, int]:
        model = self._trained
        points = model.points(self._sample)
        # The same draws every epoch: what changes is the features, not the sample.
        generator = np.random.default_rng(self.seed)
        points = points[generator.permutation(len(points))[: self.config.sample]]
        # Windows overlap on small scans: the same odd pixel is no patch for being drawn often.
        often = max(1.0, len(points) / sum(cube.rows * cube.columns for cube in cubes))
        config = self.config
        centroids = Centroids.fit(
            np.ascontiguousarray(points),
            prototypes=config.prototypes,
            clusters=config.clusters,
            generator=generator,
            before=model.centroids,
            need=Need(config.least_distance, often * config.least_pixels, model.space.metric),
        )
        return centroids, len(np.unique(centroids.assign(points)))

    # Labelling

    def _label_into(
        self, labels: NDArray[np.uint16], cube: HyperCube, token: CancelToken | None
    ) -> Iterator[float]:
        return self._trained.label_into(labels, cube, token)

    def _complete(self, labels: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """Switch clusters off in a finished map that form no patch in it."""
        model = self._trained
        assert model.centroids is not None
        means = model.centroids.fine * model.space.metric
        return keep_present(labels, self.config.least_patch, means)

    def predict_confidence(
        self,
        cube: HyperCube,
        *,
        groups: NDArray[np.integer[Any]] | None = None,
        token: CancelToken | None = None,
    ) -> NDArray[np.float32]:
        """Say how probable each pixel's class is (see `Clusterer.predict_confidence`).

        Calibrated without labels, see `napari_dgc.clustering.confidence`.
        """
        self._check(cube)
        model = self._trained
        check_groups(groups, self.n_clusters)
        values = np.full((cube.rows, cube.columns), np.nan, np.float32)
        labels = np.zeros(values.shape, np.uint16)
        for _ in model.confidence_into(values, labels, cube, groups, token):
            pass
        classes = np.arange(self.n_clusters + 1) if groups is None else np.asarray(groups)
        moved = classes[self._complete(labels)] != classes[labels]
        values[moved] = of_another_class(values[moved])
        return values

    def _settle(
        self, cubes: Sequence[HyperCube], summary: ClusterSummary, token: CancelToken
    ) -> None:
        """Keep the summary; with it there are classes, on which confidence is calibrated."""
        super()._settle(cubes, summary, token)
        fine = Partition.fine(self.n_clusters, build_tree(summary))
        groups = fine.cut(min(_CLASSES, self.n_clusters)).lookup()
        self._trained.calibrate(self._sample, groups, seed=self.seed)

    # Storage

    def contents(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return model and training state (see `Clusterer.contents`)."""
        if self.model is None or self.model.centroids is None:
            raise UserError("There is nothing to save yet; train the model first.")
        tensors = self.model.arrays() | summary_tensors(self._summary) | self._kernel.arrays()
        if self._trusted is not None:
            tensors |= self._trusted.tensors()
        return self._run_metadata(), tensors

    @classmethod
    def restore(cls, metadata: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Self:
        """Rebuild an estimator from its `contents`."""
        config = DGCConfig.from_json(metadata["config"])
        estimator = cls(**config.to_json())
        model = PixelModel.from_arrays(BandGrid.from_metadata(metadata["bands"]), tensors)
        estimator.model = model
        estimator._training = KernelTraining(model, config)
        estimator._training.load(tensors)
        estimator._take_up(metadata, tensors)
        estimator._trusted = TrustedEpoch.from_tensors(tensors)
        return estimator
