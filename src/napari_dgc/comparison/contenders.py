"""What can be compared: methods to train now, saved models, label maps that are there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelClass, LabelImage, numbered_alike
from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.events import Notice, Progress, TrainingFinished
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.reflectance import other_units
from napari_dgc.errors import UserError
from napari_dgc.preprocessing import Pipeline

#: Fine clusters and epochs where nothing else is asked for, as in training.
CLUSTERS, EPOCHS = 16, 10


class Labeller(Protocol):
    """Labels scans, one after the other."""

    def label(
        self, scan: int, cube: HyperCube, token: CancelToken
    ) -> tuple[NDArray[np.uint16], tuple[LabelClass, ...]]:
        """Return the (row, column) map of a scan, 0 for no data, and what its labels are."""

    def remark(self, cube: HyperCube) -> str | None:
        """Say what speaks against labelling a scan, in a sentence, or None."""


Preparation: TypeAlias = Generator[Progress | Notice, None, Labeller]


class Contender(Protocol):
    """One of those that are compared."""

    @property
    def name(self) -> str:
        """What it is called; unique in a comparison."""

    def prepare(self, cubes: Sequence[HyperCube], token: CancelToken) -> Preparation:
        """Do all that comes before the first scan is labelled, and return what labels.

        Raises
        ------
        UserError
            When it cannot label these scans.
        InterruptedError
            When `token` was cancelled.
        """


@dataclass(frozen=True)
class NewModel:
    """A method that is trained on the scans first.

    Parameters
    ----------
    name
        What it is called here.
    method
        A name of the registry.
    clusters
        Number of fine clusters, or "auto" where the method finds it. None: "auto" where that is
        possible, 16 elsewhere.
    epochs, seed, device
        As of `Clusterer`.
    pipeline
        Steps that the scans go through first.
    """

    name: str
    method: str
    clusters: int | Literal["auto"] | None = None
    epochs: int = EPOCHS
    seed: int = 0
    device: str = "auto"
    pipeline: Pipeline | None = None

    def estimator(self) -> Clusterer:
        """Make the estimator, untrained.

        Raises
        ------
        UserError
            When the method does not have these options.
        """
        from napari_dgc.clustering import registry
        from napari_dgc.clustering.preprocessed import Preprocessed

        kind = registry.get_method(self.method)
        clusters = self.clusters
        if clusters is None:
            clusters = "auto" if kind.chooses_clusters else CLUSTERS
        if clusters == "auto" and not kind.chooses_clusters:
            raise UserError(
                f"The method {self.method} does not find the number of clusters by itself; "
                f"give a number."
            )
        made = kind(
            clusters=clusters,  # type: ignore[arg-type] # checked above
            epochs=self.epochs,
            seed=self.seed,
            device=self.device,
        )
        return made if self.pipeline is None else Preprocessed(made, self.pipeline)

    def prepare(self, cubes: Sequence[HyperCube], token: CancelToken) -> Preparation:
        """Train (see `Contender.prepare`)."""
        estimator = self.estimator()
        for event in estimator.fit_iter(cubes, token=token, previews=False):
            match event:
                case Progress(stage, fraction):
                    yield Progress(f"{self.name}: {stage}", fraction)
                case Notice(message):
                    yield Notice(f"{self.name}: {message}")
                case TrainingFinished(stopped=True):
                    raise InterruptedError
        return _ByModel(estimator)


@dataclass(frozen=True)
class SavedModel:
    """A model in a folder that training wrote."""

    name: str
    folder: Path

    def prepare(self, cubes: Sequence[HyperCube], token: CancelToken) -> Preparation:
        """Load the model (see `Contender.prepare`)."""
        from napari_dgc.clustering.storage import load_model

        yield Progress(f"{self.name}: loading the model", 0.0)
        estimator = load_model(self.folder)
        if estimator.preprocessing:
            yield Notice(f"{self.name}: the model prepares scans with {estimator.preprocessing}")
        return _ByModel(estimator)


@dataclass(frozen=True, eq=False)
class LabelMaps:
    """Label maps that are there already.

    Parameters
    ----------
    name
        What they are called here.
    images
        Returns the label image of a scan by its position; called once or twice for each. None
        where there is none.
    """

    name: str
    images: Callable[[int], LabelImage | None]

    def prepare(self, cubes: Sequence[HyperCube], token: CancelToken) -> Preparation:
        """Look whether there is a map for every scan (see `Contender.prepare`)."""
        reader = _FromMaps(self)
        for scan, cube in enumerate(cubes):
            if token.cancelled:
                raise InterruptedError
            yield Progress(f"{self.name}: looking at the maps", scan / len(cubes))
            reader.label(scan, cube, token)
        return reader


def told_apart(names: Sequence[str]) -> list[str]:
    """Give names that occur twice, letter case aside, a number: "leaf", "leaf-2"."""
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        unique, number = name, 2
        while unique.casefold() in taken:
            unique, number = f"{name}-{number}", number + 1
        taken.add(unique.casefold())
        found.append(unique)
    return found


class NumberedAlike:
    """Gives classes of one name one number on all scans, holding no map."""

    def __init__(self) -> None:
        self._seen = LabelImage.build("", np.zeros((1, 1), np.uint16))

    def renumbered(self, image: LabelImage) -> LabelImage:
        """Return an image numbered as those before it."""
        _, found = numbered_alike([self._seen, image])
        known = {info.number: info for info in (*found.classes, *self._seen.classes)}
        self._seen = LabelImage.build("", self._seen.labels, known.values())
        return found


def checked_size(image: LabelImage, cube: HyperCube, what: str) -> None:
    """Refuse a map of another size than its scan.

    Raises
    ------
    UserError
        Names both sizes.
    """
    rows, columns = image.labels.shape
    if (rows, columns) != (cube.rows, cube.columns):
        raise UserError(
            f"The label map of {cube.name} ({what}) has {rows} x {columns} pixels, the scan "
            f"{cube.rows} x {cube.columns}; give a map of this scan."
        )


class _ByModel:
    def __init__(self, estimator: Clusterer) -> None:
        self._estimator = estimator

    def label(
        self, scan: int, cube: HyperCube, token: CancelToken
    ) -> tuple[NDArray[np.uint16], tuple[LabelClass, ...]]:
        return self._estimator.predict(cube, token=token), ()

    def remark(self, cube: HyperCube) -> str | None:
        return other_units(self._estimator.units, [cube])


class _FromMaps:
    def __init__(self, maps: LabelMaps) -> None:
        self._maps = maps
        self._alike = NumberedAlike()

    def label(
        self, scan: int, cube: HyperCube, token: CancelToken
    ) -> tuple[NDArray[np.uint16], tuple[LabelClass, ...]]:
        image = self._maps.images(scan)
        if image is None:
            raise UserError(f"{self._maps.name} has no label map of {cube.name}.")
        checked_size(image, cube, self._maps.name)
        image = self._alike.renumbered(image)
        return image.labels.astype(np.uint16), image.classes

    def remark(self, cube: HyperCube) -> str | None:
        return None
