"""Events of a training whose label maps, curves and notices are known."""

from types import SimpleNamespace

import numpy as np
import pytest

from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    Notice,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.partition import ClusterSummary

CLUSTERS = 4


def labels_of(scan: int, epoch: int, shape: tuple[int, int] = (20, 30)) -> np.ndarray:
    """Clusters in stripes that move by one column per epoch; the first row has no data."""
    _, columns = np.indices(shape)
    labels = ((columns + epoch + scan) // 5 % CLUSTERS + 1).astype(np.uint16)
    labels[0] = 0
    return labels


def model_of(**more: object) -> SimpleNamespace:
    """Return what a card asks a trained model for."""
    levels = np.linspace(0.1, 0.9, CLUSTERS)[:, None]
    square = np.zeros((CLUSTERS, CLUSTERS), np.int64)
    summary = ClusterSummary(
        np.array([[100, 50, 25, 0]]),
        np.tile(levels, (1, 5)),
        levels,
        square,
        np.zeros(CLUSTERS, np.int64),
    )
    known = {
        "method": "dgc",
        "title": "stripes",
        "configuration": {"clusters": CLUSTERS, "seed": 7},
        "preprocessing": "snv",
        "n_clusters": CLUSTERS,
        "units": "reflectance",
        "summary": summary,
    }
    return SimpleNamespace(**(known | more))


def events_of(first: int, last: int, scans: int = 2, shape: tuple[int, int] = (20, 30)):
    """Yield the events of epochs `first` to `last`; epoch 2 leaves the least doubt."""
    yield TrainingStarted("dgc", "cpu", scans, first - 1, last, CLUSTERS)
    for epoch in range(first, last + 1):
        for scan in range(scans):
            yield LabelsReady(scan, epoch, labels_of(scan, epoch, shape))
        doubt = 0.1 + 0.05 * abs(epoch - 2)
        losses = {"surprise": 1 / epoch, "doubt": doubt}
        yield EpochFinished(epoch, last, CLUSTERS - epoch % 2, losses)
    yield Notice("The stripes have arrived.")
    yield TrainingFinished(last, stopped=False, recommended_epoch=2)


@pytest.fixture
def model() -> SimpleNamespace:
    return model_of()
