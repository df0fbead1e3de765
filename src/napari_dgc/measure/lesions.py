"""Lesions as objects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition import Partition
from napari_dgc.partition.partition import DISEASED_NAMES


def count_lesions(
    classes_map: NDArray[np.integer[Any]], partition: Partition, *, least_pixels: int = 3
) -> int:
    """Count the lesions of one scan: connected areas of the classes lesion and necrosis.

    Parameters
    ----------
    classes_map
        (row, column) class numbers as `Partition.apply` gives them.
    partition
        Tells by the classes' names which numbers are diseased.
    least_pixels
        Smaller areas are taken for noise. Pixels that touch at a corner are connected.
    """
    from skimage.measure import label

    diseased = np.isin(classes_map, sorted(partition.named(DISEASED_NAMES)))
    objects = label(diseased, connectivity=2)  # type: ignore[no-untyped-call]
    sizes = np.bincount(objects.ravel())[1:]
    return int((sizes >= least_pixels).sum())
