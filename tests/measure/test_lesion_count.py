"""Lesions are counted as connected areas."""

import numpy as np

from napari_dgc.measure.lesions import count_lesions
from napari_dgc.partition import Partition


def test_corners_connect_classes_join_and_specks_do_not_count() -> None:
    partition = Partition.fine(4).rename(2, "lesion").rename(3, "necrosis").rename(1, "background")
    classes = np.array(
        [
            [2, 1, 1, 1, 1, 2],
            [1, 2, 1, 1, 1, 1],
            [1, 1, 3, 1, 4, 4],
            [1, 1, 1, 1, 4, 4],
            [2, 2, 1, 1, 1, 1],
            [2, 1, 1, 1, 1, 0],
        ]
    )
    assert count_lesions(classes, partition) == 2
    assert count_lesions(classes, partition, least_pixels=1) == 3
    assert count_lesions(classes, Partition.fine(4)) == 0
