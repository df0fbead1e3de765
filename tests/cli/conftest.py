"""A small method that needs no training time, and scans to use it on."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
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
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.partition import ClusterSummary


class ByBrightness(Clusterer):
    """Clusters are bins of the first band (values 0 to 1)."""

    method = "dgc"
    title = "bins of brightness"

    def __init__(
        self, *, clusters: int = 16, epochs: int = 10, seed: int = 0, device: str = "auto"
    ) -> None:
        self.clusters, self.epochs, self.seed, self.device = clusters, epochs, seed, device
        self._epoch = 0

    @property
    def n_clusters(self) -> int:
        return self.clusters

    @property
    def epoch(self) -> int:
        return self._epoch

    @property
    def summary(self) -> ClusterSummary | None:
        if self._epoch == 0:
            return None
        k = self.clusters
        features = np.arange(k, dtype=float)[:, None]
        return ClusterSummary(
            np.full((1, k), 10),
            features,
            features,
            np.zeros((k, k), np.int64),
            np.zeros(k, np.int64),
        )

    def fit_iter(
        self,
        cubes: Sequence[HyperCube],
        *,
        token: CancelToken | None = None,
        resume: bool = False,
        previews: bool = True,
    ) -> Iterator[TrainingEvent]:
        if not resume:
            self._epoch = 0
        yield TrainingStarted("dgc", "cpu", len(cubes), self._epoch, self.epochs, self.clusters)
        while self._epoch < self.epochs:
            yield Progress("training", 0.5)
            if token is not None and token.cancelled:
                yield TrainingFinished(self._epoch, stopped=True)
                return
            self._epoch += 1
            for scan, cube in enumerate(cubes if previews else ()):
                yield LabelsReady(scan, self._epoch, self.predict(cube))
            yield EpochFinished(self._epoch, self.epochs, 3, {"spread": 1 / self._epoch})
        yield Notice("bins are not learned")
        yield TrainingFinished(self._epoch, stopped=False)

    def predict(self, cube: HyperCube, *, token: CancelToken | None = None) -> NDArray[np.uint16]:
        first = cube.read(slice(None), slice(None))[0]
        bins = np.clip((np.nan_to_num(first) * self.clusters).astype(int), 0, self.clusters - 1)
        return np.where(np.isfinite(first), bins + 1, 0).astype(np.uint16)

    def contents(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        content = {"clusters": self.clusters, "epochs": self.epochs, "seed": self.seed}
        return content, {"epoch": np.array([self._epoch])}

    @classmethod
    def restore(cls, metadata: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Self:
        model = cls(**metadata)
        model._epoch = int(tensors["epoch"][0])
        return model


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[Clusterer]:
    """Put the small method in the place of the default one."""
    monkeypatch.setitem(registry._METHODS, "dgc", f"{__name__}:{ByBrightness.__name__}")
    monkeypatch.setattr(registry, "import_module", lambda _name: _Here)
    return ByBrightness


class _Here:
    ByBrightness = ByBrightness


@pytest.fixture
def scans(tmp_path: Path) -> list[Path]:
    """Two cubes on disk; the second has a pixel without data."""
    paths = []
    for seed, name in enumerate(("first", "second")):
        data = np.random.default_rng(seed).random((6, 10, 12)).astype(np.float32)
        if seed:
            data[:, 3, 4] = np.nan
        path = tmp_path / "scans" / f"{name}.mat"
        path.parent.mkdir(exist_ok=True)
        write_matlab(path, data, np.linspace(400, 1000, 6))
        paths.append(path)
    return paths
