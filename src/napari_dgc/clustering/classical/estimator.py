"""k-means and Gaussian mixtures behind the interface of all methods.

Each pixel is looked at for itself. An epoch is one draw of pixels from all scans, so that
memory does not grow with them. All runs depend on (seed, number of the epoch) and on the state
at the end of the last epoch alone: a run that was stopped goes on exactly.
"""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, ClassVar, Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.classical.config import ClassicalConfig
from napari_dgc.clustering.classical.fitted import Centroids, Clusters, Mixture, at_least
from napari_dgc.clustering.classical.second_look import temperature
from napari_dgc.clustering.classical.space import Space
from napari_dgc.clustering.confidence import check_groups, memberships, of_classes
from napari_dgc.clustering.draws import draw_pixels
from napari_dgc.clustering.estimator import check_options
from napari_dgc.clustering.events import (
    EpochFinished,
    Progress,
    TrainingEvent,
)
from napari_dgc.clustering.labelling import check_stop, iter_tiles
from napari_dgc.clustering.noise import NoiseModel, sample_windows
from napari_dgc.clustering.scanwise import ScanByScan
from napari_dgc.clustering.storage import summary_tensors
from napari_dgc.cubes import HyperCube, valid_pixels
from napari_dgc.errors import UserError
from napari_dgc.partition.summary import ClusterSummary

#: Values of a tile that is labelled, 32 MB, and bounds of its side.
_TILE_VALUES = 2**23
_TILE = (32, 192)
#: Windows in which confidence is calibrated, and their bounds per scan.
_SECOND_LOOKS = 24
_LOOKS_PER_SCAN = (1, 12)
Value = TypeVar("Value")


class Classical(ScanByScan):
    """What k-means and mixtures have in common.

    Parameters
    ----------
    clusters, epochs, seed, device, **options
        See `ClassicalConfig`.

    Attributes
    ----------
    config : ClassicalConfig
    space : Space or None
        In which features pixels are compared, once training has begun.
    found : Clusters or None
        The clusters in these features.
    """

    #: Kind of clusters, features, and pixels of a draw where none are given.
    kind: ClassVar[type[Clusters]]
    whitened: ClassVar[bool]
    sample: ClassVar[int] = 60_000

    def __init__(
        self,
        *,
        clusters: int = 16,
        epochs: int = 10,
        seed: int = 0,
        device: str = "auto",
        **options: Any,
    ) -> None:
        check_options(self.method, options, ClassicalConfig.__dataclass_fields__)
        given = {"sample": self.sample} | options
        self.config = ClassicalConfig(
            clusters=clusters, epochs=epochs, seed=seed, device=device, **given
        )
        super().__init__(epochs=epochs, seed=seed, device=device)
        self.space: Space | None = None
        self.found: Clusters | None = None
        self._temperature = 1.0

    @property
    def n_clusters(self) -> int:
        """Number of fine clusters."""
        return self.config.clusters

    @property
    def configuration(self) -> dict[str, Any]:
        """All options (see `Clusterer.configuration`)."""
        return self.config.to_json() | {"epochs": self.epochs, "device": self.device}

    # Training

    @property
    def _bands(self) -> BandGrid | None:
        return None if self.space is None or self.found is None else self.space.grid

    @property
    def _projection(self) -> NoiseModel:
        return self._trained[0].noise

    def _resolve_device(self) -> str:
        if self.device not in ("auto", "cpu"):
            # Computed on the CPU in any case, but a name that is wrong is told.
            super()._resolve_device()
        return "cpu"

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
        if not go_on:
            self._forget()
            yield from self._begin(cubes, grid, token)
            if previews:
                yield from self._label_maps(cubes, token, show=True)
        while self._epoch < self.epochs:
            yield from self._one_epoch(cubes, token, previews)

    def _begin(
        self, cubes: Sequence[HyperCube], grid: BandGrid, token: CancelToken
    ) -> Iterator[TrainingEvent]:
        """Learn the features and where the clusters start."""
        yield Progress("measuring the sensor's noise", 0.0)
        noise = NoiseModel.fit(sample_windows(cubes, grid, seed=self.seed, token=token))
        space = Space(grid, noise, self.whitened)
        points = yield from self._draw(cubes, space, 0, token)
        yield Progress("finding clusters", 0.0)
        check_stop(token)
        generator = np.random.default_rng((self.seed, 0))
        found = self.kind.start(points, self.n_clusters, generator, token)
        self.space, self.found = space, found

    def _one_epoch(
        self, cubes: Sequence[HyperCube], token: CancelToken, previews: bool
    ) -> Iterator[TrainingEvent]:
        before = self._epoch, self.found, self._temperature, self._summary
        space, found = self._trained
        number = self._epoch + 1
        try:
            points = yield from self._draw(cubes, space, number, token)
            passes = found.refined(points, token)
            self.found = yield from _told(passes, f"epoch {number}")
            self._epoch = number
            active = len(np.unique(self.found.assign(points)))
            figures = self.found.figures(points)
            del points
            if previews or number == self.epochs:
                yield from self._label_maps(cubes, token, show=previews)
        except BaseException:
            # Half an epoch is undone, so that going on equals never having stopped.
            self._epoch, self.found, self._temperature, self._summary = before
            raise
        if previews and self._summary is not None:
            active = int(self._summary.active.sum())
        yield EpochFinished(number, self.epochs, active, figures)

    def _draw(
        self, cubes: Sequence[HyperCube], space: Space, number: int, token: CancelToken
    ) -> Generator[TrainingEvent, None, NDArray[np.float32]]:
        """Draw the pixels of an epoch."""
        pixels = draw_pixels(
            cubes,
            space.grid,
            space.of,
            count=space.most_pixels(self.config.sample),
            seed=(self.seed, number),
            token=token,
        )
        return at_least((yield from _told(pixels, "reading samples")), self.n_clusters)

    def _forget(self) -> None:
        """Return to the untrained state."""
        self._epoch, self._temperature = 0, 1.0
        self.space = self.found = self._summary = None

    @property
    def _trained(self) -> tuple[Space, Clusters]:
        if self.space is None or self.found is None:
            raise UserError("This model has not been trained yet; train it first.")
        return self.space, self.found

    def _settle(
        self, cubes: Sequence[HyperCube], summary: ClusterSummary, token: CancelToken
    ) -> None:
        space, found = self._trained
        windows = sample_windows(
            cubes,
            space.grid,
            seed=self.seed,
            token=token,
            windows=_SECOND_LOOKS,
            per_scan=_LOOKS_PER_SCAN,
        )
        self._temperature = temperature(windows, space, found, seed=self.seed)
        super()._settle(cubes, summary, token)

    # Labelling

    def _label_into(
        self, labels: NDArray[np.uint16], cube: HyperCube, token: CancelToken | None
    ) -> Iterator[float]:
        return self._fill(labels, cube, self._trained[1].assign, token)

    def predict_confidence(
        self,
        cube: HyperCube,
        *,
        groups: NDArray[np.integer[Any]] | None = None,
        token: CancelToken | None = None,
    ) -> NDArray[np.float32]:
        """Say how probable each pixel's class is (see `Clusterer.predict_confidence`).

        Calibrated without labels, see `napari_dgc.clustering.classical.second_look`.
        """
        self._check(cube)
        _, found = self._trained
        check_groups(groups, self.n_clusters)

        def certain(points: NDArray[np.float32]) -> NDArray[np.float32]:
            squared = found.squared(points)
            labels = (squared.argmin(axis=1) + 1).astype(np.uint16)
            return of_classes(memberships(squared, self._temperature), labels, groups)

        values = np.full((cube.rows, cube.columns), np.nan, np.float32)
        for _ in self._fill(values, cube, certain, token):
            pass
        return values

    def _fill(
        self,
        result: NDArray[Any],
        cube: HyperCube,
        compute: Callable[[NDArray[np.float32]], NDArray[Any]],
        token: CancelToken | None,
    ) -> Iterator[float]:
        """Fill a map (row, column) tile by tile where there are data; yields the share done."""
        space, _ = self._trained
        tile = int(np.clip(np.sqrt(_TILE_VALUES / space.grid.size), *_TILE))
        done = 0
        for rows, columns, _, _ in iter_tiles(cube.rows, cube.columns, tile, 0):
            check_stop(token)
            window = space.grid.read(cube, rows, columns)
            valid = valid_pixels(window)
            if valid.any():
                result[rows, columns][valid] = compute(space.of(window[:, valid]))
            done += valid.size
            yield done / (cube.rows * cube.columns)

    # Storage

    def contents(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return model and training state (see `Clusterer.contents`)."""
        if self.space is None or self.found is None:
            raise UserError("There is nothing to save yet; train the model first.")
        metadata = {
            **self._run_metadata(),
            "temperature": self._temperature,
        }
        tensors = self.space.tensors() | self.found.arrays() | summary_tensors(self._summary)
        return metadata, tensors

    @classmethod
    def restore(cls, metadata: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Self:
        """Rebuild an estimator from its `contents`."""
        estimator = cls(**ClassicalConfig.from_json(metadata["config"]).to_json())
        grid = BandGrid.from_metadata(metadata["bands"])
        space = Space.from_tensors(grid, tensors, cls.whitened)
        found = cls.kind.from_arrays(tensors)
        if found.shape != (estimator.n_clusters, space.dimensions):
            raise ValueError("the number of clusters or features is wrong")
        estimator.space, estimator.found = space, found
        estimator._temperature = float(metadata["temperature"])
        estimator._take_up(metadata, tensors)
        return estimator


class KMeans(Classical):
    """Mini-batch k-means on the spectra as they are.

    What one would otherwise take: distances between spectra, bright and dark parts of one
    material apart. Steps such as ``snv`` go before it (`Preprocessed`).
    """

    method = "kmeans"
    title = "k-means on spectra as they are"
    kind = Centroids
    whitened = False


class MNFKMeans(Classical):
    """Mini-batch k-means in units of the sensor's noise, see `Space`."""

    method = "mnf-kmeans"
    title = "k-means on noise-whitened spectra (fast and strong)"
    kind = Centroids
    whitened = True


class GaussianMixture(Classical):
    """Gaussian mixture with full covariances on noise-whitened spectra, see `Space`."""

    method = "gmm"
    title = "Gaussian mixture on noise-whitened spectra"
    kind = Mixture
    whitened = True
    sample = 30_000


def _told(
    passes: Generator[float, None, Value], stage: str
) -> Generator[TrainingEvent, None, Value]:
    """Turn shares that are done into events."""
    while True:
        try:
            share = next(passes)
        except StopIteration as stop:
            value: Value = stop.value
            return value
        yield Progress(stage, share)
