"""A label map with everything that is hard: holes, corners that touch, many classes, names."""

import numpy as np
import pytest

from napari_dgc.annotations import LabelClass, LabelImage

NAMES = {1: "background", 2: "healthy tissue", 4: "lesion, brown", 7: "Rußtau"}


def leaf(rows: int = 40, columns: int = 57, seed: int = 3) -> LabelImage:
    """A leaf with a vein of another class, lesions with green islands, and noise in a corner."""
    y, x = np.mgrid[:rows, :columns]
    labels = np.ones((rows, columns), np.uint8)
    labels[((y - 20) / 17) ** 2 + ((x - 28) / 25) ** 2 < 1] = 2
    ring = np.hypot(y - 18, x - 20)
    labels[(ring < 8) & (ring > 3)] = 4
    labels[(y - 28) ** 2 + (x - 40) ** 2 < 30] = 7
    labels[20, 5:50] = 4
    noise = np.random.default_rng(seed).choice([0, 1, 2, 4, 7], (12, 14))
    labels[:12, :14] = noise
    classes = [LabelClass(number, name) for number, name in NAMES.items()]
    return LabelImage.build("leaf", labels, classes, pixel_size_mm=0.0625)


@pytest.fixture
def image() -> LabelImage:
    return leaf()


def iou(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union of two masks."""
    return float((one & other).sum() / (one | other).sum())
