"""Counts and reflectance together are told before they mislead."""

import numpy as np

from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.events import Notice
from napari_dgc.cubes import HyperCube
from napari_dgc.simulate import simulate_set


def notices(cubes):
    model = DeepGlobalClustering(clusters=4, epochs=1, steps=1)
    events = model.fit_iter(cubes, previews=False)
    return [event.message for event in events if isinstance(event, Notice)]


def test_training_on_counts_and_reflectance_together_says_so():
    healthy, diseased = (scan.cube for scan in simulate_set(days=[0, 5], size=(40, 40), bands=20))
    counts = HyperCube(np.asarray(diseased.data[:]) * 3000, "raw", diseased.wavelengths, "nm")
    (sentence,) = notices([healthy, counts])
    assert sentence.startswith("raw of 2 scans do not hold reflectance and the others do")
    assert not notices([healthy, diseased])
    assert not notices([counts, counts])
