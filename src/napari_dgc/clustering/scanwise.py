"""What methods have in common that look at scans one after the other.

How a run begins and ends, and how all scans are labelled: scan by scan, so that memory does not
grow with their number. A method is one module with a subclass of `ScanByScan`, and one line in
`napari_dgc.clustering.registry`.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.devices import resolve_device
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.events import (
    LabelsReady,
    Progress,
    TrainingEvent,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.clustering.labelling import Projection, check_stop, describe
from napari_dgc.clustering.storage import summary_from_tensors
from napari_dgc.cubes import HyperCube
from napari_dgc.distributed.processes import agree, processes
from napari_dgc.errors import UserError
from napari_dgc.partition.summary import ClusterSummary, RunningSummary


class ScanByScan(Clusterer):
    """A method that labels any scan on the bands of the scans it was trained on.

    Subclasses give `_learn`, which trains, `_bands` and `_projection`, which tell what it has
    learned in, and `_label_into`, which labels a scan.

    Parameters
    ----------
    epochs, seed, device
        See `Clusterer`.
    """

    def __init__(self, *, epochs: int, seed: int, device: str) -> None:
        self.epochs = epochs
        self.seed = seed
        self.device = device
        self._epoch = 0
        self._summary: ClusterSummary | None = None

    @property
    def epoch(self) -> int:
        """Number of epochs completed."""
        return self._epoch

    @property
    def summary(self) -> ClusterSummary | None:
        """Mass, spectra and neighbourhood of the fine clusters over the training scans."""
        return self._summary

    @property
    def recommended_epoch(self) -> int | None:
        """The epoch to trust most, None where the method cannot tell."""
        return None

    # What a method gives

    @property
    @abstractmethod
    def _bands(self) -> BandGrid | None:
        """Bands of the model; None as long as there are no clusters."""

    @property
    @abstractmethod
    def _projection(self) -> Projection:
        """The space in which clusters are summarised, once there are any."""

    @abstractmethod
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
        """Train up to the last epoch, or raise InterruptedError with half an epoch undone.

        Parameters
        ----------
        cubes, token, previews
            See `Clusterer.fit_iter`.
        grid
            Bands to learn in: those of the model where training goes on.
        device
            Where to compute.
        go_on
            There are clusters, and training goes on from them.
        """

    @abstractmethod
    def _label_into(
        self, labels: NDArray[np.uint16], cube: HyperCube, token: CancelToken | None
    ) -> Iterator[float]:
        """Fill a label map (row, column) of zeros, yielding the share that is done."""

    def _complete(self, labels: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """Return what becomes of a label map that has been filled."""
        return labels

    def _settle(
        self, cubes: Sequence[HyperCube], summary: ClusterSummary, token: CancelToken
    ) -> None:
        """Keep the summary of all scans, and learn what needs classes."""
        self._summary = summary

    def _lacks_summary(self) -> bool:
        """Whether a run that was stopped has to label the scans: else there is no merge tree."""
        return self._summary is None

    def _resolve_device(self) -> str:
        """Return where to compute; raises a `UserError` where there is no such device."""
        return processes().device(resolve_device(self.device))

    def _end(self) -> None:
        """Let go of what only a run needs."""

    # What follows from that

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
        device = self._resolve_device()
        held = self._bands if resume and cubes else None
        grid = BandGrid.from_cubes(cubes) if held is None else held
        for cube in cubes:
            grid.check(cube)
        go_on = held is not None
        self._check_scans(cubes)
        yield TrainingStarted(
            method=self.method,
            device=device,
            scans=len(cubes),
            epoch=self.epoch if go_on else 0,
            epochs=self.epochs,
            clusters=self.n_clusters,
        )
        yield from self.learn_units(cubes, go_on=go_on)
        try:
            yield from self._learn(cubes, grid, device, token, go_on=go_on, previews=previews)
        except InterruptedError:
            if self._bands is not None and self._lacks_summary():
                yield from self._label_maps(cubes, never_cancelled(), show=previews)
            yield TrainingFinished(
                self.epoch, stopped=True, recommended_epoch=self.recommended_epoch
            )
        else:
            yield TrainingFinished(
                self.epoch, stopped=False, recommended_epoch=self.recommended_epoch
            )
        finally:
            self._end()

    def _check_scans(self, cubes: Sequence[HyperCube]) -> None:
        """Raise a `UserError` before anything is learned where scans cannot be trained on."""

    def _label_maps(
        self, cubes: Sequence[HyperCube], token: CancelToken, *, show: bool
    ) -> Iterator[TrainingEvent]:
        """Label all scans and summarise the clusters, yielding progress and, to show, the maps.

        The maps come together at the end, so that what is seen is always one state. Maps that
        nobody looks at are not kept: memory must not grow with the scans. Processes share the
        scans.
        """
        grid, projection = self._trained_bands, self._projection
        running, maps = RunningSummary(), []
        together = processes()
        for own in together.rounds(len(cubes)):
            found = None
            if own is not None:
                cube = cubes[own]
                labels = np.zeros((cube.rows, cube.columns), np.uint16)
                for share in self._label_into(labels, cube, token):
                    yield Progress(f"labelling {cube.name}", share)
                labels = self._complete(labels)
                check_stop(token)
                part = describe(cube, labels, self.n_clusters, grid, projection)
                found = part, labels if show else None
            agree(token)
            check_stop(token)
            for part, shown in filter(None, together.gather(found)):
                running.add(part)
                if shown is not None:
                    maps.append(shown)
        self._settle(cubes, running.summary(), token)
        for scan, labels in enumerate(maps):
            yield LabelsReady(scan, self.epoch, labels)

    @property
    def _trained_bands(self) -> BandGrid:
        grid = self._bands
        if grid is None:
            raise UserError("This model has not been trained yet; train it first.")
        return grid

    def _check(self, cube: HyperCube) -> BandGrid:
        """Return the bands of the model; refuses a scan that cannot be brought onto them."""
        grid = self._trained_bands
        grid.check(cube)
        return grid

    def predict(self, cube: HyperCube, *, token: CancelToken | None = None) -> NDArray[np.uint16]:
        """Label one scan (see `Clusterer.predict`)."""
        self._check(cube)
        labels = np.zeros((cube.rows, cube.columns), np.uint16)
        for _ in self._label_into(labels, cube, token):
            pass
        return self._complete(labels)

    def _run_metadata(self) -> dict[str, Any]:
        """Return what every model stores of options and run (see `_take_up`)."""
        return {
            "config": self.configuration,
            "epoch": self._epoch,
            "bands": self._trained_bands.metadata(),
        }

    def _take_up(self, metadata: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> None:
        """Go on from where a stored run ended."""
        self._epoch = int(metadata["epoch"])
        self._summary = summary_from_tensors(tensors)
