"""The contract every clustering method fulfils."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.events import Notice, TrainingEvent
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.reflectance import MIXED, mixed_units, other_units, units_of
from napari_dgc.errors import UserError
from napari_dgc.partition.summary import ClusterSummary


def check_options(method: str, given: Iterable[str], known: Iterable[str]) -> None:
    """Refuse options that a method does not have.

    Raises
    ------
    UserError
        Names the first of them, and those that there are.
    """
    has = sorted(set(known))
    for name in given:
        if name not in has:
            raise UserError(
                f"The method {method} has no option {name!r}; its options are {', '.join(has)}."
            )


class Clusterer(ABC):
    """One set of clusters for all scans, learned without labels.

    Subclasses take their configuration in ``__init__`` and learn in
    `fit_iter`. Fine clusters are numbered 1..`n_clusters`; 0 is "no data".
    Numbers keep their meaning on every scan and from epoch to epoch.
    """

    #: Name in the registry and on the command line.
    method: str
    #: One line for menus and ``--help``.
    title: str
    #: Where training ends, and where to compute; both may be changed before `fit_iter` resumes.
    epochs: int
    device: str
    seed: int
    #: Whether ``clusters="auto"`` is understood: the method finds their number by itself.
    chooses_clusters: bool = False
    #: Whether processes that torchrun started share the training of one model.
    shares_training: bool = False
    #: What the training scans hold (`cubes.reflectance.units_of`); None where that is not known.
    units: str | None = None

    @abstractmethod
    def __init__(
        self, *, clusters: int = 16, epochs: int = 10, seed: int = 0, device: str = "auto"
    ) -> None:
        """Set the options every method has; methods may add keyword options of their own."""

    @property
    @abstractmethod
    def n_clusters(self) -> int:
        """Number of fine clusters, active or not."""

    @property
    def clusters_asked(self) -> int | Literal["auto"]:
        """What was asked for: a number, or "auto" where the method finds it."""
        return self.n_clusters

    @property
    def configuration(self) -> dict[str, Any]:
        """All options as plain values, by the names that the class takes them by."""
        return {
            "clusters": self.clusters_asked,
            "epochs": self.epochs,
            "seed": self.seed,
            "device": self.device,
        }

    def untrained(self) -> Self:
        """Return an estimator of the same options that has learned nothing."""
        return type(self)(**self.configuration)

    @property
    @abstractmethod
    def epoch(self) -> int:
        """Number of epochs completed."""

    @property
    @abstractmethod
    def summary(self) -> ClusterSummary | None:
        """Mass, spectra and neighbourhood of the fine clusters over the training scans."""

    @abstractmethod
    def fit_iter(
        self,
        cubes: Sequence[HyperCube],
        *,
        token: CancelToken | None = None,
        resume: bool = False,
        previews: bool = True,
    ) -> Iterator[TrainingEvent]:
        """Train, yielding events.

        Parameters
        ----------
        cubes
            Scans to learn from; all with the same bands.
        token
            Looked at several times a second. When cancelled the generator
            finishes the step under way, makes the estimator usable with what
            it has, and ends with ``TrainingFinished(stopped=True)``.
        resume
            Go on from the state held (after a stop or `load`) up to `epochs`.
        previews
            Yield `LabelsReady` for every scan after every epoch; the maps of
            the last epoch are yielded in any case unless False.

        Raises
        ------
        UserError
            When the scans cannot be trained on together.
        """

    def learn_units(self, cubes: Sequence[HyperCube], *, go_on: bool) -> Iterator[TrainingEvent]:
        """Keep in `units` what the training scans hold, and tell where that does not fit.

        Parameters
        ----------
        cubes
            Scans as they were opened.
        go_on
            The model has learned from other scans before, or from these.
        """
        mixed = mixed_units(cubes)
        found = units_of(cubes[:1]) if mixed is None else MIXED
        told = other_units(self.units, cubes) if mixed is None and go_on else mixed
        if told is not None:
            yield Notice(told)
        if not go_on:
            self.units = found
        elif self.units != found and self.units is not None:
            self.units = MIXED

    def fit(self, cubes: Sequence[HyperCube]) -> Self:
        """Train to the end without looking at the events."""
        for _ in self.fit_iter(cubes, previews=False):
            pass
        return self

    @abstractmethod
    def predict(self, cube: HyperCube, *, token: CancelToken | None = None) -> NDArray[np.uint16]:
        """Label one scan.

        Returns
        -------
        ndarray
            (row, column), fine clusters from 1, 0 for no data.

        Raises
        ------
        UserError
            When the model does not fit the scan's bands.
        InterruptedError
            When `token` was cancelled.
        """

    def predict_confidence(
        self,
        cube: HyperCube,
        *,
        groups: NDArray[np.integer[Any]] | None = None,
        token: CancelToken | None = None,
    ) -> NDArray[np.float32]:
        """Say how probable it is that the class of each pixel is right.

        Parameters
        ----------
        cube
            One scan.
        groups
            (clusters + 1,) class of each fine cluster, 0 first (`Partition.lookup`): fine
            clusters of one class do not compete. None: every fine cluster is a class.
        token
            As for `predict`.

        Returns
        -------
        ndarray
            (row, column), 0 to 1, NaN for no data.

        Raises
        ------
        UserError
            When the method gives no confidence, or the model does not fit the scan's bands.
        InterruptedError
            When `token` was cancelled.
        """
        raise UserError(f"The method {self.method} gives no confidence; train with another one.")

    @property
    def preprocessing(self) -> str:
        """Steps that scans go through first, as on the command line; empty for none."""
        return ""

    def save(self, folder: Path) -> None:
        """Write the model and its training state (JSON + safetensors, never pickle)."""
        from napari_dgc.clustering.storage import write_model

        write_model(folder, self.method, *self.contents(), units=self.units)

    @abstractmethod
    def contents(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Return model and training state as plain JSON values and arrays.

        Raises
        ------
        UserError
            When nothing has been learned yet.
        """

    @classmethod
    @abstractmethod
    def restore(cls, metadata: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Self:
        """Rebuild an estimator from its `contents` (see `storage.load_model`)."""
