"""Lesions as objects."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.partition import Partition
from napari_dgc.partition.template import PLANT_PATHOLOGY, NameTemplate


def count_lesions(
    classes_map: NDArray[np.integer[Any]],
    partition: Partition,
    *,
    least_pixels: int = 3,
    template: NameTemplate = PLANT_PATHOLOGY,
) -> int:
    """Count the lesions of one scan: connected areas of diseased classes.

    Parameters
    ----------
    classes_map
        (row, column) class numbers as `Partition.apply` gives them.
    partition
        Names the classes.
    least_pixels
        Smaller areas are taken for noise. Pixels that touch at a corner are connected.
    template
        Tells which names are diseased.
    """
    from skimage.measure import label

    diseased = np.isin(classes_map, sorted(partition.named(template.diseased)))
    objects = label(diseased, connectivity=2)  # type: ignore[no-untyped-call]
    sizes = np.bincount(objects.ravel())[1:]
    return int((sizes >= least_pixels).sum())
