"""A real scan: the default method finds the maize kernel that comes as sample data."""

from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import distance_transform_edt

from napari_dgc.annotations.read import read_labels
from napari_dgc.clustering import get_method
from napari_dgc.cubes.read import open_cube
from napari_dgc.evaluation import hungarian, pair_table
from napari_dgc.evaluation.matching import apply_mapping
from napari_dgc.evaluation.metrics import mean_iou, scores_by_class
from napari_dgc.partition import Partition, build_tree
from napari_dgc.samples import maize_kernels

MASK = Path(__file__).parents[1] / "data" / "maize_kernels" / "mask.png"
KERNEL = 2


@pytest.fixture(scope="module")
def mask():
    return read_labels(MASK)


@pytest.fixture(scope="module")
def two_classes():
    cube = open_cube(maize_kernels())
    model = get_method("dgc")(epochs=3).fit([cube])
    fine = model.predict(cube)
    return Partition.fine(model.n_clusters, build_tree(model.summary)).cut(2).apply(fine)


def agreement(mask, labels):
    """Mean IoU of background and kernel on the pixels that the mask decides."""
    numbers = [int(number) for number in np.unique(labels) if number]
    table = pair_table(mask, labels, [1, KERNEL], numbers)
    return mean_iou(scores_by_class(apply_mapping(table, hungarian(table))))


def test_kernel_and_background_come_apart_beside_the_blurred_edge(mask, two_classes):
    assert len(np.unique(two_classes)) == 2
    # The optics blur the edge over about six pixels.
    inside = np.maximum(*(distance_transform_edt(mask == label) for label in (1, KERNEL)))
    assert agreement(np.where(inside > 3, mask, 0), two_classes) >= 0.97


def test_cut_at_two_follows_the_hand_mask(mask, two_classes):
    assert agreement(mask, two_classes) >= 0.97
