"""Deep spectral clustering behind the interface of all methods.

An autoencoder learns codes of single spectra (no neighbours), k-means finds clusters of the
codes, and a silhouette term pulls codes of one cluster together while the autoencoder goes on
learning to give the spectra back:

1. Spectra are scaled, counts of photons differently from reflectance (`SpectraScale`).
2. The autoencoder starts as the best linear one and is trained by reconstruction (Poisson or
   Gaussian) and by the distance of its codes from a normal distribution (`DSCModel`).
3. After each epoch k-means runs on the codes; in the first epochs their number is found by
   the silhouette, and later epochs add the silhouette to the loss.
"""

from collections.abc import Generator, Iterator, Sequence
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.confidence import check_groups, memberships, of_classes
from napari_dgc.clustering.draws import draw_pixels
from napari_dgc.clustering.dsc.config import DSCConfig
from napari_dgc.clustering.dsc.denoise import denoised
from napari_dgc.clustering.dsc.number import SilhouetteCurve, assign
from napari_dgc.clustering.dsc.spectra import Array, SpectraScale, are_counts, taken_for
from napari_dgc.clustering.dsc.tiles import fill
from napari_dgc.clustering.dsc.training import DSCModel
from napari_dgc.clustering.estimator import check_options
from napari_dgc.clustering.events import (
    ClustersChosen,
    EpochFinished,
    Notice,
    Progress,
    TrainingEvent,
)
from napari_dgc.clustering.labelling import check_stop
from napari_dgc.clustering.noise import NoiseModel, sample_windows
from napari_dgc.clustering.scanwise import ScanByScan
from napari_dgc.clustering.storage import summary_tensors
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

_WINDOWS = 40
#: Values of all pixels that are learned from, 160 MB.
_MOST_VALUES = 40_000_000


class DeepSpectralClustering(ScanByScan):
    """Clusters of the codes of an autoencoder over spectra.

    Parameters
    ----------
    clusters, epochs, seed, device, **options
        See `DSCConfig`. With ``clusters="auto"`` there are `n_clusters` numbers, of which
        those stay without pixels that are not needed.

    Attributes
    ----------
    config : DSCConfig
    model : DSCModel or None
        Scaling, network and clusters, once training has begun.

    Examples
    --------
    >>> from napari_dgc.simulate.xrf import simulate_xrf
    >>> scene = simulate_xrf(size=(32, 32), bands=64)
    >>> model = DeepSpectralClustering(clusters=6, epochs=1, steps=4).fit([scene.cube])
    >>> model.predict(scene.cube).shape
    (32, 32)
    """

    method = "dsc"
    title = "Deep spectral clustering (autoencoder, finds the number of clusters)"
    chooses_clusters = True

    def __init__(
        self,
        *,
        clusters: int | Literal["auto"] = "auto",
        epochs: int = 10,
        seed: int = 0,
        device: str = "auto",
        **options: Any,
    ) -> None:
        check_options(self.method, options, DSCConfig.__dataclass_fields__)
        self.config = DSCConfig(
            clusters=clusters, epochs=epochs, seed=seed, device=device, **options
        )
        super().__init__(epochs=epochs, seed=seed, device=device)
        self.model: DSCModel | None = None
        self._grid: BandGrid | None = None
        self._noise: NoiseModel | None = None

    @property
    def n_clusters(self) -> int:
        """Number of fine clusters, or the most that there can be."""
        return self.config.most

    @property
    def clusters_asked(self) -> int | Literal["auto"]:
        """What was asked for: a number, or "auto"."""
        return self.config.clusters

    @property
    def configuration(self) -> dict[str, Any]:
        """All options (see `Clusterer.configuration`)."""
        return self.config.to_json() | {"epochs": self.epochs, "device": self.device}

    @property
    def curve(self) -> SilhouetteCurve | None:
        """Silhouette over the number of clusters, where that was chosen."""
        return None if self.model is None else self.model.curve

    # Training

    @property
    def _bands(self) -> BandGrid | None:
        return None if self.model is None else self._grid

    @property
    def _projection(self) -> NoiseModel:
        assert self._noise is not None, "learned with the bands"
        return self._noise

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
        sample = yield from self._sample(cubes, grid, token)
        if go_on:
            self._trained.to(device)
        else:
            yield from self._begin(cubes, grid, sample, device, token)
            if previews:
                yield from self._label_maps(cubes, token, show=True)
        yield from self._epochs(cubes, sample, token, previews)

    def _sample(
        self, cubes: Sequence[HyperCube], grid: BandGrid, token: CancelToken
    ) -> Generator[TrainingEvent, None, Array]:
        """Draw the pixels that are learned from, the same ones whenever training goes on."""
        pixels = draw_pixels(
            cubes,
            grid,
            lambda spectra: np.ascontiguousarray(spectra.T),
            count=max(1000, min(self.config.sample, _MOST_VALUES // grid.size)),
            seed=(self.seed, 0),
            token=token,
        )
        while True:
            try:
                yield Progress("reading samples", next(pixels))
            except StopIteration as stop:
                sample: Array = stop.value
                break
        if len(sample) < 2:
            raise UserError(
                "The scans hold too few pixels with data to learn from; "
                "check the no-data value and the bad bands."
            )
        return sample

    def _begin(
        self,
        cubes: Sequence[HyperCube],
        grid: BandGrid,
        sample: Array,
        device: str,
        token: CancelToken,
    ) -> Iterator[TrainingEvent]:
        """Learn the scaling and where codes and clusters start."""
        yield Progress("measuring the noise", 0.0)
        windows = list(
            sample_windows(
                cubes, grid, seed=self.seed, token=token, windows=_WINDOWS, per_scan=(1, 12)
            )
        )
        noise = NoiseModel.fit(windows)
        counts = self.config.samples == "counts" or (
            self.config.samples == "auto" and are_counts(windows)
        )
        del windows
        yield Notice(taken_for(counts, told=self.config.samples != "auto"))
        yield Progress("finding clusters", 0.0)
        model = DSCModel.start(self.config, sample, counts=counts, device=device)
        check_stop(token)
        model.cluster(0, model.scale.prepare(sample))
        # Not sooner: asked to stop before, there is nothing to keep.
        self._grid, self._noise, self.model = grid, noise, model
        self._summary, self._epoch = None, 0
        yield from _told(model.curve)

    def _epochs(
        self, cubes: Sequence[HyperCube], sample: Array, token: CancelToken, previews: bool
    ) -> Iterator[TrainingEvent]:
        model = self._trained
        prepared = model.scale.prepare(sample)
        while self._epoch < self.epochs:
            before = self._epoch, self._summary, model.state()
            losses: dict[str, float] = {}
            try:
                for event in model.epoch(self._epoch, sample, prepared, token):
                    if isinstance(event, dict):
                        losses = event
                    else:
                        yield event
                self._epoch += 1
                fresh = model.cluster(self._epoch, prepared)
                active = len(model.numbers)
                if previews or self._epoch == self.epochs:
                    yield from self._label_maps(cubes, token, show=previews)
                    assert self._summary is not None
                    active = int(self._summary.active.sum())
            except BaseException:
                # Half an epoch is undone, so that going on equals never having stopped.
                self._epoch, self._summary, state = before
                model.load(state)
                raise
            if fresh:
                yield from _told(model.curve)
            yield EpochFinished(self._epoch, self.epochs, active, losses)

    @property
    def _trained(self) -> DSCModel:
        if self.model is None:
            raise UserError("This model has not been trained yet; train it first.")
        return self.model

    # Labelling

    def _codes(self, spectra: Array) -> Array:
        model = self._trained
        return model.codes(model.scale.prepare(spectra))

    def _labels(self, spectra: Array) -> NDArray[np.uint16]:
        model = self._trained
        assert model.centroids is not None
        return (model.numbers[assign(self._codes(spectra), model.centroids)] + 1).astype(np.uint16)

    def _label_into(
        self, labels: NDArray[np.uint16], cube: HyperCube, token: CancelToken | None
    ) -> Iterator[float]:
        return fill(labels, cube, self._trained_bands, self._labels, token)

    def predict_confidence(
        self,
        cube: HyperCube,
        *,
        groups: NDArray[np.integer[Any]] | None = None,
        token: CancelToken | None = None,
    ) -> NDArray[np.float32]:
        """Say how probable each pixel's class is (see `Clusterer.predict_confidence`).

        From squared distances of the codes over their mean within clusters; not calibrated.
        """
        self._check(cube)
        check_groups(groups, self.n_clusters)
        model = self._trained
        assert model.centroids is not None
        centroids = model.centroids
        classes = None if groups is None else np.asarray(groups)[[0, *(model.numbers + 1)]]

        def certain(spectra: Array) -> Array:
            codes = self._codes(spectra)
            squared = ((codes[:, None] - centroids) ** 2).sum(axis=2)
            labels = (squared.argmin(axis=1) + 1).astype(np.uint16)
            return of_classes(memberships(squared, model.temperature), labels, classes)

        values = np.full((cube.rows, cube.columns), np.nan, np.float32)
        for _ in fill(values, cube, self._check(cube), certain, token):
            pass
        return values

    def reconstruct(self, cube: HyperCube) -> HyperCube:
        """Return the scan as the autoencoder gives it back, with less noise.

        Parameters
        ----------
        cube
            A scan with the bands of the model, or with wavelengths they can be found from.

        Returns
        -------
        HyperCube
            float32, in the units and bands of the model without its bad ones; computed when
            and where it is looked at. Pixels without data stay NaN.

        Raises
        ------
        UserError
            When the model does not fit the scan's bands.
        """
        return denoised(cube, self._check(cube), self._trained)

    # Storage

    def contents(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return model and training state (see `Clusterer.contents`)."""
        if self.model is None or self._grid is None or self._noise is None:
            raise UserError("There is nothing to save yet; train the model first.")
        metadata = {
            "config": self.configuration,
            "epoch": self._epoch,
            "latent": self.model.latent,
            "bands": self._grid.metadata(),
        }
        tensors = self.model.state() | self.model.scale.tensors() | self._noise.tensors()
        return metadata, tensors | summary_tensors(self._summary)

    @classmethod
    def restore(cls, metadata: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Self:
        """Rebuild an estimator from its `contents`."""
        config = DSCConfig.from_json(metadata["config"])
        estimator = cls(**config.to_json())
        grid = BandGrid.from_metadata(metadata["bands"])
        scale = SpectraScale.from_tensors(tensors)
        if scale.centre.shape != (grid.size,):
            raise ValueError("the scaling does not fit the bands")
        model = DSCModel(config, scale, int(metadata["latent"]))
        model.load(tensors)
        estimator.model, estimator._grid = model, grid
        estimator._noise = NoiseModel.from_tensors(tensors)
        estimator._take_up(metadata, tensors)
        return estimator


def _told(curve: SilhouetteCurve | None) -> Iterator[TrainingEvent]:
    if curve is not None:
        yield ClustersChosen(
            tuple(int(value) for value in curve.counts),
            tuple(float(value) for value in curve.scores),
            curve.chosen,
        )
