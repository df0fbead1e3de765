"""Any method on preprocessed scans: steps and method are one model.

The steps learn from the scans first (`Pipeline.fit_iter`), then the method is trained on what
they make of them. Label maps keep the size of the scans, and the spectra of the clusters are
those of the scans as they were opened, so that they can be read and named.
"""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.clustering import registry
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    Notice,
    Progress,
    TrainingEvent,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.clustering.labelling import mean_spectra
from napari_dgc.clustering.storage import PREPROCESSING, summary_from_tensors, summary_tensors
from napari_dgc.cubes import HyperCube
from napari_dgc.distributed.processes import processes
from napari_dgc.errors import UserError
from napari_dgc.partition.summary import (
    ClusterSummary,
    RunningSummary,
    count_adjacency,
    count_border,
)
from napari_dgc.preprocessing import FittedPipeline, Pipeline


class Preprocessed(Clusterer):
    """A method whose scans go through steps first.

    Parameters
    ----------
    estimator
        The method.
    pipeline
        The steps.
    """

    def __init__(self, estimator: Clusterer, pipeline: Pipeline) -> None:
        self.estimator = estimator
        self.method, self.title = estimator.method, estimator.title
        self.pipeline = pipeline
        self._fitted: FittedPipeline | None = None
        self._summary: ClusterSummary | None = None
        # The method's own summary that `_summary` was made from.
        self._described: ClusterSummary | None = None

    @property
    def epochs(self) -> int:
        """Where training ends."""
        return self.estimator.epochs

    @epochs.setter
    def epochs(self, epochs: int) -> None:
        self.estimator.epochs = epochs

    @property
    def device(self) -> str:
        """Where to compute."""
        return self.estimator.device

    @device.setter
    def device(self, device: str) -> None:
        self.estimator.device = device

    @property
    def seed(self) -> int:
        """What decides everything random."""
        return self.estimator.seed

    @seed.setter
    def seed(self, seed: int) -> None:
        self.estimator.seed = seed

    @property
    def n_clusters(self) -> int:
        """Number of fine clusters."""
        return self.estimator.n_clusters

    @property
    def clusters_asked(self) -> int | Literal["auto"]:
        """What was asked for."""
        return self.estimator.clusters_asked

    @property
    def configuration(self) -> dict[str, Any]:
        """All options of the method."""
        return self.estimator.configuration

    def untrained(self) -> Self:
        """Return a model of the same steps and options that has learned nothing."""
        return type(self)(self.estimator.untrained(), self.pipeline)

    @property
    def shares_training(self) -> bool:  # type: ignore[override]
        """Whether several processes can share the training."""
        return self.estimator.shares_training

    @property
    def epoch(self) -> int:
        """Number of epochs completed."""
        return self.estimator.epoch

    @property
    def summary(self) -> ClusterSummary | None:
        """What is known about the clusters, with spectra of the scans as they were opened."""
        return self._summary

    @property
    def preprocessing(self) -> str:
        """The steps, as on the command line."""
        return str(self.pipeline)

    def fit_iter(
        self,
        cubes: Sequence[HyperCube],
        *,
        token: CancelToken | None = None,
        resume: bool = False,
        previews: bool = True,
    ) -> Iterator[TrainingEvent]:
        """Train, yielding events (see `Clusterer.fit_iter`)."""
        token = processes().agreed(token or never_cancelled())
        fitted = self._fitted if resume else None
        go_on = fitted is not None
        if fitted is None:
            try:
                fitted = yield from self._take_statistics(cubes, token)
            except InterruptedError:
                yield TrainingFinished(self.epoch if resume else 0, stopped=True)
                return
        prepared = [fitted.apply(cube) for cube in cubes]
        known = {note for cube in cubes for note in cube.notes}
        for note in dict.fromkeys(note for cube in prepared for note in cube.notes):
            if note not in known:
                yield Notice(note)
        maps: dict[int, NDArray[np.uint16]] = {}
        data: dict[int, NDArray[np.bool_]] = {}
        told: list[TrainingEvent] = []
        for event in self.estimator.fit_iter(
            prepared, token=token, resume=resume, previews=previews
        ):
            match event:
                case TrainingStarted():
                    # Not sooner: scans that cannot be trained on leave the model as it was.
                    self._fitted = fitted
                    if event.epoch == 0:
                        self._summary = self._described = None
                    yield event
                    # Steps make counts and reflectance look alike, and clusters tell them apart.
                    told = list(self.learn_units(cubes, go_on=go_on))
                    yield from told
                    continue
                case Notice() if event in told:
                    continue
                case LabelsReady(scan, _, labels):
                    if fitted.enlarge > 1 and scan not in data:
                        data[scan] = fitted.has_data(cubes[scan])
                    labels = self._full_size(labels, cubes[scan], data.get(scan))
                    maps[scan] = labels
                    event = replace(event, labels=labels)
                case EpochFinished() if len(maps) == len(cubes):
                    self._describe(cubes, maps)
                case TrainingFinished():
                    # Maps that nobody saw are not kept: memory must not grow with the scans.
                    self._describe(cubes, maps if previews else {})
            yield event

    def _take_statistics(
        self, cubes: Sequence[HyperCube], token: CancelToken
    ) -> Generator[TrainingEvent, None, FittedPipeline]:
        passes = self.pipeline.fit_iter(cubes, token=token)
        while True:
            try:
                stage, fraction = next(passes)
            except StopIteration as stop:
                fitted: FittedPipeline = stop.value
                return fitted
            yield Progress(stage, fraction)

    def _describe(self, cubes: Sequence[HyperCube], maps: dict[int, NDArray[np.uint16]]) -> None:
        """Summarise the clusters anew, once for every summary of the method.

        Scans without a map are labelled, one after the other.
        """
        found = self.estimator.summary
        if found is None or found is self._described or self._fitted is None:
            return
        grid, clusters = self._fitted.grid, self.n_clusters
        running = RunningSummary()
        together = processes()
        for scan in together.rounds(len(cubes)):
            part = None
            if scan is not None:
                cube = cubes[scan]
                labels = maps[scan] if scan in maps else self.predict(cube)
                spectra = np.full((clusters, grid.n_bands), np.nan)
                spectra[:, grid.good_bands] = mean_spectra(cube, labels, clusters, grid)
                counts = np.bincount(labels.ravel(), minlength=clusters + 1)
                part = ClusterSummary(
                    pixels=counts[None, 1:].astype(np.int64),
                    spectra=spectra,
                    features=found.features,
                    adjacency=count_adjacency(labels, clusters),
                    border=count_border(labels, clusters),
                )
            for each in filter(None, together.gather(part)):
                running.add(each)
        self._summary, self._described = running.summary(), found

    @property
    def _trained(self) -> FittedPipeline:
        if self._fitted is None:
            raise UserError("This model has not been trained yet; train it first.")
        return self._fitted

    def predict(self, cube: HyperCube, *, token: CancelToken | None = None) -> NDArray[np.uint16]:
        """Label one scan (see `Clusterer.predict`)."""
        fitted = self._trained
        labels = self.estimator.predict(fitted.apply(cube), token=token)
        data = fitted.has_data(cube, token) if fitted.enlarge > 1 else None
        return self._full_size(labels, cube, data)

    def _full_size(
        self, labels: NDArray[np.uint16], cube: HyperCube, data: NDArray[np.bool_] | None
    ) -> NDArray[np.uint16]:
        large: NDArray[np.uint16] = self._trained.full_size(labels, cube)
        return large if data is None else np.where(data, large, large.dtype.type(0))

    def predict_confidence(
        self,
        cube: HyperCube,
        *,
        groups: NDArray[np.integer[Any]] | None = None,
        token: CancelToken | None = None,
    ) -> NDArray[np.float32]:
        """Say how probable each pixel's class is (see `Clusterer.predict_confidence`)."""
        fitted = self._trained
        values = self.estimator.predict_confidence(fitted.apply(cube), groups=groups, token=token)
        large: NDArray[np.float32] = fitted.full_size(values, cube)
        if fitted.enlarge > 1:
            large[~fitted.has_data(cube, token)] = np.nan
        return large

    def contents(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return model, training state and steps (see `Clusterer.contents`)."""
        fitted = self._trained
        metadata, tensors = self.estimator.contents()
        # The method's summary holds spectra of the preprocessed scans.
        own = summary_tensors(self.estimator.summary)
        kept = {name: value for name, value in tensors.items() if name not in own}
        steps = {"method": self.method} | fitted.metadata()
        return (
            metadata | {PREPROCESSING: steps},
            kept | summary_tensors(self._summary) | fitted.tensors(),
        )

    @classmethod
    def restore(cls, metadata: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Self:
        """Rebuild a model from its `contents`."""
        steps = metadata[PREPROCESSING]
        try:
            fitted = FittedPipeline.from_stored(steps, tensors)
        except UserError as error:
            raise ValueError(str(error)) from None
        own = {key: value for key, value in metadata.items() if key != PREPROCESSING}
        estimator = registry.get_method(str(steps["method"])).restore(own, tensors)
        model = cls(estimator, fitted.pipeline)
        model._fitted = fitted
        model._summary = summary_from_tensors(tensors)
        model._described = estimator.summary
        return model
